"""Merge base resolution for the records that differ, from the workspace's memory and git's history."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import RecordHistory
from studio_sync.core.history.merge_base import (
    BaseResolution,
    GitEvidence,
    Remembered,
    Tip,
    resolve_base,
)
from studio_sync.core.history.undecided_fields import FileStates, committed_fields, undecided_fields
from studio_sync.core.plan.reconcile import agree
from studio_sync.core.values.record import Rid, Version, known_digests
from studio_sync.files.git.work_tree import located
from studio_sync.files.memory.entries import Base
from studio_sync.files.memory.intended_fields import intended_fields, last_written, stat_when_read
from studio_sync.files.memory.last_pushes import replaced_since
from studio_sync.files.memory.ledger_notes import histories_here
from studio_sync.files.memory.made_again import made_again_with
from studio_sync.files.memory.memory import Memory
from studio_sync.files.memory.undecided import noted_undecided
from studio_sync.sync.compare.bases.differing import Differing
from studio_sync.sync.compare.bases.known_at_commits import known_at_commits
from studio_sync.sync.compare.bases.undone import as_before_decision, was_made_by_undone
from studio_sync.sync.compare.comparison import PROVISIONAL
from studio_sync.sync.read.reader import Reader

if TYPE_CHECKING:
    from studio_sync.database.store_ledger import StoreLedger
    from studio_sync.files.git.repository import Repository
    from studio_sync.sync.compare.bases.files_in_git import FilesInGit
    from studio_sync.sync.compare.bases.head_moves import HeadMoves
    from studio_sync.sync.compare.bases.trace import GitFile, Traces


class BaseResolver:
    """Finds the merge bases of the records of one comparison."""

    def __init__(self, memory: Memory, db: int, ledger: "StoreLedger", reader: Reader, at: int) -> None:
        """`at` is when the comparison began, in nanoseconds."""
        self._memory, self._db, self._ledger, self._reader, self.at = memory, db, ledger, reader, at
        self.histories: Mapping[Rid, RecordHistory] = {}
        self.cut_off: set[Rid] = set()
        self._rewritten: dict[str, tuple[str, int]] = {}

    @cached_property
    def repository(self) -> "Repository | None":
        """The git repository that the workspace is part of, if any."""
        if located(self._reader.content) is None:
            return None  # and nothing of git's is imported
        from studio_sync.files.git.repository import Repository

        return Repository.around(self._reader.content)

    @cached_property
    def _moves(self) -> "HeadMoves":
        from studio_sync.sync.compare.bases.head_moves import HeadMoves

        return HeadMoves(self._memory, self.repository, self.at)

    def remember(self) -> None:
        """Save the current position of HEAD; bases saved from here on refer to it."""
        self._moves.save()
        if newest := self._ledger.newest_run():
            self._memory.set_last_run(self._db, newest)

    def remember_agreed(self, but: Iterable[Base] = ()) -> None:
        """Save that all settled files were found to be what is remembered of them, but these."""
        # B17: what git did before that is no evidence about an edit after it.
        if self._moves.broke:
            with self._memory.changing():
                self._moves.save()
                self._memory.date_settled(self._db, self.at, but)

    def of(self, records: Sequence[Differing]) -> dict[Rid, BaseResolution]:
        """The merge base of each of these records."""
        if not records:
            return {}
        asked = [r.rid for r in records if r.base is not None or r.local is not None or self._in_git(r)]
        self.histories = histories = self._histories(asked)
        if self.repository is not None:
            head = self.repository.head
            self._traces.look_up(
                (h, p)
                for r in records
                if r.base
                for p in r.paths
                for h in dict.fromkeys((head, self._moves.since(r.base.at)[0]))
                if h
            )
            edited = {p for r in records if r.base and not r.untouched for p in r.paths}
            self._rewritten = self.repository.rewritten(edited)
        return {r.rid: self._of(r, histories.get(r.rid)) for r in records}

    def _histories(self, rids: Sequence[Rid]) -> Mapping[Rid, RecordHistory]:
        """The ledger's histories, as this workspace knows them."""
        return histories_here(self._memory, self._db, self._ledger.histories(rids))

    def _in_git(self, record: Differing) -> bool:
        """Whether git's history may know a record that has neither a file nor a saved base."""
        place = record.place
        if self.repository is None or place is None:
            return False
        owner = record.rid if record.kind.identified else place.parent
        return self.repository.shallow or self._traces.ever_had(owner)

    @cached_property
    def traces(self) -> "Traces | None":
        """The history of the records' files; None without git."""
        return self._traces if self.repository is not None else None

    @cached_property
    def _traces(self) -> "Traces":
        if self.repository is None:
            raise ValueError("there is no history")
        from studio_sync.sync.compare.bases.trace import Traces

        return Traces(self.repository, self._reader)

    @cached_property
    def _files(self) -> "FilesInGit":
        from studio_sync.sync.compare.bases.files_in_git import FilesInGit

        return FilesInGit(self._memory, self._traces)

    def _of(self, record: Differing, history: RecordHistory | None) -> BaseResolution:
        memory = self._remembered(record)
        evidence = self._git_evidence(record, history)
        if memory is None and history is not None and was_made_by_undone(self._memory, self._db, record.rid):
            evidence = None
        asked = memory is None and evidence is not None and history is not None  # not for all of a first push
        replaced = replaced_since(self._memory, self._db, record.rid) if asked else ()
        found = resolve_base(record.kind, history, record.local, record.remote, memory, evidence, replaced)
        if memory is not None and history is not None and evidence is not None:
            found = as_before_decision(self._memory, self._db, record.kind, memory, found)
        if history is not None and not found.remembered and self.repository and self.repository.shallow:
            self.cut_off.add(record.rid)
        return found

    def _remembered(self, record: Differing) -> Remembered | None:
        base = record.base
        if base is not None:
            places = {**dict.fromkeys(known_digests(record.kind, base.version), base.number), **base.places}
            return Remembered(base.version, places, record.file_version)
        at = self._gone_at(record)
        if at is None:
            return None
        decided = made_again_with(self._memory, self._db, record.rid, at)
        return Remembered(None, file_version=record.saying(decided))

    def _gone_at(self, record: Differing) -> int | None:
        """The time at which a record was found deleted on both sides, if its file exists again; else None."""
        if record.base is not None or record.local is None or record.remote is not None:
            return None
        return self._deleted.get(record.rid)

    @cached_property
    def _deleted(self) -> dict[Rid, int]:
        return self._memory.deleted(self._db)

    # --- history

    def _git_evidence(self, record: Differing, history: RecordHistory | None) -> GitEvidence | None:
        """Git's evidence about a record; it is computed only if the memory alone doesn't decide."""
        repository = self.repository
        if repository is None or record.rid.startswith(PROVISIONAL):
            return None
        at = record.base.at if record.base else self._gone_at(record) or 0
        old_head, broken = self._moves.since(at)
        return GitEvidence(
            broken,
            old_head != repository.head or bool(repository.merging),
            lambda remembered: self._undecided(record, remembered, old_head, at),
            lambda: self._tips(record, history),
            lambda: self._intended(record),
            lambda: self._committed(record, old_head, self._moves.kept(at)),
            lambda: noted_undecided(self._memory, self._db, record.rid, at).fields,
        )

    def _tips(self, record: Differing, history: RecordHistory | None) -> list[Tip]:
        place = record.place
        if place is None or history is None:
            return []
        files = self._files.stands(record, place)
        known, contents = known_at_commits(self._traces, history, record.kind, place, files)
        return [Tip(known[t], contents[t]) for t in self._traces.tips if t in known]

    def _undecided(
        self, record: Differing, remembered: Version | None, old_head: str, at: int
    ) -> frozenset[str]:
        """The fields in which the file equals HEAD again, and nobody can tell who wrote that.

        Where git may have rewritten any file, it is asked about one that a person wrote after git's index.
        """
        broken, noted = self._moves.since(at)[1], self._noted(record, at)
        file, old = self._files.now_and_then(record, old_head)
        there = self._files.held(record, file)
        if file is None or there is None or old is None:
            return noted if record.local is None else frozenset()
        typed = self._typed(record)
        if broken and not noted:
            as_head = record.local is not None and agree(record.kind, record.local, there)
            if not (typed and as_head):
                return frozenset()
        before = self._files.held(record, old)
        states = self._files.states_since(record, file, old, old_head)
        committed = committed_fields(record.kind, before, states)
        lacking = self._lacking(record, committed, [before, *states], (old, file))
        wrote, when = self._in_index(file.path, *record.paths)
        found = undecided_fields(
            record.kind,
            FileStates(record.local, remembered, there, before),
            typed=typed and not broken,
            rewritten=wrote == file.blob == old.blob and when > at and not broken,
            intended=self._intended(record),
            committed=committed - lacking,
            noted=noted | lacking,
        )
        # Fields that commits have changed since are those of an old file.
        whole = not broken or noted or found >= committed_fields(record.kind, remembered, [record.local])
        return found if whole else frozenset()

    def _lacking(
        self,
        record: Differing,
        committed: frozenset[str],
        states: Sequence[Version | None],
        files: "tuple[GitFile, GitFile]",
    ) -> frozenset[str]:
        if not committed:
            return frozenset()
        from studio_sync.sync.compare.bases.written_on_old import written_on_old

        return written_on_old(record, committed, states, files, self._traces, self._ledger)

    def _noted(self, record: Differing, at: int) -> frozenset[str]:
        """The fields noted as undecided; none once git may have rewritten the file since."""
        noted = noted_undecided(self._memory, self._db, record.rid, at)
        again = self._moves.since(noted.noted_at)[1] and self._moves.since(at)[1]
        return frozenset() if again else noted.fields

    def _committed(self, record: Differing, old_head: str, until: str) -> frozenset[str]:
        """The fields that commits after `old_head`, up to `until`, have changed; none without `until`.

        None either if the file is not as HEAD has it.
        """
        if not until:
            return frozenset()
        file, old = self._files.now_and_then(record, old_head)
        there = self._files.held(record, file)
        if file is None or old is None or there is None or record.local is None:
            return frozenset()
        as_committed = agree(record.kind, record.local, there)
        return (
            self._files.committed_since(record, file, old, old_head, until) if as_committed else frozenset()
        )

    def _intended(self, record: Differing) -> frozenset[str]:
        """The fields that a command wrote last into the record's file."""
        entry = record.entry
        if entry is None:
            return frozenset()
        return intended_fields(self._memory, entry.path, stat_when_read(self._reader.content, entry))

    def _in_index(self, *paths: str) -> tuple[str, int]:
        """The blob and mtime that git's index recorded last for the first of these paths that it has."""
        if self.repository is not None and self._rewritten.keys().isdisjoint(paths):
            self._rewritten |= self.repository.rewritten(paths)
        return next((self._rewritten[path] for path in paths if path in self._rewritten), ("", 0))

    def _typed(self, record: Differing) -> bool:
        """Whether a file is newer than git's index: git writes its index last, so a person wrote the file."""
        if self.repository is None or record.entry is None:
            return False
        written, stat = self.repository.index_written, stat_when_read(self._reader.content, record.entry)
        return bool(written) and last_written(self._memory, record.entry.path, stat) > written

    def heads(self, records: Sequence[Differing]) -> dict[Rid, tuple[RecordHistory, Tip | None]]:
        """The ledger's history of these records, and HEAD's known versions; None without git."""
        histories = self._histories([record.rid for record in records])
        tips = self._tips if self.repository is not None else lambda *_: []
        known = ((record, histories[record.rid]) for record in records if record.rid in histories)
        return {record.rid: (of, next(iter(tips(record, of)), None)) for record, of in known}

    def left_out(self, record: Differing) -> bool:
        """Whether a sparse checkout excludes the record's file: then it is neither present nor absent."""
        repository, place = self.repository, record.place
        if record.local is not None or place is None or repository is None or not repository.sparse:
            return False
        stand = self._files.stands(record, place).get(repository.head)
        return stand is not None and stand.path in repository.left_out

    def unmerged(self, record: Differing) -> bool:
        """Whether git lists the record's file as unmerged: then its content is nobody's version."""
        repository = self.repository
        return bool(repository and record.entry and record.entry.path in repository.unmerged)
