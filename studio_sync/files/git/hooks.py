"""The git hook of the user's own clone; it is written only where there is none yet."""

import os
from contextlib import suppress
from pathlib import Path

from studio_sync.errors import RefusedError
from studio_sync.files.git.work_tree import first_line, hold_repository
from studio_sync.files.tree.disk.one_file import write_new
from studio_sync.files.tree.disk.plain_file import read_plain

COMMIT_MESSAGE = "prepare-commit-msg"

_TEXT = """\
#!/bin/sh
# Adds a line to the message for each approval that `studio advance` recorded.
# Whatever becomes of that, the commit is made.
command -v studio >/dev/null 2>&1 || exit 0
studio{folder} hook prepare-commit-msg "$@" || true
"""


def write_hook(root: Path, *, dry_run: bool) -> tuple[Path, bool]:
    """Write the hook for the workspace in `root`; returns its path, and whether it is new.

    Raises RefusedError if there is no repository, if another hook exists, or if git is configured to look
    for hooks elsewhere.
    """
    tree = hold_repository(root)
    folder = root.resolve().relative_to(tree.top).as_posix().replace("'", "'\\''")
    text = _TEXT.format(folder="" if tree.top == root.resolve() else f" -C '{folder}'")
    line = text.rstrip("\n").rpartition("\n")[2]
    # The configured paths, without the one by which we disable hooks for this very git.
    places = [s.value for s in tree.settings if s.key == "core.hookspath" and s.value != os.devnull]
    elsewhere = places[-1] if places else ""
    if elsewhere:
        raise RefusedError(
            f"git looks for its hooks in {elsewhere} (core.hooksPath)",
            f"add this to its {COMMIT_MESSAGE} there: {line}",
        )
    shared = first_line(tree.folder / "commondir")
    place = Path(os.path.realpath(tree.folder / shared)) / "hooks" / COMMIT_MESSAGE
    if os.path.realpath(place.parent) != str(place.parent):
        raise RefusedError(
            f"{place.parent} is a symbolic link, which is not followed",
            f"add this to the {COMMIT_MESSAGE} that it leads to: {line}",
        )
    if os.path.lexists(place):
        with suppress(OSError):
            if read_plain(os.path.realpath(place), len(text) * 4) == text.encode():
                return place, False
        raise RefusedError(f"{place} is there already, and stays as it is", f"add this to it: {line}")
    if not dry_run:
        place.parent.mkdir(exist_ok=True)
        write_new(place, text.encode(), 0o755)
    return place, True


def has_hook(root: Path) -> bool:
    """Whether the hook for the workspace in `root` exists, exactly as `write_hook` writes it."""
    try:
        return not write_hook(root, dry_run=True)[1]
    except RefusedError:
        return False
