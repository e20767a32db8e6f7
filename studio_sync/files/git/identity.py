"""The identity of the user, as git's configuration gives it."""

from collections.abc import Callable
from pathlib import Path

from studio_sync.errors import UnavailableError
from studio_sync.files.git.git_environment import GitPlace
from studio_sync.files.git.work_tree import WorkTree


def identity_around(place: Path) -> str:
    """The user's `Name <address>`, as far as git knows it around a folder; "" without git.

    That is the user's own configuration where there is no repository, or none with a commit.
    """
    from studio_sync.files.git.process import run_git

    try:
        if tree := WorkTree.around(place):
            return identity_from(tree.setting)
        # The user's alone: a folder may look like a repository, which says who anybody is.
        own = ("config", "--global", "--includes", "--get")
        return identity_from(lambda key: run_git(GitPlace(place), *own, key).text.removesuffix("\n"))
    except UnavailableError:
        return ""


def identity_from(setting: Callable[[str], str]) -> str:
    """The user's `Name <address>`, as far as these settings give it."""
    name, address = (readable(setting(f"user.{part}")) for part in ("name", "email"))
    return f"{name} <{address}>".replace(" <>", "").strip()


def readable(text: str) -> str:
    """Text by people in git's output; bytes that are no UTF-8 are replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
