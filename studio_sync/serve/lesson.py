"""The content of a record's folder for a page: its parts, their values and problems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import dirname, join, normpath, splitext

from studio_sync.core.values.kind import FieldPlace, Kind, Kinds
from studio_sync.core.values.layout import TreeSpot
from studio_sync.core.values.names import rank
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Omitted, digests, values_mark
from studio_sync.core.values.value import Value
from studio_sync.files.tree import codec
from studio_sync.files.tree.disk.inside import OutsideError, inside
from studio_sync.files.tree.disk.plain_file import is_plain_file
from studio_sync.files.tree.outline import Outline
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.read.reader import Reader

LessonValues = Mapping[str, Value | Omitted]


@dataclass(frozen=True, slots=True)
class LessonPart:
    """A record of a folder: its own, or one of its contents.

    `values` is None if there is no such record, or it can't be read. `text` is the file's line where the body
    begins; `items` are the lines where list items begin, by field. `mark` changes with the file's values, and
    is "" without a file.
    """

    kind: Kind
    path: str
    values: LessonValues | None
    problems: tuple[Problem, ...] = ()
    text: int = 1
    items: Mapping[str, Sequence[int]] | None = None
    exists: bool = True
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """Another record that a page links to: its folder, and its name for people."""

    folder: str
    title: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A folder with its parts, its ancestors and children, and its previous and next sibling."""

    spot: TreeSpot
    folder: str
    parts: tuple[LessonPart, ...]
    above: tuple[Near, ...]
    below: tuple[Near, ...]
    before: Near | None = None
    after: Near | None = None

    @property
    def title(self) -> str:
        """Its name for people."""
        return title_of(self.parts[0].kind, self.parts[0].values) or self.spot.slot

    def saying(self, values: Mapping[str, LessonValues]) -> "Lesson":
        """A copy with other values, by file path: those of the database, or of a revision."""
        parts = tuple(
            replace(p, values=values.get(p.path), problems=(), items=None, exists=p.path in values, mark="")
            for p in self.parts
        )
        return replace(self, parts=parts)


class Lessons:
    """Reads the folders of one workspace, from its current files."""

    def __init__(self, workspace: Workspace, kinds: Kinds) -> None:
        self.workspace, self.kinds = workspace, kinds
        self._reader = Reader(
            workspace.content, workspace.prefix, kinds, workspace.schemas, workspace.advice, around=True
        )
        self.layout = self._reader.layout
        self.outline = Outline(workspace.content, self.layout)

    def find(self, folder: str) -> TreeSpot | None:
        """The record whose folder this is, if any."""
        try:
            inside(self.workspace.content, f"{folder}/x")
        except OutsideError:
            return None
        spot = self.outline.at(folder)
        if spot is None or spot.fault or not spot.kind.folder or dirname(spot.path) != folder:
            return None
        return spot

    def lesson(self, folder: str) -> Lesson | None:
        """The content of a folder; None if it is no record's."""
        spot = self.find(folder)
        if spot is None or not is_plain_file(self.workspace.content / spot.path):
            return None
        parts = tuple(self._part(kind, path) for kind, path in self._records(spot))
        above: list[Near] = []
        near = spot
        while (parent := self.outline.above(near)) is not None:
            near = parent
            above.insert(0, self._near(near))
        below = [
            self._near(inner)
            for kind in self.kinds.children(spot.kind.name)
            if kind.folder
            for inner in sorted(self.outline.beside(kind, folder), key=lambda s: rank(s.slot))
        ]
        siblings = sorted(self.outline.beside(spot.kind, dirname(folder)), key=lambda s: rank(s.slot))
        at = next((i for i, s in enumerate(siblings) if s.path == spot.path), 0)
        before = self._near(siblings[at - 1]) if at else None
        after = self._near(siblings[at + 1]) if at + 1 < len(siblings) else None
        return Lesson(spot, folder, parts, tuple(above), tuple(below), before, after)

    def label(self, kind: Kind, name: str) -> str:
        """The label of a field, from its schema."""
        nodes = self._reader.schemas.order(kind.name).child(name).nodes
        title = next((str(node["title"]) for node, _ in nodes if node.get("title")), "")
        return title or name.replace("_", " ").capitalize()

    def files(self, folder: str) -> list[str]:
        """The files that a page of this folder is made of."""
        spot = self.find(folder)
        return [path for _, path in self._records(spot)] if spot else []

    def _records(self, spot: TreeSpot) -> list[tuple[Kind, str]]:
        """The records of a folder: its own, and those that it has one of."""
        ones = [k for k in self.kinds.children(spot.kind.name) if k.slot is None]
        return [(spot.kind, spot.path), *((k, self.layout.path(k, spot.path, "")) for k in ones)]

    def address(self, source: str, target: str) -> tuple[str, str]:
        """The target of a relative link in the file `source`: a record's folder and the part, or a file.

        ("", "") if it is outside the tree.
        """
        path = normpath(join(dirname(source), target.partition("#")[0].partition("?")[0]))
        if path.startswith("..") or not path:
            return "", ""
        spot = self.layout.spot(path) or self.outline.at(path.rstrip("/"))
        if spot is not None and not spot.fault and self.outline.has(spot.path):
            folder = dirname(spot.path) if spot.kind.folder or spot.kind.slot is None else ""
            return (folder, spot.kind.name) if folder else ("", "")
        return ("", path) if is_plain_file(self.workspace.content / path) else ("", "")

    def _near(self, spot: TreeSpot) -> Near:
        document = None
        if is_plain_file(self.workspace.content / spot.path):
            data = self.outline.read(spot.path)
            document = codec.read_record(spot.kind, spot.slot, spot.path, data, self._reader.schemas).document
        title = title_of(spot.kind, document.values if document else None)
        number = spot.slot if spot.kind.slot and spot.kind.slot.title else ""
        return Near(dirname(spot.path), f"{number} {title or spot.slot}".strip() if title else spot.slot)

    def _part(self, kind: Kind, path: str) -> LessonPart:
        spot = self.layout.spot(path)
        if spot is None or not is_plain_file(self.workspace.content / path):
            return LessonPart(kind, path, None, exists=False)
        return self.part(spot, self.outline.read(path))

    def part(self, spot: TreeSpot, data: bytes) -> LessonPart:
        """The part for a record whose file contains `data`."""
        kind, path = spot.kind, spot.path
        shown = self.workspace.prefix + path
        _, problems = self._reader.examine(spot, shown, data)
        reading = codec.read_record(kind, spot.slot, shown, data, self._reader.schemas)
        values = reading.document.values if reading.document else None
        items: dict[str, list[int]] = {}
        if reading.content is not None and values is not None:
            for field in kind.fields:
                value = values[field.name]
                if field.place is FieldPlace.FRONT and isinstance(value, list):
                    items[field.name] = [reading.content.at((field.name, i))[0] for i in range(len(value))]
        mark = values_mark(digests(kind, values)) if values is not None else ""
        line = codec.body_line(data) or 1
        return LessonPart(kind, path, values, tuple(sorted(set(problems))), line, items, mark=mark)


def title_of(kind: Kind, values: LessonValues | None) -> str:
    """A record's name for people; "" if it has none."""
    value = values.get(kind.heading) if values and kind.heading else None
    return value if isinstance(value, str) else ""


PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
}
"""The served picture formats, with their media types."""


def picture_type(path: str) -> str:
    """The media type of a picture; "" for other files."""
    return PICTURES.get(splitext(path)[1].lower(), "")
