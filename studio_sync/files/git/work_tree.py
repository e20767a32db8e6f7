"""Finding the working tree and git folder of a folder.

git itself would also accept a folder that merely looks like a repository, which anybody can commit. So
studio searches for itself: a repository is where a `.git` is, a name that git never checks out.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import IO, TYPE_CHECKING

from studio_sync.errors import RefusedError, UnavailableError
from studio_sync.files.git.git_environment import GitPlace
from studio_sync.files.tree.disk.plain_file import NOT_PLAIN_HINT, kind_name, open_plain

if TYPE_CHECKING:
    from studio_sync.files.git.process import Answer

GIT = ".git"
_LINK = "gitdir:"
_REF = "ref: "
_READ = (
    "HEAD", "commondir", "config", "config.worktree", "index", "info/attributes", "info/grafts",
    "objects/info/alternates", "objects/info/commit-graph", "packed-refs", "shallow",
)  # fmt: skip
"""The files of its own folder that git reads for one command or another."""
_SMALL = 8192
_PARTS = ("HEAD", "objects", "refs")
"""A folder with one of these is a repository, though git may be unable to read it."""
OFF_FILTER = {"clean": "", "smudge": "", "process": "", "required": "false"}
"""The settings of a filter that runs nothing."""
_TRUSTED = frozenset(("system", "global", "command"))
"""The configuration scopes that the user, or the machine's administrator, has written."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of git's configuration. `trusted`: it is not from the repository's own."""

    key: str
    value: str
    trusted: bool


class WorkTree:
    """A working tree with a repository of its own, in which git can be run. Create it with `around`."""

    def __init__(self, top: Path, folder: Path) -> None:
        self.top, self.folder = top, folder
        self._place = GitPlace(top, folder)

    @classmethod
    def around(cls, place: Path) -> "WorkTree | None":
        """The working tree around `place`; None if there is none.

        Raises UnavailableError if git can't read it or isn't installed: what can't be read is not absent.
        The same goes for a `.git` that leads to a folder which is not this tree's.
        """
        found = located(place)
        if found is None:
            return None
        from studio_sync.files.git.process import git_failure, run_git

        top, folder = found
        _hold_no_pipes(folder)
        asked = run_git(GitPlace(top), "rev-parse", "--absolute-git-dir", "--show-toplevel")
        if asked.code:
            if "dubious ownership" in asked.message:
                raise UnavailableError(
                    f"git does not look at the repository in {top}, because it belongs to another user",
                    f"if you trust it: git config --global --add safe.directory {quote(str(top))}",
                )
            raise git_failure(asked)
        _hold_own(top, folder, asked.text)
        return cls(top, folder)

    @property
    def shared(self) -> Path:
        """The folder shared by all working trees of the repository."""
        common = first_line(self.folder / "commondir")
        return Path(os.path.normpath(self.folder / common)) if common else self.folder

    def run(
        self,
        *arguments: str,
        at: Path | None = None,
        given: str = "",
        config: Mapping[str, str] | None = None,
    ) -> "Answer":
        """Run a git command in a folder of this tree; a failure is returned."""
        from studio_sync.files.git.process import run_git

        data = given.encode("utf-8", "surrogateescape")
        return run_git(self._place, *arguments, at=at, given=data, config=config)

    @contextmanager
    def keeping_index_time(self) -> Iterator[None]:
        """Git's index keeps its time, whatever a git command writes into it in the block.

        git writes the index after the files that it puts back: a younger file was written by a person. What
        puts nothing back takes nothing of that evidence. For git an older index is never wrong: it looks at
        more files anew.
        """
        index = self.folder / "index"
        try:
            before = index.stat()
        except OSError:
            before = None
        try:
            yield
        finally:
            if before is not None:
                with suppress(OSError):
                    os.utime(index, ns=(before.st_atime_ns, before.st_mtime_ns))

    def ask(self, *arguments: str, at: Path | None = None, given: str = "") -> str:
        """The output of a git command. Raises UnavailableError if it fails."""
        answer = self.run(*arguments, at=at, given=given)
        if answer.code:
            from studio_sync.files.git.process import git_failure

            raise git_failure(answer)
        return answer.text

    def stream(self, *arguments: str, given: str) -> AbstractContextManager[IO[bytes]]:
        """Stream the output of a git command. Raises UnavailableError if it fails."""
        from studio_sync.files.git.process import stream_git

        return stream_git(self._place, *arguments, given=given.encode("utf-8", "surrogateescape"))

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """The whole configuration of git; later settings take precedence."""
        answer = self.run("config", "--list", "-z", "--show-scope")
        words = answer.text.split("\0")[:-1]
        if answer.code:  # git before 2.26 has no scopes
            lines = self.run("config", "--list", "-z").text.split("\0")[:-1]
            words = [word for line in lines for word in ("local", line)]
        found = []
        for scope, line in zip(words[::2], words[1::2], strict=True):
            key, _, value = line.partition("\n")
            found.append(Setting(key, value, scope in _TRUSTED))
        return tuple(found)

    def setting(self, key: str) -> str:
        """The value of a setting, "" if it is not set."""
        return next((s.value for s in reversed(self.settings) if s.key == key.lower()), "")

    @cached_property
    def inert(self) -> dict[str, str]:
        """Configuration that disables every program that git would start for a file or an event."""
        found: dict[str, str] = {}
        for setting in self.settings:
            section, _, rest = setting.key.partition(".")
            name, _, variable = rest.rpartition(".")
            if name and section == "filter" and variable in OFF_FILTER:
                found |= {f"filter.{name}.{key}": value for key, value in OFF_FILTER.items()}
            if name and section == "hook":
                found[f"hook.{name}.enabled"] = "false"
        return found


