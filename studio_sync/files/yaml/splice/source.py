"""The source text of a splice: its lines, its nodes, and edits of it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from studio_sync.files.yaml.parser.marks import HEADER, YamlNode, behind, behind_colon, column_of
from studio_sync.files.yaml.yaml_writer import Style

_BREAK = re.compile(r"\r\n|\r|\n")
_NOISE = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n)|[ \t]+#[^\r\n]*(?:\r\n|\r|\n|$))*")
_BLANKS = re.compile(r"[ \t]*")
_DEFAULT = 2


class NoEditError(Exception):
    """This kind of edit is impossible in this text."""


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace `text[start:end]` by `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class NodePlace:
    """A node in its context.

    `key` is the key of a mapping's value. `flow`: it is inside [ ] or { }. `column` is that of the innermost
    enclosing block collection, -1 at the top. `listed` marks a list item.
    """

    node: YamlNode
    key: YamlNode | None = None
    flow: bool = False
    column: int = -1
    listed: bool = False


class SourceText:
    """A text with its node tree, and the positions of its lines."""

    def __init__(self, text: str, root: YamlNode | None, newline: str = "") -> None:
        self.text = text
        self.root = root
        found = _BREAK.search(text)
        self.newline = newline or (found.group() if found else "\n")
        self.style = _style(self) if root else Style()

    @cached_property
    def targets(self) -> dict[int, YamlNode]:
        """What each alias repeats, by the position of the alias."""
        if self.root is None or "*" not in self.text:
            return {}
        found: dict[int, YamlNode] = {}
        anchors: dict[str, YamlNode] = {}
        for node in (place.node for place in self.places(NodePlace(self.root))):
            if node.alias:
                found[node.start] = anchors[node.alias]
            elif node.anchor:
                anchors[node.anchor] = node
        return found

    @cached_property
    def closing(self) -> TextEdit | None:
        """The edit that keeps the value of a block scalar at the end of the text, if lines come below it.

        None unless the text ends with one that has words and no line break: that one keeps none.
        """
        node = last_scalar(self.root) if self.root is not None else None
        if node is None or node.style not in ("|", ">") or not node.value or node.end < len(self.text):
            return None
        header = HEADER.match(self.text, node.start)
        if header is None or self.text.endswith(("\n", "\r")):
            return None
        indicators = header.group(2).translate({ord("+"): None, ord("-"): None})
        return TextEdit(*header.span(2), f"{indicators}-")

    def line_start(self, index: int) -> int:
        """The start of the line of `index`, after a byte-order mark."""
        start = max(self.text.rfind("\n", 0, index), self.text.rfind("\r", 0, index)) + 1
        return 1 if start == 0 and self.text.startswith("\ufeff") else start

    def comments_above(self, index: int, pad: str) -> int:
        """The start of the line of `index`, or of the comment lines right above it that begin with `pad`."""
        start = self.line_start(index)
        while True:
            before = start - (2 if self.text.startswith("\r\n", max(start - 2, 0)) else 1)
            above = self.line_start(max(before, 0))
            if above >= start or not self.text.startswith(f"{pad}#", above):
                return start
            start = above

    def line_end(self, index: int) -> int:
        """The end of the line of `index`, before its line break."""
        found = _BREAK.search(self.text, index)
        return found.start() if found else len(self.text)

    def next_line(self, index: int) -> int:
        """The start of the line after that of `index`."""
        found = _BREAK.search(self.text, index)
        return found.end() if found else len(self.text)

    def column(self, index: int) -> int:
        """The number of characters before `index` in its line."""
        return column_of(self.text, index)

    def alone(self, index: int, allowed: str = "") -> bool:
        """Whether only spaces, and perhaps `allowed`, precede `index` in its line."""
        return self.text[self.line_start(index) : index].strip(" ") in ("", allowed)

    def behind_comma(self, index: int) -> int:
        """The position after the comma that follows `index`; `index` if none does in its line."""
        found = behind(_BLANKS, self.text, index)
        return found + 1 if self.text.startswith(",", found) else index

    def empty_behind(self, index: int) -> bool:
        """Whether nothing but a comment follows `index` in its line."""
        rest = self.text[index : self.line_end(index)]
        return not rest.strip() or (rest[0] in " \t" and rest.lstrip().startswith("#"))

    def outer(self, node: YamlNode) -> int:
        """The start of a node with its anchor."""
        if not node.anchor:
            return node.start
        found = self.text.rfind(f"&{node.anchor}", 0, node.start)
        return node.start if found < 0 else found

    def places(self, place: NodePlace) -> Iterator[NodePlace]:
        """`place` and all places below it, including keys, in the order of the text."""
        yield place
        for child in self.children(place):
            if child.key is not None:
                yield NodePlace(child.key, flow=True)
            yield from self.places(child)

    def children(self, place: NodePlace) -> list[NodePlace]:
        """The places right below `place`."""
        node = place.node
        flow = place.flow or node.flow
        column = place.column if flow else self.column(node.start)
        if node.entries:
            return [NodePlace(value, key, flow, column) for key, value in node.entries]
        return [NodePlace(item, None, flow, column, listed=True) for item in node.items]

    def colon_end(self, place: NodePlace) -> int:
        """The position after the colon of a value's key. Raises NoEditError if there is none."""
        if place.key is None:
            raise NoEditError
        index = behind_colon(self.text, place.key.end)
        if index == place.key.end:
            raise NoEditError
        return index

    def joined(self, lines: Sequence[str]) -> str:
        """Join lines with the text's own line end."""
        return self.newline.join(lines)

    def below(self, index: int, lines: Sequence[str]) -> TextEdit:
        """The edit that inserts lines below the line of `index`."""
        end, after = self.line_end(index), self.next_line(index)
        if end == after:
            return TextEdit(end, end, self.newline + self.joined(lines))
        return TextEdit(after, after, self.joined(lines) + self.newline)

    def without_lines(self, start: int, index: int, *, greedy: bool) -> TextEdit:
        """The edit that removes the lines from `start`, the start of a line, to that of `index`.

        A text without a final line break keeps having none. `greedy` also removes the blank lines below, and
        the indentation of comments there, which would belong to a block scalar above.
        """
        end = self.next_line(index)
        if greedy:
            found = _NOISE.match(self.text, end)
            noise = found.group() if found else ""
            kept = [line.strip() + self.newline for line in _BREAK.split(noise) if line.strip()]
            return TextEdit(start, end + len(noise), "".join(kept))
        if end == len(self.text) and not self.text.endswith(("\n", "\r")):
            before = self.text[:start]
            return TextEdit(len(before.removesuffix("\n").removesuffix("\r")), end, "")
        return TextEdit(start, end, "")


