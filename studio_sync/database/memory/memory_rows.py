"""The rows of some clients in the in-memory store."""

import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.row_summary import RowSummary
from studio_sync.core.values.word_count import count_words
from studio_sync.database.memory.stored import StoredRow, Table
from studio_sync.database.memory.table_view import View, of_clients
from studio_sync.database.values.row import Row
from studio_sync.database.values.token_sum import Digest, TokenMove

_TOKEN_ROW = struct.Struct(">16sI")
_NONE = -1
"""The token if tokens are disabled."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class MemoryRows:
    """Implements `StoreRows`."""

    def __init__(
        self, view: Callable[[], View], kinds: Kinds, clients: Sequence[str] | None, *, tokens: bool
    ) -> None:
        self._view, self._kinds = view, kinds
        self._clients = None if clients is None else tuple(clients)
        self._tokens = tokens

    def _tables(self) -> dict[str, Table]:
        return of_clients(self._view(), self._kinds, self._clients)

    def digest(self) -> Digest:
        """A sum of hashes of ids and tokens."""
        if not self._tokens:
            return Digest()
        tables = self._tables()
        return Digest({n: (len(t.rows), sum(r.hash for r in t.rows.values())) for n, t in tables.items()})

    def after(self, digest: Digest, moves: Sequence[TokenMove]) -> Digest:
        """What `digest` becomes when these rows have changed."""
        if not digest or not moves:
            return digest
        sums: dict[str, tuple[int, int]] = {}
        for move in moves:
            for token, sign in move.signed():
                count, total = sums.get(move.kind, (0, 0))
                hashed = _bare(self._kinds[move.kind], move.row_id, int(token)).hash
                sums[move.kind] = (count + sign, total + sign * hashed)
        return digest.plus(sums)

    def tokens(self, kinds: Iterable[str]) -> dict[str, bytes]:
        """The ids and tokens of all rows, packed."""
        tables = self._tables()
        return {name: b"".join(map(self._packed, tables[name].rows.values())) for name in kinds}

    def _packed(self, row: StoredRow) -> bytes:
        return _TOKEN_ROW.pack(row.key, row.token) if self._tokens else row.key

    def unpacked(self, data: bytes) -> set[tuple[bytes, int]]:
        """(row id, token) of the rows in a value of `tokens`."""
        if self._tokens:
            return set(_TOKEN_ROW.iter_unpack(data))
        return {(own, _NONE) for (own,) in struct.iter_unpack("16s", data)}

    def read(self, kind: Kind, ids: Collection[bytes] | None = None) -> Iterator[Row]:
        """The rows with these ids, of any client, or all rows of the clients."""
        if ids is None:
            found = list(self._tables()[kind.name].rows.values())
        else:
            rows = self._view().table(kind.name).rows
            found = [rows[own] for key in ids if (own := str(UUID(bytes=key))) in rows]
        for stored in found:
            yield stored.row if self._tokens else replace(stored.row, token=None)

    def siblings(self, kind: Kind, parents: Collection[str]) -> dict[str, list[tuple[str, str, int]]]:
        """(row id, slot, order value) of the rows below each parent."""
        if kind.order is None or kind.slot is None:
            return {}
        table, order = self._view().table(kind.name), kind.order.name
        found = {
            parent: [(r.id, r.slot, _number(r, order)) for r in table.below(parent)] for parent in parents
        }
        return {parent: rows for parent, rows in found.items() if rows}

    def summaries(self) -> Iterator[RowSummary]:
        """All rows without their long contents, parents before children."""
        for kind, table in zip(self._kinds, self._tables().values(), strict=True):
            for row in table.rows.values():
                columns = row.columns
                counted, text = next(iter((kind.words or {}).items()), ("", ""))
                words = columns.get(counted)
                if words is None and isinstance(value := columns.get(text), str):
                    words = count_words(value)
                yield RowSummary(
                    kind, row.row.rid, row.parent, row.slot, str(columns.get(kind.heading) or ""),
                    _text(columns.get(STATUS)) if kind.flow else None,
                    _number(row, kind.order.name) if kind.order else None,
                    words if isinstance(words, int) else None,
                    minutes if isinstance(minutes := columns.get(kind.minutes), int) else None,
                    row.updated_at,
                )  # fmt: skip


def _bare(kind: Kind, own: str, token: int) -> StoredRow:
    return StoredRow(kind, own, "", "", {}, token, _NEVER, _NEVER)


def _number(row: StoredRow, column: str) -> int:
    value = row.columns.get(column)
    return value if isinstance(value, int) else 0


def _text(value: object) -> str | None:
    return None if value is None else str(value)
