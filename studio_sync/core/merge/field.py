"""Three-way merge of one field: the merged value, or the conflicts that need a decision."""

from dataclasses import dataclass
from typing import TypeAlias

from studio_sync.core.merge.json_diff import NO_VALUE, JsonSide
from studio_sync.core.merge.json_values import Dispute, merge_json, resolve_json
from studio_sync.core.merge.three_way import Clash, Winner, merge_text, merged, resolved
from studio_sync.core.values.kind import Field, Type
from studio_sync.core.values.record import canonical_value
from studio_sync.core.values.value import same

FieldConflict: TypeAlias = Clash | Dispute
"""A conflict inside a field: lines of a text, or a value by its path; the path "" is the whole field."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The canonical value of a clean merge; otherwise ABSENT, and the conflicts to decide."""

    value: JsonSide
    conflicts: tuple[FieldConflict, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether there is no conflict."""
        return not self.conflicts


def merge_value(field: Field, base: JsonSide, local: JsonSide, remote: JsonSide) -> Merged:
    """Three-way merge of `field`'s canonical values; a side that omits the field is ABSENT.

    Laws: merge(b, b, r) = r; merge(b, l, b) = l; merge(b, x, x) = x; swapping local and remote swaps
    them in each conflict and gives the same value; a clean merge loses nothing that one side wrote and
    restores nothing that one side removed. Without a base (no known version) sides that differ conflict.
    """
    sides = [s if s is NO_VALUE else canonical_value(field, s) for s in (base, local, remote)]
    base, local, remote = sides
    if field.type is Type.JSON and base is not NO_VALUE:
        value, disputes = merge_json(base, local, remote)
        return Merged(value, tuple(disputes))
    for one, other, outcome in ((local, remote, local), (base, local, remote), (base, remote, local)):
        if one is other or (one is not NO_VALUE and other is not NO_VALUE and same(one, other)):
            return Merged(outcome)
    if (
        field.type is Type.TEXT
        and isinstance(base, str)
        and isinstance(local, str)
        and isinstance(remote, str)
    ):
        pieces = merge_text(base, local, remote)
        text = merged(pieces)
        if text is not None:
            return Merged(canonical_value(field, text))
        return Merged(NO_VALUE, tuple(piece for piece in pieces if isinstance(piece, Clash)))
    return Merged(NO_VALUE, (Dispute("", base, local, remote),))


def resolve_value(
    field: Field, base: JsonSide, local: JsonSide, remote: JsonSide, winner: Winner
) -> JsonSide:
    """Merge `field`, taking the winner's side of each conflict (as git's -X ours does).

    Laws: without a conflict it equals the merge, whoever wins; swapping both the sides and the winner gives
    the same value.
    """
    merged = merge_value(field, base, local, remote)
    if merged.clean:
        return merged.value
    base, local, remote = (s if s is NO_VALUE else canonical_value(field, s) for s in (base, local, remote))
    if field.type is Type.JSON and base is not NO_VALUE:
        return resolve_json(base, local, remote, winner)
    if isinstance(base, str) and isinstance(local, str) and isinstance(remote, str):
        return canonical_value(field, resolved(merge_text(base, local, remote), winner))
    return local if winner is Winner.FILES else remote
