"""Undo of a push: write what it replaced in the database into the files, as edits for the next push."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from shlex import join, quote
from typing import TYPE_CHECKING

from studio_sync.core.merge.reversal import reversed_change
from studio_sync.core.plan.reconcile import UNREAD, Action, Delta, Standing
from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.problem import Severity
from studio_sync.core.values.record import PARENT, Omitted, Rid, Version, field_digests
from studio_sync.core.values.value import ABSENT, Value, digest
from studio_sync.database.store_ledger import StorePast
from studio_sync.database.values.ledger_documents import ELSEWHERE, MORE
from studio_sync.database.values.ledger_values import found_run
from studio_sync.database.values.row_change import TRACKED
from studio_sync.errors import RefusedError
from studio_sync.files.tree.lock import only_one
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.history.catalogue import Catalogue
from studio_sync.sync.history.former_places import FormerPlaces
from studio_sync.sync.history.log import hold_readable, revision_of
from studio_sync.sync.history.record_steps import changed_by, record_steps
from studio_sync.sync.history.restore import Restorer
from studio_sync.sync.history.revivals import Restored, revived_files
from studio_sync.sync.read.granted_folders import hold_reachable

if TYPE_CHECKING:
    from studio_sync.database.values.ledger_past import Entered
    from studio_sync.files.memory.entries import FileEntry
    from studio_sync.sync.studio import Studio


class NotArrivedError(RefusedError):
    """The ledger lacks this push: its connection was lost before COMMIT, or it went to another database."""


@dataclass(frozen=True, slots=True)
class _Replaced:
    """A record before and after a push, with the numbers of both versions, 0 if none."""

    before: Version | None
    after: Version | None
    number: int
    after_number: int
    known: bool
    passing: bool
    """The push wrote no version of it: its row was changed or deleted by cascade."""


def undo_push(
    studio: "Studio",
    source: DatabaseSource,
    revision: str,
    scope: tuple[str, ...],
    *,
    over: bool = False,
    dry_run: bool = False,
) -> Restored:
    """Write what a push replaced at or below `scope` into the files, field by field.

    It is a merge: what was changed since stays. A field in which that overlaps is left; with `over`, the
    places that overlap are taken back, too. Deleted records come back with their ids. Raises
    NotArrivedError for a revision that the ledger lacks.
    """
    from studio_sync.database.values.ledger_past import LedgerMoment

    lock = nullcontext() if dry_run else only_one(studio.workspace.state / "lock")
    with lock, studio.comparing(source, remember=not dry_run) as (store, compared):
        hold_readable(compared.ledger, source.label)
        hold_reachable(studio, store, scope)
        history = store.past()
        if not history.run(revision):
            raise NotArrivedError(f"{revision} is no revision that the ledger has", "`studio log` shows them")
        run = revision_of(history, revision)
        if run.source == TRACKED:
            raise RefusedError(
                f"{run.id[:8]} was no push: others changed the database itself",
                f"to go back before it: studio restore PATH --to {run.id[:8]}^",
            )
        catalogue = Catalogue(studio.workspace, studio.layout, studio.memory, history)
        rids = catalogue.below(scope, writes=True) if any(scope) else None
        entered = [
            e for e in history.entered([run.id, found_run(run.id)], rids) if e.place.rid in catalogue.held
        ]
        if not entered:
            raise RefusedError(f"{run.id[:8]} wrote nothing there", "`studio log` lists what was written")
        replaced = _replaced(entered, run.id)
        wanted = {(rid, number) for rid, r in replaced.items() for number in _needed(r, catalogue, rid)}
        documents = compared.ledger.documents(wanted)
        again = ["studio", "undo", run.id[:8], *(studio.workspace.prefix + path for path in scope if path)]
        restorer = Restorer(studio, compared, catalogue, join(again))
        undoing = _Undoing(studio, restorer, history, run.id, over=over)
        undoing.plan(replaced, documents)
        restorer.warn_of_unseen()
        before = LedgerMoment(run.at, run.id, before=True)
        return restorer.restored(before, history.left_out, dry_run=dry_run)


def _replaced(entered: Iterable["Entered"], push: str) -> dict[Rid, _Replaced]:
    """Each record before and after; the versions found by the push precede those that it wrote."""
    found: dict[Rid, _Replaced] = {}
    for e in entered:
        rid, own = e.place.rid, e.run == push
        if not own:
            found[rid] = _Replaced(e.after, None, e.number, 0, known=True, passing=True)
        elif rid in found:
            found[rid] = replace(found[rid], after=e.after, after_number=e.number, passing=False)
        else:
            number = e.before_number if e.before is not None else 0
            found[rid] = _Replaced(e.before, e.after, number, e.number, known=e.known, passing=False)
    return found


def _needed(one: _Replaced, catalogue: Catalogue, rid: Rid) -> Iterator[int]:
    """The numbers of the versions whose values are needed: what the push wrote, only to merge with it."""
    entry = catalogue.entries.get(rid)
    if one.number:
        yield one.number
        if entry is not None and one.after is not None and entry.digests != one.after.digests:
            yield one.after_number


class _Undoing:
    """Plans the undo of one push; `restorer` writes what it finds, or names what stays."""

    def __init__(
        self, studio: "Studio", restorer: Restorer, past: StorePast, run: str, *, over: bool
    ) -> None:
        self._studio, self._catalogue, self._restorer = studio, restorer.catalogue, restorer
        self._past, self._ledger = past, restorer.compared.ledger
        self._run, self._revision, self._found, self._over = run, run[:8], found_run(run), over
        self._deltas = {d.rid: d for d in restorer.compared.out.deltas}
        self._moved: dict[Rid, Version] = {}

    def plan(
        self, replaced: Mapping[Rid, _Replaced], documents: Mapping[tuple[Rid, int], Mapping[str, Value]]
    ) -> None:
        """Find what to write, parents before children."""
        ranks = {kind.name: i for i, kind in enumerate(self._studio.kinds)}
        held, made = self._catalogue.held, list[Rid]()
        for rid in sorted(replaced, key=lambda r: (ranks[held[r].place.kind], self._restorer.path(r))):
            one, entry = replaced[rid], self._catalogue.entries.get(rid)
            values = documents.get((rid, one.number))
            if one.before is None and one.known:
                made += [rid] * (entry is not None)
            elif values is None:
                message = "what it was before was pruned from the ledger"
                self._restorer.pass_over(rid, "pruned", message, "`studio log PATH` shows what is left")
            elif one.after is None and (entry is None or not one.passing):
                if entry is None:
                    self._restorer.revive(rid, values)
                    self._tell_more(rid, values)
                elif (delta := self._deltas.get(rid)) and not delta.remote and delta.standing in UNREAD:
                    self._not_seen(rid, delta)
                else:
                    self._restorer.settled += 1
            elif entry is not None and one.before is not None and one.after is not None:
                wrote = documents.get((rid, one.after_number))
                self._change(rid, entry, one.before, one.after, values, wrote)
            elif entry is None and self._over:
                self._restorer.revive(rid, values)
            elif entry is None:
                hint = f"bring it back all the same: {self._again(rid)} --over"
                self._restorer.pass_over(rid, "edited-since", "it was deleted since", hint)
        self._tell_made(made)
        self._tell_places()

    def _tell_more(self, rid: Rid, values: Mapping[str, Value]) -> None:
        """Report columns, and rows of other tables, that no file can bring back."""
        shown = f"studio show {self._found[:8]} {quote(self._shown(rid))}"
        if isinstance(elsewhere := values.get(ELSEWHERE), Mapping):
            rows = {table: len(found) for table, found in elsewhere.items() if isinstance(found, Sequence)}
            counts = ", ".join(f"{number:,} of {table}" for table, number in rows.items())
            message = f"rows of other tables that were deleted with it are not restored: {counts}"
            hint = f"they are kept, to be inserted again once this is pushed: {shown} --json"
            self._restorer.pass_over(rid, "rows-stay", message, hint, Severity.WARNING)
        if isinstance(more := values.get(MORE), Mapping):
            message = f"columns that studio doesn't know stay behind: {', '.join(more)}"
            hint = f"what they said: {shown}"
            self._restorer.pass_over(rid, "columns-stay", message, hint, Severity.WARNING)

    def _tell_made(self, made: list[Rid]) -> None:
        """Report all records that the push created."""
        if made:
            record = "this record, and it stays" if len(made) == 1 else f"{len(made)} records, and they stay"
            hint = "delete the files that are not wanted; then `studio push --delete`"
            self._restorer.pass_over(
                made[0], "made-later", f"that push made {record}", hint, Severity.WARNING
            )

    def _shown(self, rid: Rid) -> str:
        return self._studio.workspace.prefix + self._restorer.path(rid)

    def _tell_places(self) -> None:
        """Report what stays where it was moved to, with the moves back in the order in which they work."""
        prefix, made = self._studio.workspace.prefix, self._restorer.planned
        entries = {**self._catalogue.entries, **revived_files(made, self._catalogue)}
        for rid in [r for r, v in self._moved.items() if v.parent and v.parent not in entries]:
            folder = self._shown(self._moved.pop(rid).parent)
            self._stays(
                rid,
                f"restore its folder first: studio restore {quote(folder)} --to {self._revision}^; then"
                f" studio undo {self._revision}",
            )
        moves = FormerPlaces(self._studio.kinds, entries, self._moved).moves()
        ways = [f"studio mv {quote(prefix + m.old)} {quote(prefix + m.new)}" for m in moves]
        if len(ways) == 1:
            self._stays(moves[0].rid, f"move it back: {ways[0]}")
        elif ways:
            self._stays(moves[0].rid, f"move them back, in this order: {'; '.join(ways)}", len(ways))

    def _stays(self, rid: Rid, hint: str, count: int = 1) -> None:
        place = "its place stays" if count == 1 else f"the places of {count} records stay"
        self._restorer.pass_over(
            rid, "place-stays", f"{place}; only content is restored", hint, Severity.WARNING
        )

    def _change(
        self,
        rid: Rid,
        entry: "FileEntry",
        before: Version,
        after: Version,
        values: Mapping[str, Value],
        wrote: Mapping[str, Value] | None,
    ) -> None:
        kind = self._catalogue.kind(rid)
        if entry.digests is None:
            self._restorer.pass_over(rid, "invalid", "this file has an error", "`studio validate` names it")
            return
        old, new = field_digests(kind, before), field_digests(kind, after)
        now = field_digests(kind, Version(rid, kind.name, after.parent, entry.slot, entry.digests))
        slot = kind.slot_column
        changed = [name for name in old if old[name] != new.get(name)]
        if {PARENT, slot}.intersection(changed):
            self._moved[rid] = before
        stated = [n for n in changed if n not in (PARENT, slot) and now.get(n) != ABSENT]
        # A file that says what the push replaced may not have it yet: then nothing is back.
        later = [n for n in stated if self._is_later(self._deltas.get(rid), n)]
        fields = [n for n in stated if n in later or now[n] != old[n]]
        if later:
            self._not_seen(rid, self._deltas[rid], later)
        edited = [n for n in fields if n not in later and now[n] != new[n]]
        wanted = {n: values.get(n) for n in fields if n not in later and n not in edited}
        notes = [f"{STATUS}: {values.get(STATUS)}"] * (STATUS in wanted)
        if edited:
            said = self._studio.documents.values(entry)
            reversal = reversed_change(kind, edited, values, wrote, said)
            merged = {n: v for n, v in reversal.merged.items() if digest(v) != now[n]}
            notes += ["what was changed since stays"] if merged else []
            wanted |= merged
            if self._over:
                wanted |= reversal.overlapping
            elif reversal.overlapping:
                self._overlaps(rid, kind, said, reversal.overlapping)
                later += reversal.overlapping
        if wanted:
            self._restorer.add(rid, kind, Action.UPDATE, wanted, "; ".join(notes))
        elif not later:
            self._restorer.settled += 1

    def _not_seen(self, rid: Rid, delta: Delta, names: Sequence[str] = ()) -> None:
        """Leave what the database changed since, and the file has not: that comes first."""
        what = "deleted it" if delta.remote is None else f"changed {', '.join(names)}"
        message = f"the database has {what} since, and the file has not"
        first = f"studio pull {quote(self._shown(rid))}"
        if delta.standing is Standing.CONFLICT:
            first = self._restorer.resolving(delta)
        self._restorer.pass_over(rid, "not-seen", message, f"{first}; then {self._again(rid)}")

    def _overlaps(
        self, rid: Rid, kind: Kind, now: Mapping[str, Value | Omitted], then: Mapping[str, Value]
    ) -> None:
        """Leave what was changed since where it overlaps the push; show what `--over` would write there."""
        from studio_sync.sync.push.approving import excerpts

        steps = record_steps(self._past, self._ledger, rid, kind.name)
        who = ": ".join(filter(None, ("in the same places", changed_by(steps, self._run, then, now))))
        hint = f"take it back all the same: {self._again(rid)} --over\nit is (-), and would be (+):"
        hint = "\n".join([hint, *excerpts(kind, now, {**now, **then})])
        self._restorer.pass_over(rid, "edited-since", f"{', '.join(then)} changed since, {who}", hint)

    def _again(self, rid: Rid) -> str:
        return f"studio undo {self._revision} {quote(self._shown(rid))}"

    @staticmethod
    def _is_later(delta: Delta | None, name: str) -> bool:
        """Whether the database has a newer value in a field than the tree knows."""
        return delta is not None and (delta.remote is None or delta.fields.get(name) in UNREAD)
