"""Three-way merge of JSON values: objects by key, lists with ids by id, texts as texts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from studio_sync.core.merge.align import AlignmentBudget
from studio_sync.core.merge.changes import ChangeGroup, SideChange, changes, merge_changes
from studio_sync.core.merge.json_diff import NO_VALUE, JsonSide, NoValue, id_step, ids, path_inside
from studio_sync.core.merge.three_way import Winner, merge_text, merged, resolved
from studio_sync.core.values.value import Value, digest, dump_json, same


@dataclass(frozen=True, slots=True)
class Dispute:
    """A conflict inside a JSON value, at a path such as `questions[id=q3].answer`; ABSENT: has none.

    With `order` it is about the order of a list's items, and the values are the items' ids.
    """

    path: str
    base: JsonSide
    local: JsonSide
    remote: JsonSide
    order: bool = False

    def of(self, winner: Winner) -> JsonSide:
        """The value of the winner's side."""
        return self.local if winner is Winner.FILES else self.remote


def merge_json(base: JsonSide, local: JsonSide, remote: JsonSide) -> tuple[JsonSide, list[Dispute]]:
    """Three-way merge; returns the value and the conflicts; if there are any, the value is ABSENT.

    A list of scalars merges as git merges lines. Two texts merge as in `merge_text`, with enough unchanged
    words around each change that no name, address or code is ever composed of two. Values that share
    nothing conflict as a whole.
    """
    merge = _Merge()
    value = merge.side(base, local, remote, "")
    return (NO_VALUE if merge.disputes else value), merge.disputes


def resolve_json(base: JsonSide, local: JsonSide, remote: JsonSide, winner: Winner) -> JsonSide:
    """Merge, taking the winner's side of each conflict.

    In a text with conflicts only the conflicting places are the winner's; the rest of it merges.
    """
    return _Merge(winner).side(base, local, remote, "")


@dataclass(frozen=True, slots=True)
class _Merge:
    """A running merge. Which conflicts it finds does not depend on the winner."""

    winner: Winner = Winner.FILES
    disputes: list[Dispute] = field(default_factory=list)

    def side(self, base: JsonSide, local: JsonSide, remote: JsonSide, path: str) -> JsonSide:
        if _equal(local, remote) or _equal(base, remote):
            return local
        if _equal(base, local):
            return remote
        if isinstance(base, Mapping) and isinstance(local, Mapping) and isinstance(remote, Mapping):
            return self._objects(base, local, remote, path)
        if isinstance(base, str) and isinstance(local, str) and isinstance(remote, str):
            text = merged(merge_text(base, local, remote))
            return self._dispute(base, local, remote, path) if text is None else text
        if _listed(base) and _listed(local) and _listed(remote):
            return self._lists(base, local, remote, path)
        return self._dispute(base, local, remote, path)

    def _dispute(self, base: JsonSide, local: JsonSide, remote: JsonSide, path: str) -> JsonSide:
        dispute = Dispute(path, base, local, remote)
        self.disputes.append(dispute)
        if isinstance(base, str) and isinstance(local, str) and isinstance(remote, str):
            return resolved(merge_text(base, local, remote), self.winner)
        return dispute.of(self.winner)

    def _objects(
        self, base: Mapping[str, Value], local: Mapping[str, Value], remote: Mapping[str, Value], path: str
    ) -> JsonSide:
        found: dict[str, Value] = {}
        before = len(self.disputes)
        for key in [*local, *(k for k in remote if k not in local)]:
            value = self.side(
                base.get(key, NO_VALUE),
                local.get(key, NO_VALUE),
                remote.get(key, NO_VALUE),
                path_inside(path, key),
            )
            if not isinstance(value, NoValue):
                found[key] = value
        if local and remote and not found and len(self.disputes) == before:
            return self._dispute(base, local, remote, path)  # each side removed what the other kept
        return found

    def _lists(
        self, base: Sequence[Value], local: Sequence[Value], remote: Sequence[Value], path: str
    ) -> JsonSide:
        named = [_named(side) for side in (base, local, remote)]
        if any(items is None for items in named):
            whole = merge_scalars(base, local, remote)
            return self._dispute(base, local, remote, path) if whole is None else whole
        old, mine, theirs = (items or {} for items in named)
        found: dict[bytes, Value] = {}
        before = len(self.disputes)
        for name in [*mine, *(n for n in theirs if n not in mine)]:
            at = f"{path}[{id_step(mine[name] if name in mine else theirs[name])}]"
            value = self.side(
                old.get(name, NO_VALUE), mine.get(name, NO_VALUE), theirs.get(name, NO_VALUE), at
            )
            if not isinstance(value, NoValue):
                found[name] = value
        if mine and theirs and not found and len(self.disputes) == before:
            return self._dispute(base, local, remote, path)  # each side removed what the other kept
        common = _common(list(old), list(mine), list(theirs))
        if common is None:
            was, here, there = ([_id(item) for item in side] for side in (base, local, remote))
            self.disputes.append(Dispute(path, was, here, there, order=True))
            one, other = (mine, theirs) if self.winner is Winner.FILES else (theirs, mine)
            common = [name for name in one if name in other]
        return [found[name] for name in _order(common, list(mine), list(theirs), found)]


