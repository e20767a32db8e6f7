"""Three sides brought together: which records differ, how, and which may not be touched."""

from collections.abc import Callable

from studio_sync.core.kind import Kind, Kinds
from studio_sync.core.layout import Layout
from studio_sync.core.problem import Problem, Severity
from studio_sync.core.reconcile import Standing, reconcile
from studio_sync.core.record import Rid
from studio_sync.database.rows import Rows
from studio_sync.files.entries import Base, FileEntry
from studio_sync.files.memory import Memory
from studio_sync.sync.blocking import Blocker
from studio_sync.sync.comparison import PROVISIONAL, Comparison, RowFacts
from studio_sync.sync.local import LocalState
from studio_sync.sync.matching import Matcher
from studio_sync.sync.places import Places
from studio_sync.sync.remote import Evidence, RemoteSide
from studio_sync.sync.spool import Spool


class Comparer:
    """Compares what the memory and a database's rows say of one workspace."""

    def __init__(
        self,
        kinds: Kinds,
        layout: Layout,
        memory: Memory,
        db: int,
        rows: Rows,
        evidence: Evidence,
        spool: Spool,
        local: LocalState,
        prefix: str,
        step: Callable[[int], None],
        secured: frozenset[str] = frozenset(),
        altered: frozenset[str] = frozenset(),
    ) -> None:
        """Row-level security may hide rows of the tables `secured`; triggers may change rows of `altered`."""
        self.altered = altered
        self.out = out = Comparison()
        self._kinds, self._memory, self._db = kinds, memory, db
        self._local, self._secured = local, secured
        self.remote = RemoteSide(kinds, memory, db, rows, evidence, spool, out, step)
        self.places = Places(kinds, layout, memory, db, out)
        self._matcher = Matcher(kinds, memory, db, local, prefix, out)
        self._blocker = Blocker(memory, db, local, prefix, out)

    def without_id(self) -> list[tuple[FileEntry, Rid]]:
        """Files that could carry their row's id and don't, with that id."""
        names = [kind.name for kind in self._kinds if kind.identified]
        marks = ",".join("?" * len(names))
        found = self._memory.files_where(f"id IS NULL AND digests IS NOT NULL AND kind IN ({marks})", *names)
        known = ((entry, self._matcher.rid_at(entry.path)) for entry in found)
        return [(entry, rid) for entry, rid in known if rid and not rid.startswith(PROVISIONAL)]

    def compare(self, *, remember: bool = True) -> Comparison:
        """Find every record that differs. With `remember`, equal records become settled bases."""
        bases, remote, gone = self.remote.read()
        entries = self._matcher.entries(bases)
        local = self._matcher.match(entries, bases, remote)
        for rid in {*local, *remote} - bases.keys():
            known = self._memory.base(self._db, rid) if self.remote.any_bases else None
            if known is not None:
                bases[rid] = known
        settled: list[Base] = []
        forgotten: list[Rid] = []
        wanted = self.remote.wanted(local, remote, bases)
        for rid in {*bases, *local, *remote}:
            base = bases.get(rid)
            there = remote.get(rid)
            if there is None and base is not None and base.row_id not in gone:
                there = base.version
                self.out.facts.setdefault(rid, RowFacts(base.row_id, base.token))
            here = local.get(rid)
            if here is None and base is not None and self._local.outside(base.path):
                continue
            if here is None and base is not None and self._local.holds(base.path):
                continue
            some = here or there or (base.version if base else None)
            if some is None:
                continue
            kind = self._kinds[some.kind]
            if there is None and base is not None and kind.table in self._secured:
                self._hidden(kind)
                continue
            delta = reconcile(
                kind, base.version if base else None, here, there, wanted=wanted.get(some.parent, ())
            )
            if delta.standing is Standing.AGREED:
                facts = self.out.facts.get(rid)
                if there is None:
                    forgotten.append(rid)
                elif facts is not None:
                    entry = self.out.entries.get(rid)
                    path = entry.path if entry else base.path if base else ""
                    settled.append(Base(there, path, facts.row_id, facts.token, settled=True))
                    self.out.agreed += 1
                continue
            self.out.deltas.append(delta)
        if remember and (settled or forgotten):
            with self._memory.changing():
                self._memory.put_bases(self._db, settled)
                self._memory.drop_bases(self._db, forgotten)
        differing = sum(1 for d in self.out.deltas if (b := bases.get(d.rid)) and b.settled)
        new = 0 if remember else self.out.agreed
        self.out.agreed = self._memory.count_settled(self._db) - differing + new
        self.places.settle()
        self._blocker.block()
        return self.out

    def _hidden(self, kind: Kind) -> None:
        """A row is missing, and row-level security may be why: absence proves nothing."""
        self.out.problems.append(
            Problem(
                kind.table,
                0,
                0,
                "hidden-rows",
                f"rows of {kind.table} are missing, and row-level security may hide them from this role",
                f"nothing is deleted on that evidence; ask for a policy that lets the role read {kind.table}",
                Severity.WARNING,
            )
        )
