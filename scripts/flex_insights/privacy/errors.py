"""Errors of this package."""


class WrongUse(Exception):
    """A command is not given what it needs; the message is one sentence for the user."""
