"""What happens while a workspace is watched, as values for others to show."""

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
    """What an event tells."""

    WATCHING = "watching"
    """It has begun, or goes on with another studio.yaml."""
    PUSHED = "pushed"
    """Records were written. `problems` are what was saved with them and was not."""
    REFUSED = "refused"
    """Nothing of what was saved could be written: `problems` say why."""
    CHECKED = "checked"
    """Files were validated and not pushed; `problems` may be none."""
    AGREED = "agreed"
    """What was refused before has nothing to push any more."""
    PENDING = "pending"
    """Records could be pushed, and are not by themselves."""
    CHANGED = "changed"
    """Records were changed in the database by others."""
    WAITING = "waiting"
    """Something has to end first; nothing is lost meanwhile."""
    AWAY = "away"
    """The database can't be reached; it is tried again."""
    BACK = "back"
    """What was away or waited for is there again."""
    STOPPED = "stopped"
    """The end, as it was asked for."""


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One thing that happened. `deltas` are records of the outcome `found`.

    `paths` are what was saved, relative to the content folder. `seconds` is how long a push took.
    `message` and `hint` are for people. `authors` are those who made what the rows of `deltas` say,
    as far as they are known: without one it was not studio.
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
