"""What a store is to write, the result of a write, and the ledger entries made from it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from operator import attrgetter

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.values.record import Rid
from studio_sync.database.values.ledger_values import Entry, Run


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of a write transaction.

    `token`: the xmin of every written row. `orders`: new order values by row id. `touched`: rows in which
    only derived columns were written: id to (old, new) token. `shifted`: ledger entries of the rows that only
    got another order value, sorted by record. `numbers`: the ledger's numbers of the new versions, by record;
    none before they are entered.
    """

    token: int
    orders: Mapping[str, int]
    touched: Mapping[str, tuple[int, int]]
    shifted: Sequence[Entry] = ()
    numbers: Mapping[Rid, int] = field(default_factory=dict)

    def entered_with(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The entries of a push with those of the rows that it shifted, by record as they are."""
        return merge(entries, self.shifted, key=attrgetter("rid"))


@dataclass(frozen=True, slots=True)
class Journal:
    """Makes the ledger entries of a push, inside its transaction, once the result is known."""

    run: Run
    entries: Callable[[WriteResult], Iterable[Entry]]
    notes: Callable[[WriteResult], Iterable[tuple[str, LedgerNote]]]


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """A plan to write in one transaction, with its ledger entries.

    `content` returns the JSON row of the record that a change writes. `step` is called with the number of
    changes written. `has_arrived` asks the ledger for the run over another connection.
    """

    plan: Plan
    content: Callable[[Change], bytes]
    journal: Journal
    step: Callable[[int], None]
    has_arrived: Callable[[], bool]
