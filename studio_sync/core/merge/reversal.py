"""Reversal of a change: what was changed later stays where the two don't overlap, as with `git revert`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from studio_sync.core.merge.field import merge_value, resolve_value
from studio_sync.core.merge.json_diff import NO_VALUE
from studio_sync.core.merge.three_way import Winner
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value

_Values = Mapping[str, Value | Omitted]


@dataclass(frozen=True, slots=True)
class Reversal:
    """The values of fields without a change: of those that merge, and of those that overlap a later change.

    An overlapping field takes the old side in the places that overlap, and merges elsewhere.
    """

    merged: Mapping[str, Value]
    overlapping: Mapping[str, Value]


def reversed_change(
    kind: Kind, names: Collection[str], before: _Values, after: _Values | None, now: _Values
) -> Reversal:
    """Take back a change from `before` to `after` in the fields `names` of a record that says `now`.

    It is a merge whose base is what the change wrote. Without a known `after`, every field overlaps as a
    whole.
    """
    merged: dict[str, Value] = {}
    overlapping: dict[str, Value] = {}
    for name in names:
        if after is None:
            overlapping[name] = _value(before, name)
            continue
        field, sides = kind.field(name), (_value(after, name), _value(now, name), _value(before, name))
        found = merge_value(field, *sides)
        value = found.value if found.clean else resolve_value(field, *sides, Winner.DATABASE)
        (merged if found.clean else overlapping)[name] = None if value is NO_VALUE else value
    return Reversal(merged, overlapping)


def _value(values: _Values, name: str) -> Value:
    value = values.get(name)
    return None if isinstance(value, Omitted) else value
