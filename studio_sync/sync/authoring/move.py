"""`studio mv`: rename, renumber, reorder, and move to another parent; ids stay, and links follow."""

import re
from contextlib import suppress
from dataclasses import dataclass
from posixpath import basename, dirname, splitext

from studio_sync.core.layout import Spot
from studio_sync.core.names import name_of, rank, slot_of
from studio_sync.core.numbering import (
    first_number,
    increment,
    next_number,
    numbered,
    renumbered,
    room_at,
    rotated,
    sequence,
)
from studio_sync.core.record import OMITTED
from studio_sync.errors import RefusedError, UsageError
from studio_sync.files import codec
from studio_sync.files.draft import Draft
from studio_sync.files.outline import folder_of, name_of_folder
from studio_sync.sync.authoring.bench import Bench
from studio_sync.sync.authoring.finding import called

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)*")


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a record is to be.

    `slot` and `name` (of its folder or file, without a file's ending) are "" where they follow from the
    rest. `place` is the record that it is put before or `after`.
    """

    parent: Spot | None
    slot: str = ""
    name: str = ""
    place: Spot | None = None
    after: bool = False


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
            draft = Draft(self._steps(self._goal()))
        self._bench.relink(draft)
        return self._bench.settle(draft)

    # --- where to

    def _goal(self) -> Goal:
        spot, bench = self._spot, self._bench
        word = self._before or self._after
        if word:
            if not numbered(spot.kind):
                raise UsageError(f"a {spot.kind.name} has no number to put it by", "name a folder instead")
            place = bench.find.record(word, bench.siblings(spot.kind, self._parent))
            if place.kind != spot.kind:
                raise UsageError(f"{word} is a {place.kind.name}, and not a {spot.kind.name}", "name another")
            if place.path == spot.path:
                raise UsageError("a record can't be put beside itself", "name another one")
            return Goal(self._outline.above(place), place=place, after=bool(self._after))
        if not self._to:
            return self._by_title()
        into = self._into()
        if into is not None:
            return Goal(into, slot="" if numbered(spot.kind) else spot.slot)
        if "/" not in self._to.strip("/"):
            return self._named(self._parent, self._to.strip("/"))
        inner = bench.find.inner(self._to)
        return self._named(self._parent_at(dirname(inner)), basename(inner))

    def _by_title(self) -> Goal:
        """The name that pull would give the folder: after what the record is called now."""
        spot = self._spot
        if not numbered(spot.kind) or spot.kind.slot is None:
            raise UsageError("where to?", "give the new name, or the folder that it is moved to")
        title = self._outline.document(spot, self._bench.schemas)[1].values[spot.kind.slot.title]
        reserved = self._bench.layout.reserved(spot.kind)
        name = name_of(spot.kind, spot.slot, title if isinstance(title, str) else "", reserved=reserved)
        return Goal(self._parent, spot.slot, name)

    def _into(self) -> Spot | None:
        """The record that this one is to be moved into, if that is what is asked for."""
        wanted = self._spot.kind.parent
        if not wanted:
            return None
        if "/" not in self._to.strip("/") and self._parent is not None:
            grand = self._outline.above(self._parent)
            near = self._bench.siblings(self._parent.kind, grand)
            found = [s for s in near if called(s, self._to.strip("/")) and s.path != self._parent.path]
            if len(found) == 1:
                return found[0]
        target = None
        with suppress(UsageError):
            inner = self._bench.find.inner(self._to)
            target = self._outline.at(inner) if inner and self._outline.there(inner) else None
        if target is None and self._spot.kind.slot is None and self._to != self._spot.kind.file:
            target = self._bench.find.record(self._to)
        if target is None or target.fault:
            return None
        if target.kind.name == wanted:
            return target
        if target.path == self._spot.path or target.kind == self._spot.kind:
            return None
        raise UsageError(
            f"{self._to} is a {target.kind.name}, and a {self._spot.kind.name} belongs in a {wanted}",
            f"name the folder of a {wanted}",
        )

    def _parent_at(self, folder: str) -> Spot | None:
        kind = self._spot.kind
        if not kind.folder and kind.slot is not None:
            folder = dirname(folder)
        if not kind.parent:
            if folder:
                raise UsageError(f"a {kind.name} stands at the top of the tree", "give a name alone")
            return None
        parent = self._outline.at(folder) if folder else None
        if parent is None or parent.kind.name != kind.parent or not self._outline.there(parent.path):
            raise UsageError(
                f"{self._bench.workspace.prefix}{folder} is no {kind.parent}",
                f"a {kind.name} belongs in the folder of a {kind.parent}",
            )
        return parent

    def _named(self, parent: Spot | None, name: str) -> Goal:
        """What a name says: a number alone, a number and more, or a name alone."""
        kind = self._spot.kind
        if kind.slot is None:
            raise UsageError(f"every {kind.name} is called {kind.file}", f"name a {kind.parent}")
        if not kind.folder:
            stem = splitext(name)[0] if name.endswith(splitext(kind.file)[1]) else name
            return Goal(parent, slot_of(kind.slot, stem), stem)
        if not numbered(kind):
            return Goal(parent, slot_of(kind.slot, name), name)
        if _NUMBER.fullmatch(name):
            return Goal(parent, slot_of(kind.slot, name))
        if not _NUMBER.fullmatch(name.partition("-")[0]):
            number = name_of_folder(self._spot).partition("-")[0]
            return Goal(parent, self._spot.slot, f"{number}-{name}")
        return Goal(parent, slot_of(kind.slot, name), name)

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
            raise RefusedError(f"{bench.workspace.prefix}{taken[slot].path} is there already")
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
