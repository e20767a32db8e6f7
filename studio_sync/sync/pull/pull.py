"""Running a pull: plan, enter versions in the ledger, write files, then save merge bases."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from shlex import quote

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.plan.plan import Plan, Refusal
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.plan.whole import giving_way, made_again, needing_undecided, with_dependents
from studio_sync.core.values.layout import whole_path
from studio_sync.core.values.record import Rid
from studio_sync.database.store import Store
from studio_sync.database.values.ledger_values import EnteredRows
from studio_sync.files.memory.entries import Base
from studio_sync.files.memory.made_again import note_made_again
from studio_sync.sync.compare.bases.new_bases import left_behind, partly
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.conflicts.contested import Contested, contested, records_with_markers
from studio_sync.sync.compare.conflicts.shown import ShownParts
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.history.decisions import keep_decided
from studio_sync.sync.history.intent import record_whole_intent
from studio_sync.sync.options import PullOptions
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.pull.ledger_entries import PullLedger
from studio_sync.sync.pull.locked_rows import without_locked
from studio_sync.sync.pull.new_files import NewFiles
from studio_sync.sync.pull.pull_plan import PullPlanner
from studio_sync.sync.pull.resolving import ConflictResolver, Resolved
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
        outcome = studio.outcome(compared, scope)
        if (takes := options.takes) is not None:
            outcome.deltas = [d for d in outcome.deltas if takes(d, compared.out.paths[d.rid])]
        if not scope:  # a row that can't be a file is not pulled: then the pull was not complete
            outcome.stops |= {p for p in outcome.problems if p.code == "unreadable-row"}
        puller = _PullRun(studio, store, compared, outcome)
        puller.plan(options)
        if not dry_run:
            puller.write(scope, options)
            memory.tell_set_back(compared.sides.base.db, "")  # this run prints it
        return outcome


_ABOVE_IS_OUTDATED = "what is above it was deleted too, and its file there is older than what was deleted"


class _PullRun:
    """One pull: plan, ledger, files, memory, in this order."""

    def __init__(self, studio: Studio, store: Store, compared: Compared, outcome: Outcome) -> None:
        self._studio, self._store, self._compared = studio, store, compared
        self._db, self._outcome = compared.sides.base.db, outcome
        self._resolved = Resolved()
        self._before: dict[Rid, Delta] = {}

    def plan(self, options: PullOptions) -> None:
        """Apply the decisions of a person to the deltas, and plan what to write."""
        studio, outcome = self._studio, self._outcome
        found: Sequence[Contested] = ()
        if outcome.values is not None:
            found = contested(self._store, self._compared, outcome.deltas, outcome.values)
        outcome.shown = ShownParts(self._compared.sides.base)
        if options.decision is not None:
            self._before = {d.rid: d for d in self._compared.out.deltas}
            conflicts = {c.delta.rid: c.conflict for c in found}
            between = (
                records_with_markers(self._compared, outcome.deltas, outcome.values) if outcome.values else []
            )
            found = [*found, *between]
            resolver = ConflictResolver(
                outcome.shown, studio.spool, conflicts, {c.delta.rid: c.conflict for c in between}
            )
            outcome.deltas, self._resolved = resolver.resolve(outcome.deltas, options.decision)
            outcome.deltas = self._with_dependents(outcome.deltas)
            outcome.resolved = self._resolved.fields
        deltas = outcome.deltas
        if options.resolve_only:
            deltas = [d for d in deltas if d.rid in self._resolved.fields]
        content = studio.workspace.content
        planner = PullPlanner(self._compared, content, options)
        plan = planner.plan(deltas, self._resolved.fields)
        self._take_back({r.delta.rid for r in plan.refused} & self._resolved.fields.keys())
        named = {refusal.delta.rid for refusal in self._resolved.refused}
        others = [refusal for refusal in plan.refused if refusal.delta.rid not in named]
        outcome.plan = replace(plan, refused=[*others, *self._resolved.refused])
        outcome.contested = [c for one in found if (c := self._left(one)) is not None]

    def _left(self, contested: Contested) -> Contested | None:
        """What remains to decide about a record after the decision, and what must be shown first."""
        rid = contested.delta.rid
        demanded = self._resolved.demanded.get(rid)
        if demanded:
            return replace(contested, parts=demanded, demanded=True)
        now = next((d for d in self._outcome.deltas if d.rid == rid), contested.delta)
        if now.standing is not Standing.CONFLICT:
            return None
        conflict = replace(contested.conflict, delta=now)
        return replace(contested, conflict=conflict, parts=conflict.parts)

    def _with_dependents(self, deltas: list[Delta]) -> list[Delta]:
        """The deltas in scope, with those that must be decided together with the decided records."""
        out, fields = self._compared.out, self._resolved.fields
        now = {d.rid: d for d in deltas}
        now |= self._waiting([now.get(d.rid, d) for d in out.deltas])
        before = [now.get(d.rid, d) for d in out.deltas]
        further = with_dependents(before, fields.keys())
        fields |= {taken.delta.rid: taken.fields for taken in further}
        now |= {taken.delta.rid: taken.delta for taken in further}
        for leaving in [*giving_way([now.get(d.rid, d) for d in before], fields)]:
            fields[leaving.delta.rid] = leaving.fields
            now[leaving.delta.rid] = leaving.delta
        histories = self._compared.resolver.histories
        for rid in fields:
            now[rid] = made_again(now[rid], histories.get(rid))
        self._change([now.get(d.rid, d) for d in before])
        return [d for d in self._compared.out.deltas if d.rid in now]

    def _waiting(self, deltas: Sequence[Delta]) -> dict[Rid, Delta]:
        """Take back what needs an ancestor made again that is not decided; those deltas as before."""
        demanded = self._resolved.demanded
        waiting = needing_undecided(deltas, self._resolved.fields.keys(), demanded.keys())
        for rid, above in waiting.items():
            del self._resolved.fields[rid]
            if above in demanded:  # which is refused by itself
                continue
            path = whole_path(self._before[above].kind, self._compared.out.paths[above])
            path = self._studio.workspace.prefix + path
            hint = f"resolve the whole: studio resolve {quote(path)} --keep files|database"
            self._resolved.refused.append(Refusal(self._before[rid], "conflict", _ABOVE_IS_OUTDATED, hint))
        return {rid: self._before[rid] for rid in waiting}

    def _change(self, deltas: Sequence[Delta]) -> None:
        """Replace the deltas by those after a person's decision."""
        out = replace(self._compared.out, deltas=deltas)
        self._compared = replace(self._compared, out=out)
        self._outcome.comparison = out

    def _take_back(self, rids: AbstractSet[Rid]) -> None:
        """Undo the decision about records for which it can't be applied."""
        outcome, out = self._outcome, self._compared.out
        for rid in rids:
            del self._resolved.fields[rid]
        outcome.deltas = [self._before[d.rid] if d.rid in rids else d for d in outcome.deltas]
        self._change([self._before[d.rid] if d.rid in rids else d for d in out.deltas])

    def write(self, scope: tuple[str, ...], options: PullOptions) -> None:
        """Enter known versions, and notes on the files as they will be, in the ledger; then write the files.

        If the run is killed in between, the ledger already knows the files that it leaves.
        """
        studio, outcome = self._studio, self._outcome
        documents, prefix = studio.documents, studio.workspace.prefix
        if not options.resolve_only and options.takes is None:
            planned = {change.path for change in outcome.plan.changes}
            documents.write_ids(
                [
                    (entry, own)
                    for entry, own in self._compared.without_id()
                    if entry.path not in planned and in_scope(entry.path, scope)
                ]
            )
        run = studio.run(self._compared, "resolve" if self._resolved.fields else "pull", "")
        pull_ledger = PullLedger(studio.spool, self._compared, outcome)
        writable = self._compared.ledger.writable
        entered = self._store.record_pulled(run, pull_ledger.versions()) if writable else EnteredRows()
        numbers, plan = entered.numbers, self._without(entered.locked)
        decided = tuple(self._decided(plan))
        notes: Iterable[tuple[str, LedgerNote]] = pull_ledger.notes(decided, numbers)
        if self._resolved.fields:
            notes = [*notes]
            paths = {rid: self._compared.out.paths[rid] for rid in self._resolved.fields}
            keep_decided(studio, self._db, paths, (note for _, note in notes))
            self._let_go(plan)
        noted = writable and self._store.record_notes(run, notes)
        if plan.changes:
            puller = Puller(
                studio.workspace.content, studio.schemas, NewFiles(studio.reader), studio.spool,
                self._compared, partial(pull_ledger.numbered, numbers),
            )  # fmt: skip
            with documents.writing(), studio.stages.stage("writing files", len(plan.changes)) as step:
                pulled = puller.apply(plan, step)
            outcome.done, outcome.failed = pulled.done, pulled.failed
            rewritten = {prefix + e.path for e in pulled.entries}
            found = [p for p in outcome.problems if p.path not in rewritten]
            outcome.problems = sorted({*found, *(p for e in pulled.entries for p in e.problems)})
        bases = (*decided, *(self._compared.out.unrecorded if numbers else ()))
        if bases or numbers or noted:
            with studio.memory.changing():
                studio.memory.put_bases(self._db, [pull_ledger.numbered(numbers, base) for base in bases])
                if numbers or noted:
                    studio.memory.set_last_run(self._db, run.id)
        if self._resolved.fields:
            record_whole_intent(studio, self._made_again())

    def _made_again(self) -> Iterator[str]:
        """The files of deleted records that somebody decided to create again."""
        for delta in self._outcome.deltas:
            kept = delta.rid in self._resolved.fields and delta.standing is Standing.AHEAD
            if kept and delta.remote is None and (entry := self._compared.out.entries.get(delta.rid)):
                yield entry.path

    def _without(self, locked: AbstractSet[Rid]) -> Plan:
        """The plan without the rows that others have locked: they may be about to change."""
        outcome = self._outcome
        if locked:
            self._take_back(locked & self._resolved.fields.keys())
            deltas = {delta.rid: delta for delta in outcome.deltas}
            who = self._store.holders()
            outcome.plan = without_locked(outcome.plan, deltas, locked, who)
        return outcome.plan

    def _let_go(self, plan: Plan) -> None:
        """Save that the tree knows these records' deletions, and with which content they are made again."""
        memory, at = self._studio.memory, self._compared.resolver.at
        gone = [delta for delta in self._unwritten(plan) if delta.remote is None]
        if not gone:
            return
        with memory.changing():
            memory.drop_bases(self._db, [delta.rid for delta in gone], at)
            for delta in gone:
                if delta.local is not None:
                    note_made_again(memory, self._db, delta.rid, at, delta.local.digests)

    def _unwritten(self, plan: Plan) -> Iterator[Delta]:
        """The records that were resolved without a change to their files, or are to be made again."""
        deltas = {d.rid: d for d in self._outcome.deltas}
        written = {c.rid for c in plan.changes if c.action is not Action.UPDATE or deltas[c.rid].remote}
        written |= {r.delta.rid for r in plan.refused}
        for delta in self._outcome.deltas:
            if delta.rid in self._resolved.fields and delta.rid not in written:
                yield delta

    def _decided(self, plan: Plan) -> Iterator[Base]:
        """The bases of records that were resolved without a change to their files."""
        out = self._compared.out
        for delta in self._unwritten(plan):
            if delta.remote is None:
                continue
            facts, left = out.facts[delta.rid], left_behind(delta)
            frame = Base(
                delta.remote, out.paths[delta.rid], facts.row_id, None if left else facts.token,
                settled=False, held=delta.local.digests if delta.local else None,
            )  # fmt: skip
            yield partly(delta, out, delta.remote, left, 0, frame) if left else frame
