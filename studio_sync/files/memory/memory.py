"""The workspace's memory between runs, in `.studio/memory.db` (SQLite).

The table `files` is a stat cache, like git's index, and can be rebuilt. The table `bases` has the merge
bases, one set for each database.
"""

import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio_sync.core.values.record import Rid
from studio_sync.errors import UnavailableError
from studio_sync.files.memory.bases import Bases
from studio_sync.files.memory.entries import Base, FileEntry, file_entry, file_row, grouped
from studio_sync.files.memory.sqlite_file import indexed_later, open_memory_db
from studio_sync.files.tree.disk.state_folder import may_write, open_state
from studio_sync.files.tree.walking.listing import Known
from studio_sync.files.tree.walking.survey import MEMORY, known_files

_FILE = "path, size, mtime, ctime, inode, stamp, kind, parent, slot, id, digests, problems"

_LITTLE = 1 << 16
"""With fewer free bytes than this SQLite can't open a database."""

HEAD_MOVES = "git"
"""The fact that has the moves of HEAD, newest last."""


class Memory(Bases):
    """The workspace's memory. The writes of a `changing()` block are one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.on_trial = False
        self._kept: list[Callable[[], object]] = []

    @classmethod
    def open(cls, folder: Path) -> "Memory":
        """Open the memory in `folder`, or create it. A damaged one is set aside, not read.

        If this user can't write there, the memory lasts for the run only.
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
        """Rename a damaged memory, so that the next run starts with an empty one."""
        place = folder / MEMORY
        for old in (place, place.with_name("memory.db-wal"), place.with_name("memory.db-shm")):
            if old.exists():
                old.replace(old.with_name(f"damaged-{old.name}"))

    @classmethod
    def nowhere(cls) -> "Memory":
        """A memory that lasts for the run only."""
        return cls(open_memory_db(":memory:"))

    def is_sound(self) -> bool:
        """Whether the file is intact, as far as SQLite can tell."""
        try:
            return bool(self._db.execute("PRAGMA quick_check").fetchone() == ("ok",))
        except sqlite3.DatabaseError:
            return False

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A transaction: save everything written inside the block, or on an exception nothing."""
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
        """Begin a trial: a transaction that is rolled back by `forget_trial`, or at the end of the run."""
        self._db.execute("BEGIN IMMEDIATE")
        self.on_trial = True

    def keep(self, write: Callable[[], object]) -> None:
        """Write something that no result depends on, so that it survives the end of a trial."""
        with self.changing():
            write()
        if self.on_trial:
            self._kept.append(write)

    def forget_trial(self) -> None:
        """Roll back to the begin of the trial, if there is one."""
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
        """The stamps of all saved files and folders."""
        return known_files(self._db)

    def put_folders(self, fingerprint: str, stamps: Mapping[str, int], lost: Iterable[str]) -> None:
        """Save folders as they were listed; the files in them are saved, too."""
        if self.fact("folders") != fingerprint:
            self._db.execute("DELETE FROM folders")
            self.set_fact("folders", fingerprint)
        self._db.executemany("DELETE FROM folders WHERE path = ?", ((path,) for path in lost))
        self._db.executemany("INSERT OR REPLACE INTO folders VALUES (?, ?)", stamps.items())

    def paths(self) -> frozenset[str]:
        """The paths of all saved files."""
        return frozenset(path for (path,) in self._db.execute("SELECT path FROM files"))

    def put_files(self, entries: Collection[FileEntry]) -> None:
        """Save files; their records are no longer settled in any database."""
        # Row by row: the rows of a whole tree would be a tenth of a run's memory.
        with indexed_later(self._db, "files"):
            self._put_file_rows(map(file_row, entries))
        self._unsettle(entry.path for entry in entries)

    def put_file_rows(self, batches: Iterable[Sequence[tuple[Any, ...]]]) -> None:
        """Save files, given as results of `file_row`."""
        with indexed_later(self._db, "files"):
            for rows in batches:
                self._put_file_rows(rows)
                self._unsettle(row[0] for row in rows)

    def _put_file_rows(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._db.executemany(
            f"INSERT OR REPLACE INTO files ({_FILE}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608
            rows,
        )

    def _unsettle(self, paths: Iterable[str]) -> None:
        if self.any_bases():
            self._db.executemany(
                "UPDATE bases SET settled = 0 WHERE path = ? AND settled", ((path,) for path in paths)
            )

    def drop_files(self, paths: Iterable[str]) -> None:
        """Remove files; their records are no longer settled in any database."""
        dropped = list(paths)
        self._db.executemany("DELETE FROM files WHERE path = ?", ((path,) for path in dropped))
        self._unsettle(dropped)

    def unsettle_below(self, parents: Iterable[str]) -> None:
        """Mark the children of these parents for comparison: their parents' identity changed."""
        if self.any_bases():
            self._db.executemany(
                "UPDATE bases SET settled = 0"
                " WHERE settled AND path IN (SELECT path FROM files WHERE parent = ?)",
                ((parent,) for parent in parents),
            )

    def file(self, path: str) -> FileEntry | None:
        """The saved file at `path`."""
        row = self._db.execute(f"SELECT {_FILE} FROM files WHERE path = ?", (path,)).fetchone()  # noqa: S608
        return file_entry(row) if row else None

    def files_where(self, condition: str, *values: object) -> list[FileEntry]:
        """The files that satisfy an SQL condition over the table `files`, ordered by path."""
        rows = self._db.execute(
            f"SELECT {_FILE} FROM files WHERE {condition} ORDER BY path",  # noqa: S608
            values,
        )
        return [file_entry(row) for row in rows]

    def add_shown(self, db: int, shown: Iterable[tuple[Rid, str]]) -> None:
        """Save conflict parts, by record and id, that were shown whole."""
        self._db.executemany(
            "INSERT OR IGNORE INTO shown_parts VALUES (?, ?, ?)", ((db, rid, part) for rid, part in shown)
        )

    def shown(self, db: int, rid: Rid) -> frozenset[str]:
        """The ids of the parts of a record's conflicts that were shown whole."""
        rows = self._db.execute("SELECT part FROM shown_parts WHERE db = ? AND rid = ?", (db, rid))
        return frozenset(part for (part,) in rows)

    def is_blank(self) -> bool:
        """Whether the memory is empty."""
        query = "SELECT EXISTS (SELECT 1 FROM files) OR EXISTS (SELECT 1 FROM bases)"
        return not self._db.execute(query).fetchone()[0]

    def count_files(self) -> int:
        """The number of saved files that are records."""
        row = self._db.execute("SELECT count(*) FROM files WHERE kind <> ''").fetchone()
        return int(row[0])

    def date_settled(self, db: int, at: int, but: Iterable[Base]) -> None:
        """Save that at this time all settled records' files were what is remembered of them, but these."""
        here = "settled AND path IN (SELECT path FROM files)"
        self._db.execute(f"UPDATE bases SET at = ? WHERE db = ? AND {here}", (at, db))  # noqa: S608
        as_before = ((base.at, db, base.version.rid) for base in but)
        self._db.executemany("UPDATE bases SET at = ? WHERE db = ? AND rid = ?", as_before)

    def unsettled_files(self, db: int) -> list[str]:
        """The paths of records' files without a settled base."""
        again = self._db.execute(
            "SELECT DISTINCT f.path FROM bases AS b INDEXED BY bases_unsettled"
            " JOIN files AS f ON f.path = b.path AND f.kind <> ''"
            " WHERE b.db = ? AND b.settled = 0 AND NOT EXISTS"
            " (SELECT 1 FROM bases AS o WHERE o.path = f.path AND o.db = b.db AND o.settled) ORDER BY f.path",
            (db,),
        ).fetchall()
        if self.count_settled(db) + len(again) == self.count_files():
            # Every file has a base, because there are as many settled bases as files.
            return [row[0] for row in again]
        rows = self._db.execute(
            "SELECT path FROM files AS f WHERE kind <> '' AND NOT EXISTS"
            " (SELECT 1 FROM bases AS b WHERE b.path = f.path AND b.db = ? AND b.settled) ORDER BY path",
            (db,),
        )
        return [row[0] for row in rows]

    def repeated_ids(self) -> list[tuple[str, list[str]]]:
        """Ids that are in more than one file, with the files' paths."""
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
    """The error if SQLite can't read or write the memory, which is in `folder` if known."""
    room = shutil.disk_usage(folder).free if folder else _LITTLE
    if "is full" in str(error) or room < _LITTLE:
        return UnavailableError(
            "the disk is full: the workspace's memory in .studio can't be written",
            "free some space, then run the command again: what was written is consistent",
        )
    return UnavailableError(
        f"can't use the workspace's memory in .studio: {error}",
        "check the permissions of .studio; nothing that was pushed is lost by deleting .studio/memory.db",
    )
