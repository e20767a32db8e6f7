"""Rendering of a delta: the sides of each field, and the direction of its change."""

from collections.abc import Iterator, Mapping

from studio_sync.core.merge.json_diff import NO_VALUE, JsonSide
from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.values.kind import Field
from studio_sync.core.values.record import PARENT, Omitted
from studio_sync.core.values.value import Value
from studio_sync.render.differences.record_diff import FieldChange, show_record
from studio_sync.render.medium.paint import Screen
from studio_sync.render.medium.phrasing import STANDINGS, standing_words
from studio_sync.sync.outcome import Outcome


def delta_lines(found: Outcome, delta: Delta, prefix: str, screen: Screen) -> Iterator[str]:
    """The lines of one record's difference."""
    path = prefix + found.comparison.paths[delta.rid]
    yield from show_record(
        path,
        delta.action.value,
        standing_words(delta, found.comparison.contested_where(delta)),
        list(delta_changes(found, delta)),
        screen,
    )


def delta_changes(found: Outcome, delta: Delta) -> Iterator[FieldChange]:
    """The change of each field of a record, in the direction in which it would be applied."""
    values = found.values
    local: Mapping[str, Value | Omitted] = values.local(delta.rid) if delta.local else {}
    remote: Mapping[str, Value | Omitted] = values.remote(delta.rid) if delta.remote else {}
    kind = delta.kind
    if kind.slot and delta.local and delta.remote and delta.local.slot != delta.remote.slot:
        yield _change(Field(name=kind.slot.column), delta, delta.local.slot, delta.remote.slot)
    if PARENT in delta.fields and delta.local and delta.remote:
        key = found.comparison.key
        yield _change(Field(name=PARENT), delta, key(delta.local.parent), key(delta.remote.parent))
    for field in kind.fields:
        mine, theirs = local.get(field.name, NO_VALUE), remote.get(field.name, NO_VALUE)
        if delta.fields and field.name not in delta.fields:
            continue
        if not delta.fields and (mine if delta.local else theirs) in (None, NO_VALUE):
            continue
        yield _change(field, delta, mine, theirs)


def _change(
    field: Field, delta: Delta, mine: "JsonSide | Omitted", theirs: "JsonSide | Omitted"
) -> FieldChange:
    standing = delta.fields.get(field.name, delta.standing)
    before, after = (mine, theirs) if standing is Standing.BEHIND else (theirs, mine)
    words = STANDINGS[standing] if len(set(delta.fields.values())) > 1 else ""
    return FieldChange.of(field, before, after, words)
