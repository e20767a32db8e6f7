"""Row summaries: a row without its contents, for overviews."""

from dataclasses import dataclass
from datetime import datetime

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Rid


@dataclass(frozen=True, slots=True)
class RowSummary:
    """A row without its contents.

    `order` is its order value, None if its slot alone gives the order. `words` is its number of words, None
    for a kind without a word count; `minutes` is a learner's time.
    """

    kind: Kind
    rid: Rid
    parent: Rid
    slot: str
    title: str
    status: str | None
    order: int | None
    words: int | None
    minutes: int | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Last:
    """Author and time of a row's last change; `actor` is "" if only the row's own time is known."""

    at: datetime | None
    actor: str = ""
