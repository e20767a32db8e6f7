"""The JSON documents that changes write into rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.status.transition import field_digest
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.value import ABSENT, Value, json_bytes, load_json

RowDocument: TypeAlias = tuple[tuple[str, ...], bytes]
"""Columns to write, after "+" (insert) or "~" (update), and a JSON object of their values in UTF-8."""

RowWriter: TypeAlias = Callable[[Change], bytes]
"""Returns the JSON row of the record that a change writes."""


def documents(
    kind: Kind, changes: Iterable[Change], content: RowWriter, orders: Mapping[str, int]
) -> Iterator[RowDocument]:
    """The document of each created or updated row; `orders` are new order values by row id."""
    names = (*(f.name for f in kind.fields if f is not kind.order), *(kind.words or ()))
    for change in changes:
        if change.after is None:
            continue
        create = change.action is Action.CREATE
        place: dict[str, Value] = {"id": change.row_id}
        if kind.parent_column and (create or change.moves):
            place[kind.parent_column] = change.after.parent
        if kind.slot and (create or change.moves):
            place[kind.slot.column] = change.after.slot
        order = {kind.order.name: orders[change.row_id]} if kind.order and change.row_id in orders else {}
        text = content(change)
        if create and not states_order(change):
            # The JSON row is copied as text, without parsing it.
            place |= order
            columns: tuple[str, ...] = (*place, *names)
            text = json_bytes(place)[:-1] + b", " + text[1:]
        else:
            found = row_values(text)
            row = {**place, **{n: found[n] for n in _columns(kind, change) if n in found}, **order}
            columns, text = tuple(row), json_bytes(row)
        yield ("+" if create else "~", *columns), text


def states_order(change: Change) -> bool:
    """Whether a record's file states an order."""
    kind, after = change.kind, change.after
    return bool(kind.order and after and field_digest(kind, after, kind.order.name) != ABSENT)


def row_values(text: bytes) -> Mapping[str, Value]:
    """The values in a JSON row."""
    found = load_json(text.decode())
    if not isinstance(found, Mapping):
        raise TypeError(text[:20])
    return found


def _columns(kind: Kind, change: Change) -> Iterator[str]:
    """The columns that a change writes, with those derived from them."""
    derived = kind.words or {}
    for name in (*(f.name for f in kind.fields), *derived):
        if change.action is Action.CREATE or derived.get(name, name) in change.fields:
            yield name
