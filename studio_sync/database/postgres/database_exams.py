"""Doctor checks of a PostgreSQL database: server, tables, schema, rights, row-level security."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, Any

from studio_sync.core.checks.diagnosis import Diagnosis, error, note, ok, warning
from studio_sync.core.values.kind import Kinds
from studio_sync.database.access.access import Access
from studio_sync.database.access.grants import role_grants
from studio_sync.database.access.overview import overview
from studio_sync.database.access.policies import hidden_tables
from studio_sync.database.postgres.connection import waiting
from studio_sync.database.postgres.connection.capabilities import NAMES, capabilities
from studio_sync.database.postgres.connection.server_info import examine
from studio_sync.database.postgres.schema.install import VERSION, schema_version
from studio_sync.database.postgres.schema.ownership import strangers, ways_out
from studio_sync.database.postgres.schema.schema_shape import read_shape, shape_problems
from studio_sync.database.postgres.tracking.tracking_exam import is_tracked, tracking
from studio_sync.database.store import Exam
from studio_sync.database.values.sql_name import sql_name
from studio_sync.errors import UnavailableError

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
_LACKING = {
    "xmin": "every row is read each time, and compared by content",
    "transaction_ids": "what was pushed is read once more by the next command",
    "control_functions": "a failover can't be told from another database, so every row is compared",
    "cursors": "large answers are read page by page",
}
"""The consequence of each missing capability."""
_TESTED = (16, 18)
_WRITES = ("INSERT", "UPDATE", "DELETE")


def server(connection: "Connection[Any]", _: Kinds) -> Iterator[Diagnosis]:
    """Report the server and the connection."""
    found = examine(connection)
    way = "through a pooler" if found.pooled else "on this machine" if found.local else "directly"
    tls = "encrypted" if found.encrypted else "not encrypted"
    yield ok("server", f"{found.product} {found.version}, {way}, {tls}")
    if found.product != "PostgreSQL" or not _TESTED[0] <= found.number // 10000 <= _TESTED[1]:
        yield note("server", f"studio is tested with PostgreSQL {_TESTED[0]} to {_TESTED[1]}")
    has = capabilities(connection)
    lacks = [f"{name} ({_LACKING[name]})" for name in NAMES if not getattr(has, name)]
    if lacks:
        yield note("capabilities", f"{'missing' if len(lacks) < len(NAMES) else 'none'}: {'; '.join(lacks)}")
    else:
        yield ok("capabilities", f"it has {', '.join(NAMES)}")
    if found.pooled:
        yield note("server", "a pooler in transaction mode will do: studio keeps no state in a session")
    if not (found.encrypted or found.local):
        yield warning(
            "server",
            "the password and all content can be read on the way",
            "turn on TLS in the server, and end the address with ?sslmode=require",
        )
    if found.standby:
        yield warning(
            "server", "this is a standby: it can be pulled from, not pushed to", "give the primary's address"
        )
    elif found.read_only:
        yield warning(
            "server",
            "every transaction is read-only: it can be pulled from, not pushed to",
            f"who runs the database can allow it:"
            f" ALTER ROLE {sql_name(found.role)} SET default_transaction_read_only = off",
        )
    if found.encoding != "UTF8":
        yield error("server", f"the database's encoding is {found.encoding}", "use a database in UTF8")


def tables(connection: "Connection[Any]", kinds: Kinds) -> Iterator[Diagnosis]:
    """Check that the tables exist and have the right shape."""
    shape, missing = read_shape(connection, kinds)
    if missing:
        yield error(
            "tables",
            f"missing: {', '.join(missing)}",
            "make them: studio db init --create-tables; or let the role see their schema (USAGE)",
        )
    found = shape_problems(shape, kinds)
    for line in found:
        yield error("tables", line, "change the table so; studio never does")
    if altered := [name for name, table in shape.tables.items() if table.triggers]:
        yield note("tables", f"triggers may change what is written into {', '.join(altered)}")
    if plain := [name for name, table in shape.tables.items() if not table.xmin]:
        yield note("tables", f"{', '.join(plain)} can't tell which rows changed, so each is read every time")
    yield from statistics(connection, kinds)
    if not missing and not found:
        yield ok("tables", f"all {len(shape.tables)} are there, with every column that is needed")


def schema(connection: "Connection[Any]", kinds: Kinds) -> Iterator[Diagnosis]:
    """Check studio's own schema and its version, and that no stranger's code would run."""
    strange = strangers(connection, kinds)
    for one in strange:
        yield error("studio_sync", f"{one}, who owns neither the tables nor the database", ways_out([one]))
    if strange:
        return
    version = schema_version(connection)
    if version == VERSION:
        yield ok("studio_sync", f"version {version}")
    elif version is None:
        yield error(
            "studio_sync",
            "the schema studio_sync is missing: nothing can be pushed",
            "make it: studio db init",
        )
    else:
        yield error(
            "studio_sync", f"version {version}, and this studio needs {VERSION}", "upgrade it: studio db init"
        )


def rights(connection: "Connection[Any]", kinds: Kinds) -> Iterator[Diagnosis]:
    """Report the role's privileges."""
    found, grants = examine(connection), role_grants(connection, kinds)
    if grants is not None:
        if not grants.levels:
            yield error(
                "rights",
                f"{found.role} was granted no client",
                f"who runs the database can grant one: studio db grant {quote(found.role)} --client SLUG",
            )
            return
        yield ok("rights", f"{found.role} may {', '.join(grants.lines())}, and nothing else")
        if all(can == "write" for can in grants.levels.values()):
            yield note("rights", "it can't approve or publish, nor change what is approved or published")
        return
    shape, _ = read_shape(connection, kinds)
    lacking = {
        need: [name for name, table in shape.tables.items() if need not in table.rights]
        for need in ("SELECT", *_WRITES)
    }
    if lacking["SELECT"]:
        names = ", ".join(lacking["SELECT"])
        yield error(
            "rights",
            f"{found.role} may not read all of {names}",
            f"who runs the database can allow it: GRANT SELECT ON {names} TO {sql_name(found.role)}",
        )
    role = sql_name(found.role)
    for need in _WRITES:
        if lacking[need]:
            names = ", ".join(lacking[need])
            yield note(
                "rights",
                f"{found.role} may not {need} in {names}",
                f"to push, it needs GRANT {need} ON {names} TO {role}; or a grant for one client:"
                f" studio db grant {quote(found.role)} --client SLUG",
            )
    if not any(lacking.values()):
        yield ok("rights", f"{found.role} may read and write all {len(shape.tables)} tables")


