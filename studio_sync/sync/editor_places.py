"""Navigation in an editor: the outline of a file, targets of links, and the file with an id."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from studio_sync.core.checks.links import target_of
from studio_sync.core.values.layout import Layout, TreeSpot
from studio_sync.core.values.record import UUID_PATTERN
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree import codec
from studio_sync.files.tree.checked_file import FileContent
from studio_sync.files.tree.finding_places import Checker
from studio_sync.files.tree.walking.survey import MEMORY
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.kinds import KINDS

_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of a file: its name, its first line (from 1), and its depth, from 1."""

    name: str
    line: int
    level: int


@dataclass(frozen=True, slots=True)
class Way:
    """A link: its position (from 1), and the file that it leads to."""

    line: int
    column: int
    file: Path


class EditorPlaces:
    """Finds the places in one file, given as text."""

    def __init__(self, workspace: Workspace, checker: Checker) -> None:
        self._workspace, self._checker = workspace, checker

    def parts(self, spot: TreeSpot, text: str) -> Iterator[FilePart]:
        """The outline of a file: its title, headings and questions."""
        content = self._content(spot, text)
        if content is None:
            return
        heading = content.kind.heading
        title = content.values.get(heading) if heading else None
        if isinstance(title, str) and title.strip():
            yield FilePart(" ".join(title.split()), content.at((heading,))[0], 1)
        for field in content.kind.fields:
            found = content.values[field.name] if field.questions else None
            for number, question in enumerate(found if isinstance(found, list) else ()):
                asked = question.get("question") if isinstance(question, Mapping) else None
                if isinstance(asked, str) and asked.strip():
                    yield FilePart(" ".join(asked.split()), content.at((field.name, number))[0], 1)
        if content.markdown:
            from studio_sync.files.markdown.structure import headings

            yield from (FilePart(name, line, level) for level, name, line in headings(text, content.begin))

    def ways(self, spot: TreeSpot, text: str) -> Iterator[Way]:
        """The links of a file to existing files."""
        content = self._content(spot, text)
        for mark in content.marks if content else ():
            target = target_of(self._workspace.prefix + spot.path, mark)
            file = self._file(target) if target else None
            if file is not None:
                yield Way(*mark.at, file)

    def with_id(self, text: str, line: int, column: int) -> Path | None:
        """The file with the id at a position, counted from 0, as far as files were read before."""
        row = dict(enumerate(_BREAK.split(text))).get(line, "")
        found = next((m for m in re.finditer(UUID_PATTERN, row) if m.start() <= column <= m.end()), None)
        if found is None or not (self._workspace.state / MEMORY).exists():
            return None
        with closing(Memory.open(self._workspace.state)) as memory:
            known = memory.files_where("id = ?", found[0].lower())
        return self._workspace.content / known[0].path if known else None

    def _content(self, spot: TreeSpot, text: str) -> FileContent | None:
        shown = self._workspace.prefix + spot.path
        return codec.read_record(
            spot.kind, spot.slot, shown, text.encode("utf-8", "replace"), self._checker
        ).content

    def _file(self, target: str) -> Path | None:
        """The file at a path of the tree; for a record's folder its own file. None outside."""
        if not f"{target}/".startswith(self._workspace.prefix):
            return None
        place = self._workspace.root / target
        if place.is_file():
            return place
        names = sorted(Layout(KINDS).own_files) if place.is_dir() else []
        return next((place / name for name in names if (place / name).is_file()), None)
