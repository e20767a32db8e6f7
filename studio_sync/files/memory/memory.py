"""What a workspace remembers between two runs, in `.studio/memory.db` (SQLite).

Two things with different weight: the `files` table is a cache, as git's index is; the `bases` are the
versions that this tree stands on, one set for each database.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio_sync.errors import UnavailableError
from studio_sync.files.memory.bases import Bases
from studio_sync.files.memory.entries import FileEntry, file_entry, file_row, grouped
from studio_sync.files.memory.sqlite_file import open_memory_db
from studio_sync.files.tree.disk.state_folder import may_write, open_state
from studio_sync.files.tree.walking.listing import Known
from studio_sync.files.tree.walking.survey import MEMORY, known_files

_FILE = "path, size, mtime, ctime, inode, stamp, kind, parent, slot, id, digests, problems"

_LITTLE = 1 << 16
"""Bytes of free room with which SQLite can't open a memory."""


class Memory(Bases):
    """The workspace's memory. All writes of one `changing()` block are kept, or none."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.on_trial = False
        self._kept: list[Callable[[], None]] = []

    @classmethod
    def open(cls, folder: Path) -> "Memory":
        """Open the memory in `folder`, made when missing. One that is damaged is set aside, not read.

        Where this user may not write there, it is one that ends with the run.
        """
        if not may_write(folder):
            return cls.nowhere()
        open_state(folder)
        place = folder / MEMORY
        try:
            return cls(open_memory_db(place))
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                raise unusable(folder, error) from None
        cls.set_aside(folder)
        return cls(open_memory_db(place))

    @staticmethod
    def set_aside(folder: Path) -> None:
        """Keep a damaged memory under another name, so that the next run begins with an empty one."""
        place = folder / MEMORY
        for old in (place, place.with_name("memory.db-wal"), place.with_name("memory.db-shm")):
            if old.exists():
                old.replace(old.with_name(f"damaged-{old.name}"))

    @classmethod
    def nowhere(cls) -> "Memory":
        """A memory that ends with the run."""
        return cls(open_memory_db(":memory:"))

    def is_sound(self) -> bool:
        """Whether the file is whole, as far as SQLite can tell."""
        try:
            return bool(self._db.execute("PRAGMA quick_check").fetchone() == ("ok",))
        except sqlite3.DatabaseError:
            return False

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep everything written inside the block, or on an exception nothing of it."""
        if self._db.in_transaction:
            yield
            return
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._undo()
            raise unusable(None, error) from None
        except BaseException:
            self._undo()
            raise

    def begin_trial(self) -> None:
        """What is written from here on holds for this run alone; `forget_trial` ends that."""
        self._db.execute("BEGIN IMMEDIATE")
        self.on_trial = True

    def keep(self, write: Callable[[], None]) -> None:
        """Write what no answer depends on: that stays, whatever becomes of a trial."""
        with self.changing():
            write()
        if self.on_trial:
            self._kept.append(write)

    def forget_trial(self) -> None:
        """Bring everything back to where it was when a trial began, if one did."""
        if not self.on_trial:
            return
        self.on_trial = False
        self._undo()
        kept, self._kept = self._kept, []
        with self.changing():
            for write in kept:
                write()

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    # --- files

    def known(self) -> Known:
        """The stamps of all files and folders that are remembered."""
        return known_files(self._db)

    def put_folders(self, basis: str, stamps: Mapping[str, int], lost: Iterable[str]) -> None:
        """Remember folders as they were listed; the files that stood in them are remembered, too."""
        if self.fact("folders") != basis:
            self._db.execute("DELETE FROM folders")
            self.set_fact("folders", basis)
        self._db.executemany("DELETE FROM folders WHERE path = ?", ((path,) for path in lost))
        self._db.executemany("INSERT OR REPLACE INTO folders VALUES (?, ?)", stamps.items())

    def paths(self) -> frozenset[str]:
        """The path of every file that is remembered."""
        return frozenset(path for (path,) in self._db.execute("SELECT path FROM files"))

    def put_files(self, entries: Iterable[FileEntry]) -> None:
        """Remember files; their records are no longer settled in any database."""
        self.put_file_rows([file_row(e) for e in entries])

    def put_file_rows(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Remember files, each in the form of `file_row`."""
        self._db.executemany(
            f"INSERT OR REPLACE INTO files ({_FILE}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608
            rows,
        )
        self._unsettle(row[0] for row in rows)

    def _unsettle(self, paths: Iterable[str]) -> None:
        if self.any_bases():
            self._db.executemany(
                "UPDATE bases SET settled = 0 WHERE path = ? AND settled", ((path,) for path in paths)
            )

    def drop_files(self, paths: Iterable[str]) -> None:
        """Forget files; their records are no longer settled in any database."""
        gone = list(paths)
        self._db.executemany("DELETE FROM files WHERE path = ?", ((path,) for path in gone))
        self._unsettle(gone)

    def unsettle_below(self, parents: Iterable[str]) -> None:
        """The identity of these parents changed: records right below them must be compared again."""
        if self.any_bases():
            self._db.executemany(
                "UPDATE bases SET settled = 0"
                " WHERE settled AND path IN (SELECT path FROM files WHERE parent = ?)",
                ((parent,) for parent in parents),
            )

    def file(self, path: str) -> FileEntry | None:
        """The file remembered at `path`."""
        row = self._db.execute(f"SELECT {_FILE} FROM files WHERE path = ?", (path,)).fetchone()  # noqa: S608
        return file_entry(row) if row else None

    def files_where(self, condition: str, *values: object) -> list[FileEntry]:
        """The files for which an SQL condition over the `files` table holds, in the order of paths."""
        rows = self._db.execute(
            f"SELECT {_FILE} FROM files WHERE {condition} ORDER BY path",  # noqa: S608
            values,
        )
        return [file_entry(row) for row in rows]

    def is_blank(self) -> bool:
        """Whether nothing at all is remembered."""
        query = "SELECT EXISTS (SELECT 1 FROM files) OR EXISTS (SELECT 1 FROM bases)"
        return not self._db.execute(query).fetchone()[0]

    def count_files(self) -> int:
        """How many files are remembered as records."""
        row = self._db.execute("SELECT count(*) FROM files WHERE kind <> ''").fetchone()
        return int(row[0])

    def unsettled_files(self, db: int) -> list[str]:
        """Paths of the records' files for which no base is settled."""
        again = self._db.execute(
            "SELECT DISTINCT f.path FROM bases AS b INDEXED BY bases_unsettled"
            " JOIN files AS f ON f.path = b.path AND f.kind <> ''"
            " WHERE b.db = ? AND b.settled = 0 AND NOT EXISTS"
            " (SELECT 1 FROM bases AS o WHERE o.path = f.path AND o.db = b.db AND o.settled) ORDER BY f.path",
            (db,),
        ).fetchall()
        if self.count_settled(db) + len(again) == self.count_files():
            # No file is without a base, as each that is settled has one of its own.
            return [row[0] for row in again]
        rows = self._db.execute(
            "SELECT path FROM files AS f WHERE kind <> '' AND NOT EXISTS"
            " (SELECT 1 FROM bases AS b WHERE b.path = f.path AND b.db = ? AND b.settled) ORDER BY path",
            (db,),
        )
        return [row[0] for row in rows]

    def repeated_ids(self) -> list[tuple[str, list[str]]]:
        """Ids that stand in more than one file, with the files' paths."""
        rows = self._db.execute(
            "SELECT id, path FROM files WHERE id IN (SELECT id FROM files WHERE id IS NOT NULL"
            " GROUP BY id HAVING count(*) > 1) ORDER BY id, path"
        )
        return grouped(rows)

    def repeated_places(self) -> list[tuple[str, list[str]]]:
        """Places (parent, kind, slot) that more than one file has, with the files' paths."""
        rows = self._db.execute(
            "SELECT parent || char(10) || kind || char(10) || slot AS place, path FROM files"
            " WHERE (parent, kind, slot) IN (SELECT parent, kind, slot FROM files WHERE kind <> ''"
            " GROUP BY parent, kind, slot HAVING count(*) > 1) ORDER BY place, path"
        )
        return grouped(rows)


def unusable(folder: Path | None, error: sqlite3.OperationalError) -> UnavailableError:
    """What to say where SQLite can't read or write the memory, which is in `folder` if that is known."""
    room = shutil.disk_usage(folder).free if folder else _LITTLE
    if "is full" in str(error) or room < _LITTLE:
        return UnavailableError(
            "the disk is full: the workspace's memory in .studio can't be written",
            "make room, then run the command again: what was written is whole, and it goes on from there",
        )
    return UnavailableError(
        f"can't use the workspace's memory in .studio: {error}",
        "check the permissions of .studio; nothing that was pushed is lost by deleting .studio/memory.db",
    )
