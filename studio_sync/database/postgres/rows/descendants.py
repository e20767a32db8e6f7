"""What stands below rows, as far as guards depend on it: its place and its status."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg import sql

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import unchanged
from studio_sync.core.status.guards import Policy, approves, judge_transitions, roots
from studio_sync.core.status.transition import NULL, StatusNode, Transition
from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.record import Rid, Version, rid_of
from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.values.failures import StaleError

if TYPE_CHECKING:
    from psycopg import Connection

_IDS_AT_ONCE = 5_000


def hold_guards(
    connection: "Connection[Any]", changes: Sequence[Change], policy: Policy, read: Mapping[Rid, Version]
) -> None:
    """Judge a push once more, by what stands below its rows now that they are locked.

    That each row has the status that the plan saw is known by then. Whoever would change what stands below
    a row by a push of their own locks that row first, and waits. `read` is what the rows below an approval
    said when the plan was made. Raises StaleError if a guard that let the plan pass would stop it now, or if
    one of those rows says something else.
    """
    if all(change.before is None for change in changes):
        return
    transitions = [
        Transition(c.kind, c.rid, c.before, c.after, c.fields if c.before else (), c.path, c.decisions)
        for c in changes
    ]
    asked = roots(transitions, policy)
    found = (
        judge_transitions(transitions, nodes_below(connection, policy.kinds, asked), policy) if asked else {}
    )
    for verdicts in found.values():
        raise StaleError(f"what stands below a record has changed ({verdicts[0].message})", verdicts[0].hint)
    approved = roots([p for p in transitions if approves(p, policy.rules)], policy)
    if approved and read:
        _hold_read(connection, policy.kinds, approved, read)


def _hold_read(
    connection: "Connection[Any]",
    kinds: Kinds,
    approved: Mapping[str, Collection[Rid]],
    read: Mapping[Rid, Version],
) -> None:
    """Raise StaleError if a row below an approval says something else than the plan saw."""
    ids: dict[str, list[bytes]] = {}
    for kind, own, _, _, _ in _descendants(connection, kinds, approved):
        ids.setdefault(kind.name, []).append(UUID(own).bytes)
    for name, wanted in ids.items():
        kind = kinds[name]
        for row in Rows(connection, kinds, tokens=False).read(kind, wanted):
            then = read.get(row.rid)
            if then is None or row.values is None or not unchanged(kind, then, row.version()):
                raise StaleError("what stands below an approval has changed")


def nodes_below(
    connection: "Connection[Any]", kinds: Kinds, roots: Mapping[str, Collection[Rid]]
) -> Iterator[StatusNode]:
    """Every row below the rows `roots` (ids by kind), parents before children."""
    for kind, own, parent, slot, status in _descendants(connection, kinds, roots):
        yield StatusNode(rid_of(kind, own, parent, slot), kind, parent, status)


def _descendants(
    connection: "Connection[Any]", kinds: Kinds, roots: Mapping[str, Collection[Rid]]
) -> Iterator[tuple[Kind, str, str, str, str | None]]:
    """(kind, row id, parent's row id, slot, status) of each of them."""
    above: dict[str, set[str]] = {name: set(ids) for name, ids in roots.items()}
    for kind in kinds:
        parents = above.get(kind.parent)
        if not parents or not _matters(kinds, kind):
            continue
        for own, parent, slot, status in _rows(connection, kind, sorted(parents)):
            above.setdefault(kind.name, set()).add(own)
            yield kind, own, parent, slot, status


def children(
    connection: "Connection[Any]", kinds: Kinds, parents: Mapping[str, Collection[str]]
) -> Iterator[StatusNode]:
    """Every row next below the rows `parents` (ids by kind)."""
    for kind in kinds:
        above = parents.get(kind.parent)
        for own, parent, slot, status in _rows(connection, kind, sorted(above)) if above else ():
            yield StatusNode(rid_of(kind, own, parent, slot), kind, parent, status)


def _matters(kinds: Kinds, kind: Kind) -> bool:
    """Whether a kind, or one below it, has a flow."""
    return bool(kind.flow) or any(_matters(kinds, child) for child in kinds.children(kind.name))


def _rows(
    connection: "Connection[Any]", kind: Kind, parents: list[str]
) -> Iterator[tuple[str, str, str, str | None]]:
    query = sql.SQL(
        "SELECT id::text, {parent}::text, {slot}, {status} FROM {table} WHERE {parent} = ANY(%s::uuid[])"
    ).format(
        parent=sql.Identifier(kind.parent_column),
        slot=sql.SQL("{}::text").format(sql.Identifier(kind.slot.column)) if kind.slot else sql.SQL("''"),
        status=sql.SQL("coalesce({}::text, {})").format(sql.Identifier(STATUS), sql.Literal(NULL))
        if kind.flow
        else sql.SQL("NULL"),
        table=sql.Identifier(kind.table),
    )
    for start in range(0, len(parents), _IDS_AT_ONCE):
        with connection.cursor() as cursor:
            yield from cursor.execute(query, (parents[start : start + _IDS_AT_ONCE],))
