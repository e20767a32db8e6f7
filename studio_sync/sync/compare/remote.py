"""The database's side of a comparison: which rows may have changed, and what they say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.order import in_order
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid, Version
from studio_sync.database.postgres.digest import Digest, Move
from studio_sync.database.postgres.rows import Row, Rows
from studio_sync.files.memory.entries import Base
from studio_sync.files.memory.memory import Memory
from studio_sync.sync.compare.comparison import PROVISIONAL, Comparison, RowFacts, chunks
from studio_sync.sync.read.spool import Spool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What tells that a row may have changed: (id, token) of rows by kind, and those that are known.

    Both are of the kinds of which some row has changed, and may be the same; where `differs` is false, they
    are. `digest` is of all ids and tokens.
    """

    differs: bool
    digest: Digest
    present: Mapping[str, set[tuple[bytes, int]]] = field(default_factory=dict)
    known: set[tuple[bytes, int]] = field(default_factory=set)

    @classmethod
    def of(cls, rows: Rows, memory: Memory, db: int, kinds: Kinds) -> "Evidence":
        """The evidence as the database and the memory give it now."""
        digest, seen = rows.digest(), Digest.parse(memory.seen(db))
        if digest and seen == digest:
            return cls(False, digest)
        names = [k.name for k in kinds if not seen or seen.get(k.name) != digest.get(k.name)]
        present = {name: rows.unpacked(data) for name, data in rows.tokens(names).items()}
        known = memory.tokens(db, names)
        return cls(set().union(*present.values()) != known, digest, present, known)


class RemoteSide:
    """Reads the rows that may have changed; what it learns of them goes into a Comparison."""

    def __init__(
        self,
        kinds: Kinds,
        memory: Memory,
        db: int,
        rows: Rows,
        evidence: Evidence,
        spool: Spool,
        out: Comparison,
        step: Callable[[int], None],
    ) -> None:
        self._kinds, self._memory, self._db = kinds, memory, db
        self._rows, self._spool, self._out, self._step = rows, spool, out, step
        self.evidence = evidence
        self._remembers = memory.any_bases(db)
        self._disordered: dict[Rid, tuple[str, ...]] = {}

    def read(self) -> tuple[dict[Rid, Base], dict[Rid, Version], set[bytes]]:
        """Bases of interest, versions of the rows that may have changed, and ids of rows that are gone."""
        known = self.evidence.known
        tokens = self.evidence.present
        bases = {b.version.rid: b for b in self._memory.unsettled_bases(self._db)}
        remote: dict[Rid, Version] = {}
        gone: set[bytes] = set()
        if self.evidence.differs:
            everything = set().union(*tokens.values())
            present = {own for own, _ in everything}
            gone = {own for own, _ in known if own not in present}
            changed = {own for own, _ in everything - known}
            for chunk in chunks(sorted(gone | (changed if known else set())), 500):
                marks = ",".join("?" * len(chunk))
                for base in self._memory.bases_where(self._db, f"row_id IN ({marks})", *chunk):
                    bases[base.version.rid] = base
            for kind in self._kinds:
                all_of_them = tokens.get(kind.name, set())
                ids = {own for own, _ in all_of_them if own in changed}
                if not ids:
                    continue
                for row in self._rows.read(kind, None if len(ids) == len(all_of_them) else ids):
                    self._take(row, remote)
                    self._step(1)
        return bases, remote, gone

    def fetch(self, deltas: Iterable[Delta]) -> None:
        """Read the rows of these records whose contents were not needed for comparing."""
        wanted: dict[str, set[bytes]] = {}
        for delta in deltas:
            if delta.remote is not None and f"row:{delta.rid}" not in self._spool:
                wanted.setdefault(delta.kind.name, set()).add(self._out.facts[delta.rid].row_id)
        self.fetch_rows(wanted)

    def after(self, moves: Sequence[Move] | None) -> Digest:
        """The digest of all rows once these have got other tokens; empty if that can't be told.

        Where somebody else wrote meanwhile, it is none that the rows have: then they are looked at.
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

    def _take(self, row: Row, remote: dict[Rid, Version]) -> None:
        rid = row.rid
        title = ""
        fault = row.fault if row.values is None else self._misplaced(row, remote)
        if row.values is None or fault:
            problem = Problem(
                row.kind.table,
                0,
                0,
                "unreadable-row",
                f"the row {row.id} can't be a file: {fault}",
                "mend it in the database; until then studio leaves it alone",
            )
            self._out.problems.append(problem)
            self._out.blocked.setdefault(rid, []).append(problem)
            return
        if row.kind.slot and row.kind.slot.title:
            title = str(row.values[row.kind.slot.title] or "")
        remote[rid], text = row.version_and_json()
        self._spool.put(f"row:{rid}", text)
        self._out.facts[rid] = RowFacts(row.key(), row.token, row.updated_at, title)

    def _misplaced(self, row: Row, remote: Mapping[Rid, Version]) -> str:
        """Why a row can't stand where it says, "" if it can: whoever may add a row chooses its id.

        An id that rows of two tables have would make a record stand below itself.
        """
        if row.kind.identified and (other := self._kind_of(row.rid, remote)) not in ("", row.kind.name):
            return f"its id is that of a {other}, too"
        if row.kind.parent and self._kind_of(row.parent, remote) not in ("", row.kind.parent):
            return f"what it stands below is no {row.kind.parent}"
        return ""

    def _kind_of(self, rid: Rid, remote: Mapping[Rid, Version]) -> str:
        known = remote.get(rid)
        if known is None and self._remembers:
            base = self._memory.base(self._db, rid)
            known = base.version if base is not None else None
        return known.kind if known is not None else ""

    def wanted(
        self,
        local: dict[Rid, Version],
        remote: dict[Rid, Version],
        bases: dict[Rid, Base],
    ) -> dict[Rid, tuple[str, ...]]:
        """For each parent whose rows don't stand in the order of their numbers, the field to write.

        All records below such a parent become of interest: their files should say it, too.
        """
        wanted = self._disordered
        for kind in self._kinds:
            if kind.order is None:
                continue
            parents = {
                v.parent
                for v in (*local.values(), *remote.values())
                if v.kind == kind.name and not v.parent.startswith(PROVISIONAL)
            }
            for parent, rows in self._rows.siblings(kind, parents).items():
                if in_order([(slot, order) for _, slot, order in rows]):
                    continue
                wanted[parent] = (kind.order.name,)
                for own, _, _ in rows:
                    if own in local or own in remote:
                        continue
                    base = self._memory.base(self._db, own)
                    entry = self._memory.file(base.path) if base else None
                    if base is None or entry is None or entry.digests is None:
                        continue
                    bases[own] = base
                    self._out.entries[own] = entry
                    local[own] = Version(own, kind.name, parent, entry.slot, entry.digests)
        return wanted

    def out_of_order(self, parent: Rid) -> bool:
        """Whether the rows below `parent` don't stand in the order of their numbers."""
        return parent in self._disordered
