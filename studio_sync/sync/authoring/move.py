"""`studio mv`: rename, renumber, reorder, and move to another parent; ids stay, and links follow."""

from posixpath import basename, dirname

from studio_sync.core.values.layout import Spot
from studio_sync.core.values.names import name_of, rank
from studio_sync.core.values.numbering import (
    first_number,
    increment,
    next_number,
    numbered,
    renumbered,
    room_at,
    rotated,
    sequence,
)
from studio_sync.core.values.record import OMITTED
from studio_sync.errors import RefusedError, UsageError
from studio_sync.files.tree import codec
from studio_sync.files.tree.outline import folder_of, name_of_folder
from studio_sync.files.workspace.draft import Draft
from studio_sync.sync.authoring.authoring_context import Bench
from studio_sync.sync.authoring.destination import Goal, Wanted


class Move:
    """Drafts one move."""

    def __init__(self, bench: Bench, source: str, to: str = "", before: str = "", after: str = "") -> None:
        """`source`, `to`, `before` and `after` are as a person gave them; all but the first may be ""."""
        self._bench, self._outline = bench, bench.outline
        self._source, self._to, self._before, self._after = source, to, before, after

    def draft(self) -> Draft:
        """Everything that is to be done. Raises UsageError or RefusedError."""
        loose = self._loose()
        if loose is not None:
            draft = Draft([loose] if loose[0] != loose[1] else [])
        else:
            self._spot = self._bench.find.record(self._source)
            self._parent = self._outline.above(self._spot)
            wanted = Wanted(self._bench, self._spot, self._to, self._before, self._after)
            draft = Draft(self._steps(wanted.goal()))
        self._bench.relink(draft)
        return self._bench.settle(draft)

    # --- how

    def _steps(self, goal: Goal) -> list[tuple[str, str]]:
        spot, bench = self._spot, self._bench
        here = goal.parent == self._parent
        siblings = [s for s in bench.siblings(spot.kind, goal.parent) if s.path != spot.path]
        taken = {s.slot: s for s in siblings}
        slot, moves = self._slot(goal, taken, here=here)
        reserved = bench.layout.reserved(spot.kind)
        name = goal.name or (
            renumbered(spot.kind, name_of_folder(spot), slot, reserved=reserved)
            if numbered(spot.kind)
            else name_of(spot.kind, slot, reserved=reserved)
            if spot.kind.slot
            else ""
        )
        if not numbered(spot.kind) and slot in taken:
            raise RefusedError(
                f"{bench.workspace.prefix}{taken[slot].path} is there already",
                "choose another name, or move that one first",
            )
        inner, own = bench.renumbering((taken[old], new) for old, new in moves.items())
        old, target = folder_of(spot), self._path(goal.parent, name)
        if slot != spot.slot:
            inner += bench.along(spot, old, slot)
        own[old] = target
        if target != old:
            bench.check_free(target, [old] if goal.name else own)
        self._order(goal, siblings, here=here)
        return [*inner, *sequence(own)]

    def _slot(self, goal: Goal, taken: dict[str, Spot], *, here: bool) -> tuple[str, dict[str, str]]:
        """The slot that the record gets, and who of `taken` gets which other one."""
        spot = self._spot
        if not numbered(spot.kind):
            return goal.slot or spot.slot, {}
        try:
            if goal.place is not None and here:
                moves = rotated({*taken, spot.slot}, spot.slot, goal.place.slot, after=goal.after)
                return moves.pop(spot.slot, spot.slot), moves
            if goal.place is not None:
                slot = increment(goal.place.slot) if goal.after else goal.place.slot
            elif goal.slot:
                slot = goal.slot
            else:
                above = goal.parent.slot if goal.parent and numbered(goal.parent.kind) else ""
                slot = next_number(taken, first_number(spot.kind, above))
            if here and slot in taken and spot.slot not in taken:
                after = rank(slot) > rank(spot.slot)
                moves = rotated({*taken, spot.slot}, spot.slot, slot, after=after)
                return moves.pop(spot.slot), moves
            return slot, room_at(slot, taken)
        except ValueError as error:
            raise UsageError(f"no number comes after {error}", "renumber it first") from None

    def _path(self, parent: Spot | None, name: str) -> str:
        kind = self._spot.kind
        folder = dirname(parent.path) if parent else ""
        inner = name if kind.folder else kind.file.replace("*", name)
        return f"{folder}/{inner}".lstrip("/")

    def _order(self, goal: Goal, siblings: list[Spot], *, here: bool) -> None:
        """Where files state an order of their own, the record takes its place in it."""
        spot, kind = self._spot, self._spot.kind
        if kind.order is None or (here and goal.place is None):
            return
        stated = self._outline.document(spot, self._bench.schemas)[1].values[kind.order.name]
        among = [*siblings, spot] if here else siblings
        value = self._bench.placed(kind, among, spot, goal.place, after=goal.after)
        if value is not None and value != stated:
            self._bench.set_order(spot, value)
        elif value is None and isinstance(stated, int):
            self._bench.edit(spot.path, self._without_order)

    def _without_order(self, data: bytes) -> bytes:
        spot, kind = self._spot, self._spot.kind
        if kind.order is None:
            return data
        document = self._outline.understood(spot, data, self._bench.schemas)
        changes = {kind.order.name: OMITTED}
        return codec.edited_text(kind, data.decode(), document, changes, self._bench.schemas).encode()

    # --- what is no record

    def _loose(self) -> tuple[str, str] | None:
        """The rename of a picture, or of anything else that is no record; None for a record."""
        try:
            old = self._bench.find.inner(self._source)
        except UsageError:
            return None
        if not old or not self._outline.there(old) or self._outline.at(old) is not None:
            return None
        if not self._to:
            raise UsageError("where to?", "give the new path")
        new = self._bench.find.inner(self._to)
        if (self._bench.workspace.content / new).is_dir():
            new = f"{new}/{basename(old)}".lstrip("/")
        self._bench.check_free(new, [old])
        return old, new
