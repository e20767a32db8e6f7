"""The destination of a move: a number, a name, a parent, a path, or a place beside another record."""

import re
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from posixpath import basename, dirname, splitext

from studio_sync.core.values.kind import Slot, Type
from studio_sync.core.values.layout import TreeSpot
from studio_sync.core.values.names import is_new_name, name_of, slot_of
from studio_sync.core.values.numbering import numbered
from studio_sync.core.values.phrases import a
from studio_sync.errors import UsageError
from studio_sync.files.tree.outline import name_of_folder
from studio_sync.sync.authoring.authoring_context import AuthoringContext
from studio_sync.sync.authoring.finding import called

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)*")


@dataclass(frozen=True, slots=True)
class Destination:
    """The new place of a record.

    `slot` and `name` (of its folder, or of its file without suffix) are "" if they follow from the rest.
    `place` is the record that it is put before or `after`.
    """

    parent: TreeSpot | None
    slot: str = ""
    name: str = ""
    place: TreeSpot | None = None
    after: bool = False


class DestinationRequest:
    """Parses a person's destination for one record."""

    def __init__(
        self, context: AuthoringContext, spot: TreeSpot, to: str, before: str = "", after: str = ""
    ) -> None:
        """`to`, `before` and `after` are as typed; "" if not given."""
        self._context, self._outline, self._spot = context, context.outline, spot
        self._parent = self._outline.above(spot)
        self._to, self._before, self._after = to, before, after
        self._word = to.strip("/")

    def destination(self) -> Destination:
        """The destination. Raises UsageError."""
        spot, context = self._spot, self._context
        word = self._before or self._after
        if word:
            if not numbered(spot.kind):
                raise UsageError(f"{a(spot.kind.name)} has no number to put it by", "name a folder instead")
            place = context.find.record(word, context.siblings(spot.kind, self._parent))
            if place.kind != spot.kind:
                raise UsageError(
                    f"{word} is {a(place.kind.name)}, and not {a(spot.kind.name)}", "name another"
                )
            if place.path == spot.path:
                raise UsageError("a record can't be put beside itself", "name another one")
            return Destination(self._outline.above(place), place=place, after=bool(self._after))
        if not self._to:
            return self._by_title()
        into = self._into()
        if into is not None:
            return Destination(into, slot="" if numbered(spot.kind) else spot.slot)
        if self._word in ("", ".", ".."):
            raise UsageError(
                f"{self._to} is not the folder of {a(spot.kind.parent or 'record')} here",
                "give a new name or number, or the folder that it is moved to",
            )
        if "/" not in self._word:
            return self._named(self._numbered_parent(self._word), self._word)
        inner = context.find.inner(self._to)
        return self._named(self._parent_at(dirname(inner)), basename(inner))

    def _by_title(self) -> Destination:
        """The folder name that a pull would choose, from the record's current title."""
        spot = self._spot
        if not numbered(spot.kind) or spot.kind.slot is None:
            raise UsageError("where to?", "give the new name, or the folder that it is moved to")
        title = self._outline.document(spot, self._context.schemas)[1].values[spot.kind.slot.title]
        reserved = self._context.layout.reserved(spot.kind)
        name = name_of(spot.kind, spot.slot, title if isinstance(title, str) else "", reserved=reserved)
        return Destination(self._parent, spot.slot, name)

    def _numbered_parent(self, word: str) -> TreeSpot | None:
        """The parent whose number a new number begins with, as in `2.1`; or else the record's own."""
        parent, (head, dot, _) = self._parent, word.partition("-")[0].rpartition(".")
        if parent is None or not dot or not (numbered(self._spot.kind) and numbered(parent.kind)):
            return parent
        near = self._context.siblings(parent.kind, self._outline.above(parent))
        found = [s for s in near if called(s, head)]
        return found[0] if len(found) == 1 else parent

    def _into(self) -> TreeSpot | None:
        """The record to move into, if that was requested."""
        wanted = self._spot.kind.parent
        if not wanted:
            return None
        if "/" not in self._word and self._parent is not None:
            grand = self._outline.above(self._parent)
            near = self._context.siblings(self._parent.kind, grand)
            found = [s for s in near if called(s, self._word) and s.path != self._parent.path]
            if len(found) == 1:
                return found[0]
        target = None
        with suppress(UsageError):
            inner = self._context.find.inner(self._to)
            target = self._outline.at(inner) if inner and self._outline.has(inner) else None
        slotless = self._spot.kind.slot is None and self._to != self._spot.kind.file
        if target is None and (slotless or "/" in self._word):
            # A key; of what has a slot it may also be the path of a new place.
            with nullcontext() if slotless else suppress(UsageError):
                target = self._context.find.record(self._to)
        if target is None or target.fault:
            return None
        if target.kind.name == wanted:
            return target
        if target.path == self._spot.path or target.kind == self._spot.kind:
            return None
        raise UsageError(
            f"{self._to} is {a(target.kind.name)}, and {a(self._spot.kind.name)} belongs in {a(wanted)}",
            f"name the folder of {a(wanted)}",
        )

    def _parent_at(self, folder: str) -> TreeSpot | None:
        kind = self._spot.kind
        if not kind.folder and kind.slot is not None:
            folder = dirname(folder)
        if not kind.parent:
            if folder:
                raise UsageError(f"{a(kind.name)} belongs at the top of the tree", "give a name alone")
            return None
        parent = self._outline.at(folder) if folder else None
        if parent is None or parent.kind.name != kind.parent or not self._outline.has(parent.path):
            raise UsageError(
                f"{self._context.workspace.prefix}{folder} is no {kind.parent}",
                f"{a(kind.name)} belongs in the folder of {a(kind.parent)}",
            )
        return parent

    def _named(self, parent: TreeSpot | None, name: str) -> Destination:
        """Parse a name: a number alone, a number with more, or a name alone."""
        kind = self._spot.kind
        if kind.slot is None:
            raise UsageError(f"every {kind.name} is called {kind.file}", f"name {a(kind.parent)}")
        if name != name_of_folder(self._spot) and not is_new_name(name):
            raise UsageError(
                f"{name!r} is no name for a new folder or file", "take letters, digits and hyphens"
            )
        if not kind.folder:
            stem = splitext(name)[0] if name.endswith(splitext(kind.file)[1]) else name
            return Destination(parent, _slot(kind.slot, stem), stem)
        if not numbered(kind):
            return Destination(parent, _slot(kind.slot, name), name)
        if _NUMBER.fullmatch(name):
            return Destination(parent, _slot(kind.slot, name))
        if not _NUMBER.fullmatch(name.partition("-")[0]):
            number = name_of_folder(self._spot).partition("-")[0]
            return Destination(parent, self._spot.slot, f"{number}-{name}")
        return Destination(parent, _slot(kind.slot, name), name)


def _slot(place: Slot, name: str) -> str:
    """The slot that the name of a new folder or file spells. Raises UsageError."""
    try:
        return slot_of(place, name)
    except ValueError as e:
        if place.type is not Type.INTEGER:
            raise UsageError(f"{name!r} is no name: {e}", "take letters, digits and hyphens") from None
        message = f"{name!r} begins with no whole number from 0 to {2**31 - 1}"
        raise UsageError(message, f"give a {place.column} as in 3 or 3-a-name") from None
