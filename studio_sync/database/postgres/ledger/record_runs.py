"""One record's versions in the ledger, each with the run that entered it."""

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
SELECT v.number, v.digests, r.id::text, {at}, r.actor, r.source,
    coalesce(r.git_commit, ''), coalesce(r.message, '')
FROM studio_sync.versions AS v
{run}
WHERE v.rid = %s AND v.kind = %s AND v.number < {most} AND v.document IS NOT NULL
ORDER BY v.number DESC LIMIT {limit}
""").format(at=AT, run=OF_VERSION, most=sql.Literal(MAX_NUMBER), limit=sql.Literal(_MOST))


def record_runs(connection: "Connection[Any]", rid: Rid, kind: str) -> list[RecordRun]:
    """The versions of a record, oldest first; deletions are omitted."""
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(_QUERY, (rid, kind)).fetchall()
    found = [RecordRun(*row) for row in rows]
    return [run for run in reversed(found) if counts((kind,), kind, run.number, run.digests)]