def row_security(connection: "Connection[Any]", kinds: Kinds) -> Iterator[Diagnosis]:
    """Check whether policies hide rows from this role, and for administrators, whether grants work."""
    about = "row-level security"
    found, grants = examine(connection), role_grants(connection, kinds)
    shape, _ = read_shape(connection, kinds)
    secured = [name for name, table in shape.tables.items() if table.secured]
    hidden = hidden_tables(connection, secured)
    if hidden:
        yield error(
            about,
            f"it hides every row of {', '.join(hidden)} from {found.role}",
            f"who runs the database can grant a client: studio db grant {quote(found.role)} --client SLUG",
        )
    elif secured and grants is None:
        yield warning(
            about,
            f"policies that studio didn't make decide which rows of {', '.join(secured)} {found.role} sees:"
            " a missing row never counts as deleted",
            f"a grant lets studio know: studio db grant {quote(found.role)} --client SLUG",
        )
    elif secured:
        yield ok(
            about,
            f"it bounds {found.role} to what was granted, and studio can tell deleted rows from hidden ones",
        )
    else:
        yield ok(about, f"it does not bind {found.role}, who sees every row")
        yield from _grants(connection, kinds, about)


def _grants(connection: "Connection[Any]", kinds: Kinds, about: str) -> Iterator[Diagnosis]:
    """Problems in the grants of other roles, as far as this role can see."""
    try:
        grants = overview(Access.of(connection, kinds))
    except UnavailableError:
        return
    if grants.granted:
        yield note(
            about,
            "roles that were granted clients can read other clients' slugs, ids and pieces of text out of the"
            " planner's estimates (EXPLAIN)",
            "clients that must not know of each other need a database each",
        )
    for role, what, way in grants.further:
        yield warning(about, f"{role} reaches further than its grants: {what}", way)
    if grants.stale:
        yield warning(
            about,
            f"what grants are held by is missing, or not that of today: {', '.join(grants.stale)}",
            "run one of the grants again: that renews all (`studio db access` shows them)",
        )


def database_exams(connection: "Connection[Any]", kinds: Kinds) -> Sequence[tuple[str, Exam]]:
    """All checks, by name; each gives at least one finding."""
    exams = [server, tables, schema, rights, row_security]
    if is_tracked(connection):
        exams.append(tracking)
    return [(exam.__name__.replace("_", " "), partial(_in_time, exam, connection, kinds)) for exam in exams]


def _in_time(
    exam: "Callable[[Connection[Any], Kinds], Iterator[Diagnosis]]",
    connection: "Connection[Any]",
    kinds: Kinds,
) -> Iterator[Diagnosis]:
    """The findings of a check, unless somebody holds a lock on what it reads."""
    with connection.transaction():
        waiting.bound_waiting(connection, waiting.EXAM_TIMEOUT)
        yield from exam(connection, kinds)


def statistics(connection: "Connection[Any]", kinds: Kinds) -> Iterator[Diagnosis]:
    """Name the large tables without statistics, as after a restore or an upgrade."""
    rows = connection.execute(_WITHOUT, ([kind.table for kind in kinds], _LARGE)).fetchall()
    if names := [name for (name,) in rows]:
        yield warning(
            "statistics",
            f"the server has none of {', '.join(names)}: it may read whole tables for each question",
            f"who owns them can run, once: ANALYZE {', '.join(names)}",
        )
