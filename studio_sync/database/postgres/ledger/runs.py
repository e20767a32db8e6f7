"""The ledger as a history: runs with their entries, and records at earlier moments."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from psycopg import Connection, sql

from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.row_summary import Last
from studio_sync.core.values.value import Value, load_json
from studio_sync.database.values.ledger_documents import sound_values
from studio_sync.database.values.ledger_past import (
    ALL_RUNS,
    Author,
    Entered,
    LastKnown,
    LedgerMoment,
    Logged,
    Past,
    RecordRun,
    RunFilter,
)
from studio_sync.database.values.ledger_values import FOUND, MAX_NUMBER, ONLY_READ, PULL, counts

_AT_ONCE = 10_000

AT = sql.SQL("least(greatest(r.at, '2000-01-01Z'), '9999-01-01Z')")
"""The time of a run, clamped to years that Python's datetime can hold."""

OF_VERSION = sql.SQL(
    "CROSS JOIN LATERAL (SELECT * FROM studio_sync.runs AS own_run WHERE own_run.id = v.run OFFSET 0) AS r"
)
"""The run r of a version v, looked up by its id: a join may be planned as a scan of all others."""

DIGITS = 32
"""The length of a run's id."""
_LOGGED = sql.SQL(
    "SELECT r.id::text, {}, r.actor, r.role, r.source, coalesce(r.git_commit, ''), coalesce(r.message, '')"
    " FROM studio_sync.runs AS r"
).format(AT)
_ANY = sql.SQL("EXISTS (SELECT FROM studio_sync.versions AS v WHERE v.run = r.id{kinds})")
_OURS = sql.SQL("r.id IN (SELECT v.run FROM studio_sync.versions AS v WHERE v.rid = ANY(%(rids)s){kinds})")
_OF_KINDS = sql.SQL(" AND v.kind = ANY(%(kinds)s)")
"""Joined from the records' side: from the runs, all other runs would be scanned."""
_AUTHORS = sql.SQL("""
SELECT DISTINCT ON (v.rid)
    v.rid, v.kind, v.parent, v.slot, v.digests, v.document IS NULL, {at}, r.actor, r.source,
    coalesce(r.message, '')
FROM studio_sync.versions AS v
{run}
WHERE v.rid = ANY(%s) AND v.number < {most}
ORDER BY v.rid, v.number DESC
""").format(at=AT, run=OF_VERSION, most=sql.Literal(MAX_NUMBER))
_VERSIONS = 500
"""At most this many versions of a record are read, the newest ones."""

_OF_RECORDS = sql.SQL("""
SELECT w.rid, v.number, v.digests, r.id::text, {at}, r.actor, r.source,
    coalesce(r.git_commit, ''), coalesce(r.message, '')
FROM unnest(%s::text[], %s::text[]) AS w (rid, kind)
CROSS JOIN LATERAL (
    SELECT * FROM studio_sync.versions AS one
    WHERE one.rid = w.rid AND one.kind = w.kind AND one.number < {most} AND one.document IS NOT NULL
    ORDER BY one.number DESC LIMIT {limit}
) AS v
{run}
ORDER BY w.rid, v.number
""").format(at=AT, run=OF_VERSION, most=sql.Literal(MAX_NUMBER), limit=sql.Literal(_VERSIONS))


