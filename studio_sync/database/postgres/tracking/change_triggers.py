"""Triggers of change tracking: installing, removing and inspecting them, as the owner of the tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, LiteralString

import psycopg
from psycopg import Connection, sql

from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.database.access.scoping import Scoping, function
from studio_sync.database.access.tables import CatalogueTable, places_of
from studio_sync.database.postgres.schema.install import changes_script, hold_alone, schema_version
from studio_sync.database.postgres.tracking import trigger_texts as texts
from studio_sync.errors import RefusedError, UnavailableError

CHANNEL = "studio_changes"
"""The NOTIFY channel that announces a change, without its content."""

TRIGGER_NAME = "A_studio_track"
"""Triggers fire in the order of their names: this one before those of foreign keys, which cascade."""

_DERIVED = ("created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class TrackingState:
    """The tables with the current trigger, and those with an outdated or disabled one."""

    tracked: tuple[str, ...]
    stale: tuple[str, ...]


@dataclass(frozen=True)
class ChangeTriggers:
    """The triggers of one database."""

    connection: Connection[Any]
    kinds: Kinds
    places: Sequence[CatalogueTable]

    @classmethod
    def of(cls, connection: Connection[Any], kinds: Kinds) -> "ChangeTriggers":
        """Those of the database behind `connection`. Raises UnavailableError if it isn't prepared."""
        places = places_of(connection, kinds)
        if schema_version(connection) is None or len(places) < len(kinds):
            raise UnavailableError(
                "The database isn't prepared for studio", "prepare it with: studio db init"
            )
        return cls(connection, kinds, places)

    @property
    def state(self) -> TrackingState:
        """The current state."""
        rows = self.connection.execute(
            "SELECT c.relname::text, t.tgenabled IN ('O', 'A'), obj_description(t.oid, 'pg_trigger')"
            " FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid"
            " JOIN unnest(%s::text[]) AS g (name) ON c.oid = to_regclass(g.name) WHERE t.tgname = %s"
            " ORDER BY 1",
            ([self._named(kind).as_string(None) for kind in self.kinds], TRIGGER_NAME),
        ).fetchall()
        wanted = {kind.table: self._stamp(kind) for kind in self.kinds}
        tracked = tuple(name for name, enabled, mark in rows if enabled and mark == wanted[name])
        return TrackingState(tracked, tuple(name for name, *_ in rows if name not in tracked))

    def install(self) -> bool:
        """Create what is missing, in one transaction; returns whether anything was."""
        return self._run(lambda: len(self.state.tracked) < len(self.kinds), self.made())

    def remove(self) -> bool:
        """Drop the triggers and their functions, in one transaction; returns whether there were any."""
        return self._run(lambda: bool(self.state.tracked or self.state.stale), self.taken())

    def made(self) -> Iterator[sql.Composable]:
        """The statements that start tracking."""
        for statement in changes_script().split(";\n"):
            if statement.strip():
                yield sql.SQL(statement.strip())
        for kind in self.kinds:
            yield self._function(kind)
            yield sql.SQL("REVOKE ALL ON FUNCTION {}() FROM PUBLIC").format(self._called(kind))
            yield sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(_NAME, self._named(kind))
            yield self._trigger(kind)
            yield sql.SQL("COMMENT ON TRIGGER {} ON {} IS {}").format(
                _NAME, self._named(kind), sql.Literal(self._stamp(kind))
            )
        yield from self._handed_over()

    def taken(self) -> Iterator[sql.Composable]:
        """The statements that end tracking. Recorded changes stay in the ledger."""
        for kind in self.kinds:
            yield sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(_NAME, self._named(kind))
            yield sql.SQL("DROP FUNCTION IF EXISTS {}()").format(self._called(kind))

    # --- pieces

    def _run(self, wanted: Callable[[], bool], statements: Iterator[sql.Composable]) -> bool:
        self._hold_owner()
        try:
            with self.connection.transaction():
                hold_alone(self.connection)
                if not wanted():
                    return False
                for statement in statements:
                    self.connection.execute(sql.Composed([statement]))
        except psycopg.errors.InsufficientPrivilege as error:
            raise UnavailableError(
                f"this role may not do that: {error.diag.message_primary}", _AS_OWNER
            ) from None
        return True

    def _hold_owner(self) -> None:
        """Raise RefusedError if this role may not do it: tracking is the owner's decision."""
        lines = []
        if foreign := [p for p in self.places if not p.owned]:
            lines.append(
                f"{', '.join(p.name for p in foreign)}: only the owner ({foreign[0].owner}) decides that"
            )
        if any(not p.ours for p in self.places):
            lines.append("the schema studio_sync is another role's")
        if blind := [p.name for p in self.places if p.forced or not p.overseen]:
            lines.append(f"{', '.join(blind)}: the owner of the schema studio_sync does not see every row")
        if lines:
            raise RefusedError(
                "changes can't be tracked by this role; nothing was changed:", _AS_OWNER, listed=lines
            )

    def _handed_over(self) -> Iterator[sql.Composable]:
        """Statements that give objects created by a member of the owner role to the owner."""
        row = self.connection.execute(
            "SELECT pg_get_userbyid(nspowner)::text FROM pg_catalog.pg_namespace"
            " WHERE nspname = 'studio_sync' AND pg_get_userbyid(nspowner) <> current_user"
        ).fetchone()
        if row is None:
            return
        owner = sql.Identifier(row[0])
        yield sql.SQL("ALTER TABLE studio_sync.changes OWNER TO {}").format(owner)
        for kind in self.kinds:
            yield sql.SQL("ALTER FUNCTION {}() OWNER TO {}").format(self._called(kind), owner)

    @cached_property
    def _scoping(self) -> Scoping:
        return Scoping(self.kinds, {place.name: place.schema for place in self.places})

    def _named(self, kind: Kind) -> sql.Identifier:
        return self._scoping.table(kind)

    @staticmethod
    def _called(kind: Kind) -> sql.Identifier:
        return function(f"track_{kind.table}")

    def _stamp(self, kind: Kind) -> str:
        text = self._function(kind).as_string(None) + self._trigger(kind).as_string(None)
        return "studio " + blake2b(text.encode(), digest_size=8).hexdigest()

    def _trigger(self, kind: Kind) -> sql.Composable:
        return sql.SQL(texts.CREATE_TRIGGER).format(
            trigger=_NAME, table=self._named(kind), function=self._called(kind)
        )

    def _function(self, kind: Kind) -> sql.Composable:
        place = sql.SQL("e.place")
        return sql.SQL(texts.TRIGGER_FUNCTION).format(
            function=self._called(kind),
            derived=sql.Literal([*_DERIVED, *kind.derived]),
            old_rid=_rid(kind, sql.SQL("was")),
            new_rid=_rid(kind, sql.SQL("said")),
            old_top=self._top(kind, sql.SQL("was")),
            new_top=self._top(kind, sql.SQL("said")),
            kind=sql.Literal(kind.name),
            parent=_text(place, kind.parent_column),
            slot=_text(place, kind.slot_column),
            channel=sql.Literal(CHANNEL),
        )

    def _top(self, kind: Kind, row: sql.Composable) -> sql.Composable:
        """The id of a row's topmost ancestor."""
        if not kind.parent:
            return sql.SQL(texts.OWN_TOP).format(row=row)
        source, top = self._scoping.source(self.kinds[kind.parent])
        return sql.SQL(texts.TOP).format(
            row=row, top=top, source=source, parent=sql.Literal(kind.parent_column)
        )


_NAME = sql.Identifier(TRIGGER_NAME)
_AS_OWNER = "run this as the owner of the tables and of the schema studio_sync"


def _rid(kind: Kind, row: sql.Composable) -> sql.Composable:
    """The identity of a row's record; NULL without a row."""
    if kind.identified:
        return sql.SQL(texts.IDENTITY).format(row=row)
    found: LiteralString = texts.PLACE_WITH_SLOT if kind.slot else texts.PLACE
    made = sql.SQL(found).format(
        row=row,
        parent=sql.Literal(kind.parent_column),
        kind=sql.Literal(f"/{kind.name}"),
        slot=sql.Literal(kind.slot_column),
    )
    return sql.SQL("CASE WHEN {} IS NOT NULL THEN {} END").format(row, made)


def _text(row: sql.Composable, column: str) -> sql.Composable:
    """A column of a row as text, '' if there is none."""
    return sql.SQL("coalesce({} ->> {}, '')").format(row, sql.Literal(column)) if column else sql.SQL("''")
