"""Running a push: plan, write rows and ledger in one transaction, then save merge bases; with retries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial
from operator import attrgetter
from posixpath import dirname
from typing import TYPE_CHECKING

from studio_sync.core.plan.decision import Choice, Grant, granted
from studio_sync.core.plan.plan import Change, Plan, Refusal
from studio_sync.core.plan.reconcile import Action, Delta
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.value import json_bytes
from studio_sync.database.values.failures import LostError, StaleError
from studio_sync.database.values.ledger_values import AGENT_PUSH, PART_PUSH, WHOLE_PUSH, Entry, Run
from studio_sync.database.values.written import Journal, PlannedWrite, WriteResult
from studio_sync.errors import RefusedError, StudioError, UnavailableError
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.memory.keeper import keeper_of
from studio_sync.files.memory.last_pushes import (
    forget_unanswered,
    note_replaced,
    note_unanswered,
    unanswered,
)
from studio_sync.files.memory.recorded_approvals import use_up
from studio_sync.sync.compare.bases.new_bases import (
    bases_after,
    blended,
    moves,
    pushed_entry,
    pushed_notes,
    pushed_version,
)
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.sides import ComparisonSides
from studio_sync.sync.connection import DatabaseSource, arrived
from studio_sync.sync.options import PushOptions
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.push.guarding import Guarding, commit_grants
from studio_sync.sync.push.push_plan import PushPlanner
from studio_sync.sync.push.remainder import with_remainder
from studio_sync.sync.read.id_line import is_slip
from studio_sync.sync.read.scope import in_scope
from studio_sync.sync.studio import Studio

if TYPE_CHECKING:
    from studio_sync.database.store import Store
    from studio_sync.sync.identity.doubts import Deletes

_ATTEMPTS = 4
_REPLACED = 1_000
"""Of a push of more records it is not remembered what they replaced."""


def push(
    studio: Studio,
    source: DatabaseSource,
    scope: tuple[str, ...],
    options: PushOptions,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Send what only the files changed. Nothing is written if anything is refused.

    Raises RefusedError if rows keep changing during the retries.
    """
    if dry_run:
        return _once(studio, source, scope, options, _LostRuns(), dry_run=True)
    with studio.alone():
        lost = _LostRuns()
        for attempt in range(_ATTEMPTS):
            try:
                found = _once(studio, source, scope, options, lost, dry_run=False)
                return with_remainder(studio, source, scope, found)
            except StaleError as error:
                if attempt + 1 == _ATTEMPTS:
                    raise RefusedError(
                        f"the database keeps changing under this push: {error.message}; nothing was written",
                        error.hint or "wait a moment, then push again",
                    ) from None
            except UnavailableError as error:
                # Retry with a new plan from the current rows: these include a lost run that was committed.
                if lost.error is None:
                    raise
                if attempt + 1 == _ATTEMPTS or error is not lost.error:
                    note_unanswered(studio.memory, lost.db, lost.runs)
                    raise lost.error from None
        raise AssertionError


class _LostRuns:
    """Keeps the runs of one push whose COMMIT was lost with the connection, each with its outcome."""

    def __init__(self) -> None:
        self.error: LostError | None = None
        self.db = 0
        self.runs: dict[str, Outcome] = {}

    def found(self, store: "Store") -> Outcome | None:
        """The outcome of a run that was committed after all; its COMMIT may have taken a while."""
        for run, outcome in self.runs.items():
            if store.run_lasts(run):
                return replace(outcome, done=tuple(outcome.plan.changes))
        return None


