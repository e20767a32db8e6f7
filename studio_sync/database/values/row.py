"""A row as a store gives it, and where a row stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from studio_sync.core.values.json_row import digests_and_row
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Rid, Version, rid_of
from studio_sync.core.values.value import Value


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read, with its canonical values.

    `values` is None where the row can't be a record (JSON nested too deep): `fault` says why.
    """

    kind: Kind
    id: str
    parent: str
    slot: str
    token: int | None
    updated_at: str
    values: Mapping[str, Value] | None
    fault: str = ""

    @property
    def rid(self) -> Rid:
        """The identity of the record that this row is."""
        return rid_of(self.kind, self.id, self.parent, self.slot)

    def key(self) -> bytes:
        """Its id in 16 bytes. Raises ValueError where the server gave none."""
        return UUID(self.id).bytes

    def version(self) -> Version:
        """The row's version. Only for a row that can be a record."""
        return self.version_and_json()[0]

    def version_and_json(self) -> tuple[Version, bytes]:
        """The row's version and its JSON row without derived columns. Only for a row that can be a record."""
        if self.values is None:
            raise ValueError(self.fault)
        found, text = digests_and_row(self.kind, self.values, counted=False)
        return Version(self.rid, self.kind.name, self.parent, self.slot, found), text


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a row stands: the id and the slot of the row at the top above it (or its own), and its key."""

    top: str
    slot: str
    key: str


def uuid_text(row_id: bytes) -> str:
    """A row's id as text."""
    return str(UUID(bytes=row_id))
