"""Three-way merge of the fields that both sides changed; contents are read only for fields in conflict."""

from collections.abc import Callable, Mapping, Sequence

from studio_sync.core.history.merge_base import BaseResolution
from studio_sync.core.merge.field import merge_value
from studio_sync.core.merge.json_diff import NoValue
from studio_sync.core.plan.reconcile import Delta, Standing, with_merges
from studio_sync.core.values.record import Omitted, Rid, known_digests
from studio_sync.core.values.value import Value, digest, json_bytes
from studio_sync.database.store_ledger import StoreLedger
from studio_sync.files.memory.entries import FileEntry
from studio_sync.sync.read.spool import Spool

ReadValues = Callable[[FileEntry], Mapping[str, Value | Omitted]]
"""Returns the canonical values of a file, as compared."""


class Merger:
    """Merges the fields that both sides changed; a field that merges is no longer in conflict."""

    def __init__(
        self,
        ledger: StoreLedger,
        spool: Spool,
        read: ReadValues,
        entries: Mapping[Rid, FileEntry],
        resolutions: Mapping[Rid, BaseResolution],
    ) -> None:
        self._ledger, self._spool, self._read = ledger, spool, read
        self._entries, self._resolutions = entries, resolutions

    def merge(self, deltas: Sequence[Delta], fetch: Callable[[Sequence[Delta]], None]) -> list[Delta]:
        """The deltas after merging where possible; `fetch` reads rows into the spool.

        A merged value is in the spool under `merge:RID`.
        """
        wanted = [d for d in deltas if self._mergeable(d)]
        if not wanted:
            return list(deltas)
        fetch(wanted)
        bases = self._bases(wanted)
        done = {d.rid: self._merged(d, bases.get(d.rid, {})) for d in wanted}
        return [done.get(d.rid, d) for d in deltas]

    def _mergeable(self, delta: Delta) -> tuple[str, ...]:
        """The conflicting fields that have a known base and are not part of the place."""
        if delta.local is None or delta.remote is None or delta.rid not in self._entries:
            return ()
        names = {f.name for f in delta.kind.fields}
        known = known_digests(delta.kind, delta.base)
        return tuple(n for n in delta.having(Standing.CONFLICT) if n in names and n in known)

    def _bases(self, deltas: Sequence[Delta]) -> dict[Rid, dict[str, Value]]:
        """The base values of these fields, as far as the ledger has them."""
        wanted = {
            (d.rid, name): (d.rid, self._resolutions[d.rid].places.get(name, 0))
            for d in deltas
            for name in self._mergeable(d)
        }
        documents = self._ledger.documents(set(wanted.values()))
        found: dict[Rid, dict[str, Value]] = {}
        for (rid, name), place in wanted.items():
            if place in documents and name in documents[place]:
                found.setdefault(rid, {})[name] = documents[place][name]
        return found

    def _merged(self, delta: Delta, bases: Mapping[str, Value]) -> Delta:
        local = self._read(self._entries[delta.rid])
        remote = self._spool.get(f"row:{delta.rid}")
        known = known_digests(delta.kind, delta.base)
        merges: dict[str, Value] = {}
        for name, base in bases.items():
            mine = local[name]
            if isinstance(mine, Omitted) or digest(base) != known[name]:
                continue
            merged = merge_value(delta.kind.field(name), base, mine, remote[name])
            if not merged.conflicts and not isinstance(merged.value, NoValue):
                merges[name] = merged.value
        if not merges:
            return delta
        self._spool.put(f"merge:{delta.rid}", json_bytes(merges))
        return with_merges(delta, {name: digest(value) for name, value in merges.items()})
