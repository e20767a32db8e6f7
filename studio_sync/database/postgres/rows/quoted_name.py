"""Quoted names of columns and tables that studio did not make, in queries with values."""

from typing import Any

from psycopg import sql


class QuotedName(sql.Identifier):
    """A name in a query with values, in which a single `%` begins a placeholder."""

    def as_bytes(self, context: Any = None) -> bytes:
        """The name as SQL spells it, with `%` doubled."""
        return super().as_bytes(context).replace(b"%", b"%%")
