"""The ledger read as a history, together with what others changed as it happened."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.record import Rid
from studio_sync.database.postgres.ledger.runs import DIGITS, LedgerRuns
from studio_sync.database.postgres.tracking.row_changes import RowChanges, RunFilter
from studio_sync.database.values.ledger_past import Author, LastKnown, LedgerMoment, Logged, Past
from studio_sync.database.values.row_change import TRACKED, RowChange, author_text

if TYPE_CHECKING:
    from psycopg import Connection


class TrackedRuns(LedgerRuns):
    """The ledger's past, where changes were tracked with each of them as it happened."""

    def __init__(self, connection: "Connection[Any]", kinds: Kinds) -> None:
        super().__init__(connection, kinds)
        self._changes = RowChanges(connection, kinds)

    def runs(
        self,
        rids: Collection[Rid] | None,
        limit: int,
        *,
        author: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        kinds: Sequence[str] = (),
    ) -> list[Logged]:
        """The newest runs, newest first, tracked transactions among them."""
        found = super().runs(rids, limit, author=author, since=since, until=until, kinds=kinds)
        tracked: dict[str, Logged] = {}
        for change in self._changes.newest_first(rids, RunFilter(author, since, until, kinds)):
            tracked[change.run] = _logged(change)
            if len(tracked) > limit:
                break
        return sorted([*found, *tracked.values()], key=lambda run: run.at, reverse=True)[:limit]

    def run(self, start: str) -> list[Logged]:
        """The runs whose id begins so; two where it's not clear which is meant."""
        return [*super().run(start), *map(_logged, self._changes.runs_called(start, DIGITS))][:2]

    def changes_of(self, rids: Collection[Rid]) -> Mapping[Rid, Sequence[RowChange]]:
        """What others changed in these records; the oldest first."""
        return self._changes.of(rids)

    def changes_in(self, runs: Collection[str]) -> Sequence[RowChange]:
        """What others changed in these transactions; the oldest first."""
        return self._changes.of_runs(runs)

    def authors(self, rids: Collection[Rid]) -> dict[Rid, Author]:
        """Who made the newest known version of each of these records, as far as that is known."""
        found = super().authors(rids)
        for rid, change in self._changes.latest(rids).items():
            pushed = found.get(rid)
            if pushed is None or change.at > pushed.at:
                version = change.after.version if change.after else None
                found[rid] = Author(version, change.at, author_text(change.actor, change.role), "")
        return found

    def held(self, tops: Collection[str] | None) -> dict[Rid, LastKnown]:
        """What was last known of every record, also of those of which there is no version yet."""
        known = super().held(tops)
        for rid, change in self._changes.unheard(tops).items():
            known.setdefault(rid, LastKnown(change.place, 0, change.after is None))
        return known

    def tops(self, kind: str, slots: Collection[str]) -> list[str]:
        """The rows at the top that have or had one of these slots."""
        return sorted({*super().tops(kind, slots), *self._changes.tops(kind, slots)})

    def titles(self, field: str, rids: Collection[Rid]) -> dict[Rid, str]:
        """The newest title, in the field of that name, of each of these records."""
        found = super().titles(field, rids)
        for rid, change in self._changes.latest(set(rids) - found.keys()).items():
            side = change.after or change.before
            found[rid] = str(side.values.get(field) or "") if side else ""
        return found

    def at(self, rids: Collection[Rid], moment: LedgerMoment) -> dict[Rid, Past]:
        """What these records said at a moment."""
        found = super().at(rids, moment)
        for rid, change in self._changes.at(rids, moment).items():
            known = found.get(rid)
            if known is None or change.at > known.since:
                values = change.after.values if change.after else None
                found[rid] = Past(known.number if known else 0, change.place, values, change.at)
        return found


def _logged(change: RowChange) -> Logged:
    return Logged(change.run, change.at, change.actor, change.role, TRACKED, "", "")
