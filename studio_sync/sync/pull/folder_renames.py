"""Folders that a pull renames, as the places of their records changed; and where each file is meanwhile."""

from collections.abc import Sequence
from contextlib import suppress
from posixpath import basename, dirname, join

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.numbering import PARKED, Renames
from studio_sync.core.values.record import Rid
from studio_sync.errors import StudioError
from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.read.spool import Spool


class FolderRenames:
    """The renames of one pull: `made`. The folders of the `arrived` records have moved."""

    def __init__(self, compared: Compared, spool: Spool) -> None:
        self._compared, self._spool = compared, spool
        self.made = Renames()
        self.arrived: set[Rid] = set()

    def here(self, path: str) -> str:
        """The current path of a file, after renames of folders above it."""
        return self.made.moved(path)

    def make_way(self, writer: FileWriter, changes: Sequence[Change]) -> None:
        """Rename to a temporary name each folder whose name another one gets before it has moved itself.

        The temporary name keeps the old number: if the pull is killed, the next one has it still to move.
        """
        left = {dirname(c.path): c for c in changes if c.action is Action.UPDATE and c.moves}
        for change in tuple(left.values()):
            del left[dirname(change.path)]
            other = left.get(dirname(self._target(change, moved=False)))
            if other is not None:
                old = dirname(self.here(other.path))
                self._rename(writer, old, old + PARKED)

    def lasting(self, change: Change) -> str:
        """The current path of a file, or the one that it gets back if its folder has a temporary name."""
        path, folder = self.here(change.path), dirname(change.path)
        if not dirname(path).endswith(PARKED):
            return path
        above = dirname(self.here(join(dirname(folder), "-")))
        return join(above, basename(folder), basename(path))

    def put_back(self, writer: FileWriter, change: Change) -> None:
        """Rename a folder that could not be moved back to its old name."""
        now, back = dirname(self.here(change.path)), dirname(self.lasting(change))
        if now != back:
            with suppress(StudioError):
                self._rename(writer, now, back)

    def move(self, writer: FileWriter, change: Change) -> str:
        """Rename a record's folder to its row's new place; returns the path of its file."""
        target = self._target(change, moved=True)
        self._rename(writer, dirname(self.here(change.path)), dirname(target))
        self.arrived.add(change.rid)
        return target

    def _rename(self, writer: FileWriter, old: str, new: str) -> None:
        writer.rename(old, new)
        self.made.add(old, new)

    def _target(self, change: Change, *, moved: bool) -> str:
        """The path that a record's file will have; with `moved` after the renames above it so far."""
        if change.after is None:
            return change.path
        places = self._compared.places
        parent = places.path(change.after.parent) if change.after.parent else ""
        parent = self.here(parent) if moved else parent
        title = self._compared.out.facts[change.rid].title or self._title(change)
        return places.layout.path(change.kind, parent, change.after.slot, title)

    def _title(self, change: Change) -> str:
        """The title that names the folder of a row that was read only for its content."""
        name = f"row:{change.rid}"
        slot = change.kind.slot
        values = self._spool.get(name) if name in self._spool else {}
        return str(values.get(slot.title) or "") if slot is not None and slot.title else ""
