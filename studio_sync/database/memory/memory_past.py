"""The history of the in-memory ledger."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.row_summary import Last
from studio_sync.core.values.value import Value, load_json
from studio_sync.database.memory.memory_ledger import version_of_stored
from studio_sync.database.memory.stored import MemoryState, StoredRun, StoredVersion
from studio_sync.database.values.ledger_documents import sound_values
from studio_sync.database.values.ledger_past import (
    ALL_RUNS,
    Author,
    Entered,
    LastKnown,
    LedgerMoment,
    Logged,
    Past,
    RecordRun,
    RunFilter,
)
from studio_sync.database.values.ledger_values import ONLY_READ, PULL
from studio_sync.database.values.row_change import RowChange

_FEW = 2
"""How many runs with the same beginning of an id prove that it is ambiguous."""


class MemoryPast:
    """Implements `StorePast`."""

    def __init__(self, state: Callable[[], MemoryState], kinds: Kinds) -> None:
        self._state, self._kinds = state, kinds
        self.left_out: set[str] = set()

    def _of(self, rids: Collection[Rid] | None) -> Iterator[tuple[Rid, int, StoredVersion]]:
        versions = self._state().versions
        for rid in sorted(versions if rids is None else rids):
            known = versions.get(rid, {})
            for number in sorted(known):
                yield rid, number, known[number]

    def runs(
        self,
        rids: Collection[Rid] | None,
        limit: int,
        wanted: RunFilter = ALL_RUNS,
    ) -> list[Logged]:
        """The newest wanted runs with versions of these records, or of any; newest first."""
        wrote = {
            one.run for _, _, one in self._of(rids) if not wanted.kinds or one.version.kind in wanted.kinds
        }
        found = [
            _logged(run)
            for run in sorted(self._state().runs.values(), key=lambda run: run.at, reverse=True)
            if run.id in wrote
            and wanted.author.lower() in f"{run.actor} {run.role}".lower()
            and (wanted.since is None or run.at >= wanted.since)
            and (wanted.until is None or run.at < wanted.until)
        ]
        return found[:limit]

    def run(self, start: str) -> list[Logged]:
        """The runs whose id begins with `start`."""
        wanted = start.replace("-", "").lower()
        runs = self._state().runs
        return [_logged(runs[own]) for own in sorted(runs) if own.replace("-", "").startswith(wanted)][:_FEW]

    def entered(self, runs: Collection[str], rids: Collection[Rid] | None = None) -> Iterator[Entered]:
        """The versions that these runs entered, by record and number."""
        before: StoredVersion | None = None
        for rid, number, one in self._of(rids):
            if before is not None and before.version.rid != rid:
                before = None
            if one.run in runs:
                last = before.number if before else 0
                decision = load_json(one.decision) if one.decision else None
                older = version_of_stored(before) if before else None
                yield Entered(
                    one.run, number, one.version, older, version_of_stored(one), last, number == last + 1,
                    decision if isinstance(decision, Mapping) else {},
                )  # fmt: skip
            before = one

    def held(self, tops: Collection[str] | None) -> dict[Rid, LastKnown]:
        """The last known state of every record."""
        found: dict[Rid, LastKnown] = {}
        for rid, number, one in self._of(None):
            if tops is None or one.top in tops:
                v = one.version
                found[rid] = LastKnown(
                    Version(rid, v.kind, v.parent, v.slot, b""), number, one.document is None
                )
        return found

    def tops(self, kind: str, slots: Collection[str]) -> list[str]:
        """The top rows that have or had one of these slots."""
        versions = ((one.top, one.version) for _, _, one in self._of(None))
        return sorted({top for top, v in versions if not v.parent and v.kind == kind and v.slot in slots})

    def titles(self, field: str, rids: Collection[Rid]) -> dict[Rid, str]:
        """The newest title of each of these records."""
        found: dict[Rid, str] = {}
        for rid, _, one in self._of(rids):
            if one.document is not None:
                found[rid] = str(self._values(one).get(field) or "")
        return found

    def _values(self, one: StoredVersion) -> Mapping[str, Value]:
        kind = self._kinds[one.version.kind]
        return (sound_values(kind, one.document) if one.document is not None else None) or {}

    def at(self, rids: Collection[Rid], moment: LedgerMoment) -> dict[Rid, Past]:
        """These records at a moment; for records that the run entered, version numbers decide."""
        runs, versions, found = self._state().runs, self._state().versions, dict[Rid, Past]()
        for rid, number, one in self._of(rids):
            own = next((n for n, v in versions[rid].items() if moment.run and v.run == moment.run), None)
            if own is not None:
                counts = number < own or (number == own and not moment.before)
            else:
                at = runs[one.run].at
                counts = at < moment.at or (at == moment.at and not moment.before)
            if counts:
                values = None if one.document is None else self._values(one)
                found[rid] = Past(number, one.version, values, runs[one.run].at)
        return found

    def _newest(self, rids: Collection[Rid]) -> Iterator[tuple[Rid, StoredVersion, StoredRun]]:
        state = self._state()
        for rid in rids:
            if known := state.versions.get(rid):
                newest = known[max(known)]
                yield rid, newest, state.runs[newest.run]

    def authors(self, rids: Collection[Rid]) -> dict[Rid, Author]:
        """The author of the newest version of each record."""
        return {
            rid: Author(version_of_stored(one), run.at, run.actor, run.message)
            for rid, one, run in self._newest(rids)
            if run.source not in ONLY_READ
        }

    def record_runs(self, kinds: Mapping[Rid, str]) -> dict[Rid, list[RecordRun]]:
        """The versions of these records with their runs, oldest first."""
        runs = self._state().runs
        found: dict[Rid, list[RecordRun]] = {}
        for rid, number, one in self._of(kinds):
            if one.version.kind == kinds[rid] and one.document is not None:
                run = runs[one.run]
                found.setdefault(rid, []).append(
                    RecordRun(
                        number, one.version.digests, run.id, run.at, run.actor, run.source, run.commit,
                        run.message,
                    )
                )  # fmt: skip
        return found

    def changes_of(self, rids: Collection[Rid]) -> Mapping[Rid, Sequence[RowChange]]:  # noqa: ARG002
        """Empty: nothing is tracked here."""
        return {}

    def changes_in(self, runs: Collection[str]) -> Sequence[RowChange]:  # noqa: ARG002
        """Empty: nothing is tracked here."""
        return ()

    def last_changes(self, versions: Mapping[Rid, Version]) -> dict[Rid, Last]:
        """Who pushed the rows' current content."""
        return {
            rid: Last(run.at, run.actor)
            for rid, one, run in self._newest(versions)
            if run.source != PULL and versions[rid].digests == one.version.digests
        }


def _logged(run: StoredRun) -> Logged:
    return Logged(run.id, run.at, run.actor, run.role, run.source, run.commit, run.message)
