"""The doctor's check that the server has statistics of the tables: without them it plans badly."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studio_sync.core.checks.diagnosis import Diagnosis, warning
from studio_sync.core.values.kind import Kinds

if TYPE_CHECKING:
    from psycopg import Connection

_LARGE = 1_000_000
"""From so many bytes on, a table needs statistics."""

_WITHOUT = """
SELECT c.oid::regclass::text
FROM pg_catalog.pg_class AS c
WHERE (c.oid IN (SELECT to_regclass(quote_ident(t)) FROM unnest(%s::text[]) AS t)
       OR c.oid IN (to_regclass('studio_sync.runs'), to_regclass('studio_sync.versions'),
                    to_regclass('studio_sync.notes'), to_regclass('studio_sync.changes')))
  AND pg_relation_size(c.oid) > %s
  -- Else this role is not told of statistics.
  AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid)
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_stats AS s JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.schemaname
      WHERE n.oid = c.relnamespace AND s.tablename = c.relname
  )
ORDER BY c.relname
"""


def statistics(connection: "Connection[Any]", kinds: Kinds) -> Iterator[Diagnosis]:
    """Name the large tables without statistics, as after a restore or an upgrade."""
    rows = connection.execute(_WITHOUT, ([kind.table for kind in kinds], _LARGE)).fetchall()
    if names := [name for (name,) in rows]:
        yield warning(
            "statistics",
            f"the server has none of {', '.join(names)}: it may read whole tables for each question",
            f"who owns them can run, once: ANALYZE {', '.join(names)}",
        )
