"""Three sides brought together: which records differ, how, and which may not be touched."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import kept_when_deleted
from studio_sync.core.plan.contest import with_contests, with_revivals
from studio_sync.core.plan.reconcile import Delta, Standing, agree, reconcile
from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.layout import Layout
from studio_sync.core.values.record import Rid, Version
from studio_sync.database.postgres.ledger.ledger import Ledger, uuid_text
from studio_sync.database.postgres.rows import Rows
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.sync.compare.base_resolution import BaseResolver
from studio_sync.sync.compare.blocking import Blocker, cut_off, unmerged
from studio_sync.sync.compare.comparison import PROVISIONAL, Apart, Comparison, RowFacts
from studio_sync.sync.compare.differing import Differing
from studio_sync.sync.compare.matching import Matcher
from studio_sync.sync.compare.new_bases import remembered
from studio_sync.sync.compare.places import Places
from studio_sync.sync.compare.remote import Evidence, RemoteSide
from studio_sync.sync.compare.visibility import Visibility
from studio_sync.sync.identity.doubt import Deletes, nothing_deleted
from studio_sync.sync.identity.elsewhere import Beyond
from studio_sync.sync.identity.identities import Identities
from studio_sync.sync.read.local import LocalState
from studio_sync.sync.read.spool import Spool

if TYPE_CHECKING:
    from studio_sync.sync.compare.merging import Read


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
        ledger: Ledger,
        resolver: BaseResolver,
        read: "Read",
        spool: Spool,
        local: LocalState,
        prefix: str,
        step: Callable[[int], None],
        visibility: Visibility,
        altered: frozenset[str] = frozenset(),
        *,
        bounded: bool = False,
        deletes: "Callable[[Comparer], Deletes]" = lambda _: nothing_deleted,
    ) -> None:
        """`visibility` tells what this role may see; triggers may change rows of the tables `altered`.

        `bounded`: the workspace holds some clients alone. `deletes` tells which rows the run means to delete.
        """
        self.altered, self.visibility = altered, visibility
        self.out = out = Comparison()
        self._kinds, self._memory, self._db = kinds, memory, db
        self._local, self._prefix = local, prefix
        self.ledger, self.resolver, self._spool, self._read = ledger, resolver, spool, read
        self.remote = RemoteSide(kinds, memory, db, rows, evidence, spool, out, step)
        self.places = Places(kinds, layout, memory, db, out, self._former_path)
        self._matcher = Matcher(kinds, memory, db, local, prefix, out)
        self._blocker = Blocker(memory, db, local, prefix, out)
        beyond = Beyond(visibility.connection, kinds, visibility, bounded)
        self._identities = Identities(kinds, memory, db, local, ledger, resolver, beyond, deletes(self))

    def without_id(self) -> list[tuple[FileEntry, Rid]]:
        """Files that could carry their row's id and don't, with that id."""
        names = [kind.name for kind in self._kinds if kind.identified]
        marks = ",".join("?" * len(names))
        where = f"kind IN ({marks}) AND kind <> '' AND id IS NULL AND digests IS NOT NULL"
        found = self._memory.files_where(where, *names)
        known = ((entry, self._matcher.rid_at(entry.path)) for entry in found)
        return [(entry, rid) for entry, rid in known if rid and not rid.startswith(PROVISIONAL)]

    def _former_path(self, version: Version) -> str:
        """Where git knew the file of a record last, of which there is none now; "" if it never did."""
        traces = self.resolver.traces
        return traces.former_path(version) if traces is not None else ""

    @property
    def files(self) -> LocalState:
        """The files' side as it was read."""
        return self._local

    def shown(self, rid: Rid) -> str:
        """Where people find a record's file."""
        return self._prefix + self.places.path(rid)

    def compare(self, *, remember: bool = True) -> Comparison:
        """Find every record that differs; what was found is remembered, without `remember` on trial alone.

        What is kept in any case only makes the next run fast: which rows still are what was remembered.
        """
        bases, remote, gone = self.remote.read()
        entries = self._matcher.entries(bases)
        self.out.paths |= self._identities.hold(entries, bases, remote, gone, self._matcher.rid_at)
        local = self._matcher.match(entries, bases, remote)
        self._recall({*local, *remote} - bases.keys(), bases)
        settled: list[Base] = []
        forgotten: list[Rid] = []
        wanted = self.remote.wanted(local, remote, bases)
        differing: list[Differing] = []
        self._sides = (local, remote, bases)
        missing = [b for rid, b in bases.items() if rid not in remote and b.row_id in gone]
        hidden = self.visibility.hidden([(b.version, uuid_text(b.row_id)) for b in missing], self._version_of)
        for rid in {*bases, *local, *remote}:
            base = bases.get(rid)
            there = remote.get(rid)
            if there is None and base is not None and base.row_id not in gone:
                there = base.version
                self.out.facts.setdefault(rid, RowFacts(base.row_id, base.token))
            elif there is None and base is not None:
                self.out.facts[rid] = RowFacts(base.row_id, None)
            here = local.get(rid)
            some = here or there or (base.version if base else None)
            if self._left_out(rid, here, there, base, hidden=rid in hidden) or some is None:
                continue
            kind = self._kinds[some.kind]
            if here is None and there is None:
                forgotten.append(rid)
            elif here is None or there is None or not agree(kind, here, there, wanted.get(some.parent, ())):
                differing.append(Differing(rid, kind, base, here, there, self.out.entries.get(rid)))
            else:
                self._settle(rid, there, base, settled)
        self._stand(differing, wanted)
        apart = sum(1 for d in self.out.deltas if (b := bases.get(d.rid)) and b.settled)
        apart += sum(1 for rid in hidden if bases[rid].settled)
        if settled or forgotten or differing:
            if not remember and not self._memory.on_trial:
                self._try_out(settled, bases)
            apart -= self._remember(settled, forgotten, bases)
        self.out.agreed = self._memory.count_settled(self._db) - apart
        self.places.settle()
        self._blocker.block()
        histories, deltas = self.resolver.histories, self.out.deltas
        kept = {d.rid for d in deltas if d.local and kept_when_deleted(histories.get(d.rid), d.local)}
        self.out.deltas, self.out.contests = with_contests(with_revivals(deltas, kept))
        self.out.problems += self.visibility.problems
        self._doubt()
        return self.out

    def _left_out(
        self, rid: Rid, here: Version | None, there: Version | None, base: Base | None, *, hidden: bool
    ) -> bool:
        """Whether a record has to be left out: its file is outside or held, or its row may be hidden."""
        if here is None and base is not None and self._local.outside(base.path):
            self._leave(rid, None, there, held=False)
        elif here is None and base is not None and self._local.holds(base.path):
            self._leave(rid, base.version, there, held=True)
        elif here is None and self._matcher.adrift(rid, self._version_of):
            self._leave(rid, base.version if base else there, there, held=True)
        elif hidden and there is None:
            self._leave(rid, here, base.version if base else here, held=False)
        return rid in self.out.apart

    def _leave(self, rid: Rid, local: Version | None, remote: Version | None, *, held: bool) -> None:
        """Note that a record is left out, and where it stands or may stand."""
        here, there = (version.parent if version else None for version in (local, remote))
        self.out.apart[rid] = Apart(here, there, held)

    def _doubt(self) -> None:
        """Say of which records the history is cut off, so that nothing is decided about them."""
        for rid in self.resolver.cut_off & self.out.paths.keys():
            self.out.unsure[rid] = cut_off(self.shown(rid))

    def _recall(self, rids: set[Rid], bases: dict[Rid, Base]) -> None:
        """Add what is remembered of records that were not asked for at first."""
        if rids and self._memory.any_bases(self._db):
            for rid in rids:
                known = self._memory.base(self._db, rid)
                if known is not None:
                    bases[rid] = known

    def _settle(self, rid: Rid, there: Version, base: Base | None, settled: list[Base]) -> None:
        facts = self.out.facts.get(rid)
        if facts is None:
            return
        entry = self.out.entries.get(rid)
        path = entry.path if entry else base.path if base else ""
        settled.append(Base(there, path, facts.row_id, facts.token, settled=True))
        self.out.agreed += 1

    def _stand(self, differing: list[Differing], wanted: Mapping[Rid, tuple[str, ...]]) -> None:
        """Find what the records that differ stand on, and how their fields stand."""
        for r in differing:
            outside = self._outside(r) or self.resolver.left_out(r)
            if outside or self._unmerged(r):
                self._leave(r.rid, r.local, r.remote, held=not outside)
        differing = [r for r in differing if r.rid not in self.out.apart]
        self.out.resolutions = found = self.resolver.of(differing)
        hidden = self._hidden(differing)
        for record in differing:
            stands = found[record.rid]
            if record.rid in hidden:
                self._leave(record.rid, record.local, record.local, held=False)
                continue
            delta = reconcile(
                record.kind,
                stands.base,
                record.local,
                record.remote,
                wanted=wanted.get(record.bound_for(stands.base), ()),
                known=stands.known,
            )
            self.out.deltas.append(replace(delta, undecided=stands.undecided) if stands.undecided else delta)
        apart = [d for d in self.out.deltas if d.standing is not Standing.AGREED]
        if any(d.standing is Standing.CONFLICT and d.fields for d in apart):
            from studio_sync.sync.compare.merging import Merger

            merger = Merger(self.ledger, self._spool, self.out, self._read)
            apart = merger.merge(apart, self.remote.fetch)
        self.out.deltas = apart

    def _unmerged(self, record: Differing) -> bool:
        if record.entry is None or not self.resolver.unmerged(record):
            return False
        path = record.entry.path
        self._local.held.append(path)
        self._local.tree_problems.append(unmerged(self._prefix + path))
        return True

    def _remember(self, settled: list[Base], forgotten: list[Rid], bases: Mapping[Rid, Base]) -> int:
        """Keep what agrees, and on which base the files stand that don't.

        How many of those that differ were settled before, and no longer are.
        """
        unsettled = 0
        latest = self.ledger.latest([b.version.rid for b in settled])
        at = self.resolver.at
        kept = [replace(b, number=latest.get(b.version.rid, (0, None))[0], at=at) for b in settled]
        self.out.unrecorded += [b for b in kept if latest.get(b.version.rid, (0, None))[1] != b.version]
        for delta in self.out.deltas:
            base = bases.get(delta.rid) or self._unremembered(delta)
            if base is None or delta.rid in self.resolver.cut_off or delta.undecided:
                continue  # what nobody can tell stays as it is remembered, until a person decides
            now = remembered(base, delta, self.out.resolutions[delta.rid], at)
            entry = self.out.entries.get(delta.rid)
            if entry is not None and now is not base:
                now = replace(now, path=entry.path)
            if now != base:
                unsettled += base.settled
                kept.append(now)
        self.out.vanished = forgotten
        with self._memory.changing():
            self.resolver.remember()
            self._memory.put_bases(self._db, kept)
            self._memory.drop_bases(self._db, forgotten, at)
        return unsettled

    def _try_out(self, settled: list[Base], bases: Mapping[Rid, Base]) -> None:
        """Remember on trial from here on, but for the tokens of rows that still are what was remembered."""
        self._memory.begin_trial()
        found = [
            replace(base, token=now.token, settled=True)
            for now in settled
            if (base := bases.get(now.version.rid)) is not None
            and (base.version, base.path, base.held) == (now.version, now.path, None)
        ]
        self._memory.keep(lambda: self._memory.put_bases(self._db, found))

    def _unremembered(self, delta: Delta) -> Base | None:
        """A base for a record that is not remembered yet, of which both sides are there."""
        facts, entry = self.out.facts.get(delta.rid), self.out.entries.get(delta.rid)
        if facts is None or entry is None or delta.remote is None or delta.base is None:
            return None
        return Base(delta.base, entry.path, facts.row_id, None, settled=False)

    def _hidden(self, differing: list[Differing]) -> set[Rid]:
        """Records that the database had once, whose rows are missing, and may be there all the same."""
        lost = [
            r.place
            for r in differing
            if r.remote is None and r.base is None and r.place and self.out.resolutions[r.rid].known
        ]
        if not lost or not self.visibility.secured:
            return set()
        return self.visibility.hidden(self.visibility.rows_of(lost), self._version_of)

    def _outside(self, record: Differing) -> bool:
        path = record.entry.path if record.entry else record.base.path if record.base else ""
        return self.visibility.outside(record.place, path, self._prefix, self._version_of)

    def _version_of(self, rid: Rid) -> Version | None:
        """Some version of a record, while records are compared."""
        local, remote, bases = self._sides
        found = local.get(rid) or remote.get(rid)
        if found is None:
            base = bases.get(rid) or self._memory.base(self._db, rid)
            found = base.version if base else None
        return found
