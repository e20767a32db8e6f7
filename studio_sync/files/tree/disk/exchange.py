"""Atomic exchange of two files' names (renameat2, renamex_np), where the system supports it."""

import ctypes
import errno
import os
import sys
from functools import cache
from typing import Any

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2
_UNABLE = frozenset((errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP))


def exchange(one: str, other: str) -> bool:
    """Exchange the names of two files; False if the system or file system can't.

    Raises OSError if one of them is missing, or may not be renamed.
    """
    swap = _swap()
    if swap is None:
        return False
    if swap(os.fsencode(one), os.fsencode(other)) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNABLE:
        return False
    raise OSError(code, os.strerror(code), other)


@cache
def _swap() -> Any:
    """The system's function for it, None if it has none."""
    name = {"linux": "renameat2", "darwin": "renamex_np"}.get(sys.platform, "")
    if not name:
        return None
    try:
        found = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (OSError, AttributeError):
        return None
    if name == "renameat2":
        return lambda one, other: found(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE)
    return lambda one, other: found(one, other, _RENAME_SWAP)
