"""Splices that replace the value of one YAML node."""

from collections.abc import Mapping, Sequence
from dataclasses import replace as with_

from studio_sync.core.values.value import Value
from studio_sync.files.yaml.parser.marks import HEADER, YamlNode
from studio_sync.files.yaml.splice.source import NodePlace, NoEditError, SourceText, TextEdit
from studio_sync.files.yaml.yaml_writer import (
    block_lines,
    double,
    flow,
    is_block,
    is_plain_scalar,
    literal,
    quoted,
    scalar,
    single,
)


class Rewriter:
    """Replaces values of single nodes of `source`, each as a whole."""

    def __init__(self, source: SourceText, *, allow_literal: bool) -> None:
        self._source = source
        self._literal = allow_literal
        self.style = with_(source.style, literal=allow_literal)

    def rewrite(self, place: NodePlace, new: Value) -> list[TextEdit]:
        """The edits that set the node at `place` to `new`, in its current style."""
        node = place.node
        filled = bool(node.entries or node.items)
        if place.flow or (filled and node.flow and is_block(new)):
            return [self._inline(place, new)]
        if is_block(new) and filled:
            pad = " " * self._source.column(node.start)
            lines = block_lines(new, pad, self.style)
            return [TextEdit(node.start, node.end, self._source.joined(lines)[len(pad) :])]
        if is_block(new):
            return self._open(place, new)
        if filled and not node.flow:
            return self._close(place, new)
        return self._scalar(place, new)

    def _scalar(self, place: NodePlace, new: Value) -> list[TextEdit]:
        """Replace a scalar, or any flow value, by a scalar."""
        style = place.node.style
        if isinstance(new, str):
            if style in ("|", ">"):
                return [self._block_scalar(place, new)]
            if "\n" in new and self._literal and style != '"' and place.column >= 0:
                return self._to_literal(place, new)
        return [self._inline(place, new)]

    def _inline(self, place: NodePlace, new: Value) -> TextEdit:
        node = place.node
        shown = _styled(node, new, in_flow=place.flow)
        return TextEdit(node.start, node.end, self._separator(place) + shown + self._header_comment(node))

    def _header_comment(self, node: YamlNode) -> str:
        """The comment behind the indicators of a block scalar, if it is within the node.

        An empty block scalar ends before it.
        """
        header = HEADER.match(self._source.text, node.start) if node.style in ("|", ">") else None
        return header.group(3).rstrip() if header and header.end() <= node.end else ""

    def _separator(self, place: NodePlace) -> str:
        """The separator needed before a value where none is written yet."""
        node, text = place.node, self._source.text
        if node.start != node.end:
            return ""
        if place.key is not None and not node.anchor and ":" not in text[place.key.end : node.start]:
            return ": "
        return "" if text[: node.start].endswith((" ", "\n", "\r")) or not node.start else " "

    def _open(self, place: NodePlace, new: Value) -> list[TextEdit]:
        """Replace a scalar by a block list or mapping."""
        node, source = place.node, self._source
        if place.key is None and not node.anchor:
            if node.start == node.end and place.listed:
                pad = " " * (source.column(node.start) + 1)
            else:
                pad = " " * source.column(node.start)
            first, *others = block_lines(new, pad, self.style)
            shown = source.joined([first[len(pad) :] + self._header_comment(node), *others])
            return [TextEdit(node.start, node.end, self._separator(place) + shown)]
        # On the line of an anchor, the first key would have that anchor, and no list could begin.
        deeper = self.style.step if isinstance(new, Mapping) or place.key is None else self.style.dash
        lines = block_lines(new, " " * (place.column + deeper), self.style)
        if source.alone(node.start) and node.start != node.end:
            return [TextEdit(source.line_start(node.start), node.end, source.joined(lines))]
        head = source.text[: node.start].rstrip(" \t")
        return [TextEdit(len(head), node.end, self._header_comment(node)), source.below(node.end, lines)]

    def _close(self, place: NodePlace, new: Value) -> list[TextEdit]:
        """Replace a block list or mapping by a scalar."""
        node, source = place.node, self._source
        if place.key is None or not source.alone(node.start):
            return [TextEdit(node.start, node.end, _styled(node, new, in_flow=False))]
        start = source.line_start(node.start)
        head = source.outer(node) + len(node.anchor) + 1 if node.anchor else source.colon_end(place)
        if isinstance(new, str) and "\n" in new and self._literal:
            lines = literal(new, " " * (place.column + self.style.step), self.style.step)
            if lines:
                return [
                    TextEdit(head, head, " " + lines[0]),
                    TextEdit(start, node.end, source.joined(lines[1:])),
                ]
        return [TextEdit(head, head, " " + scalar(new)), source.without_lines(start, node.end, greedy=False)]

    def _to_literal(self, place: NodePlace, new: str) -> list[TextEdit]:
        """Replace a one-line scalar by a `|` block below it."""
        node, source = place.node, self._source
        lines = literal(new, " " * (place.column + self.style.step), self.style.step)
        if not lines:
            return [self._inline(place, new)]
        body = source.below(node.end, lines[1:])
        if (
            new.endswith("\n")
            and body.end == len(source.text) == body.start
            and not body.new.endswith(source.newline)
        ):
            body = with_(body, new=body.new + source.newline)
        return [TextEdit(node.start, node.end, self._separator(place) + lines[0]), body]

    def _block_scalar(self, place: NodePlace, new: str) -> TextEdit:
        """Replace the text of a block scalar, keeping its indentation, if that can represent `new`."""
        node, source = place.node, self._source
        header = HEADER.match(source.text, node.start)
        if header is None:
            raise NoEditError
        end = max(node.end, header.end())
        mark, indicators, rest = header.groups()
        parent = max(place.column, 0)
        digit = indicators.strip("+-")
        if digit:
            pad = parent + int(digit)
        else:
            body = source.text[header.end() : end].lstrip("\r\n ")
            margin = source.column(end - len(body)) if body else 0
            pad = margin or parent + self.style.step
        lines = literal(new, " " * pad, pad - parent) if self._literal and pad - parent <= 9 else []  # noqa: PLR2004
        if not lines:
            return self._inline(place, new)
        body_lines = lines[1:]
        if mark == ">" and (folded := _folded(new, " " * pad)):
            body_lines = folded
        else:
            mark = "|"
        asked = lines[0][1:]
        chomp = "+" if "+" in indicators and new.endswith("\n") else asked.strip("0123456789")
        indent = digit or asked.strip("+-")
        tail = source.newline if new.endswith("\n") and end == len(source.text) else ""
        return TextEdit(
            node.start,
            end,
            source.joined([f"{mark}{indent}{chomp}{rest}", *body_lines]) + tail,
        )


def _styled(node: YamlNode, new: Value, *, in_flow: bool) -> str:
    """`new` on one line, a string in the node's quotes."""
    if not isinstance(new, str):
        return flow(new)
    if node.style == '"':
        return double(new)
    if node.style == "'" and quoted('"' + new).startswith("'"):
        return single(new)
    return new if is_plain_scalar(new, in_flow=in_flow) else quoted(new)


def _folded(text: str, pad: str) -> list[str]:
    """The lines of `text` in a `>` block scalar, one for each line of its own; [] if impossible."""
    lines = text.rstrip("\n").split("\n")
    if any(line.startswith((" ", "\t")) for line in lines):
        return []
    result: list[str] = []
    for line in lines:
        if line and any(result):
            result.append("")
        result.append(pad + line if line else "")
    return [*result, *[""] * (len(text) - len(text.rstrip("\n")) - 1)]


def same_kind(node: YamlNode, new: Value) -> bool:
    """Whether `new` can be reached by edits inside `node`."""
    if node.alias or not is_block(new):
        return False
    if node.entries:
        return isinstance(new, Mapping)
    return bool(node.items) and isinstance(new, Sequence)
