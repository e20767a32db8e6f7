"""Blame of a lesson: author, time and way of each paragraph and field."""

from collections.abc import Iterable
from dataclasses import dataclass

from studio_sync.errors import RefusedError, UsageError
from studio_sync.render.blame_text import origin_words
from studio_sync.render.medium.paint import Paint
from studio_sync.serve.lesson import LessonPart
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.history.blame import Blame, WriteOrigin, blame
from studio_sync.sync.studio import Studio

_PLAIN = Paint(enabled=False)


@dataclass(frozen=True, slots=True)
class PartBlame:
    """The blame of one part; its body begins on the line `begin` of its file."""

    found: Blame
    begin: int

    def paragraph(self, name: str, first: int, last: int) -> str:
        """The authors of a text's sentences on these lines of the file."""
        field = next((f for f in self.found.fields if f.name == name), None)
        if field is None:
            return ""
        here = [s for s in field.sentences if first <= s.line + self.begin - 1 <= last]
        return _words(self.found.origin(field, sentence) for sentence in here)

    def field(self, name: str) -> str:
        """The author of a field's value."""
        return _words(self.found.origin(field) for field in self.found.fields if field.name == name)


def part_blame(studio: Studio, source: DatabaseSource, part: LessonPart) -> PartBlame | None:
    """The blame of a part's file; None if there is no such file, or it can't be read."""
    if part.values is None:
        return None
    try:
        return PartBlame(blame(studio, source, part.path), part.text)
    except (RefusedError, UsageError):
        return None


def _words(origins: Iterable[WriteOrigin]) -> str:
    """Each origin once, in the order of appearance."""
    texts = dict.fromkeys(" · ".join(origin_words(origin, _PLAIN).split("  ")) for origin in origins)
    return "; ".join(texts)
