"""Granting and revoking access by client, as the owner of the tables; no superuser is needed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any, LiteralString, TypeAlias

import psycopg
from psycopg import Connection, sql

from studio_sync.core.values.kind import Kinds
from studio_sync.database.access import granting, other_privileges
from studio_sync.database.access.own_policies import Bounds
from studio_sync.database.access.privilege_audit import excess_privileges
from studio_sync.database.access.scoping import Scoping
from studio_sync.database.access.tables import CatalogueTable, hold_ready, places_of
from studio_sync.database.postgres.connection.one_value import has_table, one_value
from studio_sync.database.postgres.connection.waiting import holders
from studio_sync.database.postgres.schema.install import hold_alone
from studio_sync.database.postgres.schema.top_rows import ids_of
from studio_sync.database.values.role_grants import LEVELS
from studio_sync.errors import RefusedError, UnavailableError, UsageError

Statements: TypeAlias = list[sql.Composable]


@dataclass(frozen=True, slots=True)
class Granted:
    """A role, the client's row and slot ("" if it is gone), and the level of access."""

    role: str
    top: str
    slot: str
    can: str


@dataclass(frozen=True)
class Access:
    """The grants of one database."""

    connection: Connection[Any]
    kinds: Kinds
    places: Sequence[CatalogueTable] = field(default_factory=list)
    tracks: bool = False

    @classmethod
    def of(cls, connection: Connection[Any], kinds: Kinds) -> "Access":
        """The grants of the database behind `connection`. Raises UnavailableError if it isn't prepared."""
        places = places_of(connection, kinds)
        if len(places) < len(kinds) or not has_table(connection, "notes"):
            raise UnavailableError(
                "The database isn't prepared for access by client", "prepare it with: studio db init"
            )
        # A schema owned by another role is left alone: then no role with grants reads it.
        tracks = one_value(
            connection,
            "SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_catalog.pg_class AS c"
            " WHERE c.oid = to_regclass('studio_sync.changes')",
        )
        return cls(connection, kinds, places, bool(tracks))

    @property
    def scoping(self) -> Scoping:
        """The functions for the current tables."""
        return Scoping(self.kinds, {place.name: place.schema for place in self.places}, self.tracks)

    @property
    def bounds(self) -> Bounds:
        """The policies on the tables."""
        return Bounds(self.connection, self.scoping)

    def granted(self) -> list[Granted]:
        """Every grant of a role that still exists."""
        if not has_table(self.connection, "access"):
            return []
        top = self.scoping.top
        rows = self.connection.execute(
            sql.SQL(
                "SELECT r.rolname::text, a.top::text, coalesce(t.{slot}::text, ''), a.can"
                " FROM studio_sync.access AS a JOIN pg_roles AS r ON r.oid = a.role"
                " LEFT JOIN {table} AS t ON t.id = a.top ORDER BY 1, 3, 2"
            ).format(slot=sql.Identifier(top.slot_column or "id"), table=self.scoping.table(top))
        )
        return [Granted(*row) for row in rows]

    def stale(self) -> list[str]:
        """The tables whose policies are outdated, and the functions that are missing or outdated."""
        return self.bounds.stale([g.role for g in self.granted()])

    # --- granting

    def grant(
        self, role: str, slots: Sequence[str], can: str, *, create: bool = False, password: str | None = None
    ) -> list[str]:
        """Grant `role` the rows of the clients `slots`, in one transaction; returns what was done.

        With `create` the role is created, with this password. Raises RefusedError, with nothing done, if the
        role could reach further than that.
        """
        try:
            with self.changing():
                statements = self.granting(role, slots, can, create=create, password=password)
                self.run(statements)
                if found := excess_privileges(self.connection, self.kinds, role):
                    raise RefusedError(
                        f"row-level security can't bound the role {role}; nothing was changed:",
                        "end that first: " + "; ".join(dict.fromkeys(one.remedy for one in found)),
                        listed=[one.what for one in found],
                    )
        except psycopg.errors.InsufficientPrivilege as error:
            raise UnavailableError(
                f"this role may not do that: {error.diag.message_primary}",
                "connect as the owner of the tables and of the schema studio_sync;"
                " --create-login needs CREATEROLE, too",
            ) from None
        return [f"{role} may {can} {slot}" for slot in slots]

    def granting(
        self,
        role: str,
        slots: Sequence[str],
        can: str,
        *,
        create: bool = False,
        password: str | None = None,
    ) -> Statements:
        """The statements of a grant. Without a password it refers to psql's variable `password`."""
        self.hold_role(role, create=create)
        tops = self._tops(slots)
        wanted = {(g.role, g.top): g.can for g in self.granted()} | {(role, own): can for own in tops}
        level = max((c for (r, _), c in wanted.items() if r == role), key=LEVELS.index)
        found: Statements = []
        if create:
            secret = sql.SQL(":'password'") if password is None else sql.Literal(self._sealed(role, password))
            found.append(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), secret))
        found += granting.function_statements(self.scoping)
        found += [
            sql.SQL(
                "INSERT INTO studio_sync.access (role, top, can) VALUES ({}::regrole, {}, {})"
                " ON CONFLICT (role, top) DO UPDATE SET can = excluded.can"
            ).format(sql.Literal(_quoted(role)), sql.Literal(own), sql.Literal(can))
            for own in tops
        ]
        found += self._schemas(role)
        found += granting.privileges(self.scoping, role, level)
        found += granting.execution(self.scoping, role, given=True)
        found += self.bounds.statements(sorted({r for r, _ in wanted} | set(self.bounds.roles())))
        return found

    def revoke(self, role: str, slots: Sequence[str] = ()) -> list[str]:
        """Revoke the clients `slots` from `role`, or all of them; returns what was done.

        First the clients, which no lock can delay; then privileges; then policies and functions.
        """
        with self.changing():
            statements, left = self._taking(role, slots)
            self.run(statements)
        kept = [f"{role} may still {g.can} {g.slot or g.top}" for g in left]
        try:
            with self.changing():
                self.run(self._narrowing(role, left))
            if left:
                return kept
            with self.changing():
                self.run(self._tidying(role))
        except psycopg.errors.LockNotAvailable:
            who = holders(self.connection, self.kinds) or "somebody"
            stay = f"stay for now, as the tables are held by {who}"
            if left:
                return [*kept, f"its privileges {stay}"]
            again = f"to remove them later: studio db revoke {quote(role)}"
            return [f"{role} sees no row any more; its policies {stay}", again]
        if role in self.bounds.roles():
            return [f"{role} sees no row any more; the policies stay, as it has privileges from elsewhere"]
        return [f"{role} has no access any more (DROP ROLE removes the role itself)"]

    def revoking(self, role: str, slots: Sequence[str] = ()) -> tuple[Statements, list[Granted]]:
        """The statements that revoke clients, and the grants that the role keeps."""
        found, left = self._taking(role, slots)
        found += self._narrowing(role, left)
        return (found if left else [*found, *self._tidying(role)]), left

    def _taking(self, role: str, slots: Sequence[str]) -> tuple[Statements, list[Granted]]:
        """The statements that revoke clients immediately, and the grants that the role keeps."""
        mine = [g for g in self.granted() if g.role == role]
        if not mine and not slots and role in self.bounds.roles():
            return [], []
        if not mine:
            raise UsageError(f"the role {role} was granted nothing", "studio db access shows who has what")
        if unknown := set(slots) - {g.slot for g in mine} - {g.top for g in mine}:
            raise UsageError(
                f"the role {role} has no grant for {', '.join(sorted(unknown))}",
                f"it has: {', '.join(g.slot or g.top for g in mine)}",
            )
        going = [g for g in mine if not slots or g.slot in slots or g.top in slots]
        found: Statements = [
            sql.SQL("DELETE FROM studio_sync.access WHERE role = {}::regrole AND top = {}").format(
                sql.Literal(_quoted(role)), sql.Literal(g.top)
            )
            for g in going
        ]
        return found, [g for g in mine if g not in going]

    def _narrowing(self, role: str, left: Sequence[Granted]) -> Statements:
        """The statements that reduce a role's privileges to those that these clients need."""
        level = max((g.can for g in left), key=LEVELS.index, default="")
        return list(granting.privileges(self.scoping, role, level))

    def _tidying(self, role: str) -> Statements:
        """The statements that drop policies and functions for a role without clients.

        A role with privileges from elsewhere stays bound by the policies, which show it nothing: without them
        it would see more than before.
        """
        found: Statements = []
        if not self._asked(other_privileges.ON_THE_TABLES, role):
            found += granting.execution(self.scoping, role, given=False)
            if not self._asked(other_privileges.ON_OTHER_TABLES, role):
                found += self._schemas(role, "REVOKE USAGE ON SCHEMA {} FROM {}")
            found += self.bounds.statements([r for r in self.bounds.roles() if r != role])
        return found

    # --- pieces

    def hold_role(self, role: str, *, create: bool) -> None:
        """Raise UsageError if the role exists and should be created, or vice versa."""
        row = self.connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if create and row is not None:
            raise UsageError(f"there is a role {role} already", "leave out --create-login")
        if not create and row is None:
            raise UsageError(f"there is no role {role}", "--create-login makes it")

    def _tops(self, slots: Sequence[str]) -> list[str]:
        top = self.scoping.top
        return ids_of(self.connection, top, slots, self.scoping.schemas[top.table])

    def run(self, statements: Statements) -> None:
        """Execute statements, inside `changing`."""
        for statement in statements:
            self.connection.execute(sql.Composed([statement]))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A transaction in which nobody else changes grants; its new objects belong to the schema's owner."""
        with self.connection.transaction():
            hold_ready(self.places, self.connection.info.user)
            hold_alone(self.connection)
            yield
            self.connection.execute(Path(__file__).with_name("hand_over.sql").read_bytes())

    def _sealed(self, role: str, password: str) -> str:
        """The password as the server stores it (SCRAM), so that it is never sent or logged in clear."""
        return self.connection.pgconn.encrypt_password(
            password.encode(), role.encode(), b"scram-sha-256"
        ).decode()

    def _schemas(self, role: str, verb: LiteralString = "GRANT USAGE ON SCHEMA {} TO {}") -> Statements:
        """USAGE on the tables' schemas, where PUBLIC lacks it."""
        who = sql.Identifier(role)
        rows = self.connection.execute(
            "SELECT n.nspname::text FROM pg_namespace AS n WHERE n.nspname = ANY(%s) AND NOT EXISTS ("
            " SELECT FROM aclexplode(n.nspacl) AS a WHERE a.grantee = 0 AND a.privilege_type = 'USAGE')",
            [[place.schema for place in self.places]],
        )
        return [sql.SQL(verb).format(sql.Identifier(n), who) for (n,) in rows]

    def _asked(self, query: str, role: str) -> bool:
        """The catalogue's answer to a question about `role` and the tables."""
        given = {
            "role": role,
            "schemas": [p.schema for p in self.places],
            "names": [p.name for p in self.places],
        }
        return bool(one_value(self.connection, query.encode(), given))


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
        access.run([*statements, *access.bounds.statements(sorted({*roles, *access.bounds.roles()}))])
    return roles


def _quoted(role: str) -> str:
    return sql.Identifier(role).as_string(None)