def hold_repository(place: Path) -> WorkTree:
    """The working tree around `place`. Raises RefusedError if there is none."""
    tree = WorkTree.around(place)
    if tree is None:
        raise RefusedError("there is no git repository here", "make one with `git init`, and run this again")
    return tree


def located(place: Path) -> tuple[Path, Path] | None:
    """The top of the working tree around `place`, and its git folder, by `.git`; None if there is none."""
    real = Path(os.path.realpath(place))
    for top in (real, *real.parents):
        folder = _folder(top / GIT)
        if folder is not None:
            return top, folder
    return None


def hold_no_pipe(place: Path) -> None:
    """Raise UnavailableError for a named pipe or another special file, which git would wait for."""
    with suppress(OSError, ValueError):
        mode = os.stat(place).st_mode
        plain = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
        if not plain and os.path.realpath(place) != os.devnull:  # which is empty
            raise UnavailableError(f"{place} is {kind_name(mode)}, and git would wait for it", NOT_PLAIN_HINT)


def _hold_no_pipes(folder: Path) -> None:
    """Raise UnavailableError if git would wait for one of its own files: an archive brings any of them."""
    for name in _READ:
        hold_no_pipe(folder / name)
    shared = Path(os.path.normpath(folder / first_line(folder / "commondir")))
    branch = first_line(folder / "HEAD")
    branches = (branch.removeprefix(_REF).strip(),) if branch.startswith(_REF) else ()
    for name in (*_READ, *branches):
        hold_no_pipe(shared / name)


def _folder(entry: Path) -> Path | None:
    """The git folder that a `.git` is, or leads to."""
    if entry.is_dir():
        whole_or_damaged = any(os.path.lexists(entry / part) for part in _PARTS)
        return Path(os.path.realpath(entry)) if whole_or_damaged else None
    named = first_line(entry)
    if not named.startswith(_LINK):
        return None
    return Path(os.path.realpath(entry.parent / named.removeprefix(_LINK).strip()))


def _hold_own(top: Path, folder: Path, output: str) -> None:
    """Raise UnavailableError unless a git folder belongs to the working tree in `top`; git must agree."""
    lines = os.fspath(folder).count("\n") + 1  # a folder's name may hold any of them
    output_lines = output.removesuffix("\n").split("\n")
    pairs = ((folder, "\n".join(output_lines[:lines])), (top, "\n".join(output_lines[lines:])))
    why = next(_strange(top, folder), "")
    if not why and not all(_same(ours, theirs) for ours, theirs in pairs):
        why = "git's configuration names another working tree"
    if why:
        raise UnavailableError(
            f"{top / GIT} leads to a git folder that isn't this working tree's own: {why}",
            "work in a clone, or in a working tree that `git worktree add` made",
        )


def _strange(top: Path, folder: Path) -> Iterator[str]:
    """Reasons why a git folder isn't that of the working tree in `top`."""
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


def tracked(root: Path, name: str) -> str:
    """The first file at or below `name` in `root` that git tracks, "" if there is none.

    On a case-insensitive file system the case of letters doesn't matter: git may track the same folder in
    another spelling.
    """
    tree = WorkTree.around(root)
    if tree is None:
        return ""
    names = {name, *(path.name for path in root.iterdir() if path.name.lower() == name.lower())}
    found = tree.ask("ls-files", "-z", "--", *sorted(names), at=root)
    return found.partition("\0")[0]
