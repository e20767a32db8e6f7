"""Restore: write files as their records were at an earlier moment, as edits for the next push."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from posixpath import dirname
from shlex import join, quote
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import RecordHistory, part_names
from studio_sync.core.history.merge_base import Tip
from studio_sync.core.plan.plan import resolving
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.status.guards.approved_words import UNREAD_WORDS
from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.layout import renaming, whole_path
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import OMITTED, Omitted, Rid, Version
from studio_sync.core.values.value import Value, same
from studio_sync.errors import StudioError, UsageError
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.tree import codec
from studio_sync.files.tree.disk.file_writer import SYNC_EACH_UP_TO, FileWriter
from studio_sync.files.tree.lock import only_one
from studio_sync.sync.compare.bases.differing import Differing
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.findings import unknown_entries
from studio_sync.sync.history.catalogue import Catalogue
from studio_sync.sync.history.intent import record_intent
from studio_sync.sync.history.log import hold_readable, moment
from studio_sync.sync.history.revivals import Restored, Revival, is_seen, with_approved_words
from studio_sync.sync.read.granted_folders import hold_reachable

if TYPE_CHECKING:
    from studio_sync.database.values.ledger_past import LedgerMoment, Past
    from studio_sync.sync.compare.compared import Compared
    from studio_sync.sync.studio import Studio


def restore(
    studio: "Studio", source: DatabaseSource, scope: tuple[str, ...], to: str = "", *, dry_run: bool = False
) -> Restored:
    """Write the files at or below `scope` as in the ledger at the moment `to`, "" for the newest.

    A file is written only if that loses nothing: its words are in the database or in HEAD, and HEAD knows
    the database's version, so that git shows the restore as an edit. Raises UsageError.
    """
    lock = nullcontext() if dry_run else only_one(studio.workspace.state / "lock")
    with lock, studio.comparing(source, remember=not dry_run) as (store, compared):
        hold_readable(compared.ledger, source.label)
        hold_reachable(studio, store, scope)
        runs = store.past()
        catalogue = Catalogue(studio.workspace, studio.layout, studio.memory, runs)
        rids = catalogue.below(scope, writes=True)
        if not rids:
            raise UsageError(
                "the ledger has no record that is or last was at that path", "`studio log` lists it"
            )
        at = moment(runs, to)
        said = ["studio", "restore", *(studio.workspace.prefix + path for path in scope)]
        restorer = Restorer(studio, compared, catalogue, join([*said, "--to", to] if to else said))
        restorer.plan(rids, runs.at(rids, at))
        return restorer.restored(at, runs.left_out, dry_run=dry_run)


class Restorer:
    """Plans which files to restore, and writes them. `settled` counts the files already as they were then."""

    def __init__(self, studio: "Studio", compared: "Compared", catalogue: Catalogue, again: str) -> None:
        """`again` is the command that restores this once more, for people to type."""
        self._again = again
        self._studio, self.compared, self.catalogue = studio, compared, catalogue
        self.planned: list[Revival] = []
        self._left: list[Problem] = []
        self.settled = 0
        self._deltas = {d.rid: d for d in compared.out.deltas}
        self._files = {entry.path for entry in catalogue.entries.values()}
        self._slots = dict(catalogue.places)
        self._passed: set[str] = set()

    def plan(self, rids: Iterable[Rid], past: Mapping[Rid, "Past"]) -> None:
        """Find the files to write, parents before children."""
        ranks = {kind.name: i for i, kind in enumerate(self._studio.kinds)}
        ordered = sorted(rids, key=lambda r: (ranks[self.catalogue.held[r].place.kind], self.path(r)))
        heads = self.compared.resolver.heads([self._differing(rid) for rid in ordered])
        for rid in ordered:
            then, entry = past.get(rid), self.catalogue.entries.get(rid)
            if then is None or then.values is None:
                if entry is not None:
                    when = "was made later" if then is None else "was deleted at that time"
                    hint = "delete it yourself if it is not wanted; then `studio push --delete`"
                    self.pass_over(
                        rid, "made-later", f"this {when}, and stays as it is", hint, Severity.WARNING
                    )
                continue
            if rid not in heads:
                continue  # the ledger lost the record since the list was read
            history, tip = heads[rid]
            values = then.values
            # A file that comes back as the database has it is no edit that HEAD must show.
            newest = entry is None and then.number == history.latest
            if not self._may(rid, entry, history, None if newest else tip):
                continue
            if entry is not None:
                self._change(rid, entry, values)
            else:
                self.revive(rid, values)

    def path(self, rid: Rid) -> str:
        """The path of a record's file now, or its last one."""
        return self.catalogue.path(rid)

    def _differing(self, rid: Rid) -> Differing:
        entry = self.catalogue.entries.get(rid)
        held = self.catalogue.held[rid].place
        kind = self.catalogue.kind(rid)
        local = None
        if entry and entry.digests:
            local = Version(rid, kind.name, held.parent, entry.slot, entry.digests)
        return Differing(rid, kind, None, local, held, entry)

    def _may(self, rid: Rid, entry: FileEntry | None, history: RecordHistory, tip: Tip | None) -> bool:
        """Whether the file may be written without losing words, and git will show it as an edit."""
        delta = self._deltas.get(rid)
        if entry is not None and entry.digests is None:
            self.pass_over(rid, "invalid", "this file has an error", "`studio validate` names it")
        elif delta is not None and delta.standing is Standing.CONFLICT:
            hint = f"{self.resolving(delta)}; commit, then restore"
            self.pass_over(rid, "conflict", "file and database are in conflict about this", hint)
        elif delta is not None and delta.standing is not Standing.AHEAD:
            message = "the database has a version that this file has not"
            self.pass_over(rid, "not-seen", message, "pull, commit, then restore")
        elif delta is not None and delta.local is not None and not _kept(delta.local, history, tip):
            message = "this file has edits that are stored nowhere else"
            self.pass_over(rid, "unsaved", message, "commit or push them first")
        elif tip is not None and not is_seen(tip, history, delta, entry):
            message = "HEAD does not have the database's version of this"
            first = "commit" if delta is None else "`studio push`, commit"
            self.pass_over(rid, "not-seen", message, f"{first}, then restore")
        else:
            return True
        return False

    def resolving(self, delta: Delta) -> str:
        """The way out of a record's conflict."""
        out = self.compared.out
        place = self._shown(out.resolved_at(delta))
        return resolving(place, done_first=out.done_first(delta), along=out.decided_with(delta))

    def _change(self, rid: Rid, entry: FileEntry, values: Mapping[str, Value]) -> None:
        kind = self.catalogue.kind(rid)
        now = self._studio.documents.values(entry)
        changes = {
            name: values[name]
            for name, value in now.items()
            if name in values and not isinstance(value, Omitted) and not same(value, values[name])
        }
        if not changes:
            self.settled += 1
            return
        note = f"{STATUS}: {now.get(STATUS)} → {changes[STATUS]}" if STATUS in changes else ""
        self.add(rid, kind, Action.UPDATE, changes, note)

    def revive(self, rid: Rid, values: Mapping[str, Value]) -> None:
        """A new file for a record without one: at its last path, with its old id."""
        kind, place, path = self.catalogue.kind(rid), self.catalogue.held[rid].place, self.path(rid)
        parent = self.catalogue.path(place.parent) if place.parent else ""
        if parent and parent not in self._files:
            if parent in self._passed:
                self._passed.add(path)  # what keeps the record above it out is said there
                return
            hint = f"restore {self._shown(dirname(parent))} too"
            self.pass_over(rid, "parent-first", "the record above it has no file", hint)
            return
        if other := self._slots.get((parent, kind.name, place.slot)):
            folder = self._shown(whole_path(kind, other))
            hint = f"give that one another: {renaming(kind, folder)}; then: {self._again}"
            message = f"its place, {place.slot}, is another one's by now: {folder}"
            self.pass_over(rid, "collision", message, hint)
            return
        if (self._studio.workspace.content / path).exists():
            self.pass_over(rid, "in-the-way", "something else is in its place", "move it out of the way")
            return
        fields: dict[str, Value | Omitted] = {f.name: values.get(f.name) for f in kind.fields}
        if kind.order:
            fields[kind.order.name] = OMITTED
        note = "new file, with its old id" if kind.identified else "new file"
        delta = self._deltas.get(rid)
        if (
            kind.flow
            and (delta is None or delta.remote is None)
            and fields[STATUS] not in (None, kind.flow[0])
        ):
            note += f"; {STATUS}: {kind.flow[0]}, as for every new row (it was {fields[STATUS]})"
            fields[STATUS] = kind.flow[0]
        self._files.add(path)
        self._slots[parent, kind.name, place.slot] = path
        self.add(rid, kind, Action.CREATE, fields, note)

    def add(
        self, rid: Rid, kind: Kind, action: Action, values: Mapping[str, Value | Omitted], note: str
    ) -> None:
        """Plan to write these values of a record."""
        key, path = self.catalogue.key(rid), self.path(rid)
        self.planned.append(Revival(rid, kind, key, path, action, values, note))

    def pass_over(
        self, rid: Rid, code: str, message: str, hint: str, severity: Severity = Severity.ERROR
    ) -> None:
        """Leave a record out, with the reason."""
        self._passed.add(self.path(rid))
        self._left.append(Problem(self._shown(self.path(rid)), 0, 0, code, message, hint, severity))

    def warn_of_unseen(self) -> None:
        """Name what HEAD has not seen of the database: what is planned would look like old files."""
        heads = self.compared.resolver.heads([self._differing(one.rid) for one in self.planned])
        entries, deltas = self.catalogue.entries, self._deltas
        unseen = [
            rid
            for rid, (history, tip) in heads.items()
            if tip is not None and not is_seen(tip, history, deltas.get(rid), entries.get(rid))
        ]
        if unseen:
            what = "this" if len(unseen) == 1 else f"{len(unseen):,} records"
            message = f"HEAD has not seen what the database says of {what}: other clones see an old file here"
            hint = "`studio push` it before you commit it"
            self.pass_over(unseen[0], "not-seen", message, hint, Severity.WARNING)

    def _shown(self, path: str) -> str:
        return self._studio.workspace.prefix + path

    # --- writing

    def restored(self, at: "LedgerMoment", left_out: Collection[str], *, dry_run: bool) -> Restored:
        """Write what was planned, if not `dry_run`; a file that can't be written is left, with the reason.

        `left_out` are the entries of the ledger that this version of studio doesn't know.
        """
        entries, documents = self.catalogue.entries, self._studio.documents
        revivals, unread = with_approved_words(
            self.planned,
            self.compared.ledger,
            self._studio.workspace.rules,
            lambda rid: documents.values(entries[rid]) if rid in entries else {},
        )
        for one in unread:
            message = f"not the words that were {one.values[STATUS]}: its status stays"
            hint = f"read it as it is now, then `studio advance {quote(self._shown(one.path))}`"
            self.pass_over(one.rid, UNREAD_WORDS, message, hint)
        failed: dict[Rid, StudioError] = {}
        if revivals and not dry_run:
            failed = self._write_all(revivals)
        for rid, error in failed.items():
            self.pass_over(rid, "failed", error.message, error.hint)
        done = [revival for revival in revivals if revival.rid not in failed]
        left = (*self._left, *unknown_entries(left_out))
        return Restored(at, done, left, self.settled, list(failed.values()))

    def _write_all(self, revivals: Sequence[Revival]) -> dict[Rid, StudioError]:
        """Write these files, and save that this was intended; returns the errors of those that failed."""
        failed: dict[Rid, StudioError] = {}
        workspace = self._studio.workspace
        writer = FileWriter(workspace.content, workspace.prefix, sync_each=len(revivals) <= SYNC_EACH_UP_TO)
        with self._studio.documents.writing():
            for revival in revivals:
                try:
                    self._write(writer, revival)
                except StudioError as error:
                    failed[revival.rid] = error
            writer.settle()
        # All fields of a new file are intended, with its place.
        new = (part_names(r.kind) if r.action is Action.CREATE else r.values for r in revivals)
        written = {r.path: names for r, names in zip(revivals, new, strict=True) if r.rid not in failed}
        record_intent(self._studio, written)
        return failed

    def _write(self, writer: FileWriter, revival: Revival) -> None:
        kind, schemas = revival.kind, self._studio.schemas
        if revival.action is Action.CREATE:
            own = revival.rid if kind.identified else None
            writer.create(revival.path, codec.new_text(kind, revival.values, own, schemas).encode())
            return
        entry = self.catalogue.entries[revival.rid]
        before, document = self._studio.documents.unchanged(entry)
        text = codec.edited_text(kind, before.decode(), document, revival.values, schemas)
        writer.replace(entry.path, before, text.encode())


def _kept(local: Version, history: RecordHistory, tip: Tip | None) -> bool:
    """Whether a file's content is in the ledger or in HEAD."""
    in_head = tip is not None and tip.content is not None and tip.content.digests == local.digests
    return in_head or bool(history.numbers_of(local))
