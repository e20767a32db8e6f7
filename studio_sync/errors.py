"""Errors that end a run, by exit code. A fault of a document is a Problem, never an exception."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

UPGRADE = "install a newer studio, in the way this one was installed"
"""The way out where something was written by a newer version."""


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
    def label(self) -> str:
        """`error[busy]`: how messages begin; without the code if it says no more than the exit code."""
        return "error" if self.code == type(self).code else f"error[{self.code}]"

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


def gravest_code(errors: Iterable[StudioError]) -> int:
    """The highest exit code of these errors; 1 if there are none."""
    return max((error.exit_code for error in errors), default=RefusedError.exit_code)


_ROOM = "make room, then run the command again"
_WAYS_OUT = {
    errno.EACCES: "check the permissions",
    errno.EPERM: "check the permissions",
    errno.ENOENT: "is the path spelled right, and is its folder there? Then run the command again",
    errno.ENOTDIR: "is the path spelled right? What is above it must be folders",
    errno.EROFS: "the file system is read-only: mount it so that it can be written",
    errno.EMFILE: "allow more open files (`ulimit -n`), then run the command again",
    errno.EIO: "the disk may be broken: the system's log says more",
}


def is_full(error: OSError) -> bool:
    """Whether there is no room on the disk, or none for this user."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def system_failure(
    error: OSError, path: str | os.PathLike[str] = "", what: str = "", *, state: str = "", hint: str = ""
) -> UnavailableError:
    """The error for a failed call of the system about a file: its own one, unless `path` is given.

    `what` comes before the path, `hint` is the way out, but of a full disk. `state`: how the file is now.
    """
    where = os.fsdecode(path or error.filename or "")
    if is_full(error):
        return UnavailableError(f"the disk is full: {where or 'a file'} could not be written{state}", _ROOM)
    message = ": ".join(filter(None, (where, error.strerror or str(error))))
    own: str = getattr(error, "hint", "")  # of an error of studio's own
    way_out = hint or own or _WAYS_OUT.get(error.errno or 0, "run the command again")
    return UnavailableError(f"{what}{message}", way_out)


@contextmanager
def about_file(path: str | os.PathLike[str]) -> Iterator[None]:
    """Name the file in an OSError that has no path, as one of a write has."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or os.fspath(path)
        raise
