"""The one exception of the loader that a user is meant to read."""


class LoadError(Exception):
    """The load cannot start or go on; the message is one clear sentence."""