def _equal(one: JsonSide, other: JsonSide) -> bool:
    if one is NO_VALUE or other is NO_VALUE:
        return one is other
    return same(one, other)


def _listed(value: JsonSide) -> TypeGuard[Sequence[Value]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _named(items: Sequence[Value]) -> dict[bytes, Value] | None:
    names = ids(items)
    return None if names is None else dict(zip(names, items, strict=True))


def _common(old: list[bytes], mine: list[bytes], theirs: list[bytes]) -> list[bytes] | None:
    """The names that both sides have, in merged order; None if each side ordered them in its own way."""
    here, there = [n for n in mine if n in theirs], [n for n in theirs if n in mine]
    if here == there:
        return here
    was = [n for n in old if n in here]
    if len(was) != len(here) or was not in (here, there):
        return None
    return there if here == was else here


def _id(item: Value) -> Value:
    return item["id"] if isinstance(item, Mapping) else None


def _order(
    common: list[bytes], mine: list[bytes], theirs: list[bytes], found: Mapping[bytes, Value]
) -> list[bytes]:
    """The names of the merged items in order; `common` is the order of the names that both sides have.

    An added item keeps its left neighbour. Where both sides added at the same place, the side with the lower
    id comes first, so that the result is the same with the sides swapped.
    """
    added = _added(mine, common, found), _added(theirs, common, found)
    order: list[bytes] = []
    for name in [b"", *common]:
        order += [name] if name else []
        runs = [run for run in (side.get(name, []) for side in added) if run]
        for run in sorted(runs, key=lambda run: _rank(found[run[0]])):
            order += run
    return order


def _added(side: list[bytes], common: list[bytes], found: Mapping[bytes, Value]) -> dict[bytes, list[bytes]]:
    """The items that only this side has, grouped by the name of the common item before them."""
    added: dict[bytes, list[bytes]] = {}
    both = set(common)
    before = b""
    for name in side:
        if name in both:
            before = name
        elif name in found:
            added.setdefault(before, []).append(name)
    return added


def _rank(item: Value) -> tuple[int, str]:
    name = dump_json(item["id"]) if isinstance(item, Mapping) else ""
    return len(name), name


def merge_scalars(
    base: Sequence[Value], local: Sequence[Value], remote: Sequence[Value]
) -> list[Value] | None:
    """The merged list; None on a conflict, or if an item is not a scalar.

    Changes conflict unless an unchanged item is between them. It is also a conflict if both sides moved an
    item, or one moved it and the other removed it, because the item would be duplicated or restored; and
    if the changes together remove everything that each side kept.
    """
    if any(isinstance(item, Mapping) or _listed(item) for item in (*base, *local, *remote)):
        return None
    named = {digest(item).hex(): item for side in (base, remote, local) for item in side}
    old, mine, theirs = ([digest(item).hex() for item in side] for side in (base, local, remote))
    work = AlignmentBudget()
    whole = merge_changes(old, changes(old, mine, _never, work), changes(old, theirs, _never, work), _apart)
    if whole is None or (mine and theirs and not whole) or _astray(old, mine, theirs, whole):
        return None
    return [named[item] for item in whole]


def _apart(_group: ChangeGroup, _change: SideChange, _mine: bool, between: Sequence[str]) -> bool:
    return bool(between)


def _astray(old: Sequence[str], mine: Sequence[str], theirs: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether an item occurs more often than both sides' changes explain, or less often than both have it."""
    was, here, there, now = (Counter(side) for side in (old, mine, theirs, whole))
    for item in {*mine, *theirs}:
        b, m, t = was[item], here[item], there[item]
        if now[item] != (m if m == t else max(m + t - b, 0)) and not (
            b < min(m, t) and now[item] == m + t - b
        ):
            return True
    return False


def _never(_item: str) -> bool:
    return False
