"""Finding the record that a person names: by path, key, or a nearby number or name."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from posixpath import dirname, normpath

from studio_sync.core.values.kind import Kind, Type
from studio_sync.core.values.layout import TreeSpot
from studio_sync.core.values.phrases import a
from studio_sync.errors import UsageError
from studio_sync.files.tree.outline import Outline, name_of_folder
from studio_sync.files.workspace.workspace import Workspace

_FEW = 6
_PLACE = re.compile(r"(?<=.):\d+(?::\d+)?:?$")


class Finder:
    """Finds records from the current folder. Failures are UsageErrors that say what to type."""

    def __init__(self, workspace: Workspace, outline: Outline, here: Path) -> None:
        self._workspace, self._outline, self._here = workspace, outline, here
        # Folders in a key between a record and its children that are no record's own.
        self._holders = {dirname(kind.file) for kind in outline.layout.kinds} - {""}

    def inner(self, given: str) -> str:
        """A typed path, relative to the content folder; it need not exist."""
        path = Path(normpath((self._here / given).as_posix()))
        content = self._workspace.content
        if not path.is_relative_to(content):
            path = path.resolve()
        if not path.is_relative_to(content):
            raise UsageError(
                f"{given} is outside the content folder {content}", "give the path of something below it"
            )
        inner = path.relative_to(content).as_posix()
        return "" if inner == "." else inner

    @property
    def here(self) -> str:
        """The current folder inside the tree; "" from anywhere outside."""
        content = self._workspace.content
        if not self._here.is_relative_to(content) or self._here == content:
            return ""
        return self._here.relative_to(content).as_posix()

    def record(self, word: str, among: Sequence[TreeSpot] = ()) -> TreeSpot:
        """The record named by `word`, preferring those in `among`."""
        near = [spot for spot in among if called(spot, word)]
        if len(near) == 1:
            return near[0]
        path = self._path(word) or self._path(without_place(word))
        if path is not None:
            spot = self._outline.at(path)
            if spot is None or spot.fault or not self._outline.has(spot.path):
                raise UsageError(f"{word} is no record", "name the folder of one, or its file")
            return spot
        found = self.found(word)
        if found is None:
            raise UsageError(
                f"there is no {word} here", "give the path of a folder or file, or a number nearby"
            )
        return found

    def found(self, word: str) -> TreeSpot | None:
        """The record named by `word`, as key, number or name; None if there is none.

        Raises UsageError if it is ambiguous.
        """
        return self._by_key(word) or self._near(word)

    def _path(self, word: str) -> str | None:
        """The path `word`, relative to here or to the content folder, if it exists."""
        try:
            inner = self.inner(word)
        except UsageError:
            inner = ""
        if inner and self._outline.has(inner):
            return inner
        inner = normpath(word.replace("\\", "/")).strip("/")
        if inner.startswith("..") or inner == "." or not self._outline.has(inner):
            return None
        return inner

    def _by_key(self, word: str) -> TreeSpot | None:
        """The record with the natural key `word`: `acme-bank/leading-with-trust/1/1.1`."""
        first, *rest = word.strip("/").split("/")
        found = self._inside([s for s in self._folders("") if called(s, first)], rest)
        return found[0] if rest and len(found) == 1 else None

    def _inside(self, spots: list[TreeSpot], names: Sequence[str]) -> list[TreeSpot]:
        """The records that `names` lead to from any of `spots`, one folder for each name."""
        for name in names:
            if name not in self._holders:
                spots = [s for above in spots for s in self._within(above) if called(s, name)]
        return spots

    def _within(self, above: TreeSpot) -> Iterator[TreeSpot]:
        """The children of a record: those with folders of their own, and those in its folder."""
        folder = dirname(above.path)
        for kind in self._outline.layout.kinds.children(above.kind.name):
            if kind.slot is not None:
                yield from self._outline.beside(kind, folder)
            elif self._outline.has(f"{folder}/{kind.file}"):
                yield from filter(None, [self._outline.layout.spot(f"{folder}/{kind.file}")])

    def _folders(self, folder: str) -> Iterator[TreeSpot]:
        here = self._outline.at(folder) if folder else None
        for kind in self._outline.layout.kinds.children(here.kind.name if here else ""):
            if kind.folder:
                yield from self._outline.beside(kind, folder)

    def _near(self, word: str) -> TreeSpot | None:
        """The only record with that number or name in the nearest folder that has any."""
        first, *rest = word.strip("/").split("/")
        if first == "..":
            raise UsageError(f"there is no {word} here", "check the path; it may be quoted wrongly")
        folder = self.here
        while True:
            near = [s for s in self._outline.below(folder) if s.kind.slot and called(s, first)]
            found = self._inside(near, rest)
            if len(found) == 1:
                return found[0]
            if found:
                raise UsageError(f"{word} may be any of {len(found)}: {self._listed(found)}", "give the path")
            if not folder:
                return None
            folder = dirname(folder)

    def parent(self, kinds: Sequence[Kind], word: str) -> tuple[Kind, TreeSpot | None]:
        """The kind, of `kinds`, for a place, and its parent record; None at the top.

        The place is `word`, or else the current folder.
        """
        top = [kind for kind in kinds if not kind.parent]
        if top:
            return top[0], None
        given = word not in ("", ".")
        spot = self.record(word) if given else self._outline.at(self.here) if self.here else None
        start = spot
        while spot is not None:
            for kind in kinds:
                if spot.kind.name == kind.parent and self._outline.has(spot.path):
                    return kind, spot
            spot = self._outline.above(spot)
        wanted = " or ".join(kind.parent for kind in kinds)
        if given and start is not None:
            raise UsageError(
                f"{word} is {a(start.kind.name)}, and what is made here belongs in {a(wanted)}",
                f"name the folder of {a(wanted)}",
            )
        below = [s for s in self._outline.below(self.here) if s.kind.name in {k.parent for k in kinds}]
        if len(below) == 1:
            return next(k for k in kinds if k.parent == below[0].kind.name), below[0]
        if not below:
            raise UsageError(f"there is no {wanted} here", f"name the folder of {a(wanted)}")
        raise UsageError(f"which {wanted}? There are {len(below)}: {self._listed(below)}", "name its folder")

    def _listed(self, spots: Sequence[TreeSpot]) -> str:
        shown = [
            self._workspace.prefix + (dirname(s.path) if s.kind.folder else s.path) for s in spots[:_FEW]
        ]
        return ", ".join(shown) + (", …" if len(spots) > _FEW else "")


def without_place(word: str) -> str:
    """A path without the line and column that follow it in a printed problem."""
    return _PLACE.sub("", word)


def called(spot: TreeSpot, word: str) -> bool:
    """Whether `word` is a name of the record: its number, slug or type, or its folder."""
    if spot.slot == "" and word in (spot.kind.name, spot.kind.file):
        return True
    if word and word in (spot.slot, name_of_folder(spot)):
        return True
    slot = spot.kind.slot
    return slot is not None and slot.type is Type.INTEGER and word.isdecimal() and str(int(word)) == spot.slot
