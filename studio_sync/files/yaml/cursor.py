"""The cursor's context in a YAML text being typed, found line by line, because it is seldom valid.

Paths consist of keys only: lists on the way are left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_KEY = re.compile(r"^(\s*(?:- +)*)([A-Za-z_][\w.-]*)\s*:(?=\s|$)")
_TYPING_KEY = re.compile(r"^(\s*(?:- +)*)([A-Za-z_][\w.-]*)?$")
_VALUE = re.compile(r"^\s*(?:- +)*[A-Za-z_][\w.-]*\s*:[ \t]+(['\"]?)([^'\"#\[\]{}]*)$")
_ITEM = re.compile(r"^(\s*)- ")


@dataclass(frozen=True, slots=True)
class Typing:
    """The key or value being typed: its path, its typed part, and the sibling keys.

    For a value, the last key of `path` is its own.
    """

    path: tuple[str, ...]
    begun: str
    value: bool
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Key:
    """A key in the text: its path, itself included, and its position in its line."""

    path: tuple[str, ...]
    start: int
    end: int


def typing(lines: Sequence[str], row: int, column: int) -> Typing | None:
    """What is being typed before `column` of a row; None if it is neither a key nor a plain value."""
    before = lines[row][:column]
    value = _VALUE.match(before)
    key = _KEY.match(before)
    if value and key:
        return Typing((*_above(lines, row, len(key[1])), key[2]), value[2], value=True)
    begun = _TYPING_KEY.match(before)
    if begun is None:
        return None
    indent = len(begun[1])
    beside = frozenset(_beside(lines, row, indent))
    return Typing(_above(lines, row, indent), begun[2] or "", value=False, beside=beside)


def key_at(lines: Sequence[str], row: int) -> Key | None:
    """The key at the start of a row."""
    found = _KEY.match(lines[row])
    if found is None:
        return None
    return Key((*_above(lines, row, len(found[1])), found[2]), found.start(2), found.end(2))


def _above(lines: Sequence[str], row: int, indent: int) -> tuple[str, ...]:
    path: list[str] = []
    # The list item of a row may begin in the row itself: `- text: …`.
    first = _ITEM.match(lines[row][:indent]) if row < len(lines) else None
    if first:
        indent = len(first[1]) + 1
    for number in range(row - 1, -1, -1):
        if indent <= 0:
            break
        found = _KEY.match(lines[number])
        at = len(found[1]) if found else -1
        if found and at < indent:
            item = _ITEM.match(lines[number])
            path.insert(0, found[2])
            indent = len(item[1]) + 1 if item else at
    return tuple(path)


def _beside(lines: Sequence[str], row: int, indent: int) -> Iterator[str]:
    """The keys of the mapping that a row belongs to, without its own."""
    for step in (-1, 1):
        number = row + step
        if step < 0 and _ITEM.match(lines[row][:indent]):
            continue
        while 0 <= number < len(lines):
            line = lines[number]
            found, item = _KEY.match(line), _ITEM.match(line)
            start = len(line) - len(line.lstrip())
            if (
                line.strip()
                and start < indent
                and (step > 0 or not item or not found or len(found[1]) != indent)
            ):
                break
            if found and len(found[1]) == indent:
                yield found[2]
            if item and start < indent:
                break
            number += step
