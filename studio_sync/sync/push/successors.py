"""Deletions of rows whose files now carry another id: they go only together with their successors."""

from collections.abc import Collection, Iterable, Iterator

from studio_sync.core.plan.plan import Refusal
from studio_sync.core.plan.reconcile import Action, Delta
from studio_sync.core.values.record import Rid
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.holds import Holds


def unreplaced(
    compared: Compared, holds: Holds, wanted: Iterable[Delta], refused: Collection[Rid]
) -> dict[Rid, Refusal]:
    """The refusals of those deletions in `wanted` whose successor, or something below it, is `refused`.

    A file with another id at the path of a row's file is no decision to delete: the row is deleted only if
    everything in that folder takes its place.
    """
    out = compared.out
    successors = {old: new for new, old in out.awaiting.items() if out.paths[new] == out.paths.get(old)}
    found: dict[Rid, Refusal] = {}
    for delta in wanted:
        new = successors.get(delta.rid) if delta.action is Action.DELETE else None
        if new is None:
            continue
        cause = next((rid for rid in refused if new in _upwards(compared, rid)), None)
        if cause is not None:
            text = f"its row stays, as {holds.path(cause)} can't take its place"
            found[delta.rid] = Refusal(delta, "held", text, "mend that first; then push again", follows=cause)
    return found


def _upwards(compared: Compared, rid: Rid) -> Iterator[Rid]:
    """A record and its ancestors, as its file has them."""
    passed: set[Rid] = set()
    while rid and rid not in passed:
        passed.add(rid)
        yield rid
        version = compared.places.version(rid)
        rid = version.parent if version is not None else ""
