"""The FROM clause of a kind joined with the tables above it."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from psycopg import sql

from studio_sync.core.values.kind import Kind


def table_alias(place: int) -> str:
    """The alias of the table at a place of a chain: t, p0, p1 and so on."""
    return f"p{place - 1}" if place else "t"


def joined_chain(
    chain: Sequence[Kind], table: Callable[[Kind], sql.Identifier] = lambda kind: sql.Identifier(kind.table)
) -> sql.Composable:
    """The tables of a chain of kinds, the lowest first, each joined with the next above it."""
    found: sql.Composable = sql.SQL("{} AS t").format(table(chain[0]))
    for i, (lower, upper) in enumerate(pairwise(chain)):
        found = sql.SQL("{found} JOIN {table} AS {alias} ON {alias}.id = {lower}.{column}").format(
            found=found,
            table=table(upper),
            alias=sql.Identifier(table_alias(i + 1)),
            lower=sql.Identifier(table_alias(i)),
            column=sql.Identifier(lower.parent_column),
        )
    return found
