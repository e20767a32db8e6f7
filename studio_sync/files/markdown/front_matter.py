"""Front matter: splitting a Markdown document into parts, and editing one of them.

Fences are recognized by python-frontmatter; the blank lines that it drops are kept here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from frontmatter.default_handlers import YAMLHandler

from studio_sync.core.values.value import Value, canonical_text, same
from studio_sync.files.markdown.faults import misplaced_front_matter, never_closed
from studio_sync.files.yaml import yaml_reader as yaml_read
from studio_sync.files.yaml.faults.fault import YamlFault
from studio_sync.files.yaml.merge_markers import marker_faults

if TYPE_CHECKING:
    from studio_sync.files.yaml.splice.splice import NewValue

_FENCE = "---"
_BOUNDARY: Final[re.Pattern[str]] = YAMLHandler.FM_BOUNDARY
_LONE_CR = re.compile(r"\r(?!\n)")
_BREAK = re.compile(r"\r\n|\r|\n")


class Keep(Enum):
    """Marks a body to be kept."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True)
class DocumentParts:
    """The front matter is `text[front_start:front_end]`, without fences; the body begins at `body_start`.

    Without front matter, all three are the start of the body.
    """

    front_start: int
    front_end: int
    body_start: int
    has_front: bool


def split_document(text: str) -> DocumentParts:
    """Split a document. Raises YamlFault for an invalid or unclosed fence."""
    if text.startswith("<<<<<<<") and (faults := marker_faults(text)):
        raise YamlFault(faults)
    start = 1 if text.startswith("\ufeff") else 0
    searched = "\n" + text[1:] if start else text  # a fence must be at the start of a line
    if "\r" in searched:
        searched = _LONE_CR.sub("\n", searched)
    opening = _BOUNDARY.match(searched, start) if searched.startswith(_FENCE, start) else None
    if opening is None:
        fault = misplaced_front_matter(text, start)
        if fault:
            raise YamlFault((fault,))
        return DocumentParts(start, start, start, has_front=False)
    front = _next_line(searched, start)
    closing = _closing(searched, front)
    if closing < 0:
        raise YamlFault((never_closed(text, start, front),))
    return DocumentParts(front, closing, _next_line(searched, closing), has_front=True)


def _closing(text: str, start: int) -> int:
    """Where the next fence begins, -1 without one: as the pattern would find it, in a third of the time."""
    line = start - 1
    while (line := text.find(f"\n{_FENCE}", line)) >= 0:
        line += 1
        if _BOUNDARY.match(text, line):
            return line
    return -1


def new(front: Mapping[str, Value], body: str | None) -> str:
    """A new document: always with fences, one blank line, and the body in canonical form."""
    from studio_sync.files.yaml import yaml_writer as yaml_text

    shown = yaml_text.dump(front) if front else ""
    head = f"{_FENCE}\n{shown}{_FENCE}\n"
    text = canonical_text(body or "")
    return f"{head}\n{text}\n" if text else head


def edit_front_matter(
    text: str,
    changes: "Mapping[str, NewValue]",
    *,
    body: str | Keep | None,
    order: Sequence[str],
) -> str:
    """Set or remove keys in the front matter of `text`, and replace its body, unless it is KEEP.

    Every other byte stays (see `splice.edit_mapping`), with a new body also the blank lines around it.
    `order` is the order of new keys. Raises SpliceError if no edit gives exactly this.
    """
    from studio_sync.files.yaml.splice import splice  # only who edits pays for it

    parts = split_document(text)
    found = _BREAK.search(text)
    newline = found.group() if found else "\n"
    front = text[parts.front_start : parts.front_end]
    old = canonical_text(text[parts.body_start :])
    wanted = old if isinstance(body, Keep) else canonical_text(body or "")
    shown = splice.edit_mapping(front, changes, order=order, newline=newline) if changes else front
    rest = text[parts.body_start :]
    if wanted != old:
        rest = _with_body(rest, wanted, newline)
    head, middle = text[: parts.front_start], text[parts.front_end : parts.body_start]
    if not parts.has_front and (shown or _looks_fenced(rest)):
        head, middle = f"{head}{_FENCE}{newline}", f"{_FENCE}{newline}{newline if rest.strip() else ''}"
    if rest and middle and not middle.endswith(("\n", "\r")):
        middle += newline
    result = head + shown + middle + rest
    _verify(result, shown, wanted)
    return result


def _with_body(rest: str, body: str, newline: str) -> str:
    """`rest`, everything after the fence, with another body between its outer blank lines."""
    shown = body.replace("\n", newline)
    stripped = rest.strip()
    if not shown:
        return ""
    if not stripped:
        before = rest if rest.endswith(("\n", "\r")) else newline
        return before + shown + newline
    start = rest.index(stripped)
    begin = max(rest.rfind("\n", 0, start), rest.rfind("\r", 0, start)) + 1
    found = _BREAK.search(rest, start + len(stripped))
    return rest[:begin] + shown + (rest[found.start() :] if found else "")


def _looks_fenced(text: str) -> bool:
    try:
        return split_document(text).has_front
    except YamlFault:
        return True


def _verify(text: str, front: str, body: str) -> None:
    try:
        parts = split_document(text)
        good = canonical_text(text[parts.body_start :]) == body and same(
            yaml_read.read_yaml(text[parts.front_start : parts.front_end]), yaml_read.read_yaml(front)
        )
    except YamlFault:
        good = False
    if not good:
        from studio_sync.files.yaml.splice.splice import SpliceError

        raise SpliceError("this file can't be edited without changing other parts of it")


def _next_line(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1
