"""The ledger of the in-memory store."""

from collections.abc import Callable, Collection, Mapping

from studio_sync.core.history.known_versions import RecordHistory
from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.value import Value, load_json
from studio_sync.database.memory.stored import MemoryState, StoredVersion
from studio_sync.database.values.ledger_documents import sound_values
from studio_sync.database.values.ledger_values import WHOLE_PUSH
from studio_sync.errors import StudioError

_VERSION = 1


class MemoryLedger:
    """Implements `StoreLedger`; it can always be read and written."""

    def __init__(self, state: Callable[[], MemoryState], kinds: Kinds) -> None:
        self._state, self._kinds = state, kinds
        self.left_out: set[str] = set()
        self.version: int | None = _VERSION
        self.readable = self.writable = True
        self.bounded = False

    @property
    def is_newer(self) -> bool:
        """Never."""
        return False

    def hold_writable(self, label: str) -> None:
        """It is."""

    def _of(self, rid: Rid) -> Mapping[int, StoredVersion]:
        if "\0" in rid:
            raise StudioError("memory: a text holds a NUL character, which PostgreSQL can't keep")
        return self._state().versions.get(rid, {})

    def histories(self, rids: Collection[Rid]) -> dict[Rid, RecordHistory]:
        """The histories of these records."""
        state, found = self._state(), dict[Rid, RecordHistory]()
        for rid in rids:
            if known := self._of(rid):
                kind = self._kinds[next(iter(known.values())).version.kind]
                versions = {number: version_of_stored(known[number]) for number in known}
                found[rid] = RecordHistory(kind, versions, state.notes.get(rid, ()))
        return found

    def latest(self, rids: Collection[Rid]) -> dict[Rid, tuple[int, Version | None]]:
        """Number and content of the newest version of each record."""
        known = {rid: self._of(rid) for rid in rids}
        return {rid: (max(some), version_of_stored(some[max(some)])) for rid, some in known.items() if some}

    def documents(self, wanted: Collection[tuple[Rid, int]]) -> dict[tuple[Rid, int], Mapping[str, Value]]:
        """The values of versions, by record and number."""
        found = {}
        for rid, number in wanted:
            one = self._of(rid).get(number)
            if one is not None and one.document is not None:
                values = sound_values(self._kinds[one.version.kind], one.document)
                if values is not None:
                    found[rid, number] = values
        return found

    def repeated(self, rids: Collection[Rid]) -> set[Rid]:
        """Those of the records that have more than one version."""
        return {rid for rid in rids if len(self._of(rid)) > 1}

    def was_decided(self, rid: Rid, choice: str, reason: str) -> bool:
        """Whether a version of a record was made by exactly this decision."""
        decisions = [load_json(one.decision) for one in self._of(rid).values() if one.decision]
        return any(isinstance(one, Mapping) and one.get(choice) == reason for one in decisions)

    def pushed_commits(self, covers: Collection[str] | None, among: Collection[str]) -> set[str]:
        """Those commits whose decisions about these top rows were pushed completely."""
        return {
            run.commit
            for run in self._state().runs.values()
            if run.commit in among
            and run.commit
            and run.source == WHOLE_PUSH
            and (run.covers is None or (covers is not None and run.covers >= set(covers)))
        }

    def newest_run(self) -> str:
        """The newest run."""
        return self.newest_of(self._state().runs)

    def newest_of(self, runs: Collection[str]) -> str:
        """The newest of these runs."""
        known = self._state().runs
        return max((run for run in runs if run in known), key=lambda run: known[run].at, default="")

    def last_rows(self, rids: Collection[Rid]) -> dict[Rid, str]:
        """The last row id of each of these records."""
        known = {rid: self._of(rid) for rid in rids}
        return {rid: some[max(some)].row_id for rid, some in known.items() if some}

    def former_tops(self, rids: Collection[Rid]) -> dict[Rid, set[str]]:
        """All top rows below which each of these records ever was."""
        known = {rid: self._of(rid) for rid in rids}
        return {rid: {one.top for one in some.values()} for rid, some in known.items() if some}

    def odd_entries(self, tops: Collection[str] | None) -> Mapping[str, int]:  # noqa: ARG002
        """Empty: only studio writes here."""
        return {}

    def missing_indexes(self) -> list[str]:
        """Empty: it has no indexes."""
        return []


def version_of_stored(one: StoredVersion) -> Version | None:
    """The content of a version, None for a deletion."""
    return None if one.document is None else one.version
