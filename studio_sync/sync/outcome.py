"""The outcome of a command, as a value to render."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_sync.core.plan.plan import Change, Plan, Refusal
from studio_sync.core.plan.reconcile import Action, Delta
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid
from studio_sync.errors import StudioError
from studio_sync.sync.compare.comparison import Comparison, RecordValues

if TYPE_CHECKING:
    from studio_sync.sync.compare.conflicts.contested import Contested
    from studio_sync.sync.compare.conflicts.shown import ShownParts
    from studio_sync.sync.compare.conflicts.side_texts import SideTexts


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a command: what it found or did.

    `deltas`: the records in scope that differ; `agreed`: the number of those that are equal. `foreseen`: what
    guards would refuse of the former in a push.
    `stale_approvals`: approved or published records that changed since. `stops`: problems that block a whole
    push, such as unreadable files and duplicate ids. `read_from`: the label of the database, or of its
    replica. `plan` and the rest are set by push and pull. `shown`: the conflict parts that were printed
    whole. `texts`: the whole files of each side, if requested. `left`: what differs after the run, if
    `deltas` do not say it.
    """

    comparison: Comparison
    deltas: Sequence[Delta]
    problems: Sequence[Problem]
    values: RecordValues
    agreed: int = 0
    stops: frozenset[Problem] = frozenset()
    plan: Plan = field(default_factory=Plan)
    done: tuple[Change, ...] = ()
    failed: tuple[tuple[Change, StudioError], ...] = ()
    resolved: Mapping[Rid, frozenset[str]] = field(default_factory=dict)
    contested: "Sequence[Contested]" = ()
    shown: "ShownParts | None" = None
    read_from: str = ""
    foreseen: Sequence[Refusal] = ()
    texts: "Mapping[Rid, SideTexts]" = field(default_factory=dict)
    stale_approvals: Sequence[Problem] = ()
    left: Sequence[Delta] | None = None

    def remember_all(self) -> None:
        """Save every part of each conflict as shown, so that a decision may take it."""
        if self.shown is not None:
            self.shown.add([(c.delta.rid, part) for c in self.contested for part in c.parts])

    @property
    def moving(self) -> Sequence[Delta]:
        """The records in scope that a push, a pull or a decision can take as they are now."""
        return [d for d in self.deltas if d.rid not in self.comparison.unsure]

    @property
    def blocked(self) -> set[Rid]:
        """The records in scope that a push would send, but for problems in files or rows."""
        held = self.comparison.blocked
        return {d.rid for d in self.deltas if d.rid in held and d.is_ahead}

    @property
    def awaiting_deletions(self) -> set[Rid]:
        """The records that take the place of one whose file is deleted: both are pushed together."""
        by_rid = {d.rid: d for d in self.comparison.deltas} if self.comparison.awaiting else {}
        holders = {rid: by_rid.get(holder) for rid, holder in self.comparison.awaiting.items()}
        return {rid for rid, d in holders.items() if d and d.action is Action.DELETE}
