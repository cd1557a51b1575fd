"""Errors of this package."""

from flex_insights.errors import UserError


class WrongUse(UserError):
    """A command is not given what it needs; the message is one sentence for the user."""


class NotBuiltAgain(UserError):
    """What had to go is gone, but the build after it failed; the message says what is left to do."""
