"""What a push has written, and what it enters into the ledger of that."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.values.record import Rid
from studio_sync.database.values.ledger_values import Entry, Run


@dataclass(slots=True)
class WriteResult:
    """What a transaction wrote.

    `token` is the xmin of every row that it wrote. `orders` are the order values given to rows, by row
    id. `touched` are rows that were written only for their derived columns: id to (old, new) token.
    `numbers` are those that the ledger gave the new versions, by record.
    """

    token: int
    orders: dict[str, int] = field(default_factory=dict)
    touched: dict[str, tuple[int, int]] = field(default_factory=dict)
    numbers: dict[Rid, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Journal:
    """What goes into the ledger in a push's own transaction, once it is known what was written."""

    run: Run
    entries: Callable[[WriteResult], Iterable[Entry]]
    notes: Callable[[WriteResult], Iterable[tuple[str, LedgerNote]]]
