"""Optional capabilities of a server, which studio uses if available.

Servers that only speak PostgreSQL's protocol lack some, and managed ones disable some.
"""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The capabilities of a server.

    `xmin`: rows have xmin, so that only changed rows are read. `transaction_ids`: a transaction can read its
    own id. `control_functions`: the server has a system identifier, which identifies it after a failover or a
    restored backup. `cursors`: large results can be fetched in pieces.
    """

    xmin: bool
    transaction_ids: bool
    control_functions: bool
    cursors: bool


NAMES = tuple(field.name for field in fields(Capabilities))
"""Their names; each can be switched off, see `connect`."""

_QUERY = """
SELECT
    EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = 'pg_catalog.pg_class'::regclass AND a.attname = 'xmin' AND a.attnum < 0
    ),
    to_regprocedure('pg_catalog.pg_current_xact_id()') IS NOT NULL
        AND to_regprocedure('pg_catalog.pg_current_snapshot()') IS NOT NULL,
    coalesce(has_function_privilege(to_regprocedure('pg_catalog.pg_control_system()'), 'EXECUTE'), false),
    to_regclass('pg_catalog.pg_cursors') IS NOT NULL
"""

_known: "WeakKeyDictionary[Connection[Any], Capabilities]" = WeakKeyDictionary()


def capabilities(connection: "Connection[Any]") -> Capabilities:
    """The capabilities of a connection's server, without those switched off. Cached."""
    found = _known.get(connection)
    if found is None:
        row = connection.execute(_QUERY).fetchone() or (False,) * len(NAMES)
        found = Capabilities(*row)
        without: frozenset[str] = getattr(connection, "without", frozenset())
        found = _known[connection] = replace(found, **dict.fromkeys(without, False))
    return found
