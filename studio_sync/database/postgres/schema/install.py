"""Installing and migrating studio's own schema, and on request the content tables."""

import re
from pathlib import Path

import psycopg
from psycopg import sql as composable

from studio_sync.database.postgres.connection.one_value import has_table, one_value
from studio_sync.database.postgres.connection.server_errors import explain
from studio_sync.database.postgres.schema.ownership import hold_trusted
from studio_sync.database.postgres.schema.schema_shape import CHANGE_TABLES, read_shape, shape_problems
from studio_sync.errors import UPGRADE, StudioError, UnavailableError
from studio_sync.kinds import KINDS

INDEXES = "ledger_indexes.sql"
"""Indexes that only make reads faster: created if missing, at any version."""
_INDEX_NAMES = ["versions_top_run", "versions_slot", "notes_run", "runs_git_commit", "changes_at"]

_CHANGES = "ledger_changes.sql"
"""The table that only change tracking fills: created if missing, at any version."""

UPGRADE_SCRIPTS = ("studio_schema.sql", "ledger.sql", "ledger_bounds.sql")
"""The migrations of the schema studio_sync, each to the next version, from an empty database on."""

VERSION = len(UPGRADE_SCRIPTS)
"""The version of the schema studio_sync."""

_ATTEMPTS = 5
"""How often the installation is tried while somebody else prepares the same database."""
_RACES = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DuplicateSchema,
    psycopg.errors.DuplicateTable,
    psycopg.errors.DeadlockDetected,
)

_TABLE = re.compile(r"\A(?:--.*\n|\s)*(?:CREATE TABLE|ALTER TABLE|CREATE INDEX \w+ ON) (\w+)")


def sql(create_tables: bool) -> str:
    """What `install_schema` does to an empty database, as a migration script for psql."""
    scripts = (*UPGRADE_SCRIPTS, INDEXES, _CHANGES)
    parts = [_script("schema.sql")] * create_tables + [_script(name) for name in scripts]
    return "BEGIN;\n\n" + "\n".join(parts) + "\nCOMMIT;\n"


def install_schema(
    connection: psycopg.Connection, *, create_tables: bool, compress: bool = True
) -> list[str]:
    """Create what is missing of the schema, with `create_tables` also the tables; returns what was done.

    Without `compress` the new tables store long values uncompressed: PostgreSQL's compression takes more time
    than the rest of a large push, and saves a third of the space.

    One transaction, and idempotent. An existing table is never changed: if it lacks something that studio
    needs, this raises UnavailableError naming each difference, and does nothing.
    """
    label = f"database {connection.info.dbname}"
    for attempt in range(_ATTEMPTS):
        try:
            with connection.transaction():
                return _prepare(connection, create_tables=create_tables, compress=compress)
        except _RACES as error:
            if attempt + 1 == _ATTEMPTS:
                raise explain(error, label) from None
        except psycopg.Error as error:
            raise explain(error, label) from None
    raise AssertionError


def _prepare(connection: psycopg.Connection, *, create_tables: bool, compress: bool) -> list[str]:
    """One attempt, in one transaction."""
    done: list[str] = []
    hold_trusted(connection, KINDS, f"database {connection.info.dbname}")
    if schema_version(connection) is not None:
        hold_alone(connection)
    installed = schema_version(connection)
    shape, missing = read_shape(connection, KINDS)
    if found := shape_problems(shape, KINDS):
        raise UnavailableError(
            "The database's tables are not as studio needs them, and studio never changes a table:",
            CHANGE_TABLES,
            listed=found,
        )
    # First of all, because only one can create the schema: anybody concurrent starts again.
    for name in UPGRADE_SCRIPTS[installed or 0 :]:
        connection.execute(_script(name).encode())
    if not has_table(connection, "changes"):
        connection.execute(changes_script().encode())
        if installed == VERSION:
            done.append("made the table that change tracking fills")
    made = _make_indexes(connection)
    if create_tables:
        done += _make_tables(connection, missing)
    if not compress and missing and create_tables:
        _leave_uncompressed(connection, [*missing, "studio_sync.versions"])
    if installed is None:
        done.append("made the schema studio_sync")
    elif installed < VERSION:
        done.append(f"upgraded the schema studio_sync from version {installed} to {VERSION}")
    if made and installed == VERSION:
        done.append(f"made {made} missing index{'es' if made > 1 else ''} of the ledger")
    if missing and not create_tables:
        names = ", ".join(missing)
        done.append(f"left out {len(missing)} missing tables ({names}): --create-tables makes them")
    return done


