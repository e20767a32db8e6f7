"""What a command found or did, for others to show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_sync.core.plan.plan import Change, Plan, Refusal
from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid
from studio_sync.errors import StudioError
from studio_sync.sync.compare.comparison import Comparison
from studio_sync.sync.compare.values import RecordValues

if TYPE_CHECKING:
    from studio_sync.sync.compare.conflicts.contested import Contested
    from studio_sync.sync.compare.conflicts.shown import ShownParts
    from studio_sync.sync.compare.conflicts.side_texts import SideTexts


@dataclass(slots=True)
class Outcome:
    """What a command found or did.

    `deltas` are the records in scope that differ, `foreseen` what guards would refuse of them in a push.
    `stale_approvals` tells what is approved or published and not as it was.
    `stops` are those problems that hold a whole push up: files that can't be read, and ids that stand twice.
    `read_from` is the label of the database, or of its replica.
    `plan` and what follows are there for push and pull. `shown` remembers which parts of conflicts were
    printed whole. `texts` are the whole files of each side, where they were asked for.
    """

    comparison: Comparison
    deltas: list[Delta]
    problems: list[Problem]
    stops: frozenset[Problem] = frozenset()
    plan: Plan = field(default_factory=Plan)
    done: tuple[Change, ...] = ()
    failed: tuple[tuple[Change, StudioError], ...] = ()
    values: RecordValues | None = None
    settled: Mapping[Rid, frozenset[str]] = field(default_factory=dict)
    contested: "Sequence[Contested]" = ()
    shown: "ShownParts | None" = None
    read_from: str = ""
    foreseen: Sequence[Refusal] = ()
    texts: "Mapping[Rid, SideTexts]" = field(default_factory=dict)
    stale_approvals: Sequence[Problem] = ()

    @property
    def blocked(self) -> set[Rid]:
        """The records in scope that a push would send, and that something in files or rows keeps from it."""
        held = self.comparison.blocked
        return {
            d.rid
            for d in self.deltas
            if d.rid in held and (d.standing is Standing.AHEAD or d.having(Standing.AHEAD))
        }