def last_scalar(node: YamlNode) -> YamlNode:
    """The scalar at the end of a node; the node itself if it is empty."""
    while node.entries or node.items:
        node = node.entries[-1][1] if node.entries else node.items[-1]
    return node


def apply(text: str, edits: Sequence[TextEdit]) -> str:
    """Apply all edits to `text`. Raises NoEditError if two of them overlap."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < done:
            raise NoEditError
        parts += text[done : edit.start], edit.new
        done = edit.end
    return "".join([*parts, text[done:]])


def _style(source: SourceText) -> Style:
    """The text's style of indentation, as far as it shows."""
    steps: list[int] = []
    dashes: list[int] = []
    if source.root is None or source.root.flow:
        return Style()
    for place in source.places(NodePlace(source.root)):
        node = place.node
        if place.flow or node.flow or place.key is None or place.column < 0:
            continue
        deeper = source.column(node.start) - place.column
        if node.entries:
            steps.append(deeper)
        elif node.items:
            dashes.append(deeper)
    step = steps[0] if steps and 1 <= steps[0] <= 9 else _DEFAULT  # noqa: PLR2004
    dash = dashes[0] if dashes and 0 <= dashes[0] <= 9 else _DEFAULT  # noqa: PLR2004
    return Style(step=step, dash=dash)
