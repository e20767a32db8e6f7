"""Transitions: each record's change of status from its row to what a push would write."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.record import PARENT, Rid, Version, with_digests
from studio_sync.core.values.value import DIGEST_SIZE, Value, digest

if TYPE_CHECKING:
    from studio_sync.core.plan.decision import Choice, Decision
    from studio_sync.core.status.approval import Approval

NULL = "null"
"""The name of the status of a record without one."""

UNKNOWN_STATUS = "?"
"""The name here of a status that the kind doesn't list."""

_NOTHINGS: tuple[Value, ...] = (None, "", [], {})
_EMPTY = frozenset(digest(value) for value in _NOTHINGS)


@cache
def _words(flow: tuple[str, ...]) -> Mapping[bytes, str]:
    return {digest(None): NULL, **{digest(word): word for word in flow}}


def field_digest(kind: Kind, version: Version, name: str) -> bytes:
    """The digest of a version's value in the field `name`."""
    at = kind.positions[name] * DIGEST_SIZE
    return version.digests[at : at + DIGEST_SIZE]


def status_of(kind: Kind, version: Version | None) -> str | None:
    """A version's status; None if there is no version, or the kind has no flow."""
    if version is None or not kind.flow:
        return None
    return _words(kind.flow).get(field_digest(kind, version, STATUS), UNKNOWN_STATUS)


def with_status(kind: Kind, version: Version, status: str) -> Version:
    """The version with another status, otherwise unchanged."""
    return replace(version, digests=with_digests(kind, version.digests, {STATUS: digest(status)}))


def is_empty(kind: Kind, version: Version, name: str) -> bool:
    """Whether a version's field `name` is empty."""
    return field_digest(kind, version, name) in _EMPTY


@dataclass(frozen=True, slots=True)
class Transition:
    """One record's change in a push. `before` is None for a new row, `after` for a deleted one.

    `fields`: the names of those that change, none for a new or deleted row. `path`: the file's, as people
    see it. `spelled`: the statuses before and after, where the kind doesn't list them. `approval`: the words
    that may step to a locking status, None if not needed.
    """

    kind: Kind
    rid: Rid
    before: Version | None
    after: Version | None
    fields: tuple[str, ...]
    path: str = ""
    decisions: tuple["Decision", ...] = ()
    spelled: tuple[str, str] = ("", "")
    approval: "Approval | None" = None

    @property
    def was(self) -> str | None:
        """The status of the row."""
        return status_of(self.kind, self.before)

    @property
    def becomes(self) -> str | None:
        """The status of the row after the push."""
        return status_of(self.kind, self.after)

    @property
    def way(self) -> str:
        """The change of status for people: `draft → review`."""
        before, after = self.spelled
        return f"{before or self.was or 'new'} → {after or self.becomes}"

    @property
    def steps(self) -> int:
        """The distance in the flow: 1 is a step forward, -1 a step back, 0 none.

        "No status" counts as the one before the first. From or to an unknown status it is 0.
        """
        flow = (NULL, *self.kind.flow)
        if self.was in flow and self.becomes in flow:
            return flow.index(self.becomes) - flow.index(self.was)
        return 0

    @property
    def moves(self) -> bool:
        """Whether an existing row gets another number, order or place."""
        slot, order = self.kind.slot, self.kind.order
        places = {PARENT, *([slot.column] if slot else []), *([order.name] if order else [])}
        return self.before is not None and not places.isdisjoint(self.fields)

    def decided(self, choice: "Choice") -> bool:
        """Whether somebody decided `choice` about it."""
        return any(d.choice is choice for d in self.decisions)


@dataclass(frozen=True, slots=True)
class StatusNode:
    """A record on one side, with what the records above need to know of it. `label` is its name for people.

    `unseen`: its row is newer than the tree's known version, or `left_out`: so it is, and the tree has no
    file of it on purpose. `stale`: it was approved, and its words changed since.
    """

    rid: Rid
    kind: Kind
    parent: Rid
    status: str | None
    label: str = ""
    unseen: bool = False
    stale: bool = False
    left_out: bool = False


def is_at(node: StatusNode, status: str) -> bool:
    """Whether a record has reached a status of its flow, or a later one."""
    flow = node.kind.flow
    return not status or (node.status in flow and flow.index(str(node.status)) >= flow.index(status))


class Forest:
    """Records and their descendants."""

    def __init__(self, nodes: Iterable[StatusNode]) -> None:
        self._nodes = {node.rid: node for node in nodes}
        self._below: dict[Rid, list[StatusNode]] = {}
        for node in self._nodes.values():
            self._below.setdefault(node.parent, []).append(node)

    def below(self, rid: Rid, kinds: Collection[str] | None = None) -> Iterator[StatusNode]:
        """The descendants of a record; with `kinds`, only those of these kinds."""
        for node in self._below.get(rid, ()):
            if kinds is None or node.kind.name in kinds:
                yield node
            yield from self.below(node.rid, kinds)

    def top_of(self, rid: Rid) -> Rid:
        """The topmost of a record's ancestors that is in this forest."""
        node = self._nodes[rid]
        while node.parent in self._nodes:
            node = self._nodes[node.parent]
        return node.parent

    def __contains__(self, rid: Rid) -> bool:
        return rid in self._nodes

    def after(self, transitions: Iterable[Transition]) -> "Forest":
        """The records after all of these transitions."""
        nodes = dict(self._nodes)
        for transition in transitions:
            old = nodes.pop(transition.rid, None)
            if transition.after is None:
                continue
            new = StatusNode(
                transition.rid, transition.kind, transition.after.parent, transition.becomes, transition.path
            )
            if old is not None:
                new = replace(
                    new,
                    label=old.label or new.label,
                    unseen=old.unseen,
                    stale=old.stale,
                    left_out=old.left_out,
                )
            nodes[transition.rid] = new
        return Forest(nodes.values())
