"""The machine's world: clones of one repository, and the database that they are synced with; all real."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar
from unittest import mock
from uuid import UUID

import platformdirs

from studio_sync.database.embedded.embedded import Server
from studio_sync.files.git import git_environment as environment
from studio_sync.files.git import process
from studio_sync.files.tree.disk.one_file import DISPLACED
from studio_sync.files.tree.walking.listing import TEMPORARY
from tests import servers
from tests.harness import Desk
from tests.machine import memory
from tests.machine.connections import pooled
from tests.machine.database import Database, PostgresDatabase, Row
from tests.machine.remembered_git import RememberedGit, remembered_git
from tests.machine.tree import tree
from tests.machine.words import Words, words_of
from tests.scratch import folder_in_memory

NAMES = ("ada", "ben")
_ENVIRONMENT = ("PATH", "HOME", "USER", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE")
"""What commands get of the environment: it is copied often."""
T = TypeVar("T")
SIDES = ("rows", "staging")
"""What the databases are called, among the sides on which words stand."""
_ENOUGH = 1 << 30
"""Bytes of free room."""


_HERE = re.compile(r"(commit|revert|cherry-pick|merge)\b")
"""How git's log names a move of HEAD that goes on from where it was."""


@dataclass(frozen=True, slots=True)
class File:
    """A file, and the words that stand in it."""

    stat: tuple[int, ...]
    text: str
    words: frozenset[str]


def _is_unwritten(name: str) -> bool:
    """Whether a file or folder is what a killed command was about to write: it stands nowhere yet."""
    return name.startswith(TEMPORARY) and not name.startswith(DISPLACED)


