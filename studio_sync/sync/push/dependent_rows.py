"""Dependent rows in other tables that a push would delete or change by foreign key: counted and refused."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote

from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.dependents import Dependents, Effect
from studio_sync.core.plan.plan import Refusal
from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.plan.trailers import trailer_line
from studio_sync.core.values.record import Rid
from studio_sync.database.values.row import uuid_text
from studio_sync.sync.compare.comparison import Comparison

Count = Callable[[Mapping[str, Collection[str]]], Sequence[Dependents]]
"""Counts the dependents of rows, given as ids by kind."""


@dataclass(frozen=True, slots=True)
class OtherTables:
    """Judges deletions by the dependent rows that they would delete or change.

    `confirmed` are the tables, as people spell them, whose rows may be.
    """

    count: Count
    confirmed: Callable[[], frozenset[str]]
    out: Comparison

    def hanging(self, doomed: Iterable[Delta]) -> Sequence[Dependents]:
        """The dependents of these records' rows."""
        ids: dict[str, list[str]] = {}
        for delta in doomed:
            facts = self.out.facts.get(delta.rid)
            if facts is not None:
                ids.setdefault(delta.kind.name, []).append(uuid_text(facts.row_id))
        return self.count(ids) if ids else ()

    def refused(self, doomed: Sequence[Delta]) -> list[Refusal]:
        """Refusals of deletions with unconfirmed dependents: one for each tree, on its topmost record."""
        if not self._unconfirmed(self.hanging(doomed)):
            return []
        found = ((tree[0], self._unconfirmed(self.hanging(tree))) for tree in _trees(doomed))
        given = sorted(self.confirmed())
        return [_refusal(top, left, given) for top, left in found if left]

    def _unconfirmed(self, found: Sequence[Dependents]) -> list[Dependents]:
        if not found:
            return []
        confirmed = self.confirmed()
        return [d for d in found if not d.confirmable or not d.names & confirmed]


def _trees(doomed: Sequence[Delta]) -> list[list[Delta]]:
    """The deletions grouped by the topmost record among them; that record comes first."""
    by_rid = {delta.rid: delta for delta in doomed}
    trees: dict[Rid, list[Delta]] = {}
    for delta in doomed:
        top = delta
        while (above := by_rid.get(top.some.parent)) is not None:
            top = above
        trees.setdefault(top.rid, [top])
        if delta is not top:
            trees[top.rid].append(delta)
    return list(trees.values())


def _refusal(delta: Delta, left: Sequence[Dependents], given: Sequence[str]) -> Refusal:
    """`given` are the tables that may lose rows already: the command in the hint names them again."""
    hidden = [d for d in left if d.effect is Effect.HIDDEN]
    blocking = [d for d in left if d.effect is Effect.BLOCKING]
    if hidden:
        hint = "let a role delete it that may read every row of " + ", ".join(d.table for d in hidden)
    elif blocking:
        tables = ", ".join(d.table for d in blocking)
        hint = f"delete those rows of {tables} first, where they were made, or restore the file"
    else:
        flags = " ".join(f"--delete-with {quote(table)}" for table in (*given, *(d.table for d in left)))
        lines = ", ".join(f"`{trailer_line(Choice.DELETE_WITH, d.table)}`" for d in left)
        hint = f"if they may go: studio push --delete {flags}; in CI a commit says {lines}"
    counts = "; ".join(map(str, left))
    return Refusal(delta, "rows-elsewhere", f"rows to delete are referenced by {counts}", hint)