class LedgerRuns:
    """Reads the ledger's history, as far as this role can see it."""

    def __init__(self, connection: Connection[Any], kinds: Kinds) -> None:
        self._connection, self._kinds = connection, kinds
        self._names = sorted(kind.name for kind in kinds)
        self.left_out: set[str] = set()
        """Kinds of entries that were read and that this version of studio doesn't know."""

    def runs(
        self,
        rids: Collection[Rid] | None,
        limit: int,
        wanted: RunFilter = ALL_RUNS,
    ) -> list[Logged]:
        """The newest wanted runs with versions of these records, or of any; newest first."""
        ours = _ANY if rids is None else _OURS
        rows = self._connection.execute(
            _LOGGED
            + sql.SQL(
                " WHERE {ours} AND strpos(lower(r.actor || ' ' || r.role), lower(%(author)s)) <> 0"
                " AND (%(since)s::timestamptz IS NULL OR {at} >= %(since)s::timestamptz)"
                " AND (%(until)s::timestamptz IS NULL OR {at} < %(until)s::timestamptz)"
                " ORDER BY r.at DESC, r.source = %(found)s, r.id LIMIT %(limit)s"
            ).format(at=AT, ours=ours.format(kinds=_OF_KINDS if wanted.kinds else sql.SQL(""))),
            {
                "rids": sorted(rids or ()), "limit": limit, "found": FOUND, "kinds": list(wanted.kinds),
                "author": wanted.author, "since": wanted.since, "until": wanted.until,
            },
            binary=True,  # as text, a timestamp depends on the server's DateStyle
        )  # fmt: skip
        return [Logged(*row) for row in rows]

    def run(self, start: str) -> list[Logged]:
        """The runs whose id begins with `start`; two if it is ambiguous."""
        rows = self._connection.execute(
            _LOGGED + sql.SQL(" WHERE r.id BETWEEN %s::uuid AND %s::uuid ORDER BY r.id LIMIT 2"),
            [start.replace("-", "").lower().ljust(DIGITS, end) for end in "0f"],
            binary=True,
        )
        return [Logged(*row) for row in rows]

    def entered(self, runs: Collection[str], rids: Collection[Rid] | None = None) -> Iterator[Entered]:
        """The well-formed versions that these runs entered, of these records or of any."""
        rows = self._connection.execute(
            "SELECT v.run::text, v.number, v.rid, v.kind, v.parent, v.slot, v.digests, v.document IS NULL,"
            " v.decision::text, p.number, p.parent, p.slot, p.digests, p.gone"
            " FROM studio_sync.versions AS v LEFT JOIN LATERAL ("
            " SELECT q.number, q.parent, q.slot, q.digests, q.document IS NULL AS gone"
            " FROM studio_sync.versions AS q WHERE q.rid = v.rid AND q.number < v.number AND q.kind = v.kind"
            " ORDER BY q.number DESC LIMIT 1) AS p ON true"
            " WHERE v.run = ANY(%(runs)s::uuid[]) AND (%(all)s OR v.rid = ANY(%(rids)s))"
            " ORDER BY v.rid, v.number",
            {"runs": sorted(runs), "all": rids is None, "rids": sorted(rids or ())},
        )
        for run, number, rid, kind, parent, slot, digests, deleted, decision, *older in rows:
            if run not in runs or not self._counts(kind, number, digests, *older[3:4]):
                continue
            place = Version(rid, kind, parent, slot, digests)
            last, above, name, document, was_gone = older
            before = None if last is None or was_gone else Version(rid, kind, above, name, document)
            yield Entered(
                run, number, place, before, None if deleted else place, last or 0,
                number == (last or 0) + 1, _mapping(decision),
            )  # fmt: skip

    def held(self, tops: Collection[str] | None) -> dict[Rid, LastKnown]:
        """The last known state of every record below these top rows, or of all."""
        rows = self._connection.execute(
            "SELECT DISTINCT ON (rid) rid, kind, parent, slot, number, document IS NULL"
            " FROM studio_sync.versions WHERE (%(all)s OR top = ANY(%(tops)s::uuid[]))"
            " AND number < %(most)s AND kind = ANY(%(kinds)s) ORDER BY rid, number DESC",
            {"all": tops is None, "tops": sorted(tops or ()), "most": MAX_NUMBER, "kinds": self._names},
            binary=True,
        )
        return {
            rid: LastKnown(Version(rid, kind, parent, slot, b""), number, deleted)
            for rid, kind, parent, slot, number, deleted in rows
            if self._counts(kind, number)
        }

    def _counts(self, kind: str, number: int, *digests: bytes | None) -> bool:
        """Whether an entry, with its digests and those of the one before it, is well-formed."""
        found = all(counts(self._names, kind, number, digest or b"") for digest in (b"", *digests))
        if not found:
            self.left_out.add(kind)
        return found

    def tops(self, kind: str, slots: Collection[str]) -> list[str]:
        """The top rows that have or had one of these slots."""
        rows = self._connection.execute(
            "SELECT DISTINCT top::text FROM studio_sync.versions"
            " WHERE parent = '' AND kind = %s AND slot = ANY(%s)",
            (kind, sorted(slots)),
        )
        return [top for (top,) in rows]

    def titles(self, field: str, rids: Collection[Rid]) -> dict[Rid, str]:
        """The newest title of each of these records, from this field."""
        rows = self._connection.execute(
            "SELECT DISTINCT ON (rid) rid, document ->> %s FROM studio_sync.versions"
            " WHERE rid = ANY(%s) AND document IS NOT NULL ORDER BY rid, number DESC",
            (field, sorted(rids)),
        )
        return {rid: title or "" for rid, title in rows}

    def at(self, rids: Collection[Rid], moment: LedgerMoment) -> dict[Rid, Past]:
        """These records at a moment; records that the ledger didn't have then are omitted."""
        found: dict[Rid, Past] = {}
        for part in chunks(sorted(rids), _AT_ONCE):
            for rid, number, kind, parent, slot, digests, text, since in self._at(part, moment):
                if not self._counts(kind, number, digests):
                    continue
                values = None if text is None else sound_values(self._kinds[kind], text) or {}
                found[rid] = Past(number, Version(rid, kind, parent, slot, digests), values, since)
        return found

    def _at(self, rids: Sequence[Rid], moment: LedgerMoment) -> list[tuple[Any, ...]]:
        """Version numbers, not times, decide what is older, for records that the run entered."""
        return self._connection.execute(
            sql.SQL(
                "SELECT DISTINCT ON (v.rid) v.rid, v.number, v.kind, v.parent, v.slot, v.digests,"
                " v.document::text, {} FROM studio_sync.versions AS v {}"
            ).format(AT, OF_VERSION)
            + sql.SQL(
                " LEFT JOIN studio_sync.versions AS own"
                " ON own.rid = v.rid AND own.run = nullif(%(run)s, '')::uuid"
                " WHERE v.rid = ANY(%(rids)s) AND CASE"
                " WHEN own.number IS NOT NULL AND %(before)s THEN v.number < own.number"
                " WHEN own.number IS NOT NULL THEN v.number <= own.number"
                " WHEN %(before)s THEN r.at < %(at)s ELSE r.at <= %(at)s END"
                " AND v.number < %(most)s AND v.kind = ANY(%(kinds)s) ORDER BY v.rid, v.number DESC"
            ),
            {
                "run": moment.run,
                "rids": list(rids),
                "before": moment.before,
                "at": moment.at,
                "most": MAX_NUMBER,
                "kinds": self._names,
            },
            binary=True,
        ).fetchall()

    def authors(self, rids: Collection[Rid]) -> dict[Rid, Author]:
        """The author of the newest version of each record; omitted where studio only read the version."""
        found = self._connection.execute(_AUTHORS, (sorted(rids),), binary=True)
        return {
            rid: Author(None if deleted else Version(rid, kind, parent, slot, digests), at, actor, message)
            for rid, kind, parent, slot, digests, deleted, at, actor, source, message in found
            if source not in ONLY_READ
        }

    def record_runs(self, kinds: Mapping[Rid, str]) -> dict[Rid, list[RecordRun]]:
        """The versions of each of these records, of its kind, oldest first; deletions are omitted."""
        found: dict[Rid, list[RecordRun]] = {}
        rows = self._connection.execute(_OF_RECORDS, (list(kinds), list(kinds.values())), binary=True)
        for rid, *row in rows:
            run = RecordRun(*row)
            if counts((kinds[rid],), kinds[rid], run.number, run.digests):
                found.setdefault(rid, []).append(run)
        return found

    def last_changes(self, versions: Mapping[Rid, Version]) -> dict[Rid, Last]:
        """Who pushed the rows' current content; omitted where somebody changed a row since, without studio.

        `versions` are the rows' current versions.
        """
        found = self._connection.execute(
            sql.SQL(
                "SELECT DISTINCT ON (v.rid) v.rid, v.digests, r.actor, r.source, {at}"
                " FROM studio_sync.versions AS v {run}"
                " WHERE v.rid = ANY(%s) AND v.number < %s ORDER BY v.rid, v.number DESC"
            ).format(at=AT, run=OF_VERSION),
            (sorted(versions), MAX_NUMBER),
            binary=True,
        )
        return {
            rid: Last(at, actor)
            for rid, digests, actor, source, at in found
            if source != PULL and versions[rid].digests == bytes(digests)
        }


def _mapping(text: str | None) -> Mapping[str, Value]:
    try:
        value = load_json(text) if text else None
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}
