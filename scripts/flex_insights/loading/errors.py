"""The one exception of the loader that a user is meant to read."""

from flex_insights.errors import UserError


class LoadError(UserError):
    """The load cannot start or go on; the message is one clear sentence."""
