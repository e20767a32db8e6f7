"""The lines of a YAML text, and edits of it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio_sync.files.yaml.parser.marks import YamlNode, behind_colon, column_of
from studio_sync.files.yaml.yaml_writer import Style

_BREAK = re.compile(r"\r\n|\r|\n")
_NOISE = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n)|[ \t]+#[^\r\n]*(?:\r\n|\r|\n|$))*")
_DEFAULT = 2


class NoEditError(Exception):
    """This way of editing does not fit this text."""


@dataclass(frozen=True, slots=True)
class TextEdit:
    """`text[start:end]` becomes `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class NodePlace:
    """A node with what stands around it.

    `key` is the key of a mapping's value. `flow` says whether it stands inside [ ] or { }. `column` is
    that of the innermost block collection around it, -1 at the top. `listed` marks an item of a list.
    """

    node: YamlNode
    key: YamlNode | None = None
    flow: bool = False
    column: int = -1
    listed: bool = False


class SourceText:
    """A text with its tree, and the geometry of its lines."""

    def __init__(self, text: str, root: YamlNode | None, newline: str = "") -> None:
        self.text = text
        self.root = root
        found = _BREAK.search(text)
        self.newline = newline or (found.group() if found else "\n")
        self.style = _style(self) if root else Style()

    def line_start(self, index: int) -> int:
        """Where the line of `index` begins, behind a byte-order mark."""
        start = max(self.text.rfind("\n", 0, index), self.text.rfind("\r", 0, index)) + 1
        return 1 if start == 0 and self.text.startswith("\ufeff") else start

    def line_end(self, index: int) -> int:
        """Where the line of `index` ends, before its line break."""
        found = _BREAK.search(self.text, index)
        return found.start() if found else len(self.text)

    def next_line(self, index: int) -> int:
        """Where the line after that of `index` begins."""
        found = _BREAK.search(self.text, index)
        return found.end() if found else len(self.text)

    def column(self, index: int) -> int:
        """How many characters stand before `index` in its line."""
        return column_of(self.text, index)

    def alone(self, index: int, allowed: str = "") -> bool:
        """Whether only spaces, and perhaps `allowed`, stand before `index` in its line."""
        return self.text[self.line_start(index) : index].strip(" ") in ("", allowed)

    def outer(self, node: YamlNode) -> int:
        """Where a node begins, with its anchor."""
        if not node.anchor:
            return node.start
        found = self.text.rfind(f"&{node.anchor}", 0, node.start)
        return node.start if found < 0 else found

    def places(self, place: NodePlace) -> Iterator[NodePlace]:
        """`place` and all places below it, keys too, in the order of the text."""
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
        """Where the colon behind a value's key ends. Raises NoEditError if none is written."""
        if place.key is None:
            raise NoEditError
        index = behind_colon(self.text, place.key.end)
        if index == place.key.end:
            raise NoEditError
        return index

    def joined(self, lines: Sequence[str]) -> str:
        """Lines joined by the text's own line end."""
        return self.newline.join(lines)

    def below(self, index: int, lines: Sequence[str]) -> TextEdit:
        """The edit that puts lines below the line of `index`."""
        end, after = self.line_end(index), self.next_line(index)
        if end == after:
            return TextEdit(end, end, self.newline + self.joined(lines))
        return TextEdit(after, after, self.joined(lines) + self.newline)

    def without_lines(self, start: int, index: int, *, greedy: bool) -> TextEdit:
        """The edit that removes the lines from `start`, where one begins, to that of `index`.

        A text without a line break at its end has none afterwards. `greedy` also takes the blank lines
        below and the indentation of comments there, which would belong to a block scalar above.
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


def apply(text: str, edits: Sequence[TextEdit]) -> str:
    """`text` with all edits done. Raises NoEditError if two of them want the same characters."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < done:
            raise NoEditError
        parts += text[done : edit.start], edit.new
        done = edit.end
    return "".join([*parts, text[done:]])


def _style(source: SourceText) -> Style:
    """How the text indents, as far as it shows."""
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
