"""Immutable values of the in-memory database: rows, tables, runs, versions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from types import MappingProxyType
from uuid import UUID

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.values.kind import FieldPlace, Kind, Type
from studio_sync.core.values.record import Rid, Version, canonical_value
from studio_sync.core.values.value import Value, canonical_text
from studio_sync.database.values.row import Row

_HASH_BYTES = 8


class _Plain:
    """A dataclass that is pickled without what follows from its fields: a state can be kept in a file."""

    def __getstate__(self) -> dict[str, object]:
        return {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True)
class StoredRow(_Plain):
    """A row: its place, and all its columns as written, including counts and totals.

    `token` is the number of the transaction that wrote it last.
    """

    kind: Kind
    id: str
    parent: str
    slot: str
    columns: Mapping[str, Value]
    token: int
    created_at: datetime
    updated_at: datetime

    @cached_property
    def key(self) -> bytes:
        """Its id in 16 bytes."""
        return UUID(self.id).bytes

    @cached_property
    def hash(self) -> int:
        """A hash of id and token."""
        data = self.key + self.token.to_bytes(_HASH_BYTES, "big")
        return int.from_bytes(blake2b(data, digest_size=_HASH_BYTES).digest(), "big")

    @cached_property
    def row(self) -> Row:
        """The row as a store returns it."""
        values: dict[str, Value] = {}
        for one in self.kind.fields:
            value = self.columns.get(one.name)
            if one.type is Type.TEXT and one.place is FieldPlace.BODY and isinstance(value, str):
                values[one.name] = canonical_text(value) or None
            elif one.type is Type.JSON:
                values[one.name] = _in_jsonb_order(value)
            else:
                values[one.name] = canonical_value(one, value)
        at = self.updated_at.isoformat(" ")
        return Row(self.kind, self.id, self.parent, self.slot, self.token, at, MappingProxyType(values))

    @cached_property
    def version(self) -> Version:
        """The row's version."""
        return self.row.version()


def _in_jsonb_order(value: Value) -> Value:
    """Order the keys of objects like PostgreSQL's jsonb: shorter ones first."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _in_jsonb_order(value[key]) for key in keys}
    if isinstance(value, list):
        return [_in_jsonb_order(item) for item in value]
    return value


@dataclass(frozen=True)
class Table(_Plain):
    """The rows of one kind, by id."""

    rows: Mapping[str, StoredRow] = field(default_factory=dict)

    @cached_property
    def by_parent(self) -> Mapping[str, list[StoredRow]]:
        """The rows below each parent."""
        found: dict[str, list[StoredRow]] = {}
        for row in self.rows.values():
            found.setdefault(row.parent, []).append(row)
        return found

    def below(self, parent: str) -> list[StoredRow]:
        """The children of one row."""
        return self.by_parent.get(parent, [])

    def twins(self) -> Iterator[StoredRow]:
        """Rows at a place that another row has."""
        for siblings in self.by_parent.values():
            seen: set[str] = set()
            for row in siblings:
                if row.slot in seen:
                    yield row
                seen.add(row.slot)

    def changed(self, changes: Mapping[str, StoredRow | None]) -> "Table":
        """The table after these changes; None deletes a row."""
        rows = {**self.rows, **changes}
        return Table({own: row for own, row in rows.items() if row is not None})


NO_ROWS = Table()


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run in the ledger. `covers` are the top rows that it covered, None: all."""

    id: str
    at: datetime
    actor: str
    role: str
    source: str
    commit: str
    message: str
    covers: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version in the ledger; `document` is None for a deletion."""

    run: str
    number: int
    top: str
    row_id: str
    version: Version
    document: str | None
    decision: str | None


@dataclass(frozen=True, slots=True)
class OtherRow:
    """A row of a table that is no kind's, as JSON; it is deleted with the row that has the id `owner`."""

    table: str
    owner: str
    text: str


Versions = Mapping[Rid, Mapping[int, StoredVersion]]


@dataclass(frozen=True, slots=True)
class MemoryState:
    """The committed state at one moment. `moment` is the number of the next transaction."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    versions: Versions = field(default_factory=dict)
    runs: Mapping[str, StoredRun] = field(default_factory=dict)
    notes: Mapping[Rid, tuple[LedgerNote, ...]] = field(default_factory=dict)
    others: tuple[OtherRow, ...] = ()
    moment: int = 3

    def table(self, kind: str) -> Table:
        """The rows of a kind."""
        return self.tables.get(kind, NO_ROWS)