def changes_script() -> str:
    """The script that creates the table for change tracking if missing."""
    return _script(_CHANGES)


def missing_indexes(connection: psycopg.Connection) -> list[str]:
    """The ledger's indexes that are missing."""
    rows = connection.execute(
        "SELECT c.relname::text FROM pg_catalog.pg_class AS c"
        " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'studio_sync' AND c.relname = ANY(%s)",
        (_INDEX_NAMES,),
    ).fetchall()
    return sorted(set(_INDEX_NAMES).difference(name for (name,) in rows))


def _make_indexes(connection: psycopg.Connection) -> int:
    """Create the ledger's missing indexes; returns how many."""
    missing = missing_indexes(connection)
    if missing:
        connection.execute(_script(INDEXES).encode())
        connection.execute(changes_script().encode())
    return len(missing)


ALONE_TIMEOUT = "10s"
"""How long preparing a database, or a change of grants, waits for a lock."""


def hold_alone(connection: psycopg.Connection) -> None:
    """Lock out others who prepare the database or change grants, until this transaction ends.

    It locks a row, which needs the privilege to change it; anybody could hold an advisory lock.
    """
    connection.execute("SELECT set_config('lock_timeout', %s, true)", [ALONE_TIMEOUT])
    connection.execute("SELECT FROM studio_sync.meta FOR UPDATE")


def schema_version(connection: psycopg.Connection) -> int | None:
    """The version of studio's schema in the database; None if there is none.

    Raises StudioError if a newer version of studio installed it.
    """
    version = installed_version(connection)
    if version is not None and version > VERSION:
        raise newer(version)
    return version


def newer(version: int) -> StudioError:
    """The error about a schema that a newer version of studio installed."""
    return StudioError(
        f"The database was prepared by a newer studio (its schema has version {version}, ours {VERSION})",
        UPGRADE,
    )


def installed_version(connection: psycopg.Connection) -> int | None:
    """The version of studio's schema in the database, also a newer one; None if there is none."""
    if not has_table(connection, "meta"):
        return None
    version = one_value(connection, "SELECT version FROM studio_sync.meta")
    return VERSION if version is None else int(version)


def _make_tables(connection: psycopg.Connection, missing: list[str]) -> list[str]:
    """Create the missing tables with indexes and row-level security; other tables stay untouched."""
    made = []
    for statement in _script("schema.sql").split(";\n"):
        match = _TABLE.match(statement)
        if match and match[1] in missing:
            connection.execute(statement.encode())
            if "CREATE TABLE" in statement:
                made.append(f"made the table {match[1]}")
    return made


def _leave_uncompressed(connection: psycopg.Connection, tables: list[str]) -> None:
    """Store long values of these tables' columns uncompressed."""
    columns = connection.execute(
        "SELECT n.nspname, c.relname, a.attname FROM pg_attribute AS a"
        " JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE a.attrelid = ANY(%s::regclass[]) AND a.attstorage = 'x' AND NOT a.attisdropped",
        [tables],
    ).fetchall()
    for *table, column in columns:
        connection.execute(
            composable.SQL("ALTER TABLE {} ALTER COLUMN {} SET STORAGE EXTERNAL").format(
                composable.Identifier(*table), composable.Identifier(column)
            )
        )


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
