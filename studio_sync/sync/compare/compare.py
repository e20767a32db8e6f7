"""The three-way comparison in stages: read, match, divide, reconcile, remember, place, block.

Each stage takes values and returns its own.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import kept_when_deleted, was_entered
from studio_sync.core.history.merge_base import BaseResolution, superseding_bases
from studio_sync.core.plan.contest import with_contests, with_kept_below, with_revivals
from studio_sync.core.plan.decided_along import decided_along
from studio_sync.core.plan.reconcile import Delta, Standing, agree, reconcile
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid, Version
from studio_sync.database.values.row import uuid_text
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.sync.compare.bases.differing import Differing
from studio_sync.sync.compare.blocking import (
    FETCH_FIRST,
    Blocker,
    cut_off,
    incomplete,
    kept_by_conflicts,
    kept_by_held,
    unmerged,
)
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.comparison import Apart, Comparison, RowFacts, joined
from studio_sync.sync.compare.matching import Matched, Matcher
from studio_sync.sync.compare.record_places import RecordPlaces
from studio_sync.sync.compare.remembering import remember_compared
from studio_sync.sync.compare.remote import OrderedSiblings, RemoteRows, RemoteSide
from studio_sync.sync.compare.sides import ComparisonSides
from studio_sync.sync.compare.stage_values import DividedRecords, KnownRecords, ReconciledRecords
from studio_sync.sync.compare.visibility import NO_ROW
from studio_sync.sync.identity.doubts import Deletes
from studio_sync.sync.identity.identities import checked_identities
from studio_sync.sync.read.local_state import LocalState
from studio_sync.sync.read.spool import Spool

if TYPE_CHECKING:
    from studio_sync.sync.compare.conflicts.merging import ReadValues


class Comparer:
    """Compares the sides of one workspace and one database."""

    def __init__(
        self, sides: ComparisonSides, read: "ReadValues", spool: Spool, remote: RemoteSide, matcher: Matcher
    ) -> None:
        self._sides, self._read, self._spool = sides, read, spool
        self._memory, self._db = sides.base.memory, sides.base.db
        self._resolver, self._ledger = sides.base.resolver, sides.database.ledger
        self._visibility = sides.database.visibility
        self._remote, self._matcher = remote, matcher

    def compare(
        self, rows: RemoteRows, entries: Mapping[str, FileEntry], *, remember: bool, deletes: Deletes
    ) -> Compared:
        """Find every record that differs, among the rows and files of interest; save bases in the memory.

        Without `remember` on trial only: just tokens of unchanged rows are kept, which change no result.
        `deletes` tells which rows the run is to delete.
        """
        checked = checked_identities(self._sides, rows, entries, self._matcher.rid_at, deletes)
        matched = self._matcher.match(entries, rows.bases, rows.versions, checked.files)
        known = self._known(rows, matched)
        divided = self._divide(known, matched.files)
        found = self._reconcile(known, divided, matched.files)
        now = remember_compared(self._sides, known, divided, found, for_good=remember)

        sides = replace(self._sides, files=replace(self._sides.files, state=found.files))
        places = RecordPlaces(sides, known.entries, divided.facts, checked.paths, self._former_path)
        deltas = places.in_tree_order(found.deltas)
        blocked = Blocker(sides, known.entries, places.paths, rows).block(deltas)
        histories = self._resolver.histories
        kept = {d.rid for d in blocked.deltas if d.local and kept_when_deleted(histories.get(d.rid), d.local)}
        newer = superseding_bases(blocked.deltas, histories, found.resolutions)
        final, contests = with_contests(with_kept_below(with_revivals(blocked.deltas, kept)), newer)
        deleted = {d.rid for d in final if d.local and d.remote is None and was_entered(histories.get(d.rid))}
        prefix, apart = sides.files.prefix, {**divided.apart, **found.apart, **blocked.apart}
        out = Comparison(
            deltas=final,
            agreed=now.agreed,
            problems=[*chain(*rows.unreadable.values()), *divided.problems, *found.problems],
            blocked=joined(
                rows.unreadable,
                matched.twins,
                blocked.problems,
                incomplete([d for d in final if d.rid in deleted], places.path, found.files.held, prefix),
            ),
            # C8: a record whose history is cut off is written to neither side.
            unsure={
                rid: cut_off(prefix + places.path(rid))
                for rid in self._resolver.cut_off & places.paths.keys()
            },
            awaiting=blocked.awaiting,
            apart=apart,
            contests=contests,
            first={
                **kept_by_conflicts(final, contests, places, prefix),
                **kept_by_held(final, contests, apart, places, sides.files),
                **dict.fromkeys(self._resolver.cut_off & places.paths.keys(), FETCH_FIRST),
            },
            along=decided_along(final),
            out_of_order=known.wanted.keys(),
            entries=known.entries,
            facts=divided.facts,
            key=places.key,
            paths=places.paths,
            resolutions={**found.resolutions, **{d.rid: newer[d.rid] for d in final if d.outdated}},
            unrecorded=now.unrecorded,
            vanished=divided.forgotten,
            deleted=deleted,
            prefix=prefix,
        )
        return Compared(sides, out, places, self._remote, self._matcher)

    def _former_path(self, version: Version) -> str:
        """The path that the record's file last had in git; "" if it never had one."""
        traces = self._resolver.traces
        return traces.former_path(version) if traces is not None else ""

    # --- the versions of the records of interest

    def _known(self, rows: RemoteRows, matched: Matched) -> KnownRecords:
        recalled = self._recalled({*matched.versions, *rows.versions} - rows.bases.keys())
        siblings: OrderedSiblings = self._remote.siblings_out_of_order(
            matched.versions, rows.versions, matched.files
        )
        return KnownRecords(
            {**matched.versions, **siblings.versions},
            rows.versions,
            {**rows.bases, **recalled, **siblings.bases},
            rows.deleted,
            {**matched.entries, **siblings.entries},
            rows.facts,
            siblings.fields,
        )

    def _recalled(self, rids: AbstractSet[Rid]) -> dict[Rid, Base]:
        """The bases of records that were not of interest at first."""
        if not rids or not self._memory.any_bases(self._db):
            return {}
        found = ((rid, self._memory.base(self._db, rid)) for rid in rids)
        return {rid: base for rid, base in found if base is not None}

    # --- which records agree, and which are left out

    def _divide(self, known: KnownRecords, files: LocalState) -> DividedRecords:
        bases, rows, deleted = known.bases, known.remote, known.deleted
        settled: list[Base] = []
        forgotten: list[Rid] = []
        differing: list[Differing] = []
        apart: dict[Rid, Apart] = {}
        facts = dict(known.facts)
        missing = [b for rid, b in bases.items() if rid not in rows and b.row_id in deleted]
        version_of = partial(self._version, known)
        hidden, problems = self._visibility.hidden(
            [(b.version, uuid_text(b.row_id)) for b in missing], version_of
        )
        # In the order in which they were read, not in that of a set: what lies beside each other in memory is
        # used after each other, here and in all stages that follow (7 % of a first pull).
        for rid in dict.fromkeys((*bases, *known.local, *rows)):
            base, local, remote = bases.get(rid), known.local.get(rid), rows.get(rid)
            if remote is None and base is not None and base.row_id not in deleted:
                remote = base.version
                facts.setdefault(rid, RowFacts(base.row_id, base.token))
            elif remote is None and base is not None:
                facts[rid] = RowFacts(base.row_id, None)
            left = self._left_out(rid, local, remote, base, version_of, files, hidden=rid in hidden)
            some = local or remote or (base.version if base else None)
            if left is not None or some is None:
                apart |= {rid: left} if left is not None else {}
                continue
            kind, entry = self._sides.kinds[some.kind], known.entries.get(rid)
            if local is None and remote is None:
                forgotten.append(rid)
            elif (
                local is None
                or remote is None
                or not agree(kind, local, remote, known.wanted.get(some.parent, ()))
            ):
                differing.append(Differing(rid, kind, base, local, remote, entry))
            elif rid in facts:
                path = entry.path if entry else base.path if base else ""
                settled.append(Base(remote, path, facts[rid].row_id, facts[rid].token, settled=True))
        return DividedRecords(settled, forgotten, differing, apart, facts, hidden, problems)

    def _left_out(
        self,
        rid: Rid,
        local: Version | None,
        remote: Version | None,
        base: Base | None,
        version_of: Callable[[Rid], Version | None],
        files: LocalState,
        *,
        hidden: bool,
    ) -> Apart | None:
        """The record as left out, if its file is outside or held, or its row may be hidden; else None."""
        # C7: unreadable, held and hidden never count as absent: nothing is decided about such a record.
        if local is None and base is not None and files.outside(base.path):
            return Apart.of(None, remote)
        if local is None and base is not None and files.holds(base.path):
            return Apart.of(base.version, remote, held=base.path)
        if local is None and (held := self._matcher.held_at(rid, version_of, files)):
            return Apart.of(base.version if base else remote, remote, held=held)
        if hidden and remote is None:
            return Apart.of(local, base.version if base else local, hidden=True)
        return None

    def _version(self, known: KnownRecords, rid: Rid) -> Version | None:
        """Some version of a record."""
        found = known.local.get(rid) or known.remote.get(rid)
        if found is None:
            base = known.bases.get(rid) or self._memory.base(self._db, rid)
            found = base.version if base else None
        return found

    # --- the standing of each field

    def _reconcile(
        self, known: KnownRecords, divided: DividedRecords, files: LocalState
    ) -> ReconciledRecords:
        """Find the merge bases of the records that differ, and the standing of each field."""
        apart, shut = dict[Rid, Apart](), set[str]()
        version_of, prefix = partial(self._version, known), self._sides.files.prefix
        for r in divided.differing:
            if self._visibility.outside(r.place, version_of):
                apart[r.rid] = Apart.of(r.local, r.remote)
                shut.update(path.partition("/")[0] for path in r.paths[:1])
                files = self._visibility.with_moved_out(files, r, version_of, prefix)
            elif self._resolver.left_out(r):
                apart[r.rid] = Apart.of(r.local, r.remote)
            elif r.entry is not None and self._resolver.unmerged(r):
                apart[r.rid] = Apart.of(r.local, r.remote, held=r.entry.path)
                files = files.with_held(r.entry.path, why=unmerged(prefix + r.entry.path))
        differing = [r for r in divided.differing if r.rid not in apart]
        resolutions = self._resolver.of(differing)
        hidden, problems = self._hidden(differing, resolutions, version_of)
        problems += [self._visibility.no_access(prefix + folder) for folder in shut]
        apart |= {r.rid: Apart.of(r.local, r.local, hidden=True) for r in differing if r.rid in hidden}
        found = []
        for record in differing:
            if record.rid in hidden:
                continue
            resolved = resolutions[record.rid]
            delta = reconcile(
                record.kind,
                resolved.base,
                record.local,
                record.remote,
                wanted=known.wanted.get(record.bound_for(resolved.base), ()) if known.wanted else (),
                known=resolved.known,
            )
            if delta.standing is not Standing.AGREED:
                found.append(replace(delta, undecided=resolved.undecided) if resolved.undecided else delta)
        deltas = self._merged(known, divided, found, resolutions)
        return ReconciledRecords(deltas, resolutions, apart, files, problems)

    def _merged(
        self,
        known: KnownRecords,
        divided: DividedRecords,
        deltas: list[Delta],
        resolutions: Mapping[Rid, BaseResolution],
    ) -> list[Delta]:
        """The deltas after merging conflicts where possible; contents are read only for this."""
        if not any(d.standing is Standing.CONFLICT and d.fields for d in deltas):
            return deltas
        from studio_sync.sync.compare.conflicts.merging import Merger

        merger = Merger(self._ledger, self._spool, self._read, known.entries, resolutions)
        return merger.merge(deltas, lambda wanted: self._remote.fetch(wanted, divided.facts))

    def _hidden(
        self,
        differing: Sequence[Differing],
        resolutions: Mapping[Rid, BaseResolution],
        version_of: Callable[[Rid], Version | None],
    ) -> tuple[set[Rid], list[Problem]]:
        """Records that the database once had, and whose missing rows row-level security may hide."""
        lost = [
            r.place
            for r in differing
            if r.remote is None and r.base is None and r.place and resolutions[r.rid].known
        ]
        if not lost or not self._visibility.secured:
            return set(), []
        rows = self._ledger.last_rows([version.rid for version in lost])
        return self._visibility.hidden([(v, rows.get(v.rid, NO_ROW)) for v in lost], version_of)
