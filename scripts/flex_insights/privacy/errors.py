"""Errors of this package."""


class WrongUse(Exception):
    """A command is not given what it needs; the message is one sentence for the user."""


class NotBuiltAgain(Exception):
    """What had to go is gone, but the build after it failed; the message says what is left to do."""
