"""Studio's own policies in a database, compared with the current ones, and updated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from psycopg import Connection, sql

from studio_sync.database.access import granting
from studio_sync.database.access.scoping import SCHEMA, Scoping
from studio_sync.database.postgres.connection.one_value import has_table

QualifiedName: TypeAlias = tuple[str, str]
"""A schema and a name in it."""

_QUERY = """
SELECT n.nspname::text, c.relname::text, p.polname::text, coalesce(obj_description(p.oid, 'pg_policy'), ''),
    ARRAY(SELECT r.rolname::text FROM pg_roles AS r WHERE r.oid = ANY(p.polroles))
FROM pg_policy AS p
JOIN pg_class AS c ON c.oid = p.polrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE p.polname = ANY(%s)
"""

_OLD_FUNCTIONS = """
SELECT name FROM unnest(%s::text[], %s::text[]) AS wanted (name, body)
WHERE NOT EXISTS (SELECT FROM pg_proc AS p WHERE p.oid = to_regprocedure(name) AND p.prosrc = body)
"""

_UNLISTED = (
    "DELETE FROM studio_sync.bound WHERE role NOT IN (SELECT oid FROM pg_roles WHERE rolname = ANY({}))"
)
_LISTED = (
    "INSERT INTO studio_sync.bound (role) SELECT oid FROM pg_roles WHERE rolname = ANY({})"
    " ON CONFLICT (role) DO NOTHING"
)


@dataclass(frozen=True)
class Bounds:
    """The policies on the tables and on the ledger."""

    connection: Connection[Any]
    scoping: Scoping

    def statements(self, roles: Sequence[str]) -> list[sql.Composable]:
        """The statements that bind exactly these roles on every table; none for up-to-date tables."""
        standing = self._standing()
        named = sql.Literal(list(roles))
        found: list[sql.Composable] = [sql.SQL(_UNLISTED).format(named), sql.SQL(_LISTED).format(named)]
        for table, rules in self._tables():
            if standing.get(table, {}) != _wanted(rules, roles):
                found += granting.policy_statements(sql.Identifier(*table), rules, roles)
        return found

    def stale(self, roles: Sequence[str]) -> list[str]:
        """The tables whose policies, and the functions, that differ from a grant to all of `roles` today."""
        standing, both = self._standing(), sorted({*roles, *self.roles()})
        tables = [table[1] for table, rules in self._tables() if standing.get(table) != _wanted(rules, both)]
        wanted = {f"{SCHEMA}.{name}": _body(text) for name, text in granting.functions(self.scoping)}
        given = (list(wanted), list(wanted.values()))
        return [*tables, *(name for (name,) in self.connection.execute(_OLD_FUNCTIONS, given))]

    def roles(self) -> list[str]:
        """The roles bound by our policies, including those without a grant."""
        named = (roles for policies in self._standing().values() for _, roles in policies.values())
        return sorted({*chain.from_iterable(named), *self._listed()})

    def _listed(self) -> list[str]:
        """The list of bound roles; databases prepared by an older version of studio have none."""
        if not has_table(self.connection, "bound"):
            return []
        query = "SELECT r.rolname::text FROM studio_sync.bound AS b JOIN pg_roles AS r ON r.oid = b.role"
        return [role for (role,) in self.connection.execute(query)]

    def _tables(self) -> Iterator[tuple[QualifiedName, granting.TablePolicies]]:
        scoping = self.scoping
        for kind in scoping.kinds:
            yield (scoping.schemas[kind.table], kind.table), list(granting.policies(scoping, kind))
        for name, rules in granting.ledger_policies(scoping):
            yield (SCHEMA, name), rules

    def _standing(self) -> dict[QualifiedName, dict[str, tuple[str, list[str]]]]:
        """Mark and roles of each existing policy, by table and name."""
        found: dict[QualifiedName, dict[str, tuple[str, list[str]]]] = {}
        for schema, table, name, mark, roles in self.connection.execute(_QUERY, [list(granting.POLICIES)]):
            found.setdefault((schema, table), {})[name] = (mark, sorted(roles))
        return found


def _body(definition: sql.Composable) -> str:
    return definition.as_string(None).split("$$")[1]


def _wanted(rules: granting.TablePolicies, roles: Sequence[str]) -> dict[str, tuple[str, list[str]]]:
    if not roles:
        return {}
    named = {granting.ENTRANCE: sorted(roles)}
    return {name: (granting.stamp(rules), named.get(name, [])) for name, _ in rules}
