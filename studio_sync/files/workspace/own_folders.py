"""Checks of a workspace's folders: no links, no other user's folders, no committed memory."""

import os
import stat
from pathlib import Path

from studio_sync.errors import RefusedError
from studio_sync.files.git.work_tree import tracked
from studio_sync.files.tree.disk.state_folder import check_state

_OTHERS = frozenset((".git", "git~1", ".studio"))
"""Folders of git or of the machine; the second is a name that Windows may use for the first."""


def may_hold_content(name: str) -> bool:
    """Whether a normalized path in `content:` is a folder inside the workspace that may contain content.

    That excludes git's folders and `.studio`, in any spelling that some file system treats as equal.
    """
    parts = name.split("/")
    return not (
        name.startswith("/")
        or parts[0] in ("", ".", "..")
        or ":" in name
        or any(_spelled(part) in _OTHERS for part in parts)
    )


def _spelled(name: str) -> str:
    """A folder's name without differences that some file systems ignore."""
    return "".join(char for char in name if char.isprintable()).casefold().rstrip(". ")


def is_a_strangers(config: Path) -> bool:
    """Whether another user put this file into a folder that everybody can write to, such as /tmp."""
    try:
        file, folder = os.lstat(config), os.lstat(config.parent)
    except OSError:
        return False
    others = hasattr(os, "geteuid") and file.st_uid not in (os.geteuid(), 0)
    return others and bool(folder.st_mode & stat.S_IWOTH)


def hold_no_strangers(config: Path) -> None:
    """Raise RefusedError for a workspace that another user put into a folder open to everybody."""
    if is_a_strangers(config):
        raise RefusedError(
            f"another user put {config} into a folder in which everybody may write",
            f"go into a workspace of yours, or name one: -C DIR; if it is meant: chmod o-w {config.parent}",
        )


def hold_no_link(root: Path, content: str) -> None:
    """Raise RefusedError if the content folder, or a folder on the way to it, is a link."""
    place = root
    for part in content.split("/"):
        place /= part
        if place.is_symlink():
            raise RefusedError(
                f"{place} is a symbolic link: the content folder is never read or written through one",
                "put the real folder there, or name another one with `content:` in studio.yaml",
            )


def hold_own(state: Path) -> None:
    """Raise RefusedError if the state folder is another user's, or came with a commit."""
    check_state(state)
    if not state.exists():
        return
    found = tracked(state.parent, state.name)
    if found:
        raise RefusedError(
            f"git tracks {found}: what is in {state.name} belongs to this machine,"
            " and is not believed to a commit",
            f"in {state.parent}: git rm -r -q --cached {state.name} && rm -r {state.name},"
            " then commit that; nothing that was committed or pushed is lost",
        )
