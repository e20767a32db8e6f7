"""Approvals in a push: which words may step to a locking status, and what is unread below them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from studio_sync.core.plan.reconcile import UNREAD, Delta, unchanged
from studio_sync.core.status.guards import Policy, Verdict, approves
from studio_sync.core.status.guards.approved_words import UNREAD_WORDS
from studio_sync.core.status.transition import StatusNode, Transition
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Omitted, Rid, Version
from studio_sync.core.values.value import Value, dump_json
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.comparison import RecordValues

if TYPE_CHECKING:
    from studio_sync.core.merge.json_diff import JsonDifference, JsonSide
    from studio_sync.core.merge.text_diff import HunkLine
    from studio_sync.sync.history.approvals import ApprovalFinder, ApprovalQuestion

_MOST_LINES = 12
"""How many lines of a difference a refusal prints; `studio advance` shows all of it."""
_LONGEST = 160
_NEAR = 40
"""How many characters are shown before the place where a long line begins to differ."""


class Approvals:
    """Answers the guards' questions about the approvals that a push would make."""

    def __init__(
        self,
        compared: Compared,
        workspace: Workspace,
        policy: Policy,
        values: RecordValues | None,
    ) -> None:
        self._compared, self._workspace = compared, workspace
        self._memory, self._db = compared.sides.base.memory, compared.sides.base.db
        self._policy, self._values = policy, values

    @cached_property
    def _finder(self) -> "ApprovalFinder":
        """Looks for approved words in commits and in the memory; most pushes approve nothing."""
        from studio_sync.sync.history.approvals import ApprovalFinder

        return ApprovalFinder(self._workspace, self._memory, self._compared.resolver.traces, db=self._db)

    def asked(self, transition: Transition, delta: Delta) -> Transition:
        """The transition, with the approved words added if it steps to a locking status."""
        if transition.after is None or delta.local is None or not approves(transition, self._policy.rules):
            return transition
        return replace(transition, approval=self._finder.find(self._question(transition, delta.local)))

    def explained(self, verdict: Verdict, transition: Transition, delta: Delta) -> Verdict:
        """The verdict, with the difference between the approved words and the current ones."""
        approval = transition.approval
        if verdict.code != UNREAD_WORDS or approval is None or delta.local is None or not self._values:
            return verdict
        if not approval.words:
            return verdict
        old = self._finder.approved_values(self._question(transition, delta.local), approval)
        lines = ["the words that were approved are in no commit that is known here"]
        if old is not None:
            where = f" in {approval.commit[:10]}" if approval.commit else ""
            now = excerpts(transition.kind, old, self._values.local(delta.rid))
            lines = [f"approved{where} (-), and now (+):", *now]
        return replace(verdict, hint="\n".join([verdict.hint, *lines]))

    def _question(self, transition: Transition, local: Version) -> "ApprovalQuestion":
        from studio_sync.sync.history.approvals import ApprovalQuestion

        places = self._compared.places
        path = places.path(transition.rid)
        parent = local.parent
        above = places.path(parent) if parent else ""
        near = (path,) if transition.kind.identified else (above,)
        return ApprovalQuestion(
            transition.kind, transition.rid, parent, local.slot, path, near, str(transition.becomes), local
        )

    # --- records below an approval

    def marked(self, nodes: Sequence[StatusNode], transitions: Iterable[Transition]) -> list[StatusNode]:
        """The nodes, marked where the row is newer than the known version, or its approval stale.

        Nothing is read if no transition approves.
        """
        if not any(approves(p, self._policy.rules) for p in transitions):
            return list(nodes)
        from studio_sync.core.status.stale_approvals import changed_since

        unseen = {d.rid for d in self._compared.out.deltas if d.remote and _is_unread(d)}
        locked = {n.rid: n for n in nodes if self._policy.rules.locks(n.kind, n.status)}
        histories = self._compared.ledger.histories(self._compared.ledger.repeated(set(locked)))
        stale = set()
        for rid, history in histories.items():
            now = self.expected(rid)
            kind = locked[rid].kind
            if now and changed_since(kind, self._policy.rules, history.versions.values(), now):
                stale.add(rid)
        marked = [replace(n, unseen=n.rid in unseen, stale=n.rid in stale) for n in nodes]
        return [self._marked_apart(n) for n in marked]

    def _marked_apart(self, node: StatusNode) -> StatusNode:
        """The node, marked where it was not compared, and its row is not the version known here."""
        apart = self._compared.out.apart.get(node.rid)
        if apart is None or apart.row is None:
            return node
        known = self.expected(node.rid)
        if known is not None and unchanged(node.kind, known, apart.row):
            return node
        return replace(node, unseen=bool(apart.held), left_out=not apart.held)

    def read(self, nodes: Iterable[StatusNode], transitions: Iterable[Transition]) -> dict[Rid, Version]:
        """The versions, when compared, of the rows below the approved records."""
        if not any(approves(p, self._policy.rules) for p in transitions):
            return {}
        known = ((node.rid, self.expected(node.rid)) for node in nodes)
        return {rid: version for rid, version in known if version is not None}

    def expected(self, rid: Rid) -> Version | None:
        """The version of a record's row when it was compared; None if unknown."""
        if rid in self._rows:
            return self._rows[rid]
        base = self._memory.base(self._db, rid)
        return base.version if base else None

    @cached_property
    def _rows(self) -> Mapping[Rid, Version | None]:
        return {d.rid: d.remote for d in self._compared.out.deltas}


