"""Rechecking guards inside the write transaction, with the rows locked."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from studio_sync.core.plan.plan import Plan
from studio_sync.core.plan.reconcile import unchanged
from studio_sync.core.status.guards import approves, judge_transitions, roots
from studio_sync.core.status.transition import Forest, StatusNode, Transition
from studio_sync.core.values.record import Rid, Version
from studio_sync.database.values.failures import StaleError
from studio_sync.database.values.row import Row

Roots: TypeAlias = Mapping[str, Collection[Rid]]
"""Rows, by kind, whose descendants are needed."""


def hold_guards(
    plan: Plan,
    nodes_below: Callable[[Roots], Iterable[StatusNode]],
    rows_under: Callable[[Roots], Iterable[Row]],
) -> None:
    """Judge a push again by the descendants of its rows, now that those rows are locked.

    By now each row is known to have the status in the plan. Any other push that changes a descendant must
    lock that row first, and waits. Raises StaleError if a guard that passed the plan would stop it now, or
    if a row below an approval differs from when the plan was made.
    """
    changes, policy, read = plan.changes, plan.policy, plan.read
    if policy is None or all(change.before is None for change in changes):
        return
    transitions = [
        Transition(c.kind, c.rid, c.before, c.after, c.fields if c.before else (), c.path, c.decisions)
        for c in changes
    ]
    asked = roots(transitions, policy)
    nodes = list(nodes_below(asked)) if asked else []
    found = judge_transitions(transitions, nodes, policy) if asked else {}
    for verdicts in found.values():
        raise StaleError(f"what is below a record has changed ({verdicts[0].message})", verdicts[0].hint)
    approving = [p for p in transitions if approves(p, policy.rules)]
    if approving and read:
        _hold_read(
            rows_under(roots([*approving, *_moved_below(approving, transitions, nodes)], policy)), read
        )


def _moved_below(
    approving: Iterable[Transition], transitions: Sequence[Transition], nodes: Iterable[StatusNode]
) -> Iterator[Transition]:
    """Those of the transitions that move a record below one that is approved."""
    after = Forest(nodes).after(transitions)
    inside = {node.rid for transition in approving for node in after.below(transition.rid)}
    return (t for t in transitions if t.moves and t.rid in inside)


def _hold_read(rows: Iterable[Row], read: Mapping[Rid, Version]) -> None:
    """Raise StaleError if a row below an approval differs from the plan."""
    for row in rows:
        then = read.get(row.rid)
        if then is None or row.values is None or not unchanged(row.kind, then, row.version()):
            raise StaleError("what is below an approval has changed")
