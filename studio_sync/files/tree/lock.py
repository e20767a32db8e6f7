"""The workspace lock: a file lock that lets one command at a time write in a workspace."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio_sync.errors import RefusedError, system_failure
from studio_sync.files.memory.keeper import keeping


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold the workspace lock. The operating system releases it when the process ends, in any way.

    `lock` is a file in the workspace's state folder.
    """
    from filelock import FileLock, Timeout

    held = FileLock(lock, timeout=10)
    try:
        held.acquire()
    except Timeout:
        raise RefusedError(
            "another studio command is writing in this workspace",
            "wait until it is done, then try again",
            code="busy",
        ) from None
    except OSError as error:
        hint = f"this command writes: it needs {lock.parent}"
        raise system_failure(error, lock, "can't lock the workspace: ", hint=hint) from None
    try:
        with keeping(lock.parent.parent):
            yield
    finally:
        held.release()


def is_locked(lock: Path) -> bool:
    """Whether another process holds the workspace lock now."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # nobody can write here
        return False
