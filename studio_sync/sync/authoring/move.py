"""`studio mv`: rename, renumber, reorder and move records; ids stay, and links are adapted."""

from posixpath import basename, dirname

from studio_sync.core.values.layout import TreeSpot
from studio_sync.core.values.names import name_of, rank
from studio_sync.core.values.numbering import (
    increment,
    numbered,
    renumbered,
    rotated,
    sequence,
    shift_numbers,
)
from studio_sync.core.values.record import OMITTED
from studio_sync.errors import RefusedError, UsageError
from studio_sync.files.tree.outline import folder_of, name_of_folder
from studio_sync.files.workspace.draft import Draft
from studio_sync.sync.authoring.authoring_context import AuthoringContext
from studio_sync.sync.authoring.destination import Destination, DestinationRequest


class RecordMove:
    """Drafts one move."""

    def __init__(
        self, context: AuthoringContext, source: str, to: str = "", before: str = "", after: str = ""
    ) -> None:
        """`source`, `to`, `before` and `after` are as typed; all but the first may be ""."""
        self._context, self._outline = context, context.outline
        self._source, self._to, self._before, self._after = source, to, before, after

    def draft(self) -> Draft:
        """Everything to do. Raises UsageError or RefusedError."""
        loose = self._loose()
        if loose is not None:
            draft = Draft([loose] if loose[0] != loose[1] else [])
        else:
            self._spot = self._context.find.record(self._source)
            self._parent = self._outline.above(self._spot)
            wanted = DestinationRequest(self._context, self._spot, self._to, self._before, self._after)
            draft = Draft(self._steps(wanted.destination()))
        self._context.relink(draft)
        return self._context.settle(draft)

    # --- kinds of moves

    def _steps(self, destination: Destination) -> list[tuple[str, str]]:
        spot, context = self._spot, self._context
        here = destination.parent == self._parent
        siblings = [s for s in context.siblings(spot.kind, destination.parent) if s.path != spot.path]
        taken = {s.slot: s for s in siblings}
        slot, moves = self._slot(destination, taken, here=here)
        reserved = context.layout.reserved(spot.kind)
        name = destination.name or (
            renumbered(spot.kind, name_of_folder(spot), slot, reserved=reserved)
            if numbered(spot.kind)
            else name_of(spot.kind, slot, reserved=reserved)
            if spot.kind.slot
            else ""
        )
        if not numbered(spot.kind) and slot in taken:
            raise RefusedError(
                f"{context.workspace.prefix}{taken[slot].path} is there already",
                "choose another name, or move that one first",
            )
        inner, own = context.renumbering((taken[old], new) for old, new in moves.items())
        old, target = folder_of(spot), self._path(destination.parent, name)
        if slot != spot.slot:
            inner += context.renumber_children(spot, old, slot)
        own[old] = target
        if target != old:
            context.check_free(target, [old] if destination.name else own)
        self._order(destination, siblings, here=here)
        return [*inner, *sequence(own)]

    def _slot(
        self, destination: Destination, taken: dict[str, TreeSpot], *, here: bool
    ) -> tuple[str, dict[str, str]]:
        """The record's new slot, and the new slots of those in `taken` that move on."""
        spot = self._spot
        if not numbered(spot.kind):
            return destination.slot or spot.slot, {}
        try:
            # One whose number another one has, too, is inserted: then each has its own.
            if destination.place is not None and here and spot.slot not in taken:
                moves = rotated(
                    {*taken, spot.slot}, spot.slot, destination.place.slot, after=destination.after
                )
                return moves.pop(spot.slot, spot.slot), moves
            if destination.place is not None:
                slot = increment(destination.place.slot) if destination.after else destination.place.slot
            elif destination.slot:
                slot = destination.slot
            else:
                slot = self._context.free_number(spot.kind, destination.parent, taken)
            if here and slot in taken and spot.slot not in taken:
                after = rank(slot) > rank(spot.slot)
                moves = rotated({*taken, spot.slot}, spot.slot, slot, after=after)
                return moves.pop(spot.slot), moves
            return slot, shift_numbers(slot, taken)
        except ValueError as error:
            raise UsageError(f"no number comes after {error}", "renumber it first") from None

    def _path(self, parent: TreeSpot | None, name: str) -> str:
        kind = self._spot.kind
        folder = dirname(parent.path) if parent else ""
        inner = name if kind.folder else kind.file.replace("*", name)
        return f"{folder}/{inner}".lstrip("/")

    def _order(self, destination: Destination, siblings: list[TreeSpot], *, here: bool) -> None:
        """If files state an order, give the record its place in it."""
        spot, kind = self._spot, self._spot.kind
        if kind.order is None or (here and destination.place is None):
            return
        stated = self._outline.document(spot, self._context.schemas)[1].values[kind.order.name]
        among = [*siblings, spot] if here else siblings
        value = self._context.placed(kind, among, spot, destination.place, after=destination.after)
        if value is not None and value != stated:
            self._context.set_order(spot, value)
        elif value is None and isinstance(stated, int):
            self._context.set_order(spot, OMITTED)

    # --- files that are no records

    def _loose(self) -> tuple[str, str] | None:
        """The rename of a picture or any other file that is no record; None for a record."""
        try:
            old = self._context.find.inner(self._source)
        except UsageError:
            return None
        if not old or not self._outline.has(old) or self._outline.at(old) is not None:
            return None
        if not self._to:
            raise UsageError("where to?", "give the new path")
        new = self._context.find.inner(self._to)
        if (self._context.workspace.content / new).is_dir():
            new = f"{new}/{basename(old)}".lstrip("/")
        self._context.check_free(new, [old])
        return old, new
