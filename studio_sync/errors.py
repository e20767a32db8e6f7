"""Failures of a run. What is wrong with a document is a Problem, never an exception."""

from collections.abc import Iterable


class StudioError(Exception):
    """A run that can't go on: what happened, and how to get out.

    `message` says where and what in one line: a line end in it is a name's, and is spelled out. `listed` is
    what belongs to it, a line each. `hint` says what to type or change next, or is empty. `code` tells a
    program what happened; it never changes its meaning.
    """

    exit_code = 3
    code = "failed"

    def __init__(self, message: str, hint: str = "", *, code: str = "", listed: Iterable[str] = ()) -> None:
        self.message = message
        self.listed = tuple(listed)
        super().__init__(self.told)
        self.hint = hint
        if code:
            self.code = code

    @property
    def told(self) -> str:
        """`message`, and below it what belongs to it: for whoever keeps the two apart from other lines."""
        return "\n".join((self.message, *self.listed))


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
