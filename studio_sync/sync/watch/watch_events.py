"""The events of `watch`, as values to render."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid
from studio_sync.sync.outcome import Outcome

if TYPE_CHECKING:
    from studio_sync.database.values.ledger_past import Author


class Happening(StrEnum):
    """The kind of an event."""

    WATCHING = "watching"
    """Watching has begun, or continues with a changed studio.yaml."""
    PUSHED = "pushed"
    """Records were written. `problems` are about saved files that were not."""
    PULLED = "pulled"
    """Remote changes were written into files."""
    REFUSED = "refused"
    """Nothing that was saved could be written: `problems` give the reasons."""
    CHECKED = "checked"
    """Files were validated and not pushed; `problems` may be empty."""
    AGREED = "agreed"
    """A file that was refused before has nothing to push any more."""
    PENDING = "pending"
    """Records could be pushed, but are not pushed automatically."""
    CHANGED = "changed"
    """Others changed records in the database. `problems` are about it as a whole, as when it went back."""
    WAITING = "waiting"
    """It waits for something to end; nothing is lost meanwhile."""
    AWAY = "away"
    """The database can't be reached; watch retries."""
    BACK = "back"
    """The database is reachable again, or the wait is over."""
    STOPPED = "stopped"
    """Watching ended as requested."""


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One event. `deltas` are records of the outcome `found`.

    `paths` are the saved files, relative to the content folder. `seconds` is the duration of a push.
    `message` and `hint` are for people. `authors` are those who made the rows of `deltas`, as far as known: a
    row without one was not changed by studio.
    """

    happening: Happening
    message: str = ""
    hint: str = ""
    found: Outcome | None = None
    deltas: tuple[Delta, ...] = ()
    problems: tuple[Problem, ...] = ()
    paths: tuple[str, ...] = ()
    seconds: float = 0.0
    authors: "Mapping[Rid, Author]" = field(default_factory=dict)
