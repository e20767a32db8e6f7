"""The ledger as a history, together with tracked changes by others."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.row_summary import Last
from studio_sync.database.postgres.ledger.runs import DIGITS, LedgerRuns
from studio_sync.database.postgres.tracking.row_changes import RowChanges
from studio_sync.database.values.ledger_past import (
    ALL_RUNS,
    Author,
    LastKnown,
    LedgerMoment,
    Logged,
    Past,
    RunFilter,
)
from studio_sync.database.values.row_change import TRACKED, RowChange, author_text

if TYPE_CHECKING:
    from psycopg import Connection


class TrackedRuns(LedgerRuns):
    """The ledger's history, including each tracked change where tracking is enabled."""

    def __init__(self, connection: "Connection[Any]", kinds: Kinds) -> None:
        super().__init__(connection, kinds)
        self._changes = RowChanges(connection, kinds)

    def runs(
        self,
        rids: Collection[Rid] | None,
        limit: int,
        wanted: RunFilter = ALL_RUNS,
    ) -> list[Logged]:
        """The newest runs, newest first, including tracked transactions."""
        found = super().runs(rids, limit, wanted)
        tracked: dict[str, Logged] = {}
        for change in self._changes.newest_first(rids, wanted):
            tracked[change.run] = _logged(change)
            if len(tracked) > limit:
                break
        return sorted([*found, *tracked.values()], key=lambda run: run.at, reverse=True)[:limit]

    def run(self, start: str) -> list[Logged]:
        """The runs whose id begins with `start`; two if it is ambiguous."""
        return [*super().run(start), *map(_logged, self._changes.runs_called(start, DIGITS))][:2]

    def changes_of(self, rids: Collection[Rid]) -> Mapping[Rid, Sequence[RowChange]]:
        """Tracked changes by others of these records, oldest first."""
        return self._changes.of(rids)

    def changes_in(self, runs: Collection[str]) -> Sequence[RowChange]:
        """Tracked changes by others in these transactions, oldest first."""
        return self._changes.of_runs(runs)

    def authors(self, rids: Collection[Rid]) -> dict[Rid, Author]:
        """The authors of the newest known versions of these records, as far as known."""
        found = super().authors(rids)
        for rid, change in self._changes.latest(rids).items():
            pushed = found.get(rid)
            if pushed is None or change.at > pushed.at:
                version = change.after.version if change.after else None
                found[rid] = Author(version, change.at, author_text(change.actor, change.role), "")
        return found

    def held(self, tops: Collection[str] | None) -> dict[Rid, LastKnown]:
        """The last known state of every record, including records without a version yet."""
        known = super().held(tops)
        for rid, change in self._changes.unheard(tops).items():
            known.setdefault(rid, LastKnown(change.place, 0, change.after is None))
        return known

    def tops(self, kind: str, slots: Collection[str]) -> list[str]:
        """The top rows that have or had one of these slots."""
        return sorted({*super().tops(kind, slots), *self._changes.tops(kind, slots)})

    def titles(self, field: str, rids: Collection[Rid]) -> dict[Rid, str]:
        """The newest title of each of these records, from this field."""
        found = super().titles(field, rids)
        for rid, change in self._changes.latest(set(rids) - found.keys()).items():
            side = change.after or change.before
            found[rid] = str(side.values.get(field) or "") if side else ""
        return found

    def at(self, rids: Collection[Rid], moment: LedgerMoment) -> dict[Rid, Past]:
        """These records at a moment."""
        found = super().at(rids, moment)
        for rid, change in self._changes.at(rids, moment).items():
            known = found.get(rid)
            if known is None or change.at > known.since:
                values = change.after.values if change.after else None
                found[rid] = Past(known.number if known else 0, change.place, values, change.at)
        return found

    def last_changes(self, versions: Mapping[Rid, Version]) -> dict[Rid, Last]:
        """Who made what these rows say now, by a push or by a tracked change."""
        found = super().last_changes(versions)
        for rid, change in self._changes.latest(versions.keys() - found.keys()).items():
            if change.after and change.after.version.digests == versions[rid].digests:
                found[rid] = Last(change.at, author_text(change.actor, change.role))
        return found


def _logged(change: RowChange) -> Logged:
    return Logged(change.run, change.at, change.actor, change.role, TRACKED, "", "")
