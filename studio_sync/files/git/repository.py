"""The git repository of a workspace: HEAD, history, reflog, index, blobs, unmerged and sparse files."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from studio_sync.core.plan.trailers import Trailer
from studio_sync.core.values.bounds import chunks
from studio_sync.errors import UsageError
from studio_sync.files.git.blobs import is_object_name
from studio_sync.files.git.conversion import MAX_BLOB, Conversion
from studio_sync.files.git.edges import NO_BLOB, Edge, edge_between, edges_of
from studio_sync.files.git.history.messages import FORM, CommitInfo, commits_in
from studio_sync.files.git.history.reflog import is_of_here, moved_back, went_on
from studio_sync.files.git.history.trunk import branched_off
from studio_sync.files.git.history.workspaces import told_apart
from studio_sync.files.git.identity import identity_from, readable
from studio_sync.files.git.state import MOST_LOG, GitFolder, under_way
from studio_sync.files.git.work_tree import WorkTree
from studio_sync.files.tree.disk.plain_file import NotPlainError, read_plain

_PIECE = 1024 * 1024
_MANY = 500
"""How many paths one command gets at most."""
_BREAKS = frozenset("\r\n")
"""Characters that a name in a line-based request must not contain."""
_DEBUG_LINES = 5
"""The number of lines that `ls-files --debug` prints of an entry, below its path."""


class Repository:
    """The git repository around a workspace's content folder. Paths are relative to that folder."""

    def __init__(self, content: Path, tree: WorkTree, top: str, head: str) -> None:
        """`top` is the content folder's path inside the working tree, `head` the checked-out commit."""
        self._content, self._tree, self.top, self.head = content, tree, top, head
        self._folder = tree.folder
        self._conversion = Conversion(tree, content, top)

    @classmethod
    def around(cls, content: Path) -> "Repository | None":
        """The repository that `content` is part of; None if there is none.

        A content folder without any committed file has none. Raises UnavailableError if git can't read it,
        or if the repository is not that of this working tree.
        """
        tree = WorkTree.around(content) if content.is_dir() else None
        if tree is None:
            return None
        found = tree.run("rev-parse", "--show-prefix", "HEAD", "HEAD:./", at=content)
        if found.code:
            if not tree.run("rev-parse", "--verify", "--quiet", "HEAD", at=content).code:
                tree.ask("ls-tree", "HEAD", at=content)  # unreadable is not absent
            return None
        top, head, _, _ = found.text.rsplit("\n", 3)  # the folder's name may contain a line break
        return cls(content, tree, top, head)

    def _git(self, *arguments: str, given: str = "") -> str:
        return self._tree.ask(*arguments, at=self._content, given=given)

    def commit(self, revision: str) -> str:
        """The commit that a revision names, "" if there is none."""
        if revision.startswith("-"):
            return ""
        found = self._tree.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return "" if found.code else found.text.removesuffix("\n")

    @cached_property
    def stash(self) -> str:
        """The newest stash, "" if none."""
        return self.commit("refs/stash")

    @cached_property
    def at_work(self) -> str:
        """The unfinished operation: merge, rebase, …; "" if none."""
        return under_way(self._folder)

    @cached_property
    def merging(self) -> tuple[str, ...]:
        """The commits being merged into HEAD."""
        with suppress(OSError):
            content = read_plain(self._folder / "MERGE_HEAD", MOST_LOG)
            lines = content.decode("utf-8", "replace").split("\n")
            return tuple(line for line in lines if is_object_name(line))
        return ()

    @cached_property
    def unmerged(self) -> frozenset[str]:
        """The files that git lists as unmerged."""
        out = self._git("ls-files", "--unmerged", "-z")
        return frozenset(entry.partition("\t")[2] for entry in out.split("\0") if entry)

    @cached_property
    def left_out(self) -> frozenset[str]:
        """The files that a sparse checkout excludes."""
        out = self._git("ls-files", "-t", "-z")
        return frozenset(entry[2:] for entry in out.split("\0") if entry.startswith("S "))

    @cached_property
    def sparse(self) -> bool:
        """Whether this is a sparse checkout."""
        return self._tree.setting("core.sparseCheckout") == "true"

    @cached_property
    def shallow(self) -> bool:
        """Whether this is a shallow clone."""
        return self._git("rev-parse", "--is-shallow-repository") == "true\n"

    def identity(self) -> str:
        """The current user as configured in git: `Name <address>`, as far as known."""
        return identity_from(self._tree.setting)

    def address(self) -> str:
        """The current user's e-mail address as configured in git, "" if none."""
        return readable(self._tree.setting("user.email"))

    # --- history

    @cached_property
    def history(self) -> dict[str, tuple[Edge, ...]]:
        """Every ancestor of HEAD, and of commits being merged, newest first; with its edges."""
        return self.history_of(())

    def history_of(self, more: Collection[str]) -> dict[str, tuple[Edge, ...]]:
        """The history, and that of more commits."""
        tips = (self.head, *self.merging, *sorted(more))
        return edges_of(self._git, (os.fspath(self._folder), self.top), tips)

    @cached_property
    def moved_back(self) -> Mapping[str, frozenset[str]]:
        """The commits outside the history that HEAD was moved back from, each with those made here since."""
        found: Mapping[str, frozenset[str]] = {}
        with suppress(OSError):
            found = moved_back(self.git_folder.reflog())
        if not (outside := [commit for commit in found if commit not in self.history]):
            return {}
        asked = "".join(f"{commit}\n" for commit in outside)
        out = self._git("cat-file", "--batch-check=%(objectname) %(objecttype)", given=asked)
        known = {line.removesuffix(" commit") for line in out.split("\n")}
        return {commit: found[commit] for commit in outside if commit in known}

    def branched_off(self) -> tuple[str, str]:
        """The commit where HEAD's branch left the remote's default branch, and that branch's name."""
        return branched_off(self._tree, self.head)

    def edge(self, parent: str) -> Edge:
        """The changes from a commit to HEAD."""
        return edge_between(self._git, parent, self.head)

    @cached_property
    def git_folder(self) -> GitFolder:
        """Git's own folder of the working tree."""
        return GitFolder(self._folder)

    def moved_on(self, since: str, size: int) -> bool:
        """Whether HEAD came from the commit `since` only by commits, merges, reverts and picks made here.

        `size` is the reflog's size then: HEAD may have been elsewhere and be back.
        """
        try:
            log = self.git_folder.reflog()
        except NotPlainError:
            return False  # opening a named pipe would block for ever
        except OSError:
            log = b""
        if size and log:
            return went_on(log, since, size)
        if since == self.head:
            return True
        if not is_object_name(since):
            return False
        out = self._tree.run("rev-list", "--walk-reflogs", "--format=%x00%H%x00%gs%x00", "HEAD", "--").text
        words = out.split("\0")
        for commit, what in zip(words[1::3], words[2::3], strict=False):
            if commit == since:
                return True
            if not is_of_here(what):
                return False
        return len(words) == 1 and not self._git("rev-list", "--max-count=1", since, "--not", self.head, "--")

    @cached_property
    def reachable(self) -> tuple[str, ...]:
        """The ancestors of HEAD, newest first."""
        return tuple(self._git("rev-list", self.head, "--").split("\n")[:-1])

    def trailers(self, excluded: Collection[str], since: str = "") -> list[Trailer]:
        """The trailers of HEAD's ancestors that are no ancestors of `excluded` or `since`.

        Newest first. If none of `excluded` is an ancestor of HEAD, only those of HEAD, and of what it merged.
        Raises UsageError for an unknown revision `since`.
        """
        if since:
            start = self.commit(since)
            if not start:
                raise UsageError(f"git knows no revision {since}", "give a commit, a branch or a tag")
            known = [start]
        else:
            known = [commit for commit in self.reachable if commit in excluded]
            parent = "" if known else self.commit(f"{self.head}^1")
            known += [parent] if parent else []
        ends = "\n".join([self.head, *(f"^{commit}" for commit in known)])
        out = self._git("rev-list", FORM, "--stdin", given=ends)
        return self.told_apart(commits_in(out))

    def told_apart(self, commits: Iterable[CommitInfo]) -> list[Trailer]:
        """The trailers of these commits, those marked that may be about another workspace."""
        return told_apart((t for info in commits for t in info.trailers()), self._tree.ask, self.top)

    def commits(self, names: Collection[str]) -> list[CommitInfo]:
        """Author and message of these commits, in any order."""
        if not names:
            return []
        return commits_in(
            self._git("rev-list", "--no-walk=unsorted", FORM, "--stdin", given="\n".join(names) + "\n")
        )

    @cached_property
    def index_written(self) -> int:
        """The time when git last wrote its index, in nanoseconds; 0 if there is none."""
        with suppress(OSError):
            return (self._folder / "index").stat().st_mtime_ns
        return 0

    def rewritten(self, paths: Collection[str]) -> dict[str, tuple[str, int]]:
        """For each file the blob that git's index recorded last, and the mtime recorded, in nanoseconds."""
        found: dict[str, tuple[str, int]] = {}
        for some in chunks(sorted(paths), _MANY):
            out = self._git("ls-files", "--stage", "--debug", "-z", "--", *some)
            entry, *rest = out.split("\0")
            for text in rest:
                *lines, following = text.split("\n", _DEBUG_LINES)
                head, _, path = entry.partition("\t")
                seconds, _, part = lines[1].removeprefix("  mtime: ").partition(":")
                found[path] = (head.split(" ")[1], int(seconds) * 10**9 + int(part))
                entry = following
        return found

    def listed(self, commit: str, names: Collection[str]) -> dict[str, str]:
        """The blobs of all files with these names in a commit, by path."""
        out = self._git("ls-tree", "-r", "-z", commit, "--", ".")
        found = {}
        for entry in out.split("\0"):
            head, _, path = entry.partition("\t")
            if path.rpartition("/")[2] in names:
                found[path] = head.split(" ")[2]
        return found

    def blobs(self, names: Sequence[str]) -> list[str]:
        """The blob of each `COMMIT:PATH`, "" if there is none."""
        self._conversion.expect(name.partition(":")[2] for name in names)
        shown = [f"{n.partition(':')[0]}:{self.top}{n.partition(':')[2]}" for n in names]
        asked = "".join(f"{name}\n" for name in shown if not _BREAKS & set(name))
        out = self._git("cat-file", "--batch-check=%(objectname) %(objecttype)", given=asked)
        lines = iter(out.split("\n"))
        found = (self._object(name) if _BREAKS & set(name) else next(lines) for name in shown)
        return [line.partition(" ")[0] if line.endswith(" blob") else "" for line in found]

    def _object(self, name: str) -> str:
        """Name and type of the object at a `COMMIT:PATH` that contains a line break."""
        found = self._tree.run("rev-parse", "--verify", "--quiet", name)
        return "" if found.code else found.text.removesuffix("\n") + " blob"

    def contents(self, files: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
        """Blobs in their working tree form, given as (path, blob); each blob once.

        Blobs larger than `MAX_BLOB` are skipped. Raises UnavailableError if only the repository itself
        defines how a file is converted.
        """
        paths = {blob: path for path, blob in files if is_object_name(blob) and blob != NO_BLOB}
        self._conversion.expect(paths.values())
        for blob, data in self._stored(sorted(paths)):
            yield blob, self._conversion.worktree_form(paths[blob], blob, data)

    def filtered(self, path: str) -> bool:
        """Whether a filter makes this file from its blob, see `Conversion.filters`."""
        return self._conversion.filters(path)

    def _stored(self, wanted: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The bytes of blobs as stored in git."""
        if not wanted:
            return
        with self._tree.stream("cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted)) as out:
            for line in out:
                head = line.decode().removesuffix("\n").split(" ")
                if len(head) != 3:  # noqa: PLR2004 - an object that this clone doesn't have
                    continue
                size = int(head[2])
                if size <= MAX_BLOB:
                    yield head[0], out.read(size)
                else:
                    while size > 0 and (piece := out.read(min(size, _PIECE))):
                        size -= len(piece)
                out.read(1)
