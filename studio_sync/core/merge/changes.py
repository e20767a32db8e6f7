"""The changes that each side made to a base sequence, and the groups of changes that overlap."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from studio_sync.core.merge.align import AlignmentBudget, atoms, runs
from studio_sync.core.values.bounds import MAX_WORD_DIFF

Items: TypeAlias = Sequence[str]


@dataclass(frozen=True, slots=True, order=True)
class SideChange:
    """One side has `new` in place of the base's items [start, end).

    Two changes of one side never touch: at least one unchanged item is between them.
    """

    start: int
    end: int
    new: tuple[str, ...]


def changes(base: Items, side: Items, junk: Callable[[str], bool], work: AlignmentBudget) -> list[SideChange]:
    """The changes from `base` to `side`, in order; `applied` reproduces `side` from them.

    Pure insertions and deletions are moved down as far as possible, so that two insertions at the same
    place get the same position. `junk` items alone don't identify a place.
    """
    found: list[SideChange] = []
    i = j = 0
    for start, begin, size in runs(base, side, junk, work):
        if start > i or begin > j:
            found += _parted(base, SideChange(i, start, tuple(side[j:begin])), junk)
        i, j = start + size, begin + size
    stop = len(base) + 1
    for k in reversed(range(len(found))):
        found[k] = _lowered(base, found[k], stop - 1)
        stop = found[k].start
    return found


def _parted(base: Items, change: SideChange, junk: Callable[[str], bool]) -> list[SideChange]:
    """The change split at its junk into one change per block, if both ends have the same junk.

    It stays whole if a word moved between blocks: then it is unclear which block became which.
    """
    old, new = (_blocks(items, junk) for items in (base[change.start : change.end], change.new))
    if len(old) != len(new) or any(a != b for a, b in zip(old[1::2], new[1::2], strict=True)):
        return [change]
    if sum(map(len, base[change.start : change.end])) + sum(map(len, change.new)) > MAX_WORD_DIFF:
        return [change]
    removed, added = Counter[str](), Counter[str]()
    for was, now in zip(map(_words, old), map(_words, new), strict=True):
        removed.update(was - now)
        added.update(now - was)
    if removed.keys() & added.keys():
        return [change]
    found: list[SideChange] = []
    at = change.start
    for before, after in zip(old, new, strict=True):
        if before != after:
            found.append(SideChange(at, at + len(before), tuple(after)))
        at += len(before)
    return found


def _words(items: Items) -> Counter[str]:
    return Counter(atom for item in items for atom in atoms(item) if not atom.isspace())


def block_count(items: Items, junk: Callable[[str], bool]) -> int:
    """The number of blocks of items that are not junk."""
    return sum(map(bool, _blocks(items, junk)[::2]))


def _blocks(items: Items, junk: Callable[[str], bool]) -> list[list[str]]:
    """The items in alternating blocks of non-junk (may be empty at either end) and junk."""
    blocks: list[list[str]] = [[]]
    for item in items:
        if junk(item) == bool(len(blocks) % 2):
            blocks.append([])
        blocks[-1].append(item)
    return [*blocks, []] if len(blocks) % 2 == 0 else blocks


def _lowered(base: Items, change: SideChange, stop: int) -> SideChange:
    """The same change moved down, with its end at most at `stop`, if it only inserts or only deletes."""
    start, end, new = change.start, change.end, change.new
    if not new:
        while end < stop and base[start] == base[end]:
            start, end = start + 1, end + 1
    elif start == end:
        size, steps = len(new), 0
        while end < stop and base[end] == new[steps % size]:
            start, end, steps = start + 1, end + 1, steps + 1
        new = (*new[steps % size :], *new[: steps % size])
    return SideChange(start, end, new)


def applied(base: Items, some: Sequence[SideChange], start: int, end: int) -> list[str]:
    """The items [start, end) of `base` after `some` changes, which are in that range and in order."""
    found: list[str] = []
    for change in some:
        found += base[start : change.start]
        found += change.new
        start = change.end
    return [*found, *base[start:end]]


@dataclass(slots=True)
class ChangeGroup:
    """The changes of both sides to the base's items [start, end); `agreed` are those that both made."""

    start: int
    end: int
    local: list[SideChange] = field(default_factory=list)
    remote: list[SideChange] = field(default_factory=list)
    agreed: Sequence[SideChange] = ()

    def sides(self, base: Items) -> tuple[list[str], list[str]]:
        """The items that files and database have in place of the group."""
        return (
            applied(base, sorted((*self.local, *self.agreed)), self.start, self.end),
            applied(base, sorted((*self.remote, *self.agreed)), self.start, self.end),
        )


IsUnrelated: TypeAlias = Callable[[ChangeGroup, SideChange, bool, Sequence[str]], bool]
"""Whether a change after a group is independent of it.

The arguments after the change: whether it is the files' change, and the unchanged items between.
"""


def groups(
    base: Items, local: Sequence[SideChange], remote: Sequence[SideChange], apart: IsUnrelated
) -> tuple[list[ChangeGroup], list[SideChange]]:
    """The groups of overlapping changes, in order, and the changes that both sides made identically.

    Changes of two sides are in one group if they overlap, or if `apart` doesn't separate them. Laws: each
    change made by one side alone is in exactly one group; swapping the sides swaps them in the groups.
    """
    ours, theirs = set(local), set(remote)
    agreed = sorted(ours & theirs)
    found: list[ChangeGroup] = []
    for change in sorted(ours ^ theirs):
        mine = change in ours
        group = found[-1] if found else None
        if group is None or not _meets(base, group, change, mine, agreed, apart):
            group = ChangeGroup(change.start, change.end)
            found.append(group)
        (group.local if mine else group.remote).append(change)
        group.end = max(group.end, change.end)
    for group in found:
        group.agreed = within(agreed, group.start, group.end)
    return found, agreed


def _meets(
    base: Items,
    group: ChangeGroup,
    change: SideChange,
    mine: bool,
    agreed: Sequence[SideChange],
    apart: IsUnrelated,
) -> bool:
    if change.start < group.end:
        return True
    if not (group.remote if mine else group.local):
        return False
    between = applied(base, within(agreed, group.end, change.start), group.end, change.start)
    return not apart(group, change, mine, between)


def within(some: Sequence[SideChange], start: int, end: int) -> Sequence[SideChange]:
    """The changes, of the ordered `some`, that are in the range [start, end)."""
    first = bisect_left(some, start, key=lambda change: change.start)
    return some[first : bisect_right(some, end, lo=first, key=lambda change: change.end)]


def merge_changes(
    base: Items, local: Sequence[SideChange], remote: Sequence[SideChange], apart: IsUnrelated
) -> list[str] | None:
    """The items with both sides' changes; None where two that differ are in one group."""
    met, agreed = groups(base, local, remote, apart)
    whole: list[str] = []
    at = 0
    for group in met:
        ours, theirs = group.sides(base)
        if group.local and group.remote and ours != theirs:
            return None
        whole += applied(base, within(agreed, at, group.start), at, group.start)
        whole += ours if group.local else theirs
        at = group.end
    return whole + applied(base, within(agreed, at, len(base)), at, len(base))
