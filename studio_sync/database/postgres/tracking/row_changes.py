"""Reading tracked changes: changes of rows by others, as versions of records."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from psycopg import Connection, sql

from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kind, Kinds, Type
from studio_sync.core.values.record import Rid, Version, canonical_value, digests
from studio_sync.core.values.value import Value
from studio_sync.database.postgres.connection.one_value import one_value
from studio_sync.database.values.ledger_documents import sound_values
from studio_sync.database.values.ledger_past import LedgerMoment, RunFilter
from studio_sync.database.values.row_change import RowChange, RowSide

_PAGE = 500
_AT_ONCE = 10_000

_QUERY = """
SELECT c.id, c.run::text, c.at, c.role, coalesce(c.actor, ''), c.kind, c.rid, c.document::text,
    c.before::text, own.digests
FROM studio_sync.changes AS c
LEFT JOIN LATERAL (
    -- What a studio entered in the same transaction: it wrote the row itself.
    SELECT array_agg(CASE WHEN v.document IS NULL THEN ''::bytea ELSE v.digests END) AS digests
    FROM studio_sync.versions AS v JOIN studio_sync.runs AS r ON r.id = v.run
    WHERE v.rid = c.rid AND r.at = c.began
) AS own ON true
"""


class RowChanges:
    """Reads the tracked changes that this role may read."""

    def __init__(self, connection: Connection[Any], kinds: Kinds) -> None:
        self._connection, self._kinds = connection, kinds
        self._names = frozenset(kind.name for kind in kinds)

    @cached_property
    def readable(self) -> bool:
        """Whether there may be tracked changes that this role can read."""
        may = (
            "SELECT has_table_privilege(to_regclass('studio_sync.changes'), 'SELECT')"
            " AND has_table_privilege(to_regclass('studio_sync.versions'), 'SELECT')"
        )
        return bool(one_value(self._connection, may))

    def newest_first(self, rids: Collection[Rid] | None, wanted: RunFilter) -> Iterator[RowChange]:
        """The changes of these records, or of any, that belong to a wanted run."""
        beyond = None
        while self.readable:
            rows = self._rows(
                "WHERE (%(beyond)s::bigint IS NULL OR c.id < %(beyond)s::bigint)"
                " AND (%(all)s OR c.rid = ANY(%(rids)s))"
                " AND strpos(lower(coalesce(c.actor, '') || ' ' || c.role), lower(%(author)s)) <> 0"
                " AND (%(since)s::timestamptz IS NULL OR c.at >= %(since)s::timestamptz)"
                " AND (%(until)s::timestamptz IS NULL OR c.at < %(until)s::timestamptz)"
                " AND (cardinality(%(kinds)s::text[]) = 0 OR c.kind = ANY(%(kinds)s))"
                " ORDER BY c.id DESC LIMIT %(page)s",
                {
                    "beyond": beyond, "all": rids is None, "rids": sorted(rids or ()), "page": _PAGE,
                    "author": wanted.author, "since": wanted.since, "until": wanted.until,
                    "kinds": list(wanted.kinds),
                },
            )  # fmt: skip
            yield from self._changes(rows)
            if len(rows) < _PAGE:
                return
            beyond = rows[-1][0]

    def of_runs(self, runs: Collection[str]) -> list[RowChange]:
        """The changes of these transactions, in the order in which they were made."""
        if not self.readable or not runs:
            return []
        return [*self._changes(self._rows("WHERE c.run = ANY(%s::uuid[]) ORDER BY c.id", (sorted(runs),)))]

    def of(self, rids: Collection[Rid]) -> dict[Rid, list[RowChange]]:
        """All changes of these records, in the order in which they were made."""
        found: dict[Rid, list[RowChange]] = {}
        for part in chunks(sorted(rids) if self.readable else [], _AT_ONCE):
            for change in self._changes(self._rows("WHERE c.rid = ANY(%s) ORDER BY c.id", (part,))):
                found.setdefault(change.place.rid, []).append(change)
        return found

    def latest(self, rids: Collection[Rid]) -> dict[Rid, RowChange]:
        """The newest change of each of these records."""
        inner = "SELECT DISTINCT ON (n.rid) n.id FROM studio_sync.changes AS n WHERE n.rid = ANY(%s)"
        return self._of_each(f"WHERE c.id IN ({inner} ORDER BY n.rid, n.id DESC)", rids)

    def at(self, rids: Collection[Rid], moment: LedgerMoment) -> dict[Rid, RowChange]:
        """The newest change of each of these records at a moment."""
        inner = (
            "SELECT DISTINCT ON (n.rid) n.id FROM studio_sync.changes AS n"
            " LEFT JOIN LATERAL (SELECT min(o.id) AS first, max(o.id) AS last FROM studio_sync.changes AS o"
            " WHERE o.run = nullif(%s, '')::uuid AND o.rid = n.rid) AS own ON true"
            " WHERE n.rid = ANY(%s) AND CASE"
            " WHEN own.first IS NOT NULL AND %s THEN n.id < own.first"
            " WHEN own.first IS NOT NULL THEN n.id <= own.last"
            " WHEN %s THEN n.at < %s ELSE n.at <= %s END"
        )
        before, at = moment.before, moment.at
        return self._of_each(
            f"WHERE c.id IN ({inner} ORDER BY n.rid, n.id DESC)",
            rids,
            lambda part: (moment.run, part, before, before, at, at),
        )

    def runs_called(self, start: str, digits: int) -> list[RowChange]:
        """The first change of each run whose id begins with `start`; two if it is ambiguous."""
        if not self.readable:
            return []
        ends = [start.replace("-", "").lower().ljust(digits, end) for end in "0f"]
        inner = (
            "SELECT min(n.id) FROM studio_sync.changes AS n WHERE n.run BETWEEN %s::uuid AND %s::uuid"
            " GROUP BY n.run ORDER BY n.run LIMIT 2"
        )
        return [*self._changes(self._rows(f"WHERE c.id IN ({inner})", ends))]

    def unheard(self, tops: Collection[str] | None) -> dict[Rid, RowChange]:
        """The newest change of each record without a version, below these top rows or of all."""
        if not self.readable:
            return {}
        inner = (
            "SELECT DISTINCT ON (n.rid) n.id FROM studio_sync.changes AS n"
            " WHERE (%s OR n.top = ANY(%s::uuid[]))"
            " AND NOT EXISTS (SELECT FROM studio_sync.versions AS v WHERE v.rid = n.rid)"
            " ORDER BY n.rid, n.id DESC"
        )
        rows = self._rows(f"WHERE c.id IN ({inner})", (tops is None, sorted(tops or ())))
        return {change.place.rid: change for change in self._changes(rows)}

    def tops(self, kind: str, slots: Collection[str]) -> set[str]:
        """The top rows that have or had one of these slots."""
        if not self.readable:
            return set()
        rows = self._connection.execute(
            "SELECT DISTINCT top::text FROM studio_sync.changes"
            " WHERE parent = '' AND kind = %s AND slot = ANY(%s) AND top IS NOT NULL",
            (kind, sorted(slots)),
        )
        return {top for (top,) in rows}

    # --- pieces

    def _of_each(
        self, where: str, rids: Collection[Rid], given: "Any" = lambda part: (part,)
    ) -> dict[Rid, RowChange]:
        found: dict[Rid, RowChange] = {}
        for part in chunks(sorted(rids) if self.readable else [], _AT_ONCE):
            rows = self._rows(where, given(part))
            found |= {change.place.rid: change for change in self._changes(rows, all_of_them=True)}
        return found

    def _rows(self, where: str, given: Any) -> list[tuple[Any, ...]]:
        query = sql.SQL(_QUERY) + sql.SQL(where)
        return self._connection.execute(query, given, binary=True).fetchall()

    def _changes(self, rows: Iterable[Sequence[Any]], *, all_of_them: bool = False) -> Iterator[RowChange]:
        """The changes in these rows; only effective changes by others, unless `all_of_them`."""
        for id_, run, at, role, actor, kind, rid, document, before, entered in rows:
            if kind not in self._names:
                continue
            declared = self._kinds[kind]
            columns = None if document is None else sound_values(declared, document)
            older = None if before is None else sound_values(declared, before)
            if (document is not None and columns is None) or (before is not None and older is None):
                continue  # no record can have these values
            was = None if older is None else {**(columns or {}), **older}
            change = RowChange(
                id_, run, at, role, actor,
                None if was is None else _side(declared, rid, was),
                None if columns is None else _side(declared, rid, columns),
            )  # fmt: skip
            if change.before is None and change.after is None:
                continue
            record_digests = change.after.version.digests if change.after else b""
            if all_of_them or not (record_digests in (entered or ()) or _same(change.before, change.after)):
                yield change


def _same(before: RowSide | None, after: RowSide | None) -> bool:
    return before is not None and after is not None and before.version == after.version


def _side(kind: Kind, rid: Rid, columns: Mapping[str, Value]) -> RowSide:
    """A record from a row with these columns, in canonical form."""
    values: dict[str, Value] = {}
    for field in kind.fields:
        value = columns.get(field.name)
        values[field.name] = value if field.type is Type.JSON else canonical_value(field, value)
    parent = str(columns.get(kind.parent_column) or "") if kind.parent_column else ""
    slot = str(columns.get(kind.slot.column) or "") if kind.slot else ""
    return RowSide(Version(rid, kind.name, parent, slot, digests(kind, values)), values)
