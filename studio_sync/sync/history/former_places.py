"""The way back to former places: the moves that bring records where they were, and not one more.

Each move is found as `studio mv` does it after those before it: a record takes its children's numbers along,
and siblings make room. So what a move brings back by the way has no move of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename, dirname

from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.names import name_of, rank
from studio_sync.core.values.numbering import follow_number, numbered, renumbered, rotated, shift_numbers
from studio_sync.core.values.record import Rid, Version
from studio_sync.files.memory.entries import FileEntry


@dataclass(frozen=True, slots=True)
class MoveBack:
    """A move of the folder `old` to `new`, relative to the content folder."""

    rid: Rid
    old: str
    new: str


class FormerPlaces:
    """Finds the moves back; `entries` are the files by record, `before` the former versions of what moved."""

    def __init__(self, kinds: Kinds, entries: Mapping[Rid, FileEntry], before: Mapping[Rid, Version]) -> None:
        self._kinds, self._entries, self._before = kinds, entries, before
        self._places = {rid: (e.parent, e.slot) for rid, e in entries.items()}
        """By record: its parent's file and its slot, after the moves found so far."""

    def moves(self) -> list[MoveBack]:
        """The moves in an order in which each can be made: what is inside a folder before the folder."""
        found: list[MoveBack] = []
        for kind in reversed(tuple(self._kinds)):
            moved = {rid: v for rid, v in self._before.items() if v.kind == kind.name}
            for rid, version in moved.items():
                above = self._parent(version)
                if above is not None and above != self._places[rid][0]:
                    found.append(self._move(kind, rid, above, self._wanted(kind, rid)))
            for above in dict.fromkeys(self._places[rid][0] for rid in moved):
                found += self._in_order(kind, above, moved)
        return found

    def _in_order(self, kind: Kind, above: str, moved: Mapping[Rid, Version]) -> list[MoveBack]:
        """The moves among the siblings below the file `above`, lowest number first."""
        among = self._among(kind, above)
        wanted = {rid: self._wanted(kind, rid) for rid in among if rid in moved}
        taken = set(wanted.values())
        wanted |= {
            rid: e for rid in among if rid not in moved and (e := self._entries[rid].slot) not in taken
        }
        return [
            self._move(kind, rid, above, slot)
            for rid, slot in sorted(wanted.items(), key=lambda item: rank(item[1]))
            if self._places[rid][1] != slot
        ]

    def _move(self, kind: Kind, rid: Rid, above: str, slot: str) -> MoveBack:
        """A move, whose effect on siblings is noted."""
        here, old = self._places[rid]
        source = self._folder(kind, rid)
        self._places[rid] = (above, slot)
        others = {self._places[r][1]: r for r in self._among(kind, above) if r != rid}
        if numbered(kind) and slot in others:
            stays = here == above and old not in others
            after = rank(slot) > rank(old)
            shifted = (
                rotated({*others, old}, old, slot, after=after) if stays else shift_numbers(slot, others)
            )
            for before, now in shifted.items():
                if before in others:  # not its own
                    self._places[others[before]] = (above, now)
        return MoveBack(rid, source, f"{dirname(above)}/{name_of(kind, slot)}".lstrip("/"))

    def _among(self, kind: Kind, above: str) -> Sequence[Rid]:
        return [
            rid
            for rid, (parent, _) in self._places.items()
            if parent == above and self._entries[rid].kind == kind.name
        ]

    def _folder(self, kind: Kind, rid: Rid) -> str:
        """The folder of a record after the moves found so far; folders above it have not moved yet."""
        entry, (above, slot) = self._entries[rid], self._places[rid]
        name = basename(dirname(entry.path))
        if slot != entry.slot:
            name = renumbered(kind, name, slot) if numbered(kind) else name_of(kind, slot)
        return f"{dirname(above)}/{name}".lstrip("/")

    def _wanted(self, kind: Kind, rid: Rid) -> str:
        """The slot that a record has to have before its parent is moved back, which takes it along."""
        version = self._before[rid]
        parent = self._before.get(version.parent)
        entry = self._entries.get(version.parent)
        if not numbered(kind) or parent is None or entry is None:
            return version.slot
        return follow_number(version.slot, parent.slot, entry.slot)

    def _parent(self, version: Version) -> str | None:
        """The file of the former parent, "" at the top; None if there is none now."""
        if not version.parent:
            return ""
        entry = self._entries.get(version.parent)
        return entry.path if entry else None
