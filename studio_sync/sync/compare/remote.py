"""The database's side of a comparison: the rows that may have changed, and their contents."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.order import is_in_order
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.value import Value
from studio_sync.database.values.row import Row
from studio_sync.database.values.token_sum import Digest, TokenMove
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.sync.compare.comparison import PROVISIONAL, RowFacts
from studio_sync.sync.compare.sides import ComparisonSides
from studio_sync.sync.read.local_state import LocalState
from studio_sync.sync.read.spool import Spool

_MEND = "mend it in the database; until then studio leaves it alone"


@dataclass(frozen=True, slots=True)
class RemoteRows:
    """The rows that may have changed.

    `bases`: those of interest. `versions`: the rows' versions. `deleted`: ids of rows that no longer exist.
    `facts`: more about each row. `unreadable`: problems of rows that can't become files, by record.
    """

    bases: Mapping[Rid, Base]
    versions: Mapping[Rid, Version]
    deleted: AbstractSet[bytes]
    facts: Mapping[Rid, RowFacts]
    unreadable: Mapping[Rid, Sequence[Problem]]

    @property
    def are_none(self) -> bool:
        """Whether no row may have changed, and no base is of interest."""
        return not (self.bases or self.versions or self.deleted or self.unreadable)


@dataclass(frozen=True, slots=True)
class OrderedSiblings:
    """Parents whose rows are not in the order of their numbers, with the fields that files should state.

    All records below such a parent are of interest; the rest are those that were not yet.
    """

    fields: Mapping[Rid, tuple[str, ...]]
    bases: Mapping[Rid, Base]
    versions: Mapping[Rid, Version]
    entries: Mapping[Rid, FileEntry]


class RemoteSide:
    """Reads the rows that may have changed."""

    def __init__(self, sides: ComparisonSides, spool: Spool, step: Callable[[int], None]) -> None:
        self._kinds, self._memory, self._db = sides.kinds, sides.base.memory, sides.base.db
        self._rows, self._spool, self._step = sides.database.rows, spool, step
        self.evidence, self._visibility = sides.database.evidence, sides.database.visibility
        self._remembers = self._memory.any_bases(self._db)

    def read(self) -> RemoteRows:
        """Read the rows that may have changed, and the bases of interest."""
        known = self.evidence.known
        tokens = self.evidence.present
        bases = {b.version.rid: b for b in self._memory.unsettled_bases(self._db)}
        remote: dict[Rid, Version] = {}
        facts: dict[Rid, RowFacts] = {}
        unreadable: dict[Rid, list[Problem]] = {}
        deleted: set[bytes] = set()
        if self.evidence.differs:
            everything = set().union(*tokens.values())
            present = {own for own, _ in everything}
            deleted = {own for own, _ in known if own not in present}
            changed = {own for own, _ in everything - known}
            for chunk in chunks(sorted(deleted | (changed if known else set())), 500):
                marks = ",".join("?" * len(chunk))
                for base in self._memory.bases_where(self._db, f"row_id IN ({marks})", *chunk):
                    bases[base.version.rid] = base
            for kind in self._kinds:
                all_of_them = tokens.get(kind.name, set())
                ids = {own for own, _ in all_of_them if own in changed}
                if not ids:
                    continue
                for row in self._rows.read(kind, None if len(ids) == len(all_of_them) else ids):
                    fault, hint = row.fault, _MEND
                    if row.values is not None:
                        fault, hint = self._misplaced(row, remote, unreadable)
                    if row.values is None or fault:
                        unreadable.setdefault(row.rid, []).append(_unreadable(row, fault, hint))
                    else:
                        version, found = self._take(row, row.values)
                        remote[version.rid], facts[version.rid] = version, found
                    self._step(1)
        self.evidence.let_go()
        return RemoteRows(bases, remote, deleted, facts, unreadable)

    def fetch(self, deltas: Iterable[Delta], facts: Mapping[Rid, RowFacts]) -> None:
        """Read the rows of records whose contents were not needed for the comparison."""
        wanted: dict[str, set[bytes]] = {}
        for delta in deltas:
            if delta.remote is not None and f"row:{delta.rid}" not in self._spool:
                wanted.setdefault(delta.kind.name, set()).add(facts[delta.rid].row_id)
        self.fetch_rows(wanted)

    def after(self, moves: Sequence[TokenMove] | None) -> Digest:
        """The digest of all rows after these token changes; empty if it can't be computed.

        If somebody else writes meanwhile, it matches no real state, so the next run reads the rows again.
        """
        if moves is None or self.evidence.differs:
            return Digest()
        return self._rows.after(self.evidence.digest, moves)

    def fetch_rows(self, wanted: Mapping[str, set[bytes]]) -> None:
        """Read the rows with these ids, by kind, into the spool."""
        for name, ids in wanted.items():
            for row in self._rows.read(self._kinds[name], ids):
                if row.values is not None:
                    self._spool.put(f"row:{row.rid}", row.version_and_json()[1])

    def _take(self, row: Row, values: Mapping[str, Value]) -> tuple[Version, RowFacts]:
        title = str(values[row.kind.slot.title] or "") if row.kind.slot and row.kind.slot.title else ""
        version, text, plain = row.version_and_json()
        self._spool.put(f"row:{version.rid}", text)
        return version, RowFacts(row.key(), row.token, row.updated_at, title, plain)

    def _misplaced(
        self, row: Row, remote: Mapping[Rid, Version], unreadable: Mapping[Rid, Sequence[Problem]]
    ) -> tuple[str, str]:
        """Why a row can't be at its place, "" if it can, and what to do: who may insert a row chooses its id.

        An id shared by rows of two tables would make a record its own ancestor, and there is no path for
        the children of a row that never was a file, or that the role may not see.
        """
        parent = row.kind.parent
        above = self._kind_of(row.parent, remote) if parent else ""
        if not above and row.parent in unreadable:
            return f"the {parent} above it can't be one", unreadable[row.parent][0].hint
        if row.kind.identified and (other := self._kind_of(row.rid, remote)) not in ("", row.kind.name):
            return f"its id is that of a {other}, too", _MEND
        if parent and not above:
            hint = self._visibility.way_to_see(self._kinds[parent])
            return f"the {parent} above it is hidden from the role {self._visibility.store.role}", hint
        return (f"what is above it is no {parent}", _MEND) if above != parent else ("", "")

    def _kind_of(self, rid: Rid, remote: Mapping[Rid, Version]) -> str:
        known = remote.get(rid)
        if known is None and self._remembers:
            base = self._memory.base(self._db, rid)
            known = base.version if base is not None else None
        return known.kind if known is not None else ""

    def siblings_out_of_order(
        self, local: Mapping[Rid, Version], remote: Mapping[Rid, Version], files: LocalState
    ) -> OrderedSiblings:
        """Find parents whose rows are not in the order of their numbers, with the records below them."""
        fields: dict[Rid, tuple[str, ...]] = {}
        bases: dict[Rid, Base] = {}
        versions: dict[Rid, Version] = {}
        entries: dict[Rid, FileEntry] = {}
        for kind in self._kinds:
            if kind.order is None:
                continue
            parents = {
                v.parent
                for v in (*local.values(), *versions.values(), *remote.values())
                if v.kind == kind.name and not v.parent.startswith(PROVISIONAL)
            }
            for parent, rows in self._rows.siblings(kind, parents).items():
                if is_in_order([(slot, order) for _, slot, order in rows]):
                    continue
                fields[parent] = (kind.order.name,)
                for own, _, _ in rows:
                    if own in local or own in versions or own in remote:
                        continue
                    base = self._memory.base(self._db, own)
                    entry = self._memory.file(base.path) if base else None
                    if base is None or entry is None or entry.digests is None or files.holds(base.path):
                        continue
                    bases[own], entries[own] = base, entry
                    versions[own] = Version(own, kind.name, parent, entry.slot, entry.digests)
        return OrderedSiblings(fields, bases, versions, entries)


def _unreadable(row: Row, fault: str, hint: str) -> Problem:
    message = f"the row {row.id} can't be a file: {fault}"
    return Problem(row.kind.table, 0, 0, "unreadable-row", message, hint)
