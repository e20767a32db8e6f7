"""Attributes of paths, as git reads them from .gitattributes and its own folder."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from studio_sync.files.git.work_tree import WorkTree, hold_no_pipe

ATTRIBUTES = ".gitattributes"


def attributes_of(
    tree: WorkTree, names: Collection[str], paths: Collection[str], at: Path
) -> dict[str, dict[str, str]]:
    """The values of the attributes `names` of each path, which is relative to the folder `at`.

    Raises UnavailableError for a file of attributes that git would wait for, such as a named pipe.
    """
    hold_attributes(tree, paths, at)
    given = "".join(f"{path}\0" for path in paths)
    words = tree.ask("check-attr", "-z", "--stdin", *names, at=at, given=given).split("\0")
    found: dict[str, dict[str, str]] = {path: {} for path in paths}
    for path, name, value in zip(words[::3], words[1::3], words[2::3], strict=False):
        found[path][name] = value
    return found


def hold_attributes(tree: WorkTree, paths: Iterable[str], at: Path) -> None:
    """Raise UnavailableError if git would wait for a file of attributes that it reads for these paths."""
    at = Path(os.path.realpath(at))
    folders = {at}
    for path in paths:
        folder = (at / path).parent
        while folder not in folders and folder != folder.parent:
            folders.add(folder)
            folder = folder.parent
    while at not in (tree.top, at.parent):
        at = at.parent
        folders.add(at)
    for folder in sorted(folders):
        hold_no_pipe(folder / ATTRIBUTES)
