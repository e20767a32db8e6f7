"""The new merge bases, ledger entries and notes after a push or pull."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import LedgerNote, absent, same_content
from studio_sync.core.history.merge_base import BaseResolution
from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.plan.reconcile import UNREAD, Action, Delta, Standing
from studio_sync.core.status.transition import field_digest
from studio_sync.core.values.json_row import json_row
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import (
    Omitted,
    Version,
    assembled,
    field_digests,
    known_digests,
    with_order,
)
from studio_sync.core.values.value import ABSENT, Value, digest, dump_json
from studio_sync.database.values.ledger_values import Entry
from studio_sync.files.memory.entries import Base
from studio_sync.sync.compare.comparison import Comparison

if TYPE_CHECKING:
    from studio_sync.database.values.token_sum import TokenMove
    from studio_sync.database.values.written import WriteResult

_MANY = 1_000
"""After a push of more changes than this, the next run reads all rows again."""


def pushed_version(change: Change, orders: Mapping[str, int]) -> Version | None:
    """The version of the row after a change, with the order value that it got."""
    if change.after is None:
        return None
    order = orders.get(change.row_id)
    if order is None:
        return change.after
    v = change.after
    return Version(v.rid, v.kind, v.parent, v.slot, with_order(change.kind, v.digests, digest(order)))


def pushed_entry(change: Change, after: Version | None, document: Callable[[], bytes]) -> Entry:
    """The ledger entry of a change that a push wrote."""
    some = after or change.before
    if some is None:
        raise ValueError(change.path)
    return Entry(
        change.rid, change.kind.name, change.top or change.row_id, change.row_id, some.parent, some.slot,
        some.digests, document if after else None,
        dump_json({d.choice.value: d.reason for d in change.decisions}) if change.decisions else None,
    )  # fmt: skip


def blended(
    kind: Kind,
    remote: Mapping[str, Value],
    local: Mapping[str, Value | Omitted],
    fields: Iterable[str],
) -> bytes:
    """The row's JSON with these fields taken from the file."""
    names = {f.name for f in kind.fields}
    return json_row(kind, {**remote, **{name: local[name] for name in fields if name in names}})


def bases_after(
    plan: Plan, written: "WriteResult", out: Comparison, altered: frozenset[str]
) -> Iterator[Base]:
    """The new merge bases after a push, advanced field by field from what was written; by identity.

    Rows of the tables `altered` will be read again: a trigger may have changed them. So will new ones among
    rows that are not in the order of their numbers: the order that they got is to pull.
    """
    deltas = {d.rid: d for d in out.deltas}
    for change in sorted(plan.changes, key=attrgetter("rid")):
        after = pushed_version(change, written.orders)
        if after is None:
            continue
        delta, number = deltas.get(change.rid), written.numbers.get(change.rid, 0)
        row_id = bytes.fromhex(change.row_id.replace("-", ""))
        left = _left(change, delta, written)
        if not left:
            sure = change.kind.table not in altered
            token = written.token if sure else None
            settled = sure and not (change.action is Action.CREATE and after.parent in out.out_of_order)
            yield Base(after, change.path, row_id, token, settled=settled, number=number)
        elif delta is not None and delta.local is not None:
            yield partly(
                delta, out, after, left, number, Base(after, change.path, row_id, None, settled=False)
            )


def moves(plan: Plan, written: "WriteResult") -> list["TokenMove"] | None:
    """The token changes of a push; None if they are too many, or an old token is unknown."""
    from studio_sync.database.values.token_sum import TokenMove

    kinds = {own: kind for change in plan.changes for kind, own in change.above}
    named = {change.row_id for change in plan.changes}
    if (
        len(plan.changes) > _MANY
        or not written.orders.keys() <= named
        or not written.touched.keys() <= kinds.keys() | named
    ):
        return None
    found = [
        TokenMove(kinds[own], own, *tokens) for own, tokens in written.touched.items() if own not in named
    ]
    for change in plan.changes:
        if change.token is None and change.action is not Action.CREATE:
            return None
        new = None if change.action is Action.DELETE else written.token
        found.append(TokenMove(change.kind.name, change.row_id, change.token, new))
    return found


