"""Errors that a user can put right."""


class UserError(Exception):
    """The message is one sentence for the user: what is wrong, and what to do."""
