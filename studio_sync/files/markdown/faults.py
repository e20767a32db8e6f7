"""Faults of front matter: misplaced or unclosed fences."""

import re

from studio_sync.files.yaml.faults.fault import TextFault, fault_at

_DASHES = "-\u2010-\u2015\u2212"
_LINE = re.compile(r"[^\r\n]*")
_NEXT = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_NEARLY = re.compile(rf"[ \t\ufeff]*[{_DASHES}](?:[ \t]?[{_DASHES}])+[ \t]*")
_KEY = re.compile(r"[ \t]*[A-Za-z_][\w-]*[ \t]*:(?:[ \t]|$)")
_RIGHT = "type three hyphens at the very start of the line, and nothing else: ---"


def misplaced_front_matter(text: str, start: int) -> TextFault | None:
    """The fault of a text without front matter that begins with something like a fence."""
    index = start
    while index < len(text):
        line = _LINE.match(text, index)
        shown = line.group() if line else ""
        if shown.strip():
            break
        index = _after(text, index)
    else:
        return None
    if not _NEARLY.fullmatch(shown) or not _KEY.match(_first_content(text, _after(text, index))):
        return None
    message = "the front matter must begin in the first line with three hyphens"
    if shown.startswith("---") and not shown.strip("- \t"):
        first = fault_at(text, index, "front-matter-fence", message, "delete the blank lines above this one")
        return first if index > start else None
    return fault_at(text, index, "front-matter-fence", message, _RIGHT)


def never_closed(text: str, start: int, front: int) -> TextFault:
    """The fault of unclosed front matter that begins at `start`, with its first key at `front`."""
    index = front
    while index < len(text):
        line = _LINE.match(text, index)
        if line and _NEARLY.fullmatch(line.group()) and line.group().strip():
            return fault_at(
                text, index, "front-matter-open", "this line does not close the front matter", _RIGHT
            )
        index = _after(text, index)
    return fault_at(
        text,
        start,
        "front-matter-open",
        "the front matter that begins here never ends",
        "add a line with three hyphens below its last key: ---",
    )


def _after(text: str, index: int) -> int:
    found = _NEXT.match(text, index)
    return found.end() if found else len(text)


def _first_content(text: str, index: int) -> str:
    while index < len(text):
        line = _LINE.match(text, index)
        if line and line.group().strip():
            return line.group()
        index = _after(text, index)
    return ""
