"""Path containment, against path traversal: a foreign path joined to a folder never leads out of it.

A path may come from a journal, from `studio.sources`, from the database, a commit or an argument.
"""

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from studio_sync.errors import RefusedError


class OutsideError(RefusedError):
    """A path that leads out of its folder."""


def is_relative(path: object) -> bool:
    """Whether this is a normalized relative path with "/": no part is empty, "." or ".."."""
    return (
        isinstance(path, str)
        and bool(path)
        and not any(part in ("", ".", "..") for part in path.split("/"))
        and "\0" not in path
        and not (os.altsep and (os.sep in path or ":" in path))
    )


def inside(root: Path, path: str) -> Path:
    """`root / path`, for a normalized relative path that stays in `root` with links on the way resolved.

    The last part is not followed: it may be a link, or nothing. Raises OutsideError.
    """
    if not is_relative(path):
        raise OutsideError(f"{path!r} is no path inside {root}", "nothing was read or written there")
    place = root / path
    real = os.path.realpath(root)
    above = os.path.realpath(place.parent)
    if above != real and not above.startswith(real.rstrip(os.sep) + os.sep):
        raise OutsideError(
            f"{path} leads out of {root}, by a symbolic link", "put a real folder in the link's place"
        )
    return place


def remove_folder(root: Path, path: str) -> None:
    """Remove the folder at `root / path` with its contents. A link is never followed or removed.

    This is the only function that removes whole folders of a workspace. Raises OutsideError; what can't be
    removed stays.
    """
    place = inside(root, path)
    with suppress(OSError):
        if stat.S_ISDIR(os.lstat(place).st_mode):
            shutil.rmtree(place, ignore_errors=True)
