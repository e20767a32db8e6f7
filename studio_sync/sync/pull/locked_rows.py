"""Row locks held by others during a pull: it leaves those rows, and everything below, for a later run."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from posixpath import dirname

from studio_sync.core.plan.plan import Change, Plan, Refusal
from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.record import Rid


def without_locked(plan: Plan, deltas: Mapping[Rid, Delta], locked: Collection[Rid], who: str) -> Plan:
    """The plan without the changes to these records, each of which is refused; `who` holds the locks."""
    mine = [change for change in plan.changes if change.rid in locked]
    if not mine:
        return plan
    folders = tuple(f"{dirname(c.path)}/" for c in mine if c.kind.folder)
    below = [c for c in plan.changes if c.rid not in locked and c.path.startswith(folders)] if folders else []
    left = {change.rid for change in (*mine, *below)}
    return replace(
        plan,
        changes=[change for change in plan.changes if change.rid not in left],
        refused=[
            *plan.refused,
            *(_refusal(deltas[c.rid], who) for c in mine),
            *(_refusal(deltas[c.rid], who, follows=_above(c, mine)) for c in below),
        ],
    )


def _above(change: Change, locked: list[Change]) -> Rid:
    return next(c.rid for c in locked if c.kind.folder and change.path.startswith(f"{dirname(c.path)}/"))


def _refusal(delta: Delta, who: str, *, follows: Rid = "") -> Refusal:
    message = f"somebody else's transaction holds its row{f': {who}' if who else ''}; it was not pulled"
    return Refusal(delta, "locked-row", message, "pull again when that has ended", follows=follows)
