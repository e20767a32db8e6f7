"""Failures of a run. What is wrong with a document is a Problem, never an exception."""


class StudioError(Exception):
    """A run that can't go on: what happened, and how to get out.

    `message` says where and what in one line; `hint` says what to type or change next, or is empty. `code`
    tells a program what happened; it never changes its meaning.
    """

    exit_code = 3
    code = "failed"

    def __init__(self, message: str, hint: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code:
            self.code = code


class UsageError(StudioError):
    """The command was called in a way that can't mean anything (exit code 2)."""

    exit_code = 2
    code = "usage"


class RefusedError(StudioError):
    """The run could be done, and is refused for safety's sake (exit code 1)."""

    exit_code = 1
    code = "refused"


class UnavailableError(StudioError):
    """Something that the run needs is out of reach: a database, a disk, a permission (exit code 3)."""

    code = "unavailable"
