"""Gitignore patterns, matched in linear time, so that no pattern can make a walk slow.

The usual translation of `*` to a regular expression backtracks exponentially. Here each piece between two
stars is searched once, from the left, and never given back: the leftmost match leaves the most room for
the rest, so no match is missed. The same holds for folders between two `**`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studio_sync.core.values.bounds import MAX_IGNORE_PATTERN, MAX_IGNORE_PATTERNS

_CLASSES = {
    "alnum": "^\\W_", "alpha": "^\\W\\d_", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~", "space": "\\s",
    "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_ANY = "**"
_BELOW = "(?:[^/]+/)*"


class PatternError(ValueError):
    """An invalid pattern, or one too many; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line, self.message = line, message


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern: `matches` takes a path without a folder's trailing "/"."""

    regex: re.Pattern[str]
    include: bool
    folders_only: bool


class Patterns:
    """The patterns of one file, in their order."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Raises PatternError."""
        found: list[Pattern] = []
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_IGNORE_PATTERN:
                raise PatternError(number, f"this pattern is longer than {MAX_IGNORE_PATTERN} characters")
            try:
                pattern = _pattern(line)
            except re.error:
                raise PatternError(number, f"the pattern {line!r} can't be read") from None
            if pattern is not None:
                found.append(pattern)
            if len(found) > MAX_IGNORE_PATTERNS:
                raise PatternError(
                    number, f"there are more than {MAX_IGNORE_PATTERNS} patterns here, which is the limit"
                )
        self._last_first = tuple(reversed(found))

    def include(self, path: str) -> bool | None:
        """Whether the last pattern that matches a path ignores it; None if none matches.

        A folder's path ends in "/". The caller must ask about the folders above.
        """
        folder = path.endswith("/")
        bare = path[:-1] if folder else path
        for pattern in self._last_first:
            if (folder or not pattern.folders_only) and pattern.regex.match(bare):
                return pattern.include
        return None


def _pattern(line: str) -> Pattern | None:
    """Parse a line; None for a comment, and for a line without a pattern."""
    text = line.rstrip("\r")
    while text.endswith((" ", "\t")) and not text.endswith("\\ "):
        text = text[:-1]
    if not text or text.startswith("#"):
        return None
    include = not text.startswith("!")
    text = text if include else text[1:]
    folders_only = text.endswith("/")
    text = text.removesuffix("/")
    if not text:
        if not include:
            raise re.error("nothing is named")
        return None
    parts = text.removeprefix("/").split("/")
    if "" in parts or any(map(_is_open, parts)):
        return None  # matches nothing, as in git
    if "/" not in text:
        parts.insert(0, _ANY)
    return Pattern(re.compile(_path(parts), re.DOTALL), include, folders_only)


def _path(parts: list[str]) -> str:
    """A regular expression for a whole path, from its beginning."""
    blocks: list[list[str]] = [[]]
    for part in parts:
        if part != _ANY:
            blocks[-1].append(_name(part))
        elif blocks[-1] or len(blocks) == 1:
            blocks.append([])
    if len(blocks) == 1:
        return "/".join(blocks[0]) + r"\Z"
    found = "".join(f"{name}/" for name in blocks[0])
    for block in blocks[1:-1]:
        found += f"(?>{_BELOW}?{''.join(f'{name}/' for name in block)})"
    return found + (f"{_BELOW}{'/'.join(blocks[-1])}" if blocks[-1] else ".+") + r"\Z"


def _name(part: str) -> str:
    """A regular expression for one name in a path."""
    pieces = ["".join(piece) for piece in _pieces(part)]
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    return first + "".join(f"(?>[^/]*?{piece})" for piece in middle if piece) + f"[^/]*{last}"


def _pieces(part: str) -> Iterator[list[str]]:
    """The pieces of a name between its stars, each a list of regular expressions for one character."""
    found: list[str] = []
    at = 0
    while at < len(part):
        sign = part[at]
        at += 1
        if sign == "*":
            yield found
            found = []
        elif sign == "?":
            found.append("[^/]")
        elif sign == "\\":
            if at == len(part):
                raise re.error("a backslash at the end")
            found.append(re.escape(part[at]))
            at += 1
        elif sign == "[":
            end = _end_of_set(part, at)
            found.append(_set(part[at:end]))
            at = end + 1
        else:
            found.append(re.escape(sign))
    yield found


def _is_open(part: str) -> bool:
    """Whether the name contains a set that is never closed."""
    at = 0
    while at < len(part):
        if part[at] == "[":
            at = _end_of_set(part, at + 1)
            if at < 0:
                return True
        at += 1 + (part[at] == "\\")
    return False


def _end_of_set(part: str, at: int) -> int:
    """The index of the "]" that closes the set beginning at `at`; -1 if there is none."""
    at += part[at : at + 1] in ("!", "^")
    at += part[at : at + 1] == "]"
    while at < len(part) and part[at] != "]":
        if part.startswith("[:", at) and (end := part.find(":]", at + 2)) > 0:
            at = end + 1
        at += 1 + (part[at : at + 1] == "\\")
    return at if at < len(part) else -1


def _set(text: str) -> str:
    """A character set, which never matches "/"."""
    without = text[:1] in ("!", "^")
    text = text[1:] if without else text
    choices: list[str] = []
    at = 0
    while at < len(text):
        named = re.compile(r"\[:([a-z]+):\]").match(text, at)
        if named and named[1] in _CLASSES:
            choices.append(f"[{_CLASSES[named[1]]}]")
            at = named.end()
            continue
        at += text[at] == "\\" and at + 1 < len(text)
        low = high = text[at]
        if text[at + 1 : at + 2] == "-" and at + 2 < len(text):
            at += 2
            at += text[at] == "\\" and at + 1 < len(text)
            high = text[at]
        if low <= high:
            choices.append(f"[{re.escape(low)}-{re.escape(high)}]")
        at += 1
    some = "|".join(choices) or "(?!)"
    return f"(?!{some})[^/]" if without else f"(?!/)(?:{some})"
