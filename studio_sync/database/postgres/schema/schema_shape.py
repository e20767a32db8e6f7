"""The shape of the tables (columns, types, triggers, privileges), and whether studio can work with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from studio_sync.core.values.kind import Field, Kind, Kinds, Type
from studio_sync.database.postgres.connection.server_errors import explain
from studio_sync.errors import UnavailableError

_TEXTS = frozenset({"text", "character varying", "citext"})
_INTEGERS = frozenset({"integer", "bigint", "smallint"})
_TIMES = frozenset({"timestamp with time zone", "timestamp without time zone"})
_JSONS = frozenset({"jsonb", "json"})
_TYPES = {
    Type.TEXT: ("text", _TEXTS),
    Type.INTEGER: ("integer", _INTEGERS),
    Type.DECIMAL: ("numeric", frozenset({"numeric"})),
    Type.JSON: ("jsonb", _JSONS),
}
"""By type of a field: the type to request, and the plain types accepted."""
_TABLES = frozenset("rp")
CHANGE_TABLES = "change the tables as the lines say, or give another database"
_MAKE_TABLES = "missing tables are made by: studio db init --create-tables"
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
_LENGTH = re.compile(r"\(.*?\)")


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `type` is as PostgreSQL writes it; `base` is the same, or for a domain its base type.

    `default` is the SQL expression. A `generated` column is computed and can't be written. `identity` is "a"
    (always), "d" (by default), or empty.
    """

    name: str
    type: str
    base: str
    enum: bool
    generated: bool
    identity: str
    required: bool
    default: str | None

    @property
    def plain(self) -> str:
        """The type without its length or precision, and without the quotes of `quote_all_identifiers`."""
        return _LENGTH.sub("", self.base).strip('"')


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table, as the connected role sees it.

    `secured`: row-level security applies to this role, so that an invisible row may exist. `triggers`: BEFORE
    triggers of the database may change written values. `xmin`: rows have a token that changes with every
    write. `rights`: those of INSERT, UPDATE, DELETE that the role has on some column, and SELECT if it may
    read all of them, which a push does.
    """

    name: str
    columns: Mapping[str, Column]
    secured: bool
    triggers: bool
    xmin: bool
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class SchemaShape:
    """The tables of all kinds, by name. `server` is the server's version, as in 180004.

    `read_only`: a standby, or a role whose transactions can't write.
    """

    server: int
    read_only: bool
    tables: Mapping[str, TableShape]


def check_shape(connection: psycopg.Connection, kinds: Kinds) -> SchemaShape:
    """The shape of the tables of all kinds; one query to the catalogue, a few milliseconds.

    Raises UnavailableError, listing every incompatible difference: a missing table or column, a column of
    another type. Extra columns, triggers, policies, enum types for texts and wider types are compatible.
    """
    shape, missing = read_shape(connection, kinds)
    if len(missing) == len(kinds):
        raise UnavailableError(
            f"The database has none of studio's tables ({missing[0]}, …)",
            "make them with: studio db init --create-tables; or is it another database, or is USAGE on its "
            "schema not granted to this role?",
            code="no-tables",
        )
    found = shape_problems(shape, kinds)
    if lines := [f"the table {name} is missing" for name in missing] + found:
        raise UnavailableError(
            "The database's tables are not as studio needs them:",
            "; ".join([CHANGE_TABLES] * bool(found) + [_MAKE_TABLES] * bool(missing)),
            code="no-tables",
            listed=lines,
        )
    return shape


def read_shape(connection: psycopg.Connection, kinds: Kinds) -> tuple[SchemaShape, list[str]]:
    """The existing tables, of whatever shape, and the names of the missing ones."""
    query = Path(__file__).with_name("shape.sql").read_bytes()
    try:
        rows = connection.execute(query, [[kind.table for kind in kinds]]).fetchall()
    except psycopg.Error as error:
        raise explain(error, f"database {connection.info.dbname}") from error
    tables: dict[str, TableShape] = {}
    for name, relkind, _, _, secured, triggers, xmin, rights, columns in rows:
        if relkind is not None:
            found = [
                Column(n, t, b, e == "e", g != "", i, r == "true", d)
                for n, t, b, e, g, i, r, d in columns or ()
            ]
            by_name = {column.name: column for column in found} if relkind in _TABLES else {}
            # A partitioned table has xmin, but INSERT … RETURNING can't return it.
            tables[name] = TableShape(
                name, by_name, secured, triggers, xmin and relkind == "r", frozenset(rights)
            )
    missing = [row[0] for row in rows if row[1] is None]
    return SchemaShape(rows[0][2], rows[0][3], tables), missing


def shape_problems(shape: SchemaShape, kinds: Kinds) -> list[str]:
    """The incompatible differences of the existing tables, one line each."""
    return [
        line
        for kind in kinds
        if (table := shape.tables.get(kind.table)) is not None
        for line in _differences(table, kind)
    ]


def _differences(table: TableShape, kind: Kind) -> list[str]:
    if not table.columns:
        return [f"{table.name} is a view, not a table: it may hide rows that are there"]
    lines = []
    for name, wanted, types in expected(kind):
        column = table.columns.get(name)
        if column is None:
            lines.append(f"the column {table.name}.{name} is missing ({wanted})")
        elif not (column.plain in types or (column.enum and types is _TEXTS)) or _rounds(column, kind):
            lines.append(f"the column {table.name}.{name} is {column.type}, not {wanted}")
        elif column.generated and name in _written(kind):
            lines.append(f"the column {table.name}.{name} computes itself, and can't be written")
    return lines


def expected(kind: Kind) -> list[tuple[str, str, frozenset[str]]]:
    """The columns that the table of `kind` needs: name, type to request, plain types accepted."""
    uuid = frozenset({"uuid"})
    columns = [("id", "uuid", uuid)]
    if kind.parent_column:
        columns.append((kind.parent_column, "uuid", uuid))
    if kind.slot:
        columns.append((kind.slot.column, *_TYPES[kind.slot.type]))
    columns += [(field.name, *_types(field)) for field in kind.fields]
    columns += [(name, "integer", _INTEGERS) for name in kind.derived]
    return columns + [(name, "timestamp with time zone", _TIMES) for name in ("created_at", "updated_at")]


def _types(field: Field) -> tuple[str, frozenset[str]]:
    wanted, types = _TYPES[field.type]
    return f"numeric({field.digits},{field.scale})" if field.digits else wanted, types


def _written(kind: Kind) -> set[str]:
    """The columns that are written from files; only derived ones may be generated."""
    return {"id", kind.parent_column, kind.slot_column, *(f.name for f in kind.fields)}


def _rounds(column: Column, kind: Kind) -> bool:
    """Whether a numeric column has fewer digits than its field."""
    match = _NUMERIC.fullmatch(column.base)
    field = match and next((f for f in kind.fields if f.name == column.name and f.digits), None)
    if not match or not field:
        return False
    digits, scale = int(match[1]), int(match[2])
    return scale < field.scale or digits - scale < field.digits - field.scale
