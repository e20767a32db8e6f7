"""Records' versions in the ledger, each with the run that entered it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psycopg import sql

from studio_sync.core.values.record import Rid
from studio_sync.database.postgres.ledger.run_time import AT, OF_VERSION
from studio_sync.database.values.ledger_past import RecordRun
from studio_sync.database.values.ledger_values import MAX_NUMBER, counts

if TYPE_CHECKING:
    from psycopg import Connection

_MOST = 500
"""At most this many versions of a record are read, the newest ones."""

_QUERY = sql.SQL("""
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
""").format(at=AT, run=OF_VERSION, most=sql.Literal(MAX_NUMBER), limit=sql.Literal(_MOST))


def record_runs(connection: "Connection[Any]", kinds: Mapping[Rid, str]) -> dict[Rid, list[RecordRun]]:
    """The versions of each of these records, of its kind, oldest first; deletions are omitted."""
    found: dict[Rid, list[RecordRun]] = {}
    with connection.cursor(binary=True) as cursor:
        for rid, *row in cursor.execute(_QUERY, (list(kinds), list(kinds.values()))):
            run = RecordRun(*row)
            if counts((kinds[rid],), kinds[rid], run.number, run.digests):
                found.setdefault(rid, []).append(run)
    return found
