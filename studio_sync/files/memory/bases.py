"""Merge bases in the memory: the versions that the files are based on, one set for each database."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from studio_sync.core.values.record import Rid, Version
from studio_sync.files.memory.entries import Base, base_of, base_row
from studio_sync.files.memory.moved_folders import MOVED_FOLDERS, Moves, moves_in, with_moves
from studio_sync.files.memory.sqlite_file import indexed_later

_UNSEEN = -1
"""The transaction counter of a database that only reading commands have met."""
_AFTER_SLASH = chr(ord("/") + 1)
"""Paths in a folder sort before the folder's name with this character."""
_BELOW = "(path = ? OR (path > ? AND path < ?))"
_BASE = "rid, kind, parent, slot, digests, path, row_id, token, settled, number, places, held, at"
_PUT_BASE = f"INSERT OR REPLACE INTO bases (db, {_BASE}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608


class Bases:
    """The part of the memory about databases; named facts are stored by the subclass."""

    _db: sqlite3.Connection

    def fact(self, name: str) -> str:
        """The value of a named fact, "" if none."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_fact(self, name: str, value: str) -> None:
        """Save the value of a named fact."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def facts_of(self, prefix: str) -> list[str]:
        """The names of saved facts with this prefix, without it."""
        rows = self._db.execute("SELECT name FROM facts WHERE substr(name, 1, ?) = ?", (len(prefix), prefix))
        return [name.removeprefix(prefix) for (name,) in rows.fetchall()]

    def number_of(self, label: str) -> int:
        """The number of the database with this label; a new label gets a new number."""
        find = "SELECT id FROM databases WHERE label = ?"
        row = self._db.execute(find, (label,)).fetchone()
        if row is None:
            new = "INSERT OR IGNORE INTO databases (label, lineage, horizon) VALUES (?, '', ?)"
            self._db.execute(new, (label, _UNSEEN))
            row = self._db.execute(find, (label,)).fetchone()
        return int(row[0])

    def label_of(self, db: int) -> str:
        """The label of the database with this number."""
        row = self._db.execute("SELECT label FROM databases WHERE id = ?", (db,)).fetchone()
        return str(row[0]) if row else ""

    def see_database(self, db: int, lineage: str, horizon: int) -> None:
        """Save a database's name and transaction counter as of now.

        Its bases stay: the caller decides whether they still hold.
        """
        self._db.execute("UPDATE databases SET lineage = ?, horizon = ? WHERE id = ?", (lineage, horizon, db))

    def other_databases(self, db: int) -> dict[int, str]:
        """The newest known ledger entry of each other database, by number; the oldest number comes last."""
        rows = self._db.execute("SELECT id FROM databases WHERE id <> ? ORDER BY id DESC", (db,))
        return {number: run for (number,) in rows.fetchall() if (run := self.last_run(number))}

    def known_database(self, label: str) -> tuple[int, str, int] | None:
        """(number, name, counter) of a database when last saved; None if it never was."""
        found = self._db.execute("SELECT id, lineage, horizon FROM databases WHERE label = ?", (label,))
        row = found.fetchone()
        return (int(row[0]), str(row[1]), int(row[2])) if row and row[2] != _UNSEEN else None

    def forget(self, db: int, rids: Collection[Rid]) -> None:
        """Drop the bases of these records in one database, and their deletions."""
        if rids:
            self.set_fact(f"row_digest:{db}", "")
        given = [(db, rid) for rid in rids]
        self._db.executemany("DELETE FROM bases WHERE db = ? AND rid = ?", given)
        self._db.executemany("DELETE FROM gone WHERE db = ? AND rid = ?", given)

    def drop_tokens(self, db: int) -> None:
        """Drop all tokens, so that every row is read again; the bases stay."""
        self._db.execute("UPDATE bases SET token = NULL WHERE db = ? AND token IS NOT NULL", (db,))
        self.set_fact(f"row_digest:{db}", "")

    def history(self, db: int) -> str:
        """The server history in which a database's tokens were read, "" if none holds."""
        return self.fact(f"history:{db}")

    def set_history(self, db: int, mark: str) -> None:
        """Save the server history in which a database's tokens were read."""
        self.set_fact(f"history:{db}", mark)

    def set_back(self, db: int) -> str:
        """The warning about a database that lost data, "" if there is none."""
        return self.fact(f"set back:{db}")

    def tell_set_back(self, db: int, message: str) -> None:
        """Save a warning that every command prints, until a writing one has printed it; "" removes it."""
        if self.set_back(db) != message:
            self.set_fact(f"set back:{db}", message)

    def last_run(self, db: int) -> str:
        """The newest known run in the database's ledger, "" if none."""
        return self.fact(f"run:{db}")

    def set_last_run(self, db: int, run: str) -> None:
        """Save the newest run in the database's ledger."""
        self.set_fact(f"run:{db}", run)

    def row_digest(self, db: int) -> str:
        """The digest of all rows' ids and tokens when all were known, "" if some row may not be."""
        return self.fact(f"row_digest:{db}")

    def set_row_digest(self, db: int, digest: str) -> None:
        """Save that all rows are known, with the digest of their ids and tokens."""
        if self.row_digest(db) != digest:
            self.set_fact(f"row_digest:{db}", digest)

    def tokens(self, db: int, kinds: Collection[str]) -> set[tuple[bytes, int]]:
        """(row id, token) of every row of these kinds with a saved token."""
        marks = ",".join("?" * len(kinds))
        query = f"SELECT row_id, token FROM bases WHERE db = ? AND kind IN ({marks})"  # noqa: S608
        return set(self._db.execute(query, (db, *kinds)).fetchall())

    def count_settled(self, db: int) -> int:
        """The number of settled records."""
        # Both counts use small indexes; counting the settled ones directly would scan the table.
        row = self._db.execute(
            "SELECT (SELECT count(*) FROM bases WHERE db = ?)"
            " - (SELECT count(*) FROM bases INDEXED BY bases_unsettled WHERE db = ? AND settled = 0)",
            (db, db),
        ).fetchone()
        return int(row[0])

    def unsettled_bases(self, db: int) -> list[Base]:
        """The bases of records that are not settled, ordered by path."""
        # SQLite's planner would scan the table instead of the small index, so the index is named.
        rows = self._db.execute(
            f"SELECT {_BASE} FROM bases INDEXED BY bases_unsettled"  # noqa: S608
            " WHERE db = ? AND settled = 0 ORDER BY path",
            (db,),
        )
        return [base_of(row) for row in rows]

    def count_bases_by(self, db: int, column: str) -> dict[str, int]:
        """The number of records with a base, by kind or by parent."""
        query = f"SELECT {column}, count(*) FROM bases WHERE db = ? GROUP BY {column}"  # noqa: S608
        return dict(self._db.execute(query, (db,)).fetchall())

    def bases_where(self, db: int, condition: str, *values: object) -> list[Base]:
        """The bases that satisfy an SQL condition over the table `bases`."""
        rows = self._db.execute(
            f"SELECT {_BASE} FROM bases WHERE db = ? AND {condition} ORDER BY path",  # noqa: S608
            (db, *values),
        )
        return [base_of(row) for row in rows]

    def settled_bases(self, db: int, path: str) -> list[Base]:
        """The bases of settled records whose file is at or below `path`."""
        return self.bases_where(db, f"settled AND {_BELOW}", *_below(path))

    def remembers(self, path: str) -> bool:
        """Whether the memory has a record's file at or below `path`."""
        found = f"SELECT 1 FROM bases WHERE {_BELOW} LIMIT 1"  # noqa: S608
        return self._db.execute(found, _below(path)).fetchone() is not None

    def lost_files(self) -> dict[Rid, str]:
        """The paths at which records had their files, of those that no file has any more."""
        found = "SELECT 1 FROM files AS f WHERE f.path = b.path OR f.id = b.rid"
        return dict(self._db.execute(f"SELECT rid, path FROM bases AS b WHERE NOT EXISTS ({found})"))  # noqa: S608

    def remembered_paths(self) -> list[str]:
        """The paths of all records with a base, in any database."""
        return [path for (path,) in self._db.execute("SELECT DISTINCT path FROM bases ORDER BY 1")]

    def strange_ids(self) -> list[tuple[str, str, Rid]]:
        """(path, id, other id) of files with another id than the record that has a base at their path."""
        if not self.any_bases():
            return []
        rows = self._db.execute(
            "SELECT DISTINCT f.path, f.id, b.rid FROM files AS f"
            " JOIN bases AS b ON b.path = f.path AND b.kind = f.kind"
            " WHERE f.id IS NOT NULL AND f.digests IS NOT NULL AND f.id <> b.rid ORDER BY 1, 3"
        )
        return rows.fetchall()

    def remembered(self, rid: Rid) -> list[Version]:
        """The saved versions of a record in all databases, and of its files at that time."""
        rows = self._db.execute(
            "SELECT rid, kind, parent, slot, digests FROM bases WHERE rid = ?"
            " UNION SELECT rid, kind, parent, slot, held FROM bases WHERE rid = ? AND held IS NOT NULL",
            (rid, rid),
        )
        return [Version(*row) for row in rows]

    def lost_ids(self) -> list[tuple[str, str, Rid, str]]:
        """(path, kind, id, other path) of files without the id of their base, which another file has."""
        if not self.any_bases():
            return []
        rows = self._db.execute(
            "SELECT f.path, f.kind, b.rid, min(o.path) FROM files AS f"
            " JOIN bases AS b ON b.path = f.path AND b.kind = f.kind JOIN files AS o ON o.id = b.rid"
            " WHERE f.id IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 3"
        )
        return rows.fetchall()

    def versions_where(self, db: int, condition: str, *values: object) -> list[Version]:
        """The versions of the bases that satisfy an SQL condition, in any order."""
        rows = self._db.execute(
            f"SELECT rid, kind, parent, slot, digests FROM bases WHERE db = ? AND {condition}",  # noqa: S608
            (db, *values),
        )
        return [Version(*row) for row in rows]

    def any_bases(self, db: int | None = None) -> bool:
        """Whether there are bases of a database, or of any."""
        where, given = ("", ()) if db is None else ("WHERE db = ?", (db,))
        found = self._db.execute(f"SELECT 1 FROM bases {where} LIMIT 1", given)  # noqa: S608
        return found.fetchone() is not None

    def versions_at(self, path: str, kind: str) -> list[Version]:
        """The base versions of the file at `path`, in each database."""
        query = "SELECT rid, kind, parent, slot, digests FROM bases WHERE path = ? AND kind = ?"
        return [Version(*row) for row in self._db.execute(query, (path, kind))]

    def base(self, db: int, rid: Rid) -> Base | None:
        """The base of one record."""
        return next(iter(self.bases_where(db, "rid = ?", rid)), None)

    def put_bases(self, db: int, bases: Iterable[Base], at: int = 0) -> bool:
        """Save bases; one without a time of its own gets `at`. Returns whether each of them has a token.

        A base without a token has its row read again. In the order of their identities they are written
        fastest; they are taken one by one, as those of a whole tree would be a tenth of a run's memory.
        """
        sure = True

        def row(base: Base) -> tuple[object, ...]:
            nonlocal sure
            sure = sure and base.token is not None
            return (db, *base_row(base, at))

        with indexed_later(self._db, "bases"):
            self._db.executemany(_PUT_BASE, map(row, bases))
        if not sure:
            self.set_fact(f"row_digest:{db}", "")
        return sure

    def move_folders(self, renames: Collection[tuple[str, str]]) -> None:
        """Apply folder renames, in this order; the records in them are compared again.

        A file that moves by itself becomes another record: its base doesn't move along.
        """
        for old, new in renames:
            self._db.execute(
                "UPDATE bases SET path = ? || substr(path, ?), settled = 0 WHERE path > ? AND path < ?",
                (new, len(old) + 1, *_below(old)[1:]),
            )
        self.set_fact(MOVED_FOLDERS, with_moves(self.fact(MOVED_FOLDERS), renames))

    def moved_folders(self) -> Moves:
        """The folders that were renamed last: git may not know their present names yet."""
        return moves_in(self.fact(MOVED_FOLDERS))

    def move_tokens(self, db: int, moved: Mapping[str, tuple[int, int]]) -> None:
        """Update the tokens of rows (by id) in which only a derived column was written: old to new token."""
        if moved:
            self.set_fact(f"row_digest:{db}", "")
        self._db.executemany(
            "UPDATE bases SET token = ? WHERE db = ? AND row_id = ? AND token = ?",
            ((new, db, UUID(own).bytes, old) for own, (old, new) in moved.items()),
        )

    def drop_bases(self, db: int, rids: Collection[Rid], at: int = 0) -> None:
        """Drop the bases of records that exist on neither side; their deletion stays saved."""
        if rids:
            self.set_fact(f"row_digest:{db}", "")
        for rid in rids:
            self._db.execute("DELETE FROM bases WHERE db = ? AND rid = ?", (db, rid))
            self._db.execute("INSERT OR REPLACE INTO gone VALUES (?, ?, ?)", (db, rid, at))

    def put_deleted(self, db: int, deleted: Mapping[Rid, int]) -> None:
        """Save that records were found deleted on both sides, and when."""
        gone = ((db, rid, at) for rid, at in deleted.items())
        self._db.executemany("INSERT OR REPLACE INTO gone VALUES (?, ?, ?)", gone)

    def deleted(self, db: int) -> dict[Rid, int]:
        """The records found deleted on both sides, and when."""
        return dict(self._db.execute("SELECT rid, at FROM gone WHERE db = ?", (db,)).fetchall())

    def deleted_at(self, db: int, rid: Rid) -> int | None:
        """When this record was found deleted on both sides, None if it was not."""
        found = self._db.execute("SELECT at FROM gone WHERE db = ? AND rid = ?", (db, rid)).fetchone()
        return int(found[0]) if found else None


def _below(path: str) -> tuple[str, str, str]:
    """The values for `_BELOW`: a path, and where the paths below it begin and end."""
    return path, f"{path}/", f"{path}{_AFTER_SLASH}"
