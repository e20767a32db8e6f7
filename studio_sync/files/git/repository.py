"""git, asked by its own commands: where HEAD is, what history says, which files it is at work on."""

import os
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from studio_sync.core.plan.trailers import Trailer, trailers_in
from studio_sync.errors import UnavailableError, UsageError
from studio_sync.files.git.edges import NO_BLOB, Edge, edges_of
from studio_sync.files.git.reflog import is_of_here, went_on
from studio_sync.files.git.state import under_way


class Repository:
    """The git repository around a workspace's content folder. Paths are relative to that folder."""

    def __init__(self, content: Path, top: str, folder: str) -> None:
        """`folder` is where git keeps its own files, `top` the content folder's path inside the tree."""
        self._content, self.top, self._folder = content, top, Path(folder)

    @classmethod
    def around(cls, content: Path) -> "Repository | None":
        """The repository that `content` is part of; None where there is none, or no git.

        A content folder of which nothing was ever committed is in none.
        """
        if not any((folder / ".git").exists() for folder in (content, *content.parents)):
            return None
        if shutil.which("git") is None or not content.is_dir():
            return None
        found = _run(content, "rev-parse", "--absolute-git-dir", "--show-prefix", "HEAD", check=False)
        if not found:
            _hold_trusted(content)
        lines = found.split("\n") if found else []
        if len(lines) < 3 or not lines[2]:  # noqa: PLR2004
            return None
        here = cls(content, lines[1], lines[0])
        here.head = lines[2]
        return here if here._git("ls-tree", "--name-only", "HEAD", "--", ".") else None

    def _git(self, *arguments: str, given: str | None = None) -> str:
        return _run(self._content, *arguments, given=given)

    @cached_property
    def head(self) -> str:
        """The commit that is checked out."""
        return self._git("rev-parse", "HEAD").strip()

    def commit(self, revision: str) -> str:
        """The commit that a revision names, "" if there is none."""
        return _run(
            self._content, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", check=False
        ).strip()

    @cached_property
    def stash(self) -> str:
        """The newest stash, "" if none."""
        return self.commit("refs/stash")

    @cached_property
    def at_work(self) -> str:
        """What git is in the middle of: merge, rebase, …; "" if nothing."""
        return under_way(self._folder)

    @cached_property
    def merging(self) -> tuple[str, ...]:
        """The commits that are being merged into HEAD."""
        with suppress(OSError):
            return tuple((self._folder / "MERGE_HEAD").read_text("utf-8").split())
        return ()

    @cached_property
    def unmerged(self) -> frozenset[str]:
        """The files that git lists as unmerged."""
        out = self._git("ls-files", "--unmerged", "-z")
        return frozenset(entry.partition("\t")[2] for entry in out.split("\0") if entry)

    @cached_property
    def left_out(self) -> frozenset[str]:
        """The files that a sparse checkout left out."""
        out = self._git("ls-files", "-t", "-z")
        return frozenset(entry[2:] for entry in out.split("\0") if entry.startswith("S "))

    @cached_property
    def sparse(self) -> bool:
        """Whether this is a sparse checkout."""
        return self._config("core.sparseCheckout") == "true"

    @cached_property
    def shallow(self) -> bool:
        """Whether history was cut off when it was fetched."""
        return self._git("rev-parse", "--is-shallow-repository").strip() == "true"

    def identity(self) -> str:
        """Who git says is at work here: `Name <address>`, as far as that is known."""
        said = _run(self._content, "config", "--get-regexp", r"^user\.(name|email)$", check=False)
        found = dict(line.partition(" ")[::2] for line in said.splitlines())
        return f"{found.get('user.name', '')} <{found.get('user.email', '')}>".replace(" <>", "").strip()

    def _config(self, name: str) -> str:
        return _run(self._content, "config", "--get", name, check=False).strip()

    # --- history

    @cached_property
    def history(self) -> dict[str, tuple[Edge, ...]]:
        """Every commit that HEAD has seen, or what it is merging, newest first; with its edges."""
        return edges_of(self._git, (os.fspath(self._folder), self.top), (self.head, *self.merging))

    @cached_property
    def log_size(self) -> int:
        """How long the log of HEAD's moves is, in bytes; 0 where none is kept."""
        with suppress(OSError):
            return (self._folder / "logs" / "HEAD").stat().st_size
        return 0

    def moved_on(self, since: str, size: int) -> bool:
        """Whether HEAD came from the commit `since` by commits, merges, reverts and picks made here alone.

        `size` is how long its log was then: HEAD may have been elsewhere, and be back.
        """
        if size and self.log_size:
            with suppress(OSError):
                return went_on((self._folder / "logs" / "HEAD").read_bytes(), since, size)
        if since == self.head:
            return True
        moves = _run(self._content, "reflog", "show", "--format=%H %gs", "HEAD", check=False).splitlines()
        for line in moves:
            commit, _, what = line.partition(" ")
            if commit == since:
                return True
            if not is_of_here(what):
                return False
        return not moves and not self._git("rev-list", "--max-count=1", since, "--not", self.head).strip()

    def trailers(self, seen: Collection[str], since: str = "") -> list[Trailer]:
        """The trailers of the commits that HEAD has seen, and the commits `seen` or `since` have not.

        Newest first. Where HEAD has seen none of `seen`, they are those of HEAD alone, and of what it merged.
        Raises UsageError for a revision `since` that is none.
        """
        if since:
            start = self.commit(since)
            if not start:
                raise UsageError(f"git knows no revision {since}", "give a commit, a branch or a tag")
            known = [start]
        else:
            known = [c for c in self._git("rev-list", self.head).split() if c in seen]
            parent = "" if known else self.commit(f"{self.head}^1")
            known += [parent] if parent else []
        ends = "\n".join([self.head, *(f"^{commit}" for commit in known)])
        out = self._git("log", "--format=%H%x1f%s%x1f%B%x1e", "--stdin", given=ends)
        found: list[Trailer] = []
        for entry in out.split("\x1e"):
            if "\x1f" in entry:
                commit, subject, message = entry.strip("\n").split("\x1f", 2)
                found += trailers_in(commit, subject, message)
        return found

    def rewritten(self, paths: Collection[str]) -> dict[str, tuple[str, int]]:
        """The blob that git last wrote to, or found in, each of the files, and its mtime in nanoseconds."""
        found: dict[str, tuple[str, int]] = {}
        if not paths:
            return found
        path = blob = ""
        for line in self._git("ls-files", "--stage", "--debug", "--", *sorted(paths)).splitlines():
            if not line.startswith("  "):
                head, _, path = line.partition("\t")
                blob = head.split(" ")[1]
            elif line.startswith("  mtime: "):
                seconds, _, part = line.removeprefix("  mtime: ").partition(":")
                found[path] = (blob, int(seconds) * 10**9 + int(part))
        return found

    def listed(self, commit: str, names: Collection[str]) -> dict[str, str]:
        """The blobs of all files of these names in a commit, by path."""
        out = self._git("ls-tree", "-r", "-z", commit, "--", ".")
        found = {}
        for entry in out.split("\0"):
            head, _, path = entry.partition("\t")
            if path.rpartition("/")[2] in names:
                found[path] = head.split(" ")[2]
        return found

    def blobs(self, names: Sequence[str]) -> list[str]:
        """The blob that each `COMMIT:PATH` names, "" where there is none."""
        shown = [f"{n.partition(':')[0]}:{self.top}{n.partition(':')[2]}" for n in names]
        out = self._git(
            "cat-file", "--batch-check=%(objectname) %(objecttype)", given="\n".join(shown) + "\n"
        )
        lines = out.splitlines()
        return [line.split(" ")[0] if line.endswith(" blob") else "" for line in lines]

    def contents(self, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of blobs, each once."""
        wanted = sorted({b for b in blobs if b and b != NO_BLOB})
        if not wanted:
            return
        command = ["git", "-C", os.fspath(self._content), "cat-file", "--batch"]
        done = subprocess.run(
            command, input=("\n".join(wanted) + "\n").encode(), capture_output=True, check=False
        )
        data, at = done.stdout, 0
        while at < len(data):
            end = data.index(b"\n", at)
            head = data[at:end].decode().split(" ")
            at = end + 1
            if len(head) != 3:  # noqa: PLR2004 - an object that a partial clone doesn't have
                continue
            size = int(head[2])
            yield head[0], data[at : at + size]
            at += size + 1


def _run(folder: Path, *arguments: str, given: str | None = None, check: bool = True) -> str:
    """What git prints. Raises UnavailableError if it fails, unless that is to be ""."""
    command = ["git", "--no-optional-locks", "-C", os.fspath(folder), *arguments]
    done = subprocess.run(
        command,
        input=given.encode("utf-8", "surrogateescape") if given is not None else None,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        if not check:
            return ""
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise UnavailableError(f"git could not be asked: {said}", "run `git status` and mend what it says")
    return done.stdout.decode("utf-8", "surrogateescape")


def _hold_trusted(folder: Path) -> None:
    """Raise UnavailableError if git won't look at a repository because it belongs to somebody else."""
    command = ["git", "-C", os.fspath(folder), "rev-parse", "--git-dir"]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode and b"dubious ownership" in done.stderr:
        raise UnavailableError(
            f"git does not look at the repository around {folder}, because it belongs to another user",
            f"if you trust it: git config --global --add safe.directory {folder.parent}",
        )
