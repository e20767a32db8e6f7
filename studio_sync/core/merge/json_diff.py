"""Diff of two JSON values: a list of differences by path."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import TypeAlias

from studio_sync.core.merge.align import AlignmentBudget, pairs, runs
from studio_sync.core.values.value import Value, digest, dump_json, same


class NoValue(Enum):
    """The type of NO_VALUE."""

    NO_VALUE = auto()


NO_VALUE = NoValue.NO_VALUE
"""The value of a side that has nothing at a path; different from null."""

JsonSide: TypeAlias = "Value | NoValue"


@dataclass(frozen=True, slots=True)
class JsonDifference:
    """One difference, at a path such as `questions[id=q3].options[0].text`.

    Indices count from 0: on the new side, for removals on the old one. NO_VALUE as `before` is an addition,
    as `after` a removal. A `moved` item has another place among its neighbours: `before` and `after` are
    its indices.
    """

    path: str
    before: JsonSide
    after: JsonSide
    moved: bool = False


def json_diff(old: Value, new: Value, root: str = "") -> list[JsonDifference]:
    """The differences from `old` to `new`, with paths below `root`; empty exactly if they are equal.

    Lists whose items all have a unique `id` are matched by id, other lists by content.
    """
    steps: list[JsonDifference] = []
    _compare(old, new, root, steps, AlignmentBudget())
    return steps


def leaves(value: Value) -> list[tuple[str, Value]]:
    """Every scalar and empty list or object inside `value`, with its path; "" for `value` itself."""
    found: list[tuple[str, Value]] = []
    _gather(value, "", found)
    return found


_List: TypeAlias = Sequence[Value]
_ID = (str, int, Decimal)


def path_inside(path: str, key: str) -> str:
    """The path of the value at `key` in the object at `path`."""
    if not key.replace("-", "_").isidentifier():
        return f"{path}[{dump_json(key)}]"
    return f"{path}.{key}" if path else key


def _gather(value: Value, path: str, found: list[tuple[str, Value]]) -> None:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            _gather(item, path_inside(path, key), found)
    elif value and isinstance(value, Sequence) and not isinstance(value, str):
        named = ids(value)
        for k, item in enumerate(value):
            _gather(item, f"{path}[{id_step(item)}]" if named else f"{path}[{k}]", found)
    else:
        found.append((path, value))


def _compare(old: Value, new: Value, path: str, steps: list[JsonDifference], work: AlignmentBudget) -> None:
    if same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(k for k in new if k not in old)]:
            if key not in new:
                steps.append(JsonDifference(path_inside(path, key), old[key], NO_VALUE))
            elif key not in old:
                steps.append(JsonDifference(path_inside(path, key), NO_VALUE, new[key]))
            else:
                _compare(old[key], new[key], path_inside(path, key), steps, work)
    elif isinstance(old, str) or isinstance(new, str):
        steps.append(JsonDifference(path, old, new))
    elif isinstance(old, Sequence) and isinstance(new, Sequence):
        _compare_lists(old, new, path, steps, work)
    else:
        steps.append(JsonDifference(path, old, new))


def _compare_lists(
    old: _List, new: _List, path: str, steps: list[JsonDifference], work: AlignmentBudget
) -> None:
    one, other = ids(old), ids(new)
    named = one is not None and other is not None
    if one is None or other is None:
        one, other = [digest(item) for item in old], [digest(item) for item in new]
    stay = [(a + k, b + k) for a, b, size in runs(one, other, None, work) for k in range(size)]
    moved = _moved(one, other, stay)
    matched = {b: a for a, b in stay + moved}
    elsewhere = {b for _, b in moved}
    if not named:
        matched |= _alike(old, new, stay, moved, work)
    removed = sorted(set(range(len(old))) - set(matched.values()))
    steps += [JsonDifference(f"{path}[{id_step(old[a]) if named else a}]", old[a], NO_VALUE) for a in removed]
    for b, item in enumerate(new):
        at = f"{path}[{id_step(item) if named else b}]"
        if b not in matched:
            steps.append(JsonDifference(at, NO_VALUE, item))
            continue
        if b in elsewhere and matched[b] != b:
            steps.append(JsonDifference(at, matched[b], b, moved=True))
        _compare(old[matched[b]], item, at, steps, work)


def ids(items: _List) -> list[bytes] | None:
    """The digests of the ids of `items`; None unless each item has a unique one."""
    found = [
        digest(item["id"]) for item in items if isinstance(item, Mapping) and isinstance(item.get("id"), _ID)
    ]
    return found if len(found) == len(items) == len(set(found)) else None


def id_step(item: Value) -> str:
    """The path step of a list item with an id: `id=q3`."""
    name = item["id"] if isinstance(item, Mapping) else None
    return f"id={name}" if isinstance(name, str) else f"id={dump_json(name)}"


def _moved(one: list[bytes], other: list[bytes], stay: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs (index in one, index in other) of equal items that are not among those in `stay`."""
    waiting: defaultdict[bytes, deque[int]] = defaultdict(deque)
    for a in sorted(set(range(len(one))) - {a for a, _ in stay}):
        waiting[one[a]].append(a)
    places = sorted(set(range(len(other))) - {b for _, b in stay})
    return [(waiting[other[b]].popleft(), b) for b in places if waiting[other[b]]]


def _alike(
    old: _List, new: _List, stay: list[tuple[int, int]], moved: list[tuple[int, int]], work: AlignmentBudget
) -> dict[int, int]:
    """Match the items between those in `stay` that are versions of each other: new index to old index."""
    found: dict[int, int] = {}
    used, taken = {a for a, _ in moved}, {b for _, b in moved}
    i = j = 0
    for a, b in [*stay, (len(old), len(new))]:
        one = [k for k in range(i, a) if k not in used]
        other = [k for k in range(j, b) if k not in taken]
        alike = pairs([dump_json(old[k]) for k in one], [dump_json(new[k]) for k in other], work)
        first = second = 0
        for p, q in [*alike, (len(one), len(other))]:
            if p - first == q - second:  # equally many on both sides: matched by position
                found |= dict(zip(other[second:q], one[first:p], strict=True))
            if p < len(one) and q < len(other):
                found[other[q]] = one[p]
            first, second = p + 1, q + 1
        i, j = a + 1, b + 1
    return found
