"""Authors of the rows' current versions, from the ledger."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from psycopg import sql

from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.row_summary import Last
from studio_sync.database.postgres.ledger.run_time import AT, OF_VERSION
from studio_sync.database.values.ledger_past import Author
from studio_sync.database.values.ledger_values import MAX_NUMBER, ONLY_READ, PULL

if TYPE_CHECKING:
    from psycopg import Connection

_QUERY = sql.SQL("""
SELECT DISTINCT ON (v.rid)
    v.rid, v.kind, v.parent, v.slot, v.digests, v.document IS NULL, {at}, r.actor, r.source,
    coalesce(r.message, '')
FROM studio_sync.versions AS v
{run}
WHERE v.rid = ANY(%s) AND v.number < {most}
ORDER BY v.rid, v.number DESC
""").format(at=AT, run=OF_VERSION, most=sql.Literal(MAX_NUMBER))


def authors(connection: "Connection[Any]", rids: Collection[Rid]) -> dict[Rid, Author]:
    """The author of the newest version of each record; omitted where studio only read the version."""
    with connection.cursor(binary=True) as cursor:
        found = cursor.execute(_QUERY, (sorted(rids),)).fetchall()
    return {
        rid: Author(None if deleted else Version(rid, kind, parent, slot, digests), at, actor, message)
        for rid, kind, parent, slot, digests, deleted, at, actor, source, message in found
        if source not in ONLY_READ
    }


def last_changes(connection: "Connection[Any]", versions: Mapping[Rid, Version]) -> dict[Rid, Last]:
    """Who pushed the rows' current content; omitted where somebody changed a row since, without studio.

    `versions` are the rows' current versions.
    """
    found = connection.execute(
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
