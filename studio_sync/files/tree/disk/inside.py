"""Paths that come from outside: joined to a folder of the workspace, they never lead out of it.

A path may come from a journal, from `studio.sources`, from the database, from a commit or from an argument.
"""

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from studio_sync.errors import RefusedError


class OutsideError(RefusedError):
    """A path leads out of the folder that it must stay in."""


def is_relative(path: object) -> bool:
    """Whether this is a normal relative path with "/" between its parts: none is empty, "." or ".."."""
    return (
        isinstance(path, str)
        and bool(path)
        and not any(part in ("", ".", "..") for part in path.split("/"))
        and "\0" not in path
        and not (os.altsep and (os.sep in path or ":" in path))
    )


def inside(root: Path, path: str) -> Path:
    """`root / path`, for a normal relative path that stays in `root`, links on the way resolved.

    What stands at the path itself is not followed: it may be a link, or nothing. Raises OutsideError.
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
    """Remove the folder at `root / path` with all that is in it. A link is never followed, nor removed.

    This is the only place that removes whole folders of a workspace. Raises OutsideError; what can't be
    removed stays.
    """
    place = inside(root, path)
    with suppress(OSError):
        if stat.S_ISDIR(os.lstat(place).st_mode):
            shutil.rmtree(place, ignore_errors=True)
