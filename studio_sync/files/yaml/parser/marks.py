"""Correcting the parser's marks: where values really begin and end in a YAML text."""

import re
from dataclasses import dataclass

from studio_sync.core.values.value import Value

GAP = re.compile(r"(?:[ \t\r\n]|(?<=\s)#[^\r\n]*)*")
"""White space, line breaks and comments."""

HEADER = re.compile(r"([|>])([-+0-9]*)([^\r\n]*)")
"""The first line of a block scalar: its style, its indicators, and perhaps a comment."""

_ANCHOR = re.compile(r"&[^\s,\[\]{}]*")


@dataclass(frozen=True, slots=True)
class YamlNode:
    r"""A value and its position: `text[start:end]`, without the anchor before it.

    `end` is after the last character of the value: comments, blank lines and the line break after it are
    excluded, except blank lines that a `|+` scalar keeps. `style` is the quote or the indicator of a scalar
    (' " | >), "" if it is plain. `flow` is true for [a] and {a: b}. An alias has the value that it refers to,
    and no children. A key's value is its text.
    """

    value: Value
    start: int
    end: int
    style: str = ""
    flow: bool = False
    anchor: str = ""
    alias: str = ""
    entries: tuple[tuple["YamlNode", "YamlNode"], ...] = ()
    items: tuple["YamlNode", ...] = ()


def column_of(text: str, index: int) -> int:
    """The number of characters before `index` in its line, without a byte-order mark."""
    start = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    return index - start - (1 if start == 0 and text.startswith("\ufeff") else 0)


def behind(pattern: re.Pattern[str], text: str, index: int) -> int:
    """The end of the match of `pattern` at `index`; `index` if there is none."""
    found = pattern.match(text, index)
    return found.end() if found else index


def behind_anchor(text: str, start: int, end: int, *, scalar: bool) -> int:
    """Where the content of a node begins whose anchor is at `start`. `end` is the parser's end."""
    start = behind(_ANCHOR, text, start)
    return start if scalar and start >= end else behind(GAP, text, start)


def behind_colon(text: str, end: int) -> int:
    """The position after the colon of a key; that after the key itself, if there is no colon."""
    index = behind(GAP, text, end)
    return index + 1 if text.startswith(":", index) else end


def block_end(text: str, start: int, end: int, indent: int) -> int:
    """The end of the block scalar whose header is at `start`.

    The parser ends it at `end`, after all blank lines. `indent` is the column of the enclosing block
    collection.
    """
    head = HEADER.match(text, start)
    if head is None:
        return end
    indicators = head.group(2)
    lines = text[head.end() : end]
    if "+" in indicators:
        return end - len(lines) + len(_without_break(lines))
    digit = indicators.strip("-")
    if digit:
        margin = max(indent, 0) + int(digit)
    else:
        body = lines.lstrip("\r\n ")
        margin = column_of(text, end - len(body))
    while True:
        kept = lines.rstrip(" ")
        if len(lines) - len(kept) > margin or not kept.endswith(("\n", "\r")):
            break
        lines = _without_break(kept)
    return head.end() + len(lines) if lines.strip("\r\n ") else start + 1 + len(indicators)


def _without_break(text: str) -> str:
    """`text` without one final line break."""
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text.removesuffix("\r")


def as_written(text: str, key: YamlNode, node: YamlNode) -> YamlNode:
    """`node`, or if it has no text, the same node right after its key's colon."""
    if node.start != node.end or node.anchor:
        return node
    place = behind_colon(text, key.end)
    return YamlNode(None, place, place)
