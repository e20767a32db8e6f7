"""What a workspace remembers between two runs, in `.studio/memory.db` (SQLite).

Two things with different weight: the `files` table is a cache, as git's index is; the `bases` are the
versions that this tree stands on, one set for each database.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from studio_sync.core.record import Rid, Version
from studio_sync.errors import UnavailableError
from studio_sync.files.entries import Base, FileEntry, base_of, base_row, file_entry, file_row, grouped
from studio_sync.files.memory_file import connect
from studio_sync.files.survey import MEMORY, stored_stamps

_FILE = "path, size, mtime, ctime, inode, stamp, kind, parent, slot, id, digests, problems"
_BASE = "rid, kind, parent, slot, digests, path, row_id, token, settled, number, places, held, epoch"


class Memory:
    """The workspace's memory. All writes of one `changing()` block are kept, or none."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def open(cls, folder: Path) -> "Memory":
        """Open the memory in `folder`, made when missing. One that is damaged is set aside, not read."""
        try:
            folder.mkdir(exist_ok=True)
            if not (folder / ".gitignore").exists():
                (folder / ".gitignore").write_text("*\n", "utf-8")
        except OSError as error:
            raise UnavailableError(
                f"can't write in {folder}: {error.strerror}", "studio keeps its memory of the workspace there"
            ) from None
        place = folder / MEMORY
        try:
            return cls(connect(place))
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                raise UnavailableError(f"can't open {place}: {error}") from None
        cls.set_aside(folder)
        return cls(connect(place))

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
        return cls(connect(":memory:"))

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
            raise UnavailableError(
                f"can't write the workspace's memory in .studio: {error}",
                "nothing that was pushed is lost; if this stays so, delete .studio/memory.db",
            ) from None
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    # --- facts

    def fact(self, name: str) -> str:
        """A remembered word, "" if none."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        """Remember a word."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    # --- files

    def stamps(self) -> dict[str, int]:
        """Path to stamp of every file that is remembered."""
        return stored_stamps(self._db)

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

    def unsettle_below(self, parent: str) -> None:
        """The parent's identity changed: records right below it must be compared again."""
        self._db.execute(
            "UPDATE bases SET settled = 0"
            " WHERE settled AND path IN (SELECT path FROM files WHERE parent = ?)",
            (parent,),
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

    # --- databases

    def database(self, label: str, lineage: str, horizon: int) -> int:
        """The number of a database, new or known.

        What was remembered under the same label of one with another lineage, or of one that has meanwhile
        gone back in time, is forgotten: it says nothing about this one. Nor does the same lineage under
        another label: a copy of a database's disk has it, too.
        """
        row = self._db.execute(
            "SELECT id, lineage, horizon FROM databases WHERE label = ?", (label,)
        ).fetchone()
        if row and (row[1] != lineage or row[2] > horizon):
            self.forget(row[0])
        if row:
            self._db.execute(
                "UPDATE databases SET lineage = ?, horizon = ? WHERE id = ?", (lineage, horizon, row[0])
            )
            return int(row[0])
        cursor = self._db.execute(
            "INSERT INTO databases (label, lineage, horizon) VALUES (?, ?, ?)", (label, lineage, horizon)
        )
        return int(cursor.lastrowid or 0)

    def forget(self, db: int) -> None:
        """Forget every base of a database that is no longer the one it was."""
        self._db.execute("DELETE FROM bases WHERE db = ?", (db,))
        self._db.execute("DELETE FROM gone WHERE db = ?", (db,))
        self.set_fact(f"seen:{db}", "")
        self.set_last_run(db, "")

    def last_run(self, db: int) -> str:
        """The newest entry into the database's ledger that is known of, "" if none."""
        return self.fact(f"run:{db}")

    def set_last_run(self, db: int, run: str) -> None:
        """Remember the newest entry into the database's ledger."""
        self.set_fact(f"run:{db}", run)

    def seen(self, db: int) -> str:
        """The digest of all rows' ids and tokens when they were all known, "" if any may not be."""
        return self.fact(f"seen:{db}")

    def set_seen(self, db: int, digest: str) -> None:
        """All rows are known, and this is the digest of their ids and tokens."""
        if self.seen(db) != digest:
            self.set_fact(f"seen:{db}", digest)

    def tokens(self, db: int) -> set[tuple[bytes, int]]:
        """(row id, token) of every row whose version is known by its token."""
        return set(self._db.execute("SELECT row_id, token FROM bases WHERE db = ?", (db,)).fetchall())

    def count_settled(self, db: int) -> int:
        """How many records are settled."""
        row = self._db.execute("SELECT count(*) FROM bases WHERE db = ? AND settled = 1", (db,)).fetchone()
        return int(row[0])

    def count_bases_by(self, db: int, column: str) -> dict[str, int]:
        """How many records the tree stands on, by kind or by parent."""
        rows = self._db.execute(
            f"SELECT {column}, count(*) FROM bases WHERE db = ? GROUP BY {column}",  # noqa: S608
            (db,),
        )
        return dict(rows.fetchall())

    def bases_where(self, db: int, condition: str, *values: object) -> list[Base]:
        """The bases for which an SQL condition over the `bases` table holds."""
        rows = self._db.execute(
            f"SELECT {_BASE} FROM bases WHERE db = ? AND {condition} ORDER BY path",  # noqa: S608
            (db, *values),
        )
        return [base_of(row) for row in rows]

    def any_bases(self) -> bool:
        """Whether anything is known of any database."""
        return self._db.execute("SELECT 1 FROM bases LIMIT 1").fetchone() is not None

    def versions_at(self, path: str, kind: str) -> list[Version]:
        """What the file at `path` stood on, in each database."""
        query = "SELECT rid, kind, parent, slot, digests FROM bases WHERE path = ? AND kind = ?"
        return [Version(*row) for row in self._db.execute(query, (path, kind))]

    def base(self, db: int, rid: Rid) -> Base | None:
        """The base of one record."""
        found = self.bases_where(db, "rid = ?", rid)
        return found[0] if found else None

    def unsettled_files(self, db: int) -> list[str]:
        """Paths of the records' files for which no base is settled."""
        rows = self._db.execute(
            "SELECT path FROM files AS f WHERE kind <> '' AND NOT EXISTS"
            " (SELECT 1 FROM bases AS b WHERE b.path = f.path AND b.db = ? AND b.settled) ORDER BY path",
            (db,),
        )
        return [row[0] for row in rows]

    def put_bases(self, db: int, bases: Iterable[Base]) -> None:
        """Remember what the tree stands on."""
        self.set_fact(f"seen:{db}", "")
        self._db.executemany(
            f"INSERT OR REPLACE INTO bases (db, {_BASE}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608
            ((db, *base_row(b)) for b in bases),
        )

    def move_tokens(self, db: int, moved: Mapping[str, tuple[int, int]]) -> None:
        """Rows (by id) were written in a derived column only: whoever knew the old token knows the new."""
        self.set_fact(f"seen:{db}", "")
        self._db.executemany(
            "UPDATE bases SET token = ? WHERE db = ? AND row_id = ? AND token = ?",
            ((new, db, UUID(own).bytes, old) for own, (old, new) in moved.items()),
        )

    def drop_bases(self, db: int, rids: Iterable[Rid], epoch: int = 0) -> None:
        """Forget records that neither side has any more, but for the fact that they are gone."""
        self.set_fact(f"seen:{db}", "")
        for rid in rids:
            self._db.execute("DELETE FROM bases WHERE db = ? AND rid = ?", (db, rid))
            self._db.execute("INSERT OR REPLACE INTO gone VALUES (?, ?, ?)", (db, rid, epoch))

    def gone(self, db: int, rid: Rid) -> int | None:
        """In which epoch a record was found to be gone from both sides, None if it was not."""
        row = self._db.execute("SELECT epoch FROM gone WHERE db = ? AND rid = ?", (db, rid)).fetchone()
        return int(row[0]) if row else None
