"""Which item of a list became which item of its new value, and which of them moved."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from studio_sync.core.merge.align import AlignmentBudget, anchors, runs
from studio_sync.core.values.value import DIGEST_SIZE, Value, digest

_MOST_COMPARED = 10_000
"""How many pairs of items are compared word by word; in a longer list, changed items keep their places."""

_ALIKE = 0.5
"""The share of common words from which an item is the other one, changed."""


@dataclass(frozen=True, slots=True)
class ItemPairs:
    """The items of two lists: `pairs` of old and new positions in the new order, and what has no partner.

    Law: the paired old items without those in `moved` have the same order in both lists.
    """

    pairs: tuple[tuple[int, int], ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]
    moved: frozenset[int]

    @property
    def last_stays(self) -> bool:
        """Whether the last old item is the last new one."""
        last = len(self.pairs) - 1
        return (last + len(self.removed), last + len(self.added)) in self.pairs[-1:]


def item_pairs(old: Sequence[Value], new: Sequence[Value]) -> ItemPairs:
    """Match the items of two lists, each at most once.

    Items match by their `id`, if it is unique in both lists, or if they are equal; else by most of their
    words; else at the same position between matched ones, unless both have ids.
    """
    left, right = _keys(old), _keys(new)
    equal = runs(left, right, None, AlignmentBudget())
    found = {a + k: b + k for a, b, size in equal for k in range(size)}
    waiting: defaultdict[bytes, deque[int]] = defaultdict(deque)
    for j in _without(len(new), found.values()):
        waiting[right[j]].append(j)
    for i in _without(len(old), found):
        if waiting[left[i]]:
            found[i] = waiting[left[i]].popleft()
    found.update(_alike(old, new, found))
    taken = set(found.values())
    first = second = 0
    for a, b, size in equal:
        rest = [i for i in range(first, a) if i not in found], [j for j in range(second, b) if j not in taken]
        found.update((i, j) for i, j in zip(*rest, strict=False) if not _both_named(left[i], right[j]))
        first, second = a + size, b + size
    pairs = tuple(sorted(found.items(), key=lambda pair: pair[1]))
    order = [i for i, _ in pairs]
    return ItemPairs(
        pairs,
        tuple(_without(len(old), found)),
        tuple(_without(len(new), found.values())),
        frozenset(found).difference(order[k] for k, _ in anchors(order, sorted(order))),
    )


_NAMED = b"id "


def _keys(items: Sequence[Value]) -> list[bytes]:
    """The digest of each item: of its `id`, after a mark, if no other item has that."""
    ids = [digest(i["id"]) if isinstance(i, Mapping) and i.get("id") is not None else None for i in items]
    count = Counter(ids)
    return [
        _NAMED + own if own is not None and count[own] == 1 else digest(item)
        for own, item in zip(ids, items, strict=True)
    ]


def _both_named(one: bytes, other: bytes) -> bool:
    return len(one) == len(other) > DIGEST_SIZE


def _without(length: int, taken: Iterable[int]) -> list[int]:
    gone = set(taken)
    return [k for k in range(length) if k not in gone]


def _alike(old: Sequence[Value], new: Sequence[Value], found: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Pairs of unmatched items that have most of their words in common, the most alike ones first."""
    left = {i: Counter(_words(old[i])) for i in _without(len(old), found)}
    right = {j: Counter(_words(new[j])) for j in _without(len(new), found.values())}
    if len(left) * len(right) > _MOST_COMPARED:
        return
    scores = [
        (2 * (one & other).total() / ((one.total() + other.total()) or 1), i, j)
        for i, one in left.items()
        for j, other in right.items()
    ]
    for score, i, j in sorted(scores, key=lambda s: (-s[0], abs(s[1] - s[2]))):
        if score >= _ALIKE and i in left and j in right:
            del left[i], right[j]
            yield i, j


def _words(value: Value, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The words of a value, each with the keys that lead to it."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _words(item, (*path, key))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _words(item, (*path, ""))
    else:
        yield from ((path, word) for word in str(value).split())
