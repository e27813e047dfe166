"""The root of every error a user can cause."""


class UserError(ValueError):
    """One sentence that says what was given, what was expected and what to do."""
