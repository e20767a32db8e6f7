"""Running a pull: plan, enter versions in the ledger, write files, then save merge bases."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.plan.plan import Plan
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.values.numbering import Renames
from studio_sync.core.values.record import Rid
from studio_sync.database.store import Store
from studio_sync.database.values.ledger_values import EnteredRows, Run
from studio_sync.files.memory.entries import Base
from studio_sync.files.memory.ledger_notes import save_entered
from studio_sync.files.memory.made_again import note_made_again
from studio_sync.sync.compare.bases.new_bases import left_behind, partly
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.conflicts.contested import contested, with_contesting
from studio_sync.sync.compare.conflicts.shown import ShownParts
from studio_sync.sync.compare.remembering import all_recorded, without_entry
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.history.decisions import keep_decided
from studio_sync.sync.history.intent import record_whole_intent
from studio_sync.sync.options import PullOptions
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.pull.deciding import Decided, Deciding
from studio_sync.sync.pull.ledger_entries import PullLedger
from studio_sync.sync.pull.locked_rows import without_locked
from studio_sync.sync.pull.outcome_paths import OutcomePaths
from studio_sync.sync.pull.pull_plan import PullPlanner
from studio_sync.sync.pull.write_files import Puller
from studio_sync.sync.read.scope import in_scope
from studio_sync.sync.studio import Studio


def pull(
    studio: Studio,
    source: DatabaseSource,
    scope: tuple[str, ...],
    options: PullOptions,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Write what the database changed into the files, merging where both changed."""
    workspace, memory = studio.workspace, studio.memory
    if not workspace.content.exists() and memory.is_blank() and not dry_run:
        workspace.content.mkdir(parents=True)
    lock: AbstractContextManager[None] = nullcontext() if dry_run else studio.alone()
    comparing = studio.comparing(source, remember=not dry_run, contents=True)
    with lock, comparing as (store, compared):
        outcome, decided = _planned(studio, store, compared, scope, options)
        if not dry_run:
            if not options.resolve_only and options.takes is None:
                _write_missing_ids(studio, compared, outcome.plan, scope)
            outcome = _write(studio, store, outcome, decided)
            memory.tell_set_back(compared.sides.base.db, "")  # this run prints it
            all_recorded(memory, compared.sides.base.db)
        return outcome


def _planned(
    studio: Studio, store: Store, compared: Compared, scope: tuple[str, ...], options: PullOptions
) -> tuple[Outcome, Decided]:
    """Apply the decision of a person to the deltas, and plan what to write."""
    outcome = studio.outcome(compared, scope)
    deltas, stops = outcome.deltas, outcome.stops
    if (takes := options.takes) is not None:
        deltas = [d for d in deltas if takes(d, compared.out.paths[d.rid])]
    if options.decision is not None:
        deltas = with_contesting(deltas, compared.out)
    if not scope:  # a row that can't be a file is not pulled: then the pull was not complete
        stops |= {p for p in outcome.problems if p.code == "unreadable-row"}
    shown = ShownParts(compared.sides.base)
    found = contested(store, compared, deltas, outcome.values)
    decided = Decided(compared, deltas, contested=found)
    if options.decision is not None:
        deciding = Deciding(compared, outcome.values, shown, studio.spool)
        decided = deciding.decided(deltas, found, options.decision)
    planned = [d for d in decided.deltas if not options.resolve_only or d.rid in decided.fields]
    plan = PullPlanner(decided.compared, studio.workspace.content, options).plan(planned, decided.fields)
    decided = decided.without({refusal.delta.rid for refusal in plan.refused})
    named = {refusal.delta.rid for refusal in decided.refused}
    others = [refusal for refusal in plan.refused if refusal.delta.rid not in named]
    plan = replace(plan, refused=[*others, *decided.refused])
    outcome = replace(outcome, plan=plan, stops=stops, contested=decided.left(), shown=shown)
    return _after(outcome, decided), decided


def _after(outcome: Outcome, decided: Decided) -> Outcome:
    """The outcome with the comparison as it is after a decision."""
    return replace(outcome, comparison=decided.compared.out, deltas=decided.deltas, resolved=decided.fields)


def _write_missing_ids(studio: Studio, compared: Compared, plan: Plan, scope: tuple[str, ...]) -> None:
    """Write the ids of known rows into files that lack them and that the plan does not write anyway."""
    planned = {change.path for change in plan.changes}
    studio.documents.write_ids(
        [
            (entry, own)
            for entry, own in compared.without_id()
            if entry.path not in planned and in_scope(entry.path, scope)
        ]
    )


def _write(studio: Studio, store: Store, outcome: Outcome, decided: Decided) -> Outcome:
    """Enter known versions, and notes on the files as they will be, in the ledger; then write the files.

    If the run is killed in between, the ledger already knows the files that it leaves.
    """
    writable = decided.compared.ledger.writable
    run = studio.run(decided.compared.resolver.repository, "resolve" if decided.fields else "pull")
    lacking = without_entry(decided.compared.sides, decided.compared.out) if writable else ()
    pull_ledger = PullLedger(studio.spool, decided, outcome.plan, lacking)
    entered = store.record_pulled(run, pull_ledger.versions()) if writable else EnteredRows()
    if entered.locked:  # those rows may be about to change
        decided = decided.without(entered.locked)
        deltas = {delta.rid: delta for delta in decided.deltas}
        plan = without_locked(outcome.plan, deltas, entered.locked, store.holders())
        outcome = _after(replace(outcome, plan=plan), decided)
        pull_ledger = PullLedger(studio.spool, decided, plan, lacking, pull_ledger)
    return _PullRun(studio, store, run, outcome, decided, pull_ledger).write(entered.numbers)


