"""What studio uses of a server where it is there, and does without where it is not.

Servers that speak PostgreSQL's protocol lack some of it, and managed ones take some of it away.
"""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server has.

    `xmin`: each row names the transaction that wrote it, so that only changed rows are read.
    `transaction_ids`: a transaction can ask for its own number. `control_functions`: the server tells its
    name, so that it is recognised after a failover or a restored backup. `cursors`: a large answer can be
    fetched in pieces.
    """

    xmin: bool
    transaction_ids: bool
    control_functions: bool
    cursors: bool


NAMES = tuple(field.name for field in fields(Capabilities))
"""What each is called; any may be switched off, see `connect`."""

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
    """What the server of a connection has, less what was switched off. It is asked once."""
    found = _known.get(connection)
    if found is None:
        row = connection.execute(_QUERY).fetchone() or (False,) * len(NAMES)
        found = Capabilities(*row)
        without: frozenset[str] = getattr(connection, "without", frozenset())
        found = _known[connection] = replace(found, **dict.fromkeys(without, False))
    return found
