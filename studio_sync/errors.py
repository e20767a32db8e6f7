"""Errors that end a run, by exit code. A fault of a document is a Problem, never an exception."""

from collections.abc import Iterable


class StudioError(Exception):
    """A run that can't continue: what happened, and the way out.

    `message` says where and what in one line; a line break in it comes from a name, and is escaped. `listed`
    are details, one line each. `hint` says what to type or change next, or is empty. `code` identifies the
    error for programs; it never changes its meaning.
    """

    exit_code = 3
    code = "failed"

    def __init__(self, message: str, hint: str = "", *, code: str = "", listed: Iterable[str] = ()) -> None:
        self.message = message
        self.listed = tuple(listed)
        super().__init__(self.full_message)
        self.hint = hint
        if code:
            self.code = code

    @property
    def full_message(self) -> str:
        """`message` with its details below, each line separate."""
        return "\n".join((self.message, *self.listed))


class UsageError(StudioError):
    """The command line is invalid (exit code 2)."""

    exit_code = 2
    code = "usage"


class RefusedError(StudioError):
    """The run is possible, but refused for safety (exit code 1)."""

    exit_code = 1
    code = "refused"


class UnavailableError(StudioError):
    """Something that the run needs is unavailable: a database, a disk, a permission (exit code 3)."""

    code = "unavailable"