def _listed(top: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    folders = [top]
    while folders:
        with suppress(FileNotFoundError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if _is_unwritten(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.name.endswith((".md", ".yaml")):
                    info = entry.stat(follow_symlinks=False)
                    yield entry.path, (info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_size)


class Clone(Desk):
    """A work tree with a workspace in it, whose user is called like it."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.root, self.url = world.root / name, world.url
        self.content = self.root / "content"
        self._known: dict[str, File] = {}
        self._looked = 0
        self.lost_ids: dict[str, str] = {}
        """The ids that sessions' files lost, by folder."""
        self._derived: dict[Callable[..., Any], tuple[object, Any]] = {}

    def git(self, *arguments: str, check: bool = False) -> str:
        """Run git as this clone's user; what it printed, "" if it failed."""
        self.world.clock += 1
        when = f"{1_700_000_000 + self.world.clock} +0000"
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**self.environment(), "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout.strip() if done.returncode == 0 else ""

    def environment(self, **extra: str) -> dict[str, str]:
        """The environment of a run, of git or of studio."""
        found = super().environment(**extra)
        for what in ("AUTHOR", "COMMITTER"):
            found |= {f"GIT_{what}_NAME": self.name, f"GIT_{what}_EMAIL": f"{self.name}@example.org"}
        found["STUDIO_HOME"] = str(self.world.home)
        return found | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_EDITOR": "true"}

    def files_now(self) -> Mapping[str, File]:
        """The records' files by path, sorted; those are read that changed since they were asked for.

        Where none did, the answer is the same object. While the world is still, they are looked at once.
        """
        if self.world.stillness and self._looked == self.world.stillness:
            return self._known
        self._looked = self.world.stillness
        found: dict[str, File] = {}
        for place, stat in sorted(_listed(os.fspath(self.content))):
            path = place[len(os.fspath(self.content)) + 1 :]
            known = self._known.get(path)
            if known is None or known.stat != stat:
                text = Path(place).read_bytes().decode()
                known = File(stat, text, frozenset(words_of(text)))
            found[path] = known
        if found != self._known:
            self._known = found
        return self._known

    def derive(self, function: Callable[["Clone", Mapping[str, File]], T]) -> T:
        """What a function makes of the files; it is asked again only where they changed."""
        files = self.files_now()
        known = self._derived.get(function)
        if known is None or known[0] is not files:
            known = self._derived[function] = files, function(self, files)
        found: T = known[1]
        return found

    def underive(self) -> None:
        """What was made of the files depends on something else, too, which changed."""
        self._derived.clear()

    def paths(self) -> list[str]:
        """The records' files, sorted."""
        return list(self.files_now())

    def git_log(self) -> tuple[str, int]:
        """The newest stash, and how long HEAD's log is."""
        folder = self.root / ".git"
        stash = folder / "refs" / "stash"
        return (stash.read_text() if stash.exists() else ""), (folder / "logs" / "HEAD").stat().st_size

    def index_when(self) -> int:
        """When git wrote its index last."""
        return (self.root / ".git" / "index").stat().st_mtime_ns

    def head_when(self, size: int) -> str:
        """Where HEAD was when its log was so long."""
        before = (self.root / ".git" / "logs" / "HEAD").read_bytes()[:size].decode().splitlines()
        return before[-1].split(" ")[1] if before else ""

    def may_be_put_back(self, since: tuple[str, int]) -> bool:
        """Whether HEAD has moved otherwise than by a commit made here, or a stash was made or applied."""
        moves = self._moves(since)
        return moves is None or not all(_HERE.match(one) for one in moves)

    def only_put_back(self, since: tuple[str, int]) -> bool:
        """Whether that is so, and nothing was committed."""
        moves = self._moves(since)
        return bool(moves) and not any(_HERE.match(one) for one in moves or ())

    def _moves(self, since: tuple[str, int]) -> list[str] | None:
        """How git's log names the moves of HEAD since then; None if a stash was made or applied, too."""
        stash, size = self.git_log()
        if stash != since[0] or size < since[1]:
            return None
        log = (self.root / ".git" / "logs" / "HEAD").read_bytes()[since[1] :].decode()
        return [line.partition("\t")[2] for line in log.splitlines()]

    def files_as_at_head(self) -> Mapping[str, File]:
        """The files that are as HEAD has them, by path."""
        changed = set(self._changed())
        return {p: f for p, f in self.files_now().items() if f"content/{p}" not in changed}

    def _changed(self) -> list[str]:
        """The files that differ from HEAD. Who looks on leaves git's index as it is: its age is evidence."""
        asked = ("-c", "diff.autoRefreshIndex=false", "diff", "--name-only", "HEAD", "--", "content")
        return self.git(*asked).splitlines()

    def words_as_at_head(self) -> set[str]:
        """The words in files that are as HEAD has them."""
        return set().union(*(file.words for file in self.files_as_at_head().values()))

    def texts_at_head(self, *, edited: bool) -> set[str]:
        """What files say that are as HEAD has them, or were `edited`, without what is blank around that."""
        there = {file.text.strip() for file in self.files_as_at_head().values()}
        return there | {self.git("show", f"HEAD:{path}") for path in self._changed() if edited}

    def staged_over(self) -> dict[str, set[str]]:
        """The words that HEAD has in each of the files that git's index has otherwise, or not at all."""
        paths = self.git(
            "diff", "--cached", "--no-renames", "--name-only", "HEAD", "--", "content"
        ).splitlines()
        return {p.removeprefix("content/"): words_of(self.git("show", f"HEAD:{p}")) for p in paths}

    def words_below(self, folder: str) -> set[str]:
        """The words that stand in the files of a folder."""
        return set().union(*(f.words for p, f in self.files_now().items() if p.startswith(f"{folder}/")))

    def words_at(self, paths: Iterable[str]) -> set[str]:
        """The words that stand in these files, as far as they are there."""
        files = self.files_now()
        return set().union(*(files[path].words for path in paths if path in files))

    def words(self) -> set[str]:
        """All words that stand in the files."""
        return set(self.derive(_all_words))


def _all_words(_: Clone, files: Mapping[str, File]) -> frozenset[str]:
    return frozenset().union(*(file.words for file in files.values()))


class World:
    """Two clones, their remote, and two databases; `reset` brings all back to where a sequence begins."""

    def __init__(self, root: Path, databases: Sequence[Database]) -> None:
        self.root, self.url, self._saved = root / "live", databases[0].url, root / "saved"
        self.databases = databases
        self._at = self.databases[0]
        self.remembered: RememberedGit | None = None
        self.home = root / "live" / "home"
        self.clock = 0
        self.clones = [Clone(self, name) for name in NAMES]
        self.stillness, self._stills = 0, 0
        self._kept: dict[Path, set[str]] = {}
        self._build()

    def _build(self) -> None:
        first, second = self.clones
        first.content.mkdir(parents=True)
        first.config("name: desk\n")
        (first.root / ".gitignore").write_text(".studio/\n")
        self.words = Words()
        first.git("init", "-q", "--template=", "-b", "main", check=True)
        first.git("add", "--all", check=True)
        first.git("commit", "-q", "-m", "a workspace", check=True)
        first.write_all(tree(lambda: self.words.fresh("ada")))
        first.git("add", "--all", check=True)
        first.git("commit", "-q", "-m", "first", check=True)
        first.git(
            "init", "-q", "--template=", "--bare", "-b", "main", str(self.root / "remote.git"), check=True
        )
        first.git("remote", "add", "origin", str(self.root / "remote.git"), check=True)
        first.git("push", "-q", "-u", "origin", "main", check=True)
        first.ok("push", "--import")
        first.ok("push", "--import", "--database", self.databases[1].url)
        first.git("clone", "-q", "--template=", str(self.root / "remote.git"), str(second.root), check=True)
        second.ok("pull")
        for clone in self.clones:  # a reset copies few files
            clone.git("-c", "gc.reflogExpire=never", "gc", "-q", check=True)
        shutil.copytree(self.root, self._saved, symlinks=True)
        for one in self.databases:
            one.save("saved")
        self._words = self.words.count

    def reset(self) -> Self:
        """Begin again."""
        if self.remembered is not None:
            self.remembered.forget()
        shutil.rmtree(self.root)
        shutil.copytree(self._saved, self.root, symlinks=True)
        for one in self.databases:
            if one.touched:
                one.reset()
        self.databases[1].touched = False
        self.clones, self.clock, self._kept = self.clones[: len(NAMES)], 0, {}
        self.words = Words()
        for _ in range(self._words):
            self.words.fresh("ada")
        self.committed = self.clones[0].words()
        self.backed_up = self.set_back = False
        for clone in self.clones:
            clone.lost_ids.clear()
        return self

    @property
    def base(self) -> Clone:
        """The first clone."""
        return self.clones[0]

    @property
    def web(self) -> Database:
        """The first database, as the web app works with it."""
        return self.databases[0]

    @contextmanager
    def still(self) -> Iterator[None]:
        """In the block nobody writes a file."""
        self._stills += 1
        self.stillness = self._stills
        try:
            yield
        finally:
            self.stillness = 0

    # --- the databases

    @property
    def side(self) -> str:
        """What the database at hand is called among the sides on which words stand."""
        return self._at.name

    def rows(self) -> list[Row]:
        """All rows of the database at hand, in a settled order."""
        return self._at.rows()

    @contextmanager
    def elsewhere(self) -> Iterator[str]:
        """Have the other database at hand; its address."""
        self._at = self.databases[1]
        self._at.touched = True
        try:
            yield self._at.url
        finally:
            self._at = self.databases[0]

    def learned(self) -> frozenset[str]:
        """The words of all learners, in the database at hand."""
        return self._at.learned()

    def words_elsewhere(self) -> set[str]:
        """The words that stand in the database which is not at hand."""
        (other,) = (one for one in self.databases if one is not self._at)
        return set().union(*(row.words for row in other.rows())) if other.touched else set()

    def ledger_words(self) -> set[str]:
        """All words that the ledgers hold."""
        return set().union(*(one.ledger_words() for one in self.databases))

    def save(self, schema: str) -> None:
        """Copy the first database into a schema."""
        self.databases[0].save(schema)

    def load(self, schema: str) -> None:
        """Bring the first database back to how it was copied."""
        self.databases[0].load(schema)

    def new_id(self) -> str:
        """An id that no row has."""
        self.clock += 1
        return str(UUID(int=(4 << 76) | (8 << 60) | self.clock))

    # --- the files

    def kept_words(self) -> set[str]:
        """All words of what was kept before it was replaced."""
        for path in (self.home / "kept").glob("*/*.kept"):
            self._kept[path] = words_of(path.read_bytes().decode("utf-8", "replace"))
        return set().union(*self._kept.values())

    def fresh_clone(self, name: str) -> Clone:
        """A clone of the remote, as CI makes it."""
        clone = Clone(self, name)
        self.base.git(
            "clone", "-q", "--template=", str(self.root / "remote.git"), str(clone.root), check=True
        )
        return clone


def _remembered(function: Callable[[str, Iterable[Path]], Any]) -> Callable[[str, Iterable[Path]], Any]:
    known = cache(function)
    return lambda path, foreign: known(path, tuple(foreign))


@contextmanager
def world(server: Server | None) -> Iterator[World]:
    """A world in a folder of its own, hermetic; folder and databases go with it.

    Its databases are those of a server, or without one in memory.
    """
    with ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(
            prefix="studio-machine-", dir=folder_in_memory(_ENOUGH), ignore_cleanup_errors=True
        )
        root = Path(stack.enter_context(folder))
        home = root / "live" / "home"
        stack.enter_context(mock.patch.object(os, "fsync"))
        stack.enter_context(mock.patch.object(os, "sync"))
        for module, name in ((environment, "search_path"), (process, "find_git")):  # PATH stays what it is
            stack.enter_context(mock.patch.object(module, name, _remembered(getattr(module, name))))
        stack.enter_context(mock.patch.object(platformdirs, "user_data_path", return_value=home))
        kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        settings = {"NO_COLOR": "1", "COLUMNS": "100", "STUDIO_HOME": str(home)}
        stack.enter_context(mock.patch.dict(os.environ, {**kept, **settings}, clear=True))
        databases = memory.databases(*SIDES) if server is None else _real(server, root)
        found = World(root, stack.enter_context(databases))
        found.remembered = stack.enter_context(remembered_git())
        stack.callback(found.base.hang_up)
        yield found


@contextmanager
def _real(server: Server, root: Path) -> Iterator[list[PostgresDatabase]]:
    with ExitStack() as stack:
        urls = [stack.enter_context(servers.database(server)) for _ in SIDES]
        stack.enter_context(pooled())
        found = [PostgresDatabase(name, root, url) for name, url in zip(SIDES, urls, strict=True)]
        for one in found:
            stack.callback(one.hang_up)
        yield found
