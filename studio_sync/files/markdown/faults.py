"""Faults of front matter: misplaced or unclosed fences."""

import re
from collections.abc import Iterator

from studio_sync.files.yaml.faults.fault import TextFault, fault_at

_DASHES = "-\u2010-\u2015\u2212"
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|$)")
_NEARLY = re.compile(rf"[ \t\ufeff]*[{_DASHES}](?:[ \t]?[{_DASHES}])+[ \t]*")
_KEY = re.compile(r"[ \t]*[A-Za-z_][\w-]*[ \t]*:(?:[ \t]|$)")
_RIGHT = "type three hyphens at the very start of the line, and nothing else: ---"


def misplaced_front_matter(text: str, start: int) -> TextFault | None:
    """The fault of a text without front matter that begins with something like a fence."""
    lines = _lines(text, start)
    index, shown = next(lines, (start, ""))
    if not _NEARLY.fullmatch(shown) or not _KEY.match(next(lines, (start, ""))[1]):
        return None
    message = "the front matter must begin in the first line with three hyphens"
    if shown.startswith("---") and not shown.strip("- \t"):
        first = fault_at(text, index, "front-matter-fence", message, "delete the blank lines above this one")
        return first if index > start else None
    return fault_at(text, index, "front-matter-fence", message, _RIGHT)


def never_closed(text: str, start: int, front: int) -> TextFault:
    """The fault of unclosed front matter that begins at `start`, with its first key at `front`."""
    for index, line in _lines(text, front):
        if _NEARLY.fullmatch(line):
            message = "this line does not close the front matter"
            return fault_at(text, index, "front-matter-open", message, _RIGHT)
    return fault_at(
        text,
        start,
        "front-matter-open",
        "the front matter that begins here never ends",
        "add a line with three hyphens below its last key: ---",
    )


def _lines(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The lines from `start` on that are not blank, each with its index."""
    for found in _LINE.finditer(text, start):
        if found[1].strip():
            yield found.start(), found[1]