class _PullRun:
    """One pull after its plan, whose versions are entered: notes in the ledger, files, memory."""

    def __init__(
        self,
        studio: Studio,
        store: Store,
        run: Run,
        outcome: Outcome,
        decided: Decided,
        pull_ledger: PullLedger,
    ) -> None:
        self._studio, self._store, self._run, self._pull_ledger = studio, store, run, pull_ledger
        self._outcome, self._decided, self._compared = outcome, decided, decided.compared
        self._db = decided.compared.sides.base.db

    def write(self, numbers: Mapping[Rid, int]) -> Outcome:
        """Write notes, files and memory; `numbers` are those of the new versions in the ledger."""
        studio, decided, plan = self._studio, self._decided, self._outcome.plan
        pull_ledger = self._pull_ledger
        kept_files = tuple(self._bases_of_kept_files())
        notes: Iterable[tuple[str, LedgerNote]] = pull_ledger.notes(kept_files, numbers)
        if decided.fields:
            notes = [*notes]
            paths = {rid: self._compared.out.paths[rid] for rid in decided.fields}
            keep_decided(studio, self._db, paths, (note for _, note in notes))
            self._let_go()
        noted = self._note(notes) | self._note(pull_ledger.withdrawals())
        outcome, renames = self._outcome, Renames()
        if plan.changes:
            outcome, renames = self._with_files(partial(pull_ledger.numbered, numbers))
        bases = (*kept_files, *(b for b in pull_ledger.unrecorded if b.version.rid in numbers))
        if bases or numbers or noted:
            with studio.memory.changing():
                known = (pull_ledger.numbered(numbers, base) for base in bases)
                now = [replace(base, path=renames.moved(base.path)) for base in known]
                studio.memory.put_bases(self._db, now)
                if numbers or noted:
                    studio.memory.set_last_run(self._db, self._run.id)
        if decided.fields:
            record_whole_intent(studio, (renames.moved(path) for path in self._made_again()))
        return outcome

    def _note(self, notes: Iterable[tuple[str, LedgerNote]]) -> bool:
        """Enter notes in the ledger; whether there were any, and that could be done."""
        found, memory = [*notes] if self._compared.ledger.writable else [], self._studio.memory
        if not found:
            return False
        with memory.changing():
            save_entered(memory, self._db, (note for _, note in found))
        return self._store.record_notes(self._run, found)

    def _with_files(self, numbered: Callable[[Base], Base]) -> tuple[Outcome, Renames]:
        """Write the planned files; the outcome with what was done and what they say now, and the renames."""
        studio, outcome = self._studio, self._outcome
        puller = Puller(studio, self._compared, numbered)
        writing = studio.stages.stage("writing files", len(outcome.plan.changes))
        with studio.documents.writing(), writing as step:
            pulled = puller.apply(outcome.plan, step)
        prefix = studio.workspace.prefix
        outcome = replace(outcome, done=pulled.done, failed=pulled.failed)
        outcome = OutcomePaths(pulled.renames, prefix).of(outcome)
        named = {p.path for p in outcome.problems}
        rewritten = {path for e in pulled.entries if (path := prefix + e.path) in named}
        found = [p for p in outcome.problems if p.path not in rewritten]
        problems = sorted({*found, *(p for e in pulled.entries for p in e.problems)})
        return replace(outcome, problems=problems), pulled.renames

    def _made_again(self) -> Iterator[str]:
        """The files of deleted records that somebody decided to create again."""
        for delta in self._decided.deltas:
            kept = delta.rid in self._decided.fields and delta.standing is Standing.AHEAD
            if kept and delta.remote is None and (entry := self._compared.out.entries.get(delta.rid)):
                yield entry.path

    def _let_go(self) -> None:
        """Save that the tree knows these records' deletions, and with which content they are made again."""
        memory, at = self._studio.memory, self._compared.resolver.at
        gone = [delta for delta in self._unwritten() if delta.remote is None]
        if not gone:
            return
        with memory.changing():
            memory.drop_bases(self._db, [delta.rid for delta in gone], at)
            for delta in gone:
                if delta.local is not None:
                    note_made_again(memory, self._db, delta.rid, at, delta.local.digests)

    def _unwritten(self) -> Iterator[Delta]:
        """The records that were resolved without a change to their files, or are to be made again."""
        if not self._decided.fields:
            return
        plan, deltas = self._outcome.plan, {d.rid: d for d in self._decided.deltas}
        written = {c.rid for c in plan.changes if c.action is not Action.UPDATE or deltas[c.rid].remote}
        written |= {r.delta.rid for r in plan.refused}
        for delta in self._decided.deltas:
            if delta.rid in self._decided.fields and delta.rid not in written:
                yield delta

    def _bases_of_kept_files(self) -> Iterator[Base]:
        """The bases of records that were resolved without a change to their files."""
        out = self._compared.out
        for delta in self._unwritten():
            if delta.remote is None:
                continue
            facts, left = out.facts[delta.rid], left_behind(delta)
            frame = Base(
                delta.remote, out.paths[delta.rid], facts.row_id, None if left else facts.token,
                settled=False, held=delta.local.digests if delta.local else None,
            )  # fmt: skip
            yield partly(delta, out, delta.remote, left, 0, frame) if left else frame