def _is_unread(delta: Delta) -> bool:
    """Whether the row has something that the file lacks, and that no edit of the file replaces."""
    if delta.local is None or not delta.fields:
        return delta.standing in UNREAD
    return any(standing in UNREAD for standing in delta.fields.values())


def excerpts(kind: Kind, old: Mapping[str, Value | Omitted], new: Mapping[str, Value | Omitted]) -> list[str]:
    """The first lines of the `difference`, and how many more there are."""
    lines = list(difference(kind, old, new))
    more = [f"… {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
    return [*lines[:_MOST_LINES], *more]


def difference(
    kind: Kind, old: Mapping[str, Value | Omitted], new: Mapping[str, Value | Omitted]
) -> Iterator[str]:
    """The differing lines of two states of a record's words, each with `-` or `+` before it."""
    from studio_sync.core.merge.json_diff import json_diff
    from studio_sync.sync.history.approvals import changed_fields

    for name in changed_fields(kind, old, new):
        before, after = (None if isinstance(v := one.get(name), Omitted) else v for one in (old, new))
        for step in json_diff(before, after, name):
            yield from _step(step, "" if step.path == name else f"{step.path}: ")


def _step(step: "JsonDifference", at: str) -> Iterator[str]:
    """The differing lines of one value; `at` is its path, which a text that is a whole field doesn't need."""
    from studio_sync.core.merge.text_diff import line_diff

    before, after = step.before, step.after
    if isinstance(before, str) and isinstance(after, str):
        for hunk in line_diff(before, after, context=0):
            changed = [line for line in hunk.lines if line.kind != " "]
            for line, place in zip(changed, _places(changed), strict=True):
                yield f"{line.kind} {at}{_excerpt(line.text, place)}"
        return
    index = "item " if step.moved else ""
    yield _cut(f"- {step.path}: {index}{_shown(before)}")
    yield _cut(f"+ {step.path}: {index}{_shown(after)}")


def _places(lines: "Sequence[HunkLine]") -> Iterator[int]:
    """Where each line begins to differ from its counterpart."""
    begins = [line.spans[0][0] if line.spans else None for line in lines]
    for k, (line, own) in enumerate(zip(lines, begins, strict=True)):
        other = k + 1 if line.kind == "-" else k - 1
        paired = 0 <= other < len(lines) and lines[other].kind != line.kind
        known = [place for place in (own, begins[other] if paired else None) if place is not None]
        yield min(known, default=0)


def _excerpt(text: str, place: int) -> str:
    """An excerpt of a long line around the `place` where it differs."""
    if len(text) <= _LONGEST:
        return text
    start = max(place - _NEAR, 0)
    start = text.find(" ", start, place) + 1 or start if start else 0
    end = start + _LONGEST
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _shown(value: "JsonSide") -> str:
    from studio_sync.core.merge.json_diff import NoValue

    return "" if value is None or isinstance(value, NoValue) else dump_json(value)


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
