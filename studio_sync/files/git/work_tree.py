"""The working tree that a folder is in, and its git folder: the tree's own, or none.

git itself would also take a folder that merely looks like a repository, which anybody can commit. Here the
search is studio's own: a repository is where a `.git` stands, a name that git never checks out.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import IO

from studio_sync.errors import UnavailableError
from studio_sync.files.git.git_environment import GitPlace
from studio_sync.files.git.process import Answer, git_failure, git_program, run_git, stream_git
from studio_sync.files.tree.disk.plain_file import open_plain

GIT = ".git"
_LINK = "gitdir:"
_SMALL = 8192
_TRUSTED = frozenset(("system", "global", "command"))
"""The scopes of configuration that the user, or who runs the machine, has written."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of git's configuration. `trusted`: it is not the repository's own."""

    key: str
    value: str
    trusted: bool


class WorkTree:
    """A working tree with a repository of its own, and git at work in it. Make it with `around`."""

    def __init__(self, top: Path, folder: Path) -> None:
        self.top, self.folder = top, folder
        self._place = GitPlace(top, folder)

    @classmethod
    def around(cls, place: Path) -> "WorkTree | None":
        """The working tree that `place` is in; None where it is in none, or git isn't installed.

        Raises UnavailableError where git refuses to look at it, or where `.git` leads to a folder that is
        not this tree's.
        """
        found = located(place)
        if found is None or not git_program(found[0]):
            return None
        top, folder = found
        asked = run_git(GitPlace(top), "rev-parse", "--absolute-git-dir", "--show-toplevel")
        if asked.code:
            if "dubious ownership" in asked.said:
                raise UnavailableError(
                    f"git does not look at the repository in {top}, because it belongs to another user",
                    f"if you trust it: git config --global --add safe.directory {quote(str(top))}",
                )
            return None
        _hold_own(top, folder, asked.text)
        return cls(top, folder)

    @property
    def shared(self) -> Path:
        """The folder that all working trees of the repository share."""
        common = first_line(self.folder / "commondir")
        return Path(os.path.normpath(self.folder / common)) if common else self.folder

    def run(
        self,
        *arguments: str,
        at: Path | None = None,
        given: str = "",
        config: Mapping[str, str] | None = None,
    ) -> Answer:
        """Run a git command at a folder of this tree, whether it fails or not."""
        said = given.encode("utf-8", "surrogateescape")
        return run_git(self._place, *arguments, at=at, given=said, config=config)

    def ask(self, *arguments: str, at: Path | None = None, given: str = "") -> str:
        """What a git command prints. Raises UnavailableError if it fails."""
        answer = self.run(*arguments, at=at, given=given)
        if answer.code:
            raise git_failure(answer)
        return answer.text

    def stream(self, *arguments: str, given: str) -> AbstractContextManager[IO[bytes]]:
        """What a git command prints while it runs. Raises UnavailableError if it fails."""
        return stream_git(self._place, *arguments, given=given.encode("utf-8", "surrogateescape"))

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """The whole configuration of git; what comes later counts more."""
        answer = self.run("config", "--list", "-z", "--show-scope")
        words = answer.text.split("\0")[:-1]
        if answer.code:  # git before 2.26 doesn't know scopes
            lines = self.run("config", "--list", "-z").text.split("\0")[:-1]
            words = [word for line in lines for word in ("local", line)]
        found = []
        for scope, line in zip(words[::2], words[1::2], strict=True):
            key, _, value = line.partition("\n")
            found.append(Setting(key, value, scope in _TRUSTED))
        return tuple(found)

    def setting(self, key: str) -> str:
        """What is configured under a key, "" if nothing."""
        return next((s.value for s in reversed(self.settings) if s.key == key.lower()), "")

    @cached_property
    def inert(self) -> dict[str, str]:
        """Configuration that switches off every program which git would start for a file or an event."""
        found: dict[str, str] = {}
        for setting in self.settings:
            section, _, rest = setting.key.partition(".")
            name, _, variable = rest.rpartition(".")
            if name and section == "filter" and variable in _OFF_FILTER:
                found |= {f"filter.{name}.{key}": value for key, value in _OFF_FILTER.items()}
            if name and section == "hook":
                found[f"hook.{name}.enabled"] = "false"
        return found


_OFF_FILTER = {"clean": "", "smudge": "", "process": "", "required": "false"}


def located(place: Path) -> tuple[Path, Path] | None:
    """The top of the working tree that `place` is in, and its git folder, as `.git` says; None if in none."""
    real = Path(os.path.realpath(place))
    for top in (real, *real.parents):
        folder = _folder(top / GIT)
        if folder is not None:
            return top, folder
    return None


def _folder(entry: Path) -> Path | None:
    """The git folder that a `.git` is, or leads to."""
    if entry.is_dir():
        return Path(os.path.realpath(entry)) if os.path.lexists(entry / "HEAD") else None
    named = first_line(entry)
    if not named.startswith(_LINK):
        return None
    found = Path(os.path.realpath(entry.parent / named.removeprefix(_LINK).strip()))
    return found if found.is_dir() else None


def _hold_own(top: Path, folder: Path, said: str) -> None:
    """Raise UnavailableError unless a git folder belongs to the working tree in `top`, as git says, too."""
    lines = os.fspath(folder).count("\n") + 1  # a folder's name may hold any of them
    said_lines = said.removesuffix("\n").split("\n")
    pairs = ((folder, "\n".join(said_lines[:lines])), (top, "\n".join(said_lines[lines:])))
    why = next(_strange(top, folder), "")
    if not why and not all(_same(ours, theirs) for ours, theirs in pairs):
        why = "git's configuration names another working tree"
    if why:
        raise UnavailableError(
            f"{top / GIT} leads to a git folder that isn't this working tree's own: {why}",
            "work in a clone, or in a working tree that `git worktree add` made",
        )


def _strange(top: Path, folder: Path) -> Iterator[str]:
    """Why a git folder isn't that of the working tree in `top`."""
    entry = top / GIT
    common = first_line(folder / "commondir")
    if entry.is_dir() and not entry.is_symlink():
        if common:
            yield f"{folder / 'commondir'} leads to another one"
        return
    if folder.is_relative_to(top) and GIT not in folder.relative_to(top).parts:
        yield f"{folder} is a folder of the tree itself"
    if common:
        shared = Path(os.path.realpath(folder / common))
        back = first_line(folder / "gitdir")
        if folder.parent != shared / "worktrees":
            yield f"{folder} is no working tree of {shared}"
        elif os.path.exists(back) and not os.path.samefile(back, entry):
            yield f"it is that of {Path(back).parent}"
    elif folder.name == GIT:
        yield f"it is that of {folder.parent}"


def _same(ours: Path, theirs: str) -> bool:
    try:
        return os.path.samefile(ours, theirs)
    except OSError:
        return False


def first_line(place: Path) -> str:
    """The first line of a small plain file, "" if it can't be read."""
    with suppress(OSError, ValueError):
        with os.fdopen(open_plain(os.path.realpath(place)), "rb") as file:
            line = file.read(_SMALL).partition(b"\n")[0]
        return os.fsdecode(line).strip("\r\t ")
    return ""
