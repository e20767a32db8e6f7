"""The machine's world: clones of one repository, and the database that they are synced with; all real."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self
from unittest import mock
from uuid import UUID

import platformdirs

from studio_sync.database.embedded.embedded import Server
from studio_sync.files.git import process
from tests import servers
from tests.harness import TABLES, Desk
from tests.machine.tree import tree
from tests.machine.words import Words, words_of

NAMES = ("ada", "ben")
_LEDGER = ("studio_sync.runs", "studio_sync.versions", "studio_sync.notes")
_ALL = (*TABLES, *_LEDGER)
_PARENTS = dict(
    zip(
        TABLES,
        ("NULL", "client_id", "client_id", "program_id", "program_id", "chapter_id", *["session_id"] * 4),
        strict=True,
    )
)
_STATED = {"programs", "sessions", "articles", "videos", "quizzes", "exercises"}
_ROWS = " UNION ALL ".join(
    f"SELECT '{table}', id::text, {parent}::text, {'status' if table in _STATED else 'NULL'},"
    f" {'number' if table == 'sessions' else 'NULL'}, t::text"
    f" FROM {table} AS t"
    for table, parent in _PARENTS.items()
)


@dataclass(frozen=True)
class Row:
    """A row, and the words that stand in it."""

    table: str
    id: str
    parent: str | None
    status: str | None
    number: str | None
    text: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class File:
    """A file, and the words that stand in it."""

    stat: tuple[int, ...]
    text: str
    words: frozenset[str]


def _listed(folder: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _listed(entry.path)
            elif entry.name.endswith((".md", ".yaml")):
                info = entry.stat(follow_symlinks=False)
                yield entry.path, (info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_size)


class Clone(Desk):
    """A work tree with a workspace in it, whose user is called like it."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.root, self.url = world.root / name, world.url
        self.content = self.root / "content"
        self._connection = None
        self._known: dict[str, File] = {}

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
        """The records' files by path, sorted; those are read that changed since they were asked for."""
        found: dict[str, File] = {}
        for place, stat in sorted(_listed(os.fspath(self.content))):
            path = place[len(os.fspath(self.content)) + 1 :]
            known = self._known.get(path)
            if known is None or known.stat != stat:
                text = Path(place).read_bytes().decode()
                known = File(stat, text, frozenset(words_of(text)))
            found[path] = known
        self._known = found
        return found

    def paths(self) -> list[str]:
        """The records' files, sorted."""
        return list(self.files_now())

    def words(self) -> set[str]:
        """All words that stand in the files."""
        return set().union(*(file.words for file in self.files_now().values()))


class World:
    """Two clones, their remote, and a database. `reset` brings all of it back to where a sequence begins."""

    def __init__(self, root: Path, url: str) -> None:
        self.root, self.url, self._saved = root / "live", url, root / "saved"
        self.home = root / "live" / "home"
        self.clock = 0
        self.clones = [Clone(self, name) for name in NAMES]
        self._extra: list[str] = []
        self._kept: dict[Path, set[str]] = {}
        self._rows: tuple[str, list[Row]] | None = None
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
        first.git("clone", "-q", "--template=", str(self.root / "remote.git"), str(second.root), check=True)
        second.ok("pull")
        for clone in self.clones:  # a reset copies few files
            clone.git("-c", "gc.reflogExpire=never", "gc", "-q", check=True)
        shutil.copytree(self.root, self._saved, symlinks=True)
        first.sql("CREATE SCHEMA saved; CREATE SCHEMA backup")
        self.save("saved")
        self._words = self.words.count

    def reset(self) -> Self:
        """Begin again."""
        shutil.rmtree(self.root)
        shutil.copytree(self._saved, self.root, symlinks=True)
        self.load("saved")
        self.clones, self.clock, self._kept = self.clones[: len(NAMES)], 0, {}
        self.words = Words()
        for _ in range(self._words):
            self.words.fresh("ada")
        self.committed = self.clones[0].words()
        self.backed_up = False
        return self

    @property
    def base(self) -> Clone:
        """The clone whose connection stands for the web app's."""
        return self.clones[0]

    # --- the database

    def save(self, schema: str) -> None:
        """Copy the database into a schema."""
        for name in _ALL:
            copy = f"{schema}.{name.rpartition('.')[2]}"
            self.base.sql(f"DROP TABLE IF EXISTS {copy}; CREATE TABLE {copy} AS TABLE {name}")

    def load(self, schema: str) -> None:
        """Bring the database back to how it was copied."""
        sql = [f"TRUNCATE {', '.join(_ALL)}"]
        sql += [f"INSERT INTO {name} TABLE {schema}.{name.rpartition('.')[2]}" for name in _ALL]
        with self.base.connection.transaction():
            self.base.sql("; ".join(sql))

    def rows(self) -> list[Row]:
        """All rows, in a settled order; they are read again only where any transaction wrote since."""
        moment = self.base.one("SELECT pg_current_snapshot()::text")
        if self._rows is None or self._rows[0] != moment:
            found = [Row(*known, frozenset(words_of(known[-1]))) for known in self.base.sql(_ROWS)]
            found.sort(key=lambda row: (TABLES.index(row.table), row.parent or "", row.id))
            self._rows = (moment, found)
        return self._rows[1]

    def ledger_words(self) -> set[str]:
        """All words that the ledger holds."""
        found = self.base.sql("SELECT document::text FROM studio_sync.versions WHERE document IS NOT NULL")
        return words_of("\n".join(text for (text,) in found))

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
def world(server: Server, root: Path) -> Iterator[World]:
    """A world in a folder, hermetic; its database goes with it."""
    home = root / "live" / "home"
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(os, "fsync"))
        stack.enter_context(mock.patch.object(os, "sync"))
        for name in ("search_path", "find_git"):  # PATH stays what it is
            stack.enter_context(mock.patch.object(process, name, _remembered(getattr(process, name))))
        stack.enter_context(mock.patch.object(platformdirs, "user_data_path", return_value=home))
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("STUDIO_", "PG", "GIT_", "CI"))}
        settings = {"NO_COLOR": "1", "COLUMNS": "100", "STUDIO_HOME": str(home)}
        stack.enter_context(mock.patch.dict(os.environ, {**kept, **settings}, clear=True))
        url = stack.enter_context(servers.database(server))
        found = World(root, url)
        stack.callback(found.base.hang_up)
        yield found
