"""Renewing grants: recreate functions, privileges and policies as a new grant would."""

from typing import Any

from psycopg import Connection, sql

from studio_sync.core.values.kind import Kinds
from studio_sync.database.access import granting
from studio_sync.database.access.access import Access, Statements
from studio_sync.database.postgres.connection.one_value import has_table
from studio_sync.database.values.role_grants import LEVELS


def renew(connection: Connection[Any], kinds: Kinds, *, stale: bool = False) -> list[str]:
    """Renew all grants, with `stale` only if they are outdated; returns the roles that have one."""
    if not has_table(connection, "access"):
        return []
    access = Access.of(connection, kinds)
    granted = access.granted()
    roles = sorted({g.role for g in granted})
    if not roles or (stale and not access.stale()):
        return []
    with access.changing():
        statements: Statements = [*granting.function_statements(access.scoping)]
        for role in roles:
            level = max((g.can for g in granted if g.role == role), key=LEVELS.index)
            statements += granting.privileges(access.scoping, role, level)
            statements += granting.execution(access.scoping, role, given=True)
        statements += access.bounds.statements(sorted({*roles, *access.bounds.roles()}))
        for statement in statements:
            connection.execute(sql.Composed([statement]))
    return roles
