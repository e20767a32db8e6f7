"""Writing files in a pull: minimal edits (splices), moves and new files; the memory is written last."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from sys import intern

from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.plan.reconcile import Action, Standing
from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.numbering import Renames
from studio_sync.core.values.record import PARENT, Rid, Version, digests, with_order
from studio_sync.core.values.value import ABSENT, Value
from studio_sync.errors import RefusedError, StudioError, UnavailableError
from studio_sync.files.memory.entries import Base, FileEntry, packed_stat
from studio_sync.files.tree import codec
from studio_sync.files.tree.disk.file_writer import SYNC_EACH_UP_TO, FileWriter
from studio_sync.files.tree.disk.plain_file import way_out
from studio_sync.files.tree.walking.listing import NO_STAT, may_hide_an_edit, read_content, stat_of
from studio_sync.files.yaml.splice import splice
from studio_sync.sync.compare.bases.new_bases import pulled_base
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.pull.deleting import Deleter, Failures
from studio_sync.sync.pull.folder_renames import FolderRenames
from studio_sync.sync.pull.new_files import NewFiles, Wanted, Written, with_new_files
from studio_sync.sync.pull.places_taken import PlacesTaken, places_taken
from studio_sync.sync.studio import Studio


@dataclass(frozen=True, slots=True)
class Pulled:
    """The result of a pull: the changes that were written, and those that failed, with the reason.

    `entries` are the written files, with their current problems. `renames` are those of folders.
    """

    done: tuple[Change, ...]
    failed: tuple[tuple[Change, StudioError], ...]
    entries: Collection[FileEntry]
    renames: Renames


class Puller:
    """Applies a plan's changes to files, then saves the new merge bases."""

    def __init__(self, studio: Studio, compared: Compared, numbered: Callable[[Base], Base]) -> None:
        """`numbered` gives a base its version number in the ledger."""
        self._content, self._checker, self._spool = studio.workspace.content, studio.schemas, studio.spool
        self._new_files, sides = NewFiles(studio.reader), compared.sides
        self._kinds, self._prefix, self._compared = sides.kinds, sides.files.prefix, compared
        self._memory, self._db = sides.base.memory, sides.base.db
        self._out, self._numbered = compared.out, numbered
        self._deltas = {d.rid: d for d in self._out.deltas}
        self._renames = FolderRenames(compared, studio.spool)
        self._here = self._renames.here

    def apply(self, plan: Plan, step: Callable[[int], None]) -> Pulled:
        """Write the files; the memory follows once everything is on disk."""
        writer = FileWriter(self._content, self._prefix, sync_each=len(plan.changes) <= SYNC_EACH_UP_TO)
        written: dict[Rid, FileEntry] = {}
        failed: Failures = []
        deleted: dict[Rid, str] = {}
        taken = places_taken(plan.changes, self._deltas)
        order = taken.in_order()
        doomed = [c for c in reversed(plan.changes) if c.action is Action.DELETE]
        created = [c for c in order if c.action is Action.CREATE]
        made = self._new_files.made(map(self._wanted, created), len(created))
        deleter = Deleter(
            self._deltas, self._out.paths, self._prefix, self._checker, self._renames, self._read
        )

        def delete(now: Collection[Change]) -> None:
            waiting = [change for change in doomed if change.rid not in deleted]
            for change in deleter.delete(waiting, now, failed, writer.remove, step):
                deleted[change.rid] = change.path

        try:
            if first := taken.first():
                delete(first)
            self._renames.make_way(writer, order)
            for change, new in with_new_files(writer, order, made, self._here, failed):
                try:
                    self._hold_parent(change, failed)
                    self._hold_place(change, taken, deleter, deleted, failed)
                    entry = self._create(writer, change, new) if new else self._edit(writer, change)
                    written[change.rid] = entry
                except StudioError as error:
                    failed.append((change, error))
                    self._renames.put_back(writer, change)
                step(1)
            early = {change.rid for change in first}
            delete([change for change in doomed if change.rid not in early])
        finally:
            made.close()
            writer.settle()
            with self._memory.changing():
                self._memory.move_folders(self._renames.made.steps)
                self._memory.put_files(written.values())
                self._memory.drop_files(deleted.values())
                self._memory.put_bases(self._db, self._bases(plan, written))
                self._memory.drop_bases(self._db, deleted, self._compared.resolver.at)
        done = tuple(c for c in plan.changes if c.rid in written or c.rid in deleted)
        return Pulled(done, tuple(failed), written.values(), self._renames.made)

    def _bases(self, plan: Plan, written: Mapping[Rid, FileEntry]) -> Iterator[Base]:
        """The new merge bases of the written files, in the order of their identities."""
        for change in sorted(plan.changes, key=attrgetter("rid")):
            entry, delta = written.get(change.rid), self._deltas[change.rid]
            if entry is not None and entry.digests is not None and delta.remote is not None:
                yield self._numbered(pulled_base(change, delta, self._out, entry.path, entry.digests))

    def _wanted(self, change: Change) -> Wanted:
        """The content of a new file, for the worker pool."""
        shown, remote = self._prefix + change.path, self._remote(change)
        without, row = self._left_out(remote), self._spool.text(f"row:{change.rid}")
        plain = self._out.facts[change.rid].plain
        own = change.rid if change.kind.identified else None
        return Wanted(shown, change.kind.name, remote.slot, own, without, row, plain)

    def _left_out(self, remote: Version) -> str:
        """The field that a new file omits, "" if none: the order, where numbers already give it."""
        order = self._kinds[remote.kind].order
        return order.name if order and remote.parent not in self._out.out_of_order else ""

    def _remote(self, change: Change) -> Version:
        remote = self._deltas[change.rid].remote
        if remote is None or change.after is None:
            raise ValueError(change.path)
        return remote

    def _create(self, writer: FileWriter, change: Change, made: Written) -> FileEntry:
        new = made.file
        kind, remote = change.kind, self._remote(change)
        path = self._here(change.path)
        shown = self._prefix + path
        stat = made.stat or writer.create(path, new.data)
        data = with_order(kind, remote.digests, ABSENT) if self._left_out(remote) else remote.digests
        problems = new.problems
        if problems and shown != new.shown:
            problems = codec.read_record(kind, remote.slot, shown, new.data, self._checker).problems
        parent, own = self._parent_path(path, kind), change.rid if kind.identified else None
        return FileEntry(path, packed_stat(stat), kind.name, parent, remote.slot, own, data, problems)

    def _edit(self, writer: FileWriter, change: Change) -> FileEntry:
        delta, kind, path = self._deltas[change.rid], change.kind, self._here(change.path)
        if change.before is None or change.after is None:
            raise ValueError(change.path)
        place = {PARENT, kind.slot_column}
        shown, slot = self._prefix + self._renames.lasting(change), change.after.slot
        before = self._read(path)
        document = codec.read_record(kind, slot, shown, before, self._checker).document
        if document is None or digests(kind, document.values) != change.before.digests:
            raise RefusedError(f"{shown} has changed meanwhile", "run the command again")
        edits: dict[str, Value] = {STATUS: kind.flow[0]} if kind.flow else {}
        own = document.id
        if delta.remote is not None:  # else the row is created again, at the first status
            row, merged = self._spool.get(f"row:{change.rid}"), set(delta.having(Standing.DIVERGED))
            values = {**row, **(self._spool.get(f"merge:{change.rid}") if merged else {})}
            edits = {n: (values if n in merged else row)[n] for n in change.fields if n not in place}
            own = own or (change.rid if kind.identified else None)
        try:
            text = codec.edited_text(kind, before.decode("utf-8"), document, edits, self._checker, own)
        except splice.SpliceError as error:
            raise RefusedError(
                f"{shown}: the change can't be written without touching the rest: {error}",
                f"edit {', '.join(edits)} by hand; `studio diff` shows the database's version",
            ) from None
        after = text.encode()
        if place & set(change.fields):
            path = self._renames.move(writer, change)
            shown = self._prefix + path
        stat = writer.replace(path, before, after) if after != before else stat_of(self._content / path)
        data = digests(kind, {**document.values, **edits})
        problems = codec.read_record(kind, slot, shown, after, self._checker).problems
        if may_hide_an_edit(stat, time.time_ns()):
            stat = NO_STAT
        parent = self._parent_path(path, kind)
        return FileEntry(path, packed_stat(stat), kind.name, parent, slot, own, data, problems)

    def _read(self, path: str) -> bytes:
        try:
            return read_content(self._content, path)
        except FileNotFoundError:
            raise RefusedError(f"{self._prefix}{path} is gone meanwhile", "run the command again") from None
        except OSError as error:
            raise UnavailableError(
                f"can't read {self._prefix}{path}: {error.strerror}", way_out(error)
            ) from None

    def _parent_path(self, path: str, kind: Kind) -> str:
        if not kind.parent:
            return ""
        up = path
        for _ in range(1 + (1 if kind.folder else kind.file.count("/"))):
            up = up.rpartition("/")[0]
        # Files of one folder share it: a hundred bytes less for each.
        return intern(f"{up}/{self._kinds[kind.parent].file}")

    def _hold_place(
        self, change: Change, taken: PlacesTaken, deleter: Deleter, gone: Collection[Rid], failed: Failures
    ) -> None:
        """Raise RefusedError for a record whose place another one keeps, as that can't be written.

        That one comes later only where records trade places.
        """
        for holder in taken.before(change.rid):
            if holder.rid in gone or holder.rid in self._renames.arrived:
                return
            if any(other.rid == holder.rid for other, _ in failed):
                path = self._prefix + self._renames.lasting(holder)
                raise RefusedError(f"its place is still that of {path}", "run the command again")
            deleter.unchanged(holder)

    @staticmethod
    def _hold_parent(change: Change, failed: Failures) -> None:
        """Raise RefusedError for a new file whose parent could not be written."""
        parent = change.after.parent if change.after is not None else ""
        for other, _ in failed:
            if other.rid == parent and change.action is Action.CREATE:
                raise RefusedError("the record above it could not be written", "run the command again")
