"""Cleaning up temporary files that a killed run left behind."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from studio_sync.files.memory.keeper import keeper_of
from studio_sync.files.tree.disk.one_file import DISPLACED, ChangedError, content, give_name, says
from studio_sync.files.tree.disk.plain_file import is_plain_file
from studio_sync.files.tree.walking.listing import TEMPORARY


def sweep(root: Path, folders: Iterable[Path]) -> None:
    """Remove temporary files of a killed run from these folders; their bytes are kept.

    A displaced file whose own name is still free is put back.
    """
    keeper = keeper_of(root)
    for folder in {root, *folders}:
        for leftover in folder.glob(f"{TEMPORARY}*"):
            if leftover.is_symlink() or not leftover.is_file():
                _remove_folder(leftover)
                continue
            name = leftover.name.partition("~")[2]
            with suppress(OSError, ChangedError):
                if name and leftover.name.startswith(DISPLACED) and not os.path.lexists(folder / name):
                    give_name(os.fspath(leftover), os.fspath(folder / name), name)
                    continue
            with suppress(OSError):
                data = content(os.fspath(leftover))
                if data and not (name and says(os.fspath(folder / name), data)):
                    keeper.found(os.fspath(folder / (name or leftover.name)), data)
                leftover.unlink(missing_ok=True)


def _remove_folder(folder: Path) -> None:
    """Remove a folder before its rename: all its files are new, and the database has them."""
    if folder.is_symlink() or not folder.is_dir():
        return
    with suppress(OSError):
        for file in folder.iterdir():
            if is_plain_file(file):
                file.unlink()
        folder.rmdir()
