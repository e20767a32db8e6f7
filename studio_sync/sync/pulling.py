"""A pull at work: planned, written into the files, entered in the ledger, remembered last."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from studio_sync.core.reconcile import Action, Delta, Standing
from studio_sync.core.record import Rid, Version, parts
from studio_sync.core.seen import Note
from studio_sync.database.ledger import Entry
from studio_sync.database.recorder import Seen, record_seen
from studio_sync.files.entries import Base
from studio_sync.files.write import only_one
from studio_sync.sync.compare import Comparer
from studio_sync.sync.connection import Source
from studio_sync.sync.documents import in_scope
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.pull import PullOptions, PullPlanner
from studio_sync.sync.recording import is_noted
from studio_sync.sync.write_files import Puller

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


def pull(
    studio: "Studio", source: Source, scope: tuple[str, ...], options: PullOptions, *, dry_run: bool
) -> Outcome:
    """Bring what the database changed into the files; what merges is merged there."""
    workspace, memory = studio.workspace, studio.memory
    if not workspace.content.exists() and memory.is_blank() and not dry_run:
        workspace.content.mkdir(parents=True)
    if dry_run:
        lock: AbstractContextManager[None] = nullcontext()
    else:
        lock = only_one(workspace.state / "lock")
    comparing = studio.comparing(source, remember=not dry_run, contents=True)
    with lock, comparing as (connection, comparer, state, db):
        outcome = studio.outcome(comparer, state, scope)
        planner = PullPlanner(comparer, memory, db, studio.layout, workspace.content, options)
        outcome.plan = plan = planner.plan(outcome.deltas)
        if dry_run:
            return outcome
        planned = {change.path for change in plan.changes}
        studio.documents.write_ids(
            [
                (entry, own)
                for entry, own in comparer.without_id()
                if entry.path not in planned and in_scope(entry.path, scope)
            ]
        )
        bases: tuple[Base, ...] = ()
        held: Mapping[Rid, Version] = {}
        if plan.changes:
            puller = Puller(
                studio.kinds, workspace.content, workspace.prefix, studio.schemas, memory, db, studio.spool,
                comparer,
            )  # fmt: skip
            with studio.documents.writing(), studio.stages.stage("writing files", len(plan.changes)) as step:
                pulled = puller.apply(plan, step)
            outcome.done, outcome.failed, bases = pulled.done, pulled.failed, pulled.bases
            rewritten = {workspace.prefix + e.path for e in pulled.entries}
            found = [p for p in outcome.problems if p.path not in rewritten]
            outcome.problems = sorted({*found, *(p for e in pulled.entries for p in e.problems)})
            held = {b.version.rid: replace(b.version, digests=b.held) for b in bases if b.held}
        if comparer.ledger.writable:
            recorder = _Recorder(studio, comparer, outcome, held)
            run = studio.run(comparer, "pull", "")
            numbers = record_seen(connection, studio.kinds, run, recorder.seen(bases), recorder.notes)
            if numbers is not None:
                with memory.changing():
                    memory.put_bases(db, recorder.numbered(bases, numbers))
                    memory.set_last_run(db, run.id)
        return outcome


class _Recorder:
    """What the ledger gets of a pull: versions that it saw and did not have, and notes on files."""

    def __init__(
        self, studio: "Studio", comparer: Comparer, outcome: Outcome, held: Mapping[Rid, Version]
    ) -> None:
        self._studio, self._comparer, self._out = studio, comparer, comparer.out
        self._outcome, self._held = outcome, held
        self._deltas = {d.rid: d for d in outcome.deltas}
        self._stories = comparer.standpoints.stories

    def seen(self, bases: tuple[Base, ...]) -> Iterator[Seen]:
        """The versions that this pull saw and the ledger does not have."""
        pulled = {b.version.rid for b in bases}
        latest = self._comparer.ledger.latest([r for r in self._deltas if r not in self._stories])
        for rid, delta in self._deltas.items():
            if delta.remote is None:
                continue
            story = self._stories.get(rid)
            newest = story.versions.get(story.latest) if story else latest.get(rid, (0, None))[1]
            if newest != delta.remote and (rid in pulled or delta.local is not None):
                yield self._seen(delta.remote, delta.kind.name)
        for base in self._out.unrecorded:
            yield self._seen(base.version, base.version.kind, base)
        yield from self._vanished()
        for change in self._outcome.done:
            if change.action is Action.DELETE and change.rid in self._stories:
                yield from self._gone(change.rid)

    def _seen(self, version: Version, kind: str, base: Base | None = None) -> Seen:
        facts = self._out.facts.get(version.rid)
        own = base.row_id if base else facts.row_id if facts else b""
        token = base.token if base else facts.token if facts else None
        if f"row:{version.rid}" not in self._studio.spool:
            self._comparer.remote.fetch_rows({kind: {own}})
        entry = Entry(
            version.rid, kind, self._top(version), _text(own), version.parent, version.slot, version.digests,
            self._studio.spool.text(f"row:{version.rid}"),
        )  # fmt: skip
        return Seen(entry, version, token)

    def _vanished(self) -> Iterator[Seen]:
        """Records that neither side has any more: the ledger may not know of it."""
        for rid, (_, version) in self._comparer.ledger.latest(self._out.vanished).items():
            facts = self._out.facts.get(rid)
            if version is not None and facts is not None:
                entry = Entry(
                    rid, version.kind, self._top(version), _text(facts.row_id), version.parent, version.slot
                )
                yield Seen(entry, None, None)

    def _gone(self, rid: Rid) -> Iterator[Seen]:
        delta, facts = self._deltas[rid], self._out.facts.get(rid)
        some = delta.some
        own = _text(facts.row_id) if facts else rid if delta.kind.identified else ""
        if own:
            yield Seen(Entry(rid, delta.kind.name, self._top(some), own, some.parent, some.slot), None, None)

    def _top(self, version: Version) -> str:
        """The row at the top above a record."""
        while version.parent:
            above = self._comparer.places.version(version.parent)
            if above is None:
                return version.parent
            version = above
        return version.rid

    def notes(self, numbers: Mapping[Rid, int]) -> Iterator[tuple[str, Note]]:
        """Notes on files that were merged, or that hold edits which were not pushed."""
        for rid, delta in self._deltas.items():
            content = self._held.get(rid) or delta.local
            story = self._stories.get(rid)
            if content is None or delta.remote is None or not delta.fields:
                continue
            number = numbers.get(rid) or (story.latest if story else 0)
            conflicts = frozenset(delta.having(Standing.CONFLICT))
            fields = frozenset(parts(delta.kind, content)) - conflicts
            note = Note(content, fields, number)
            if not number or not fields or (story and story.numbers_of(content)):
                continue
            if self._stands(delta, rid) and not is_noted(story.notes if story else (), delta.kind, note):
                yield self._top(delta.remote), note

    def _stands(self, delta: Delta, rid: Rid) -> bool:
        """Whether the file stands on the row as it is: it was pulled into, or had nothing to pull."""
        return rid in self._held or delta.standing is Standing.AHEAD

    def numbered(self, bases: tuple[Base, ...], numbers: Mapping[Rid, int]) -> Iterator[Base]:
        """The bases of what was pulled, and of what agreed, with the numbers that the ledger has for them."""
        for base in (*bases, *self._out.unrecorded):
            story = self._stories.get(base.version.rid)
            number = numbers.get(base.version.rid) or (story.latest if story else base.number)
            epoch = self._comparer.standpoints.moves.epoch
            yield replace(base, number=number, epoch=epoch)


def _text(own: bytes) -> str:
    from uuid import UUID

    return str(UUID(bytes=own))
