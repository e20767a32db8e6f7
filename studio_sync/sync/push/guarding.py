"""Guarding: runs the guards between comparison and push plan, and applies the decisions that people made."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import says_again
from studio_sync.core.plan.decision import Choice, Decision, Grant, granted
from studio_sync.core.plan.plan import Refusal
from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.plan.trailers import grants_of
from studio_sync.core.status.guards import Policy, Verdict, judge_transitions, roots
from studio_sync.core.status.transition import UNKNOWN_STATUS, StatusNode, Transition
from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.layout import Layout
from studio_sync.core.values.record import Rid, Version
from studio_sync.files.tree import codec
from studio_sync.files.tree.walking.listing import content_or_nothing
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.sides import ComparisonSides
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.options import PushOptions
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.push.approving import Approvals
from studio_sync.sync.push.dependent_rows import OtherTables

if TYPE_CHECKING:
    from studio_sync.database.store import Store


@dataclass(frozen=True, slots=True)
class Judged:
    """The refusals of the guards, and the decisions about records that pass because of them."""

    refused: Sequence[Refusal] = ()
    decisions: Mapping[Rid, tuple[Decision, ...]] = field(default_factory=dict)


class Guarding:
    """Judges the transitions of a push from one workspace."""

    def __init__(
        self,
        store: "Store",
        workspace: Workspace,
        source: DatabaseSource,
        compared: Compared,
        outcome: Outcome,
        options: PushOptions,
    ) -> None:
        """Judge by the rules of studio.yaml, and by the decisions that `options` and the commits carry."""
        self.policy = Policy(compared.sides.kinds, workspace.rules, options.no_approve, options.agent)
        self.tree, self._options = store.tree, options
        self._grants = options.grants
        if source.imports:
            self._grants = (*self._grants, Grant(Choice.IMPORT, f"{source.label} takes imports"))
        if options.delete is not None:
            self._grants = (*self._grants, Grant(Choice.DELETE, options.message))
        self._compared, self._places, self._workspace = compared, compared.places, workspace
        self._memory = compared.sides.base.memory
        self.read: Mapping[Rid, Version] = {}
        """The versions of the rows below an approval, as of the last judgement."""
        self._values, self._content, self._prefix = outcome.values, workspace.content, workspace.prefix
        self.approvals = Approvals(compared, workspace, self.policy, outcome.values)
        self.other_tables = OtherTables(self.tree.dependents, self._confirmed_tables, compared.out)

    @cached_property
    def _again(self) -> frozenset[Rid]:
        """Records whose rows were deleted, and whose files equal the last version in the ledger."""
        histories = self._compared.resolver.histories
        vanished = (d for d in self._compared.out.deltas if d.remote is None and d.local is not None)
        return frozenset(d.rid for d in vanished if d.local and says_again(histories.get(d.rid), d.local))

    @cached_property
    def _trailers(self) -> Sequence[Grant]:
        return commit_grants(self._compared.sides, self._workspace, self._options.since)

    def _confirmed_tables(self) -> frozenset[str]:
        """The tables whose dependent rows somebody allowed to be deleted or changed."""
        trailers = (grant.path for grant in self._trailers if grant.choice is Choice.DELETE_WITH)
        return frozenset((*self._options.delete_with, *trailers))

    def decision(self, choice: Choice, rid: Rid) -> Decision | None:
        """The decision about a record: from a flag, else from a commit; a commit's decision counts once."""
        for found in granted(self._grants, choice, lambda _: [self._prefix + self._places.path(rid)]):
            return found
        if choice is Choice.IMPORT and rid in self._again:
            return Decision(choice, "made again as it was")
        for found in granted(self._trailers, choice, partial(self._paths, rid)):
            if not self._compared.ledger.was_decided(rid, choice.value, found.reason):
                return found
        return None

    def counted(self, rids: Iterable[Rid]) -> int:
        """The number of deletions that trailers about these records confirm; 0 if none does."""
        named = list(rids)
        given = (g for g in self._trailers if g.choice is Choice.DELETE and g.count)
        return sum(g.count for g in given if any(map(g.covers, chain(*(self._paths(r, g) for r in named)))))

    def _paths(self, rid: Rid, grant: Grant) -> set[str]:
        """The paths of a record's file: now, at the commit that carries a decision, and in its parents."""
        version, traces = self._places.version(rid), self._compared.resolver.traces
        found = {self._places.path(rid)}
        if grant.commit and version is not None and traces is not None:
            found |= traces.paths_at(version, grant.commit)
        return {self._prefix + path for path in found}

    def judge(self, wanted: Sequence[Delta], transition: Callable[[Delta], Transition]) -> Judged:
        """Judge the deltas to send by the result of all of them; `transition` returns that of each.

        A delta covered by a grant passes, and the grant is recorded as decision.
        """
        transitions = [self.approvals.asked(transition(d), d) for d in wanted]
        asked = roots(transitions, self.policy)
        nodes = self.approvals.marked(list(self.tree.nodes_below(asked)), transitions) if asked else []
        self.read = self.approvals.read(nodes, transitions)
        found = judge_transitions(transitions, nodes, self.policy)
        if not found:
            return Judged()
        by_rid = {d.rid: d for d in wanted}
        labelled = [self._labelled(p, by_rid[p.rid], refused=p.rid in found) for p in transitions]
        found = judge_transitions(labelled, [replace(n, label=self._label(n)) for n in nodes], self.policy)
        transition_by = {p.rid: p for p in labelled}
        refused: list[Refusal] = []
        decisions: dict[Rid, tuple[Decision, ...]] = {}
        for rid, verdicts in found.items():
            given = [(v, self.decision(v.choice, rid) if v.choice else None) for v in verdicts]
            decisions[rid] = tuple(d for _, d in given if d is not None)
            left = [v for v, decision in given if decision is None]
            explained = [self.approvals.explained(v, transition_by[rid], by_rid[rid]) for v in left]
            refused += self._refusals(by_rid[rid], explained)
        return Judged(refused, decisions)

    def _refusals(self, delta: Delta, verdicts: Sequence[Verdict]) -> Iterator[Refusal]:
        if not verdicts:
            return
        line, column = 0, 0
        if delta.local is not None and delta.kind.flow:
            data = content_or_nothing(self._content, self._places.path(delta.rid))
            line, column = codec.where(delta.kind, data, STATUS)
        for verdict in verdicts:
            yield Refusal(delta, verdict.code, verdict.message, verdict.hint, line, column, verdict.choice)

    def _labelled(self, transition: Transition, delta: Delta, *, refused: bool) -> Transition:
        """The transition with its path; if refused, with the spelled statuses that its kind doesn't list."""
        transition = replace(transition, path=self._prefix + self._places.path(delta.rid))
        if not refused:
            return transition
        was = becomes = ""
        if self._values is not None and transition.was == UNKNOWN_STATUS:
            self._compared.fetch([delta])
            was = str(self._values.remote(delta.rid)[STATUS])
        if self._values is not None and transition.becomes == UNKNOWN_STATUS:
            becomes = str(self._values.local(delta.rid)[STATUS])
        return replace(transition, spelled=(was, becomes))

    def _label(self, node: StatusNode) -> str:
        """A record's name for people: the path of its file, "" if it has none here."""
        if self._places.version(node.rid) is not None:
            return self._prefix + self._places.path(node.rid)
        if node.kind.identified:
            found = self._memory.files_where("id = ?", node.rid)
            return self._prefix + found[0].path if found else ""
        above = self._memory.files_where("id = ?", node.parent)
        here = (
            self._memory.files_where("parent = ? AND kind = ?", above[0].path, node.kind.name)
            if above
            else []
        )
        return self._prefix + here[0].path if here else ""


def commit_grants(sides: ComparisonSides, workspace: Workspace, since: str) -> Sequence[Grant]:
    """The decisions in the commits being pushed: those after `since`, or after the last full push."""
    repository, visibility = sides.base.resolver.repository, sides.database.visibility
    if repository is None:
        return ()
    grants = visibility.store.access.covered(visibility.grants, workspace.clients)
    ledger = sides.database.ledger
    pushed = () if since else ledger.pushed_commits(grants, repository.reachable)
    found = repository.trailers(pushed, since)
    own = Layout(sides.kinds).own_files
    return tuple(grants_of(found, workspace.content_name, repository.top, own))
