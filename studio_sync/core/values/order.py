"""Order values of siblings, changed as little as possible."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

from studio_sync.core.values.names import rank


def order_values(wanted: list[int | None]) -> list[int]:
    """Ascending values along `wanted`, changing as few of the given ones as possible.

    `wanted` has the current values, in the wanted order of the rows; None for a new row. The result has the
    same length.
    """
    kept = _longest_chain(wanted)
    values: list[int] = []
    following = iter([*(i for i in kept), len(wanted)])
    next_kept = next(following)
    for i, value in enumerate(wanted):
        if i == next_kept and value is not None:
            values.append(value)
            next_kept = next(following)
        elif values:
            values.append(values[-1] + 1)
        elif next_kept < len(wanted):
            values.append(int(wanted[next_kept] or 0) - (next_kept - i))
        else:
            values.append(1)
    return values


def _longest_chain(wanted: list[int | None]) -> list[int]:
    """Positions of the longest chain of values with enough room for those between (n log n)."""
    tails: list[int] = []
    ends: list[int] = []
    before: dict[int, int] = {}
    for i, value in enumerate(wanted):
        if value is None:
            continue
        room = value - i
        at = bisect_right(tails, room)
        if at:
            before[i] = ends[at - 1]
        tails[at : at + 1] = [room]
        ends[at : at + 1] = [i]
    chain: list[int] = []
    at_end = ends[-1] if ends else -1
    while at_end >= 0:
        chain.append(at_end)
        at_end = before.get(at_end, -1)
    return chain[::-1]


def is_in_order(rows: list[tuple[str, int]]) -> bool:
    """Whether rows, given as (slot, order value), are ordered like their slots."""
    ordered = sorted(rows, key=lambda r: rank(r[0]))
    return all(a[1] < b[1] for a, b in pairwise(ordered))


def settle_orders(
    before: Sequence[tuple[str, str, int]],
    after: Mapping[str, str],
    stated: Mapping[str, int],
    *,
    by_number: bool = False,
) -> dict[str, int]:
    """The new order values, by row id, of siblings when rows are added, deleted or renumbered.

    `before` are the existing rows, as (id, slot, value); `after` has the slots of the rows afterwards. Rows
    in the order of their slots stay so, with as few changes as possible; so do all rows if somebody moved one
    `by_number`. If they have another order, or files state values (`stated`), new rows come last and no other
    row moves.
    """
    old = {own: value for own, _, value in before if own in after}
    ranked = sorted(after, key=lambda own: (rank(after[own]), own))
    if stated or not (by_number or is_in_order([(slot, value) for _, slot, value in before])):
        last = max([*old.values(), *stated.values(), 0])
        new = [own for own in ranked if own not in old and own not in stated]
        values = {**{own: last + i for i, own in enumerate(new, 1)}, **stated}
    else:
        values = dict(zip(ranked, order_values([old.get(own) for own in ranked]), strict=True))
    return {own: value for own, value in values.items() if old.get(own) != value}