def _once(
    studio: Studio,
    source: DatabaseSource,
    scope: tuple[str, ...],
    options: PushOptions,
    lost: _LostRuns,
    *,
    dry_run: bool,
) -> Outcome:
    """Compare, plan and write, once. Raises StaleError if rows changed since the plan was made."""
    deletes = partial(_deletes, studio, options, scope)
    comparing = studio.comparing(source, remember=not dry_run, contents=options.contents, deletes=deletes)
    with comparing as (store, compared):
        db, outcome = compared.sides.base.db, studio.outcome(compared, scope)
        if options.since:  # refuses an unknown revision, also where no decision is needed
            commit_grants(compared.sides, studio.workspace, options.since)
        if options.contents:
            from studio_sync.sync.compare.conflicts.contested import contested
            from studio_sync.sync.compare.conflicts.shown import ShownParts

            in_conflict = contested(store, compared, outcome.deltas, outcome.values)
            outcome = replace(outcome, contested=in_conflict, shown=ShownParts(compared.sides.base))
        guarding = Guarding(store, studio.workspace, source, compared, outcome, options)
        plan = PushPlanner(compared, options, guarding).plan(outcome.deltas)
        outcome = replace(outcome, plan=plan)
        stopped = (plan.refused or outcome.stops) and not options.partial
        if dry_run or stopped:
            return outcome
        documents = studio.documents
        without_id = [(e, own) for e, own in compared.without_id() if in_scope(e.path, scope)]
        if not plan.changes:
            studio.memory.tell_set_back(db, "")  # this run prints it
            documents.write_ids([] if options.frozen else without_id)
            for before in unanswered(studio.memory, db):
                store.run_lasts(before)  # waits until a synchronous standby has it, too
            forget_unanswered(studio.memory, db)  # this run prints it
            return lost.found(store) or outcome
        compared.ledger.hold_writable(source.label)
        kind_of_push = PART_PUSH if scope or plan.refused or outcome.stops else WHOLE_PUSH
        kind_of_push = AGENT_PUSH if options.agent else kind_of_push
        covers = store.access.covered(compared.visibility.grants, studio.workspace.clients)
        if covers is not None:
            covers |= {c.top or c.row_id for c in plan.changes if c.action is Action.CREATE}
        run = studio.run(compared.resolver.repository, kind_of_push, options.message, covers)
        pusher = _Pusher(studio, store, compared, outcome)
        unknown = (LostError, KeyboardInterrupt)
        with keeper_of(studio.workspace.root).pushing(run.id, source.address, unless=unknown):
            try:
                written = pusher.write(run, partial(arrived, source, run.id))
            except LostError as error:
                lost.error, lost.db, lost.runs[run.id] = error, db, outcome
                raise
            except KeyboardInterrupt:
                note_unanswered(studio.memory, db, [run.id])
                raise
        _remember(studio, store, compared, plan, written, run)
        if not options.frozen:
            try:
                documents.write_ids([*without_id, *pusher.new_ids()])
            except StudioError as error:
                message = f"the push arrived, but an id could not be written into its file: {error.message}"
                raise type(error)(message, error.hint) from None
        return replace(outcome, done=tuple(plan.changes))


def _remember(
    studio: Studio, store: "Store", compared: Compared, plan: Plan, written: WriteResult, run: Run
) -> None:
    """Save what this workspace knows of the database after a push."""
    db = compared.sides.base.db
    with studio.memory.changing():
        bases = bases_after(plan, written, compared.out, compared.sides.database.altered)
        known = studio.memory.put_bases(db, bases, compared.resolver.at)
        deleted = [c.rid for c in plan.changes if c.action is Action.DELETE]
        studio.memory.drop_bases(db, deleted, compared.resolver.at)
        studio.memory.move_tokens(db, written.touched)
        sure = known and not store.closed
        studio.memory.set_row_digest(db, str(compared.remote.after(moves(plan, written))) if sure else "")
        studio.memory.set_last_run(db, run.id)
        note_replaced(studio.memory, db, _replaced(plan.changes, written))
        studio.memory.tell_set_back(db, "")  # this run prints it
        forget_unanswered(studio.memory, db)
        use_up(studio.memory, db, [c.rid for c in plan.changes if c.approves])


def _replaced(changes: Sequence[Change], written: WriteResult) -> list[tuple[int, Version]]:
    """The versions that a push replaced, with the numbers of the new ones; none of a very large push."""
    if len(changes) > _REPLACED:
        return []
    return [
        (written.numbers[c.rid], c.before)
        for c in changes
        if c.before is not None and c.after is not None and c.rid in written.numbers
    ]


