"""What an overview shows of a row."""

from dataclasses import dataclass
from datetime import datetime

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Rid


@dataclass(frozen=True, slots=True)
class RowSummary:
    """A row without its contents.

    `order` is where it stands among its siblings, None where only its slot says that. `words` are those of
    its text, None for a kind whose words nobody counts; `minutes` is how long a learner needs for it.
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
    """Who changed a row last, and when; no `actor` where only the row's own time is known."""

    at: datetime | None
    actor: str = ""
