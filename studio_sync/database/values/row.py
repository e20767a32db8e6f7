"""A row as read from a store, and the place of a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from studio_sync.core.values.json_row import digests_and_row
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Rid, Version, rid_of
from studio_sync.core.values.value import Value

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its canonical values.

    `values` is None if the row can't be a record (JSON nested too deep); then `fault` is the reason.
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
        """The identity of the record in this row."""
        return rid_of(self.kind, self.id, self.parent, self.slot)

    def key(self) -> bytes:
        """Its id in 16 bytes. Raises ValueError if the server returned none."""
        found = bytes.fromhex(self.id.replace("-", ""))  # UUID takes five times as long
        if len(found) != _ID_BYTES:
            raise ValueError(self.id)
        return found

    def version(self) -> Version:
        """The row's version. Only for a row that can be a record."""
        return self.version_and_json()[0]

    def version_and_json(self) -> tuple[Version, bytes, bool]:
        """The row's version, its JSON row without derived columns, and whether `load_plain_json` reads that.

        Only for a row that can be a record.
        """
        if self.values is None:
            raise ValueError(self.fault)
        found, text, plain = digests_and_row(self.kind, self.values, counted=False)
        return Version(self.rid, self.kind.name, self.parent, self.slot, found), text, plain


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The place of a row: id and slot of its topmost ancestor (or its own), and its key."""

    top: str
    slot: str
    key: str


def uuid_text(row_id: bytes) -> str:
    """A row's id as text."""
    return str(UUID(bytes=row_id))