def _deletes(
    studio: Studio, options: PushOptions, scope: tuple[str, ...], sides: ComparisonSides
) -> "Deletes":
    """A function that tells which rows this push deletes on purpose, to put another record in their place.

    An id with a slip in it names no other record: then `--delete` counts only if it names the file or folder.
    """

    @cache
    def trailer_grants() -> Sequence[Grant]:
        return commit_grants(sides, studio.workspace, options.since)

    def deletes(path: str, rid: Rid, own: str) -> bool:
        named = not {path, dirname(path)}.isdisjoint(scope)
        if options.delete is not None and (named or not is_slip(own, rid)):
            return True
        given = granted(trailer_grants(), Choice.DELETE, lambda _: [studio.workspace.prefix + path])
        return any(not sides.database.ledger.was_decided(rid, Choice.DELETE.value, d.reason) for d in given)

    return deletes


def foreseen(
    studio: Studio,
    store: "Store",
    source: DatabaseSource,
    compared: Compared,
    outcome: Outcome,
) -> Sequence[Refusal]:
    """The refusals that guards would give if everything that is ahead were pushed."""
    options = PushOptions()
    guarding = Guarding(store, studio.workspace, source, compared, outcome, options)
    return PushPlanner(compared, options, guarding).foresee(outcome.deltas)


class _Pusher:
    """Writes one plan to rows and ledger."""

    def __init__(self, studio: Studio, store: "Store", compared: Compared, outcome: Outcome) -> None:
        self._studio, self._store, self._compared = studio, store, compared
        self._plan, self._deltas = outcome.plan, outcome.deltas

    @cached_property
    def _entries(self) -> Mapping[str, FileEntry]:
        """The files by path. A push that has just read them all needs this only for those without an id."""
        out = self._compared.out
        return {e.path: e for d in self._deltas if (e := out.entries.get(d.rid))}

    def write(self, run: Run, has_arrived: Callable[[], bool]) -> WriteResult:
        """Write rows and ledger entries; returns what was written."""
        studio, plan = self._studio, self._plan
        with self._store.together():
            self._compared.fetch(self._updated())
        journal = Journal(run, self._journal, lambda w: pushed_notes(plan, w, self._compared.out))
        with studio.stages.stage("writing rows", len(plan.changes)) as step:
            return self._store.write(PlannedWrite(plan, self._content, journal, step, has_arrived))

    def new_ids(self) -> list[tuple[FileEntry, str]]:
        """The files that get the ids of the rows created for them."""
        known = self._compared.out.entries
        created = (c for c in self._plan.changes if c.kind.identified and c.action is Action.CREATE)
        new = [c for c in created if (entry := known.get(c.rid)) is None or entry.id is None]
        return [(self._entries[change.path], change.row_id) for change in new]

    def _content(self, change: Change) -> bytes:
        try:
            return self._studio.spool.text(change.path)
        except KeyError:  # its file was read by an earlier run
            return self._studio.documents.json_row(self._entries[change.path])

    def _updated(self) -> Iterator[Delta]:
        rids = {c.rid for c in self._plan.changes if c.action is Action.UPDATE}
        return (d for d in self._compared.out.deltas if d.rid in rids)

    def _journal(self, written: WriteResult) -> Iterator[Entry]:
        for change in sorted(self._plan.changes, key=attrgetter("rid")):
            yield pushed_entry(
                change,
                pushed_version(change, written.orders),
                partial(self._document, change, written),
            )

    def _document(self, change: Change, written: WriteResult) -> bytes:
        """The values of the row after a change, as JSON in UTF-8."""
        order = written.orders.get(change.row_id)
        if change.action is Action.UPDATE:
            remote = self._studio.spool.get(f"row:{change.rid}")
            local = self._studio.documents.values(self._entries[change.path])
            text = blended(change.kind, remote, local, change.fields)
        else:
            text = self._content(change)
        if order is None or change.kind.order is None:
            return text
        return b"%s, %s: %d}" % (text[:-1], json_bytes(change.kind.order.name), order)