def pulled_base(change: Change, delta: Delta, out: Comparison, path: str, data: bytes) -> Base:
    """The merge base of a file after a pull wrote it; `data` are its digests now.

    Merged fields, and fields that only the file changed, also get the row's current version as base.
    """
    if delta.remote is None:
        raise ValueError(change.path)
    facts = out.facts[change.rid]
    if change.action is Action.CREATE:
        return Base(delta.remote, path, facts.row_id, facts.token, settled=True)
    left = left_behind(delta, change.fields)
    own = delta.having(Standing.AHEAD) or delta.having(Standing.DIVERGED)
    if not (own or left):
        return Base(delta.remote, path, facts.row_id, facts.token, settled=True)
    token = None if left else facts.token
    frame = Base(delta.remote, path, facts.row_id, token, settled=False, held=data)
    return replace(partly(delta, out, delta.remote, left, 0, frame), held=data) if left else frame


def remembered(base: Base, delta: Delta, resolution: BaseResolution, at: int) -> Base:
    """The base to save for a record that differs; `base` unchanged if no merge base was found."""
    if resolution.base is None:
        return base
    return replace(
        base,
        version=resolution.base,
        token=base.token if resolution.base == base.version else None,
        settled=False,
        places=resolution.places,
        held=delta.local.digests if delta.local else None,
        at=at,
    )


def _left(change: Change, delta: Delta | None, written: "WriteResult") -> tuple[str, ...]:
    """The fields that stay behind after a push; also the order, if the row got another one."""
    left, order, given = left_behind(delta), change.kind.order, written.orders.get(change.row_id)
    if order is None or given is None or delta is None or delta.local is None or order.name in left:
        return left
    stated = field_digest(change.kind, delta.local, order.name)
    return left if stated in (ABSENT, digest(given)) else (*left, order.name)


def left_behind(delta: Delta | None, but: Collection[str] = ()) -> tuple[str, ...]:
    """The fields of a file that stay behind the row after a run; `but` are those that the run writes."""
    if delta is None or not delta.fields:
        return ()
    return tuple(n for n, s in delta.fields.items() if s in UNREAD and n not in but)


def partly(
    delta: Delta, out: Comparison, version: Version, left: Iterable[str], number: int, frame: Base
) -> Base:
    """A base with `version` (at this number) in every field, except that fields in `left` keep theirs."""
    kind, old = delta.kind, known_digests(delta.kind, delta.base)
    old |= {n: v for n, v in field_digests(kind, delta.local).items() if n not in delta.fields}
    before = out.resolutions[delta.rid].places if delta.rid in out.resolutions else {}
    values = {**field_digests(kind, version)}
    places: dict[str, int] = {}
    for name in left:
        values.pop(name, None)
        if name in old:
            values[name] = old[name]
            places[name] = before.get(name, 0)
    return replace(
        frame,
        version=assembled(kind, delta.rid, values, version),
        number=number,
        places=places,
        held=delta.local.digests if delta.local else None,
    )


def pushed_notes(plan: Plan, written: "WriteResult", out: Comparison) -> Iterator[tuple[str, LedgerNote]]:
    """Ledger notes for the files that stay behind in some field after a push."""
    deltas = {d.rid: d for d in out.deltas}
    for change in plan.changes:
        delta, number = deltas.get(change.rid), written.numbers.get(change.rid, 0)
        left = _left(change, delta, written)
        if left and number and delta is not None and delta.local is not None:
            fields = frozenset(field_digests(change.kind, delta.local)) - frozenset(left)
            yield change.top or change.row_id, LedgerNote(delta.local, fields, number)


def current_version(delta: Delta, base: Base | None, change: Change | None) -> Version | None:
    """The content of a file after a pull gave it `base` by `change`, if it is no version itself.

    A deleted file is marked as such (see `known_versions.absent`). None if there is nothing to note; so for
    a file that the pull deletes, whose content was given up.
    """
    if base is None:
        return None if change is not None and change.action is Action.DELETE else delta.local
    place = change.after if change is not None and change.after is not None else delta.local
    if place is None:
        return absent(delta.some)
    return replace(place, digests=base.held) if base.held else None


def is_noted(notes: Iterable[LedgerNote], kind: Kind, note: LedgerNote) -> bool:
    """Whether the ledger already has an equal or newer note."""
    return any(
        n.number >= note.number
        and set(note.fields) <= set(n.fields)
        and same_content(kind, n.content, note.content)
        for n in notes
    )
