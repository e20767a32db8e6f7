"""Reading the ledger: versions of records, notes on files, and pushed commits."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.value import Value
from studio_sync.database.postgres.connection.one_value import one_value
from studio_sync.database.postgres.ledger.known_runs import newest_of
from studio_sync.database.postgres.schema.install import (
    VERSION,
    installed_version,
    missing_indexes,
    newer,
)
from studio_sync.database.values.ledger_values import FOUND, MAX_NUMBER, WHOLE_PUSH, counts
from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from psycopg import Connection

    from studio_sync.core.history.known_versions import LedgerNote, RecordHistory

_AT_ONCE = 10_000
_LOOKED_AT = 100_000
"""The most entries that are looked at only to count odd ones."""
_MANY = 1_000
"""From so many records on, one question more is worth it."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Ledger:
    """Reads the ledger, if the database has one that this role can read."""

    def __init__(self, connection: "Connection[Any]", kinds: Kinds) -> None:
        self._connection, self._kinds = connection, kinds
        self._names = frozenset(kind.name for kind in kinds)
        self.left_out: set[str] = set()
        """Kinds of entries that were read and that this version of studio doesn't know."""
        self.version = installed_version(connection)
        self.readable = self.writable = self.bounded = False
        if self.version == VERSION:
            row = connection.execute(
                "SELECT has_table_privilege('studio_sync.versions', 'SELECT')"
                " AND has_table_privilege('studio_sync.notes', 'SELECT')"
                " AND has_table_privilege('studio_sync.runs', 'SELECT'),"
                " has_any_column_privilege('studio_sync.versions', 'INSERT')"
                " AND has_any_column_privilege('studio_sync.notes', 'INSERT')"
                " AND has_any_column_privilege('studio_sync.runs', 'INSERT'),"
                " row_security_active('studio_sync.runs')"
            ).fetchone()
            self.readable, self.writable, self.bounded = row or (False, False, False)
            self.writable = self.writable or self._enters()

    def _enters(self) -> bool:
        """Whether this role may enter versions through the functions of a grant."""
        may_call = (
            "SELECT coalesce(bool_and(has_function_privilege(p.oid, 'EXECUTE')) AND count(*) = 2, false)"
            " FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = 'studio_sync'::regnamespace"
            " AND p.proname IN ('enter_versions', 'my_access')"
        )
        may_write = "SELECT EXISTS (SELECT FROM studio_sync.my_access() AS a WHERE a.can <> 'read')"
        return bool(one_value(self._connection, may_call) and one_value(self._connection, may_write))

    @property
    def is_newer(self) -> bool:
        """Whether a newer version of studio created it, so that its entries can't be read here."""
        return self.version is not None and self.version > VERSION

    def hold_writable(self, label: str) -> None:
        """Raise UnavailableError unless versions can be entered: no push goes unrecorded."""
        if self.writable:
            return
        if self.version == VERSION:
            raise UnavailableError(
                f"{label}: permission denied: this role may not write into the ledger of pushes",
                "who runs the database can allow it: GRANT SELECT, INSERT ON studio_sync.runs,"
                " studio_sync.versions, studio_sync.notes TO ROLE",
            )
        if self.is_newer:
            raise newer(self.version or 0)
        what = "was prepared by an older studio" if self.version else "is not prepared for studio"
        raise UnavailableError(
            f"{label}: the database {what}: it has no ledger, in which every push is entered",
            "let its owner run: studio db init (it makes the schema studio_sync, and touches no table)",
        )

    def pushed_commits(self, covers: Collection[str] | None, among: Collection[str]) -> set[str]:
        """Those commits whose decisions about these top rows were pushed completely.

        None means the whole database. A push covers only what its role and workspace can reach. Runs of
        another role that is bound to clients don't count, because it may enter anything.
        """
        allowed = "SELECT has_table_privilege('studio_sync.runs', 'SELECT')"
        if not self.readable or not one_value(self._connection, allowed):
            return set()
        found = self._connection.execute(
            "SELECT DISTINCT git_commit FROM studio_sync.runs WHERE git_commit = ANY(%s) AND source = %s"
            " AND (reach IS NULL OR reach @> %s::uuid[]) AND (role = current_user OR role IN ("
            " SELECT r.rolname FROM pg_catalog.pg_roles AS r, pg_catalog.pg_class AS c"
            " WHERE c.oid = 'studio_sync.runs'::regclass"
            " AND (r.rolsuper OR r.rolbypassrls OR pg_has_role(r.oid, c.relowner, 'USAGE'))))",
            (list(among), WHOLE_PUSH, None if covers is None else sorted(covers)),
        )
        return {commit for (commit,) in found if _COMMIT.fullmatch(commit)}

    def repeated(self, rids: Collection[Rid]) -> set[Rid]:
        """Those of the records that have more than one version."""
        if not self.readable:
            return set()
        query = "SELECT rid FROM studio_sync.versions WHERE rid = ANY(%s) GROUP BY rid HAVING count(*) > 1"
        return {rid for (rid,) in self._rows(query, rids)}

    def was_decided(self, rid: Rid, choice: str, reason: str) -> bool:
        """Whether a version of a record was made by exactly this decision."""
        if not self.readable:
            return False
        query = "SELECT EXISTS (SELECT FROM studio_sync.versions WHERE rid = %s AND decision ->> %s = %s)"
        return bool(one_value(self._connection, query, (rid, choice, reason)))

    def newest_run(self) -> str:
        """The newest run, "" if there is none."""
        if not self.readable:
            return ""
        # Two orders at once would read on to the next time of a run that this role may see.
        query = (
            "SELECT id::text FROM studio_sync.runs WHERE at ="
            " (SELECT r.at FROM studio_sync.runs AS r ORDER BY r.at DESC LIMIT 1)"
            " ORDER BY source = %s LIMIT 1"
        )
        return str(one_value(self._connection, query, (FOUND,)) or "")

    def _is_empty(self) -> bool:
        """Whether nothing was ever entered: then a first push need not send the ids of all its records.

        Every version names its run; of a role that may not see every run, nobody can tell.
        """
        return not self.bounded and not self.newest_run()

    def histories(self, rids: Collection[Rid]) -> "dict[Rid, RecordHistory]":
        """The histories of these records; records without one are omitted."""
        if not self.readable or (len(rids) > _MANY and self._is_empty()):
            return {}
        from studio_sync.core.history.known_versions import RecordHistory

        kinds: dict[Rid, str] = {}
        versions: dict[Rid, dict[int, Version | None]] = {}
        for rid, number, kind, parent, slot, digests, deleted in self._rows(
            "SELECT rid, number, kind, parent, slot, digests, document IS NULL"
            " FROM studio_sync.versions WHERE rid = ANY(%s) ORDER BY rid, number",
            rids,
        ):
            if not counts(self._names, kind, number, digests) or kinds.setdefault(rid, kind) != kind:
                self.left_out.add(kind)
                continue
            found = None if deleted else Version(rid, kind, parent, slot, digests)
            versions.setdefault(rid, {})[number] = found
        from studio_sync.database.postgres.ledger.notes import read_note

        notes: dict[Rid, list[LedgerNote]] = {}
        for rid, kind, parent, slot, digests, fields, number in self._rows(
            "SELECT rid, kind, parent, slot, digests, fields, number"
            " FROM studio_sync.notes WHERE rid = ANY(%s)",
            versions,
        ):
            # A note about no version, or no field, is void.
            if kind == kinds[rid] and number in versions[rid] and counts(self._names, kind, number, digests):
                content = Version(rid, kind, parent, slot, digests)
                notes.setdefault(rid, []).append(read_note(self._kinds[kind], content, fields, number))
        return {
            rid: RecordHistory(self._kinds[kinds[rid]], found, notes.get(rid, ()))
            for rid, found in versions.items()
        }

    def latest(self, rids: Collection[Rid]) -> dict[Rid, tuple[int, Version | None]]:
        """Number and content of the newest version of each of these records."""
        if not self.readable:
            return {}
        found = self._rows(
            "SELECT DISTINCT ON (rid) rid, number, kind, parent, slot, digests, document IS NULL"
            " FROM studio_sync.versions WHERE rid = ANY(%s) AND number < %s AND kind = ANY(%s)"
            " ORDER BY rid, number DESC",
            rids,
            MAX_NUMBER,
            sorted(self._names),
        )
        return {
            rid: (number, None if deleted else Version(rid, kind, parent, slot, digests))
            for rid, number, kind, parent, slot, digests, deleted in found
        }

    def documents(self, wanted: Collection[tuple[Rid, int]]) -> dict[tuple[Rid, int], Mapping[str, Value]]:
        """The values of versions, by record and number."""
        if not self.readable or not wanted:
            return {}
        from studio_sync.database.values.ledger_documents import sound_values

        rows = self._connection.execute(
            "SELECT v.rid, v.number, v.kind, v.document::text FROM studio_sync.versions AS v"
            " JOIN unnest(%s::text[], %s::int[]) AS w (rid, number) ON v.rid = w.rid AND v.number = w.number"
            " WHERE v.document IS NOT NULL",
            ([rid for rid, _ in wanted], [number for _, number in wanted]),
        )
        found = {}
        for rid, number, kind, text in rows:
            if kind in self._names and (values := sound_values(self._kinds[kind], text)) is not None:
                found[rid, number] = values
        return found

    def newest_of(self, runs: Collection[str]) -> str:
        """The newest of these runs, "" if the ledger has none of them. It must be readable."""
        return newest_of(self._connection, runs)

    def last_rows(self, rids: Collection[Rid]) -> dict[Rid, str]:
        """The last row id of each of these records. The ledger must be readable."""
        query = "SELECT rid, row_id::text FROM studio_sync.versions WHERE rid = ANY(%s) ORDER BY number"
        return dict(self._connection.execute(query, (sorted(rids),)).fetchall())

    def former_tops(self, rids: Collection[Rid]) -> dict[Rid, set[str]]:
        """All top rows below which each of these records ever was. The ledger must be readable."""
        query = "SELECT DISTINCT rid, top::text FROM studio_sync.versions WHERE rid = ANY(%s)"
        found: dict[Rid, set[str]] = {}
        for rid, top in self._connection.execute(query, (sorted(rids),)):
            found.setdefault(rid, set()).add(top)
        return found

    def odd_entries(self, tops: Collection[str] | None) -> dict[str, int]:
        """The number of entries below these top rows, or of all, that are no versions, by the kind they name.

        They were not written by studio, or by a newer version of it. At most `_LOOKED_AT` are looked at.
        """
        rows = self._connection.execute(
            "SELECT left(kind, 50), count(*) FROM ("
            " SELECT kind, number FROM studio_sync.versions"
            " WHERE (%(all)s OR top = ANY(%(tops)s::uuid[])) LIMIT %(many)s) AS v"
            " WHERE kind <> ALL(%(kinds)s) OR number < 1 OR number >= %(most)s GROUP BY 1 LIMIT 20",
            {
                "all": tops is None,
                "tops": sorted(tops or ()),
                "many": _LOOKED_AT,
                "kinds": sorted(self._names),
                "most": MAX_NUMBER,
            },
        )
        return dict(rows.fetchall())

    def missing_indexes(self) -> list[str]:
        """The ledger's indexes that are missing."""
        return missing_indexes(self._connection)

    def _rows(self, query: str, rids: Collection[Rid], *more: Any) -> Iterator[Sequence[Any]]:
        for part in chunks(sorted(rids), _AT_ONCE):
            yield from self._connection.execute(query.encode(), (part, *more), binary=True).fetchall()
