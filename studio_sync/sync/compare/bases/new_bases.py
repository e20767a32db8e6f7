"""What a push or a pull leaves behind: entries for the ledger, notes, and the bases that follow from them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import LedgerNote, absent, same_content
from studio_sync.core.history.merge_base import BaseResolution
from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.status.transition import field_digest
from studio_sync.core.values.json_row import json_row
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Omitted, Version, assembled, field_digests, seen_parts, with_order
from studio_sync.core.values.value import ABSENT, Value, digest, dump_json
from studio_sync.database.values.ledger_values import Entry
from studio_sync.files.memory.entries import Base
from studio_sync.sync.compare.comparison import Comparison

if TYPE_CHECKING:
    from studio_sync.database.values.token_sum import TokenMove
    from studio_sync.database.values.written import WriteResult

_MANY = 1_000
"""After a push of more changes than this it is as well to look at all rows again."""
_LEFT = (Standing.BEHIND, Standing.DIVERGED, Standing.CONFLICT)


def pushed_version(change: Change, orders: Mapping[str, int]) -> Version | None:
    """The version that a change made of its row, with the order value that it was given."""
    if change.after is None:
        return None
    order = orders.get(change.row_id)
    if order is None:
        return change.after
    return replace(change.after, digests=with_order(change.kind, change.after.digests, digest(order)))


def pushed_entry(change: Change, after: Version | None, document: Callable[[], bytes]) -> Entry:
    """What the ledger gets of a change that a push wrote."""
    some = after or change.before
    if some is None:
        raise ValueError(change.key)
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
    """The JSON row that gets these fields of a file."""
    names = {f.name for f in kind.fields}
    return json_row(kind, {**remote, **{name: local[name] for name in fields if name in names}})


def bases_after(
    plan: Plan, written: "WriteResult", out: Comparison, altered: frozenset[str]
) -> Iterator[Base]:
    """What the tree stands on once a push is written: advanced field by field, from what was written.

    Rows of the tables `altered` are to be read again: a trigger may have changed them on the way.
    """
    deltas = {d.rid: d for d in out.deltas}
    for change in plan.changes:
        after = pushed_version(change, written.orders)
        if after is None:
            continue
        delta, number = deltas.get(change.rid), written.numbers.get(change.rid, 0)
        row_id = bytes.fromhex(change.row_id.replace("-", ""))
        left = _left(change, delta, written)
        if not left:
            sure = change.kind.table not in altered
            token = written.token if sure else None
            yield Base(after, change.path, row_id, token, settled=sure, number=number)
        elif delta is not None and delta.local is not None:
            yield partly(
                delta, out, after, left, number, Base(after, change.path, row_id, None, settled=False)
            )


def moves(plan: Plan, written: "WriteResult") -> list["TokenMove"] | None:
    """The rows that a push gave other tokens; None where they are too many, or an old token isn't known."""
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
    """What a file stands on that a pull wrote, and that has these digests now.

    What was merged, and what only the file changed, stands on the row as it is now, too.
    """
    if delta.remote is None:
        raise ValueError(change.key)
    facts, left = out.facts[change.rid], left_behind(delta, change.fields)
    own = delta.having(Standing.AHEAD) or delta.having(Standing.DIVERGED)
    if change.action is Action.CREATE or not (own or left):
        return Base(delta.remote, path, facts.row_id, facts.token, settled=True)
    token = None if left else facts.token
    frame = Base(delta.remote, path, facts.row_id, token, settled=False, held=data)
    return replace(partly(delta, out, delta.remote, left, 0, frame), held=data) if left else frame


def remembered(base: Base, delta: Delta, stands: BaseResolution, at: int) -> Base:
    """What a record that differs is remembered to stand on, found anew; `base` where nothing was found."""
    if stands.base is None:
        return base
    return replace(
        base,
        version=stands.base,
        token=base.token if stands.base == base.version else None,
        settled=False,
        places=stands.places,
        held=delta.local.digests if delta.local else None,
        at=at,
    )


def _left(change: Change, delta: Delta | None, written: "WriteResult") -> tuple[str, ...]:
    """What a push leaves behind: also the place that a file states, where it gave the row another one."""
    left, order, given = left_behind(delta), change.kind.order, written.orders.get(change.row_id)
    if order is None or given is None or delta is None or delta.local is None or order.name in left:
        return left
    stated = field_digest(change.kind, delta.local, order.name)
    return left if stated in (ABSENT, digest(given)) else (*left, order.name)


def left_behind(delta: Delta | None, but: Collection[str] = ()) -> tuple[str, ...]:
    """The fields of a file that a run leaves behind what the database says, all `but` those it brings."""
    if delta is None or not delta.fields:
        return ()
    return tuple(n for n, s in delta.fields.items() if s in _LEFT and n not in but)


def partly(
    delta: Delta, out: Comparison, version: Version, left: Iterable[str], number: int, frame: Base
) -> Base:
    """A base that stands on `version` (with this number) in every field but those `left` where they were."""
    kind, old = delta.kind, seen_parts(delta.kind, delta.base)
    old |= {n: v for n, v in field_digests(kind, delta.local).items() if n not in delta.fields}
    stood = out.resolutions[delta.rid].places if delta.rid in out.resolutions else {}
    values = {**field_digests(kind, version)}
    places: dict[str, int] = {}
    for name in left:
        values.pop(name, None)
        if name in old:
            values[name] = old[name]
            places[name] = stood.get(name, 0)
    return replace(
        frame,
        version=assembled(kind, delta.rid, values, version),
        number=number,
        places=places,
        held=delta.local.digests if delta.local else None,
    )


def pushed_notes(plan: Plan, written: "WriteResult", out: Comparison) -> Iterator[tuple[str, LedgerNote]]:
    """Notes on the files that a push left behind in some field."""
    deltas = {d.rid: d for d in out.deltas}
    for change in plan.changes:
        delta, number = deltas.get(change.rid), written.numbers.get(change.rid, 0)
        left = _left(change, delta, written)
        if left and number and delta is not None and delta.local is not None:
            fields = frozenset(field_digests(change.kind, delta.local)) - frozenset(left)
            yield change.top or change.row_id, LedgerNote(delta.local, fields, number)


def said_now(delta: Delta, base: Base | None, change: Change | None) -> Version | None:
    """What a file says after a pull that gave it `base` by `change`, if that is no version itself.

    A file that was deleted is marked as such (see seen.absent). None where there is nothing to note, as
    where the pull deletes the file: what it said until then was let go of.
    """
    if base is None:
        return None if change is not None and change.action is Action.DELETE else delta.local
    place = change.after if change is not None and change.after is not None else delta.local
    if place is None:
        return absent(delta.some)
    return replace(place, digests=base.held) if base.held else None


def is_noted(notes: Iterable[LedgerNote], kind: Kind, note: LedgerNote) -> bool:
    """Whether the ledger says already what a note would say."""
    return any(
        n.number >= note.number
        and set(note.fields) <= set(n.fields)
        and same_content(kind, n.content, note.content)
        for n in notes
    )
