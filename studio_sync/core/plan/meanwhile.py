"""Deletions that a pull must not make because it could not write some file while it ran."""

from collections.abc import Collection, Iterable, Mapping

from studio_sync.core.plan.holding import Hold, hold
from studio_sync.core.plan.placement import Role, in_files
from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.record import Rid


def held_with(
    deltas: Mapping[Rid, Delta], doomed: Iterable[Change], failed: Collection[Rid]
) -> dict[Rid, Hold]:
    """The deletions among `doomed` that must wait because the files of the records in `failed` stay."""
    if not failed:
        return {}
    stuck = [in_files(deltas[rid], Role.STUCK) for rid in failed]
    planned = [in_files(deltas[change.rid], Role.PLANNED) for change in doomed if change.rid not in failed]
    return hold([*stuck, *planned])
