"""Reordering a list in its text: an item that moves takes its own lines, with its comments, along.

Its lines are those of its value, the comment lines right above it, and those below it that are indented
deeper than it. A comment with blank lines around it belongs to no item, and stays.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from studio_sync.files.yaml.parser.marks import GAP, HEADER, YamlNode, behind
from studio_sync.files.yaml.splice.item_pairs import ItemPairs
from studio_sync.files.yaml.splice.source import NoEditError, SourceText, TextEdit, apply, last_scalar
from studio_sync.files.yaml.yaml_writer import double

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")


@dataclass(frozen=True, slots=True)
class _ItemLines:
    """An item's lines: what stands before it and is no item's, its comments, its value, and what is below.

    `rest` is what stands behind a flow item and its comma in its line; a block item's lines are all `shown`.
    """

    before: str
    above: str
    shown: str
    rest: str
    below: str

    @property
    def gap(self) -> str:
        """The blank lines above the item, which move with it; "" if a comment is among them."""
        return "" if self.before.strip() else self.before


@dataclass(frozen=True)
class ItemMover:
    """Writes the items of a list in another order.

    `heads` are where the items begin: the dashes of a block list, else the values. `edits` are those inside
    the items, by old position. Blank lines between items move with them, unless `tight`. `end_moves`: lines
    come below the list, at the end of the text, as one around it changes.
    """

    source: SourceText
    node: YamlNode
    heads: Sequence[int]
    edits: Mapping[int, Sequence[TextEdit]]
    tight: bool
    end_moves: bool = False

    @cached_property
    def _column(self) -> int:
        return self.source.column(self.heads[0])

    def reordered(self, pairs: ItemPairs, added: Mapping[int, str]) -> TextEdit:
        """The edit that gives the list its new order. `added` are the texts of new items, by new position.

        Raises NoEditError.
        """
        source, node = self.source, self.node
        heads = self.heads if node.flow else self.heads[1:]
        closed = node.flow and source.line_start(node.items[-1].end) == source.line_start(node.end)
        if all(map(source.alone, heads)) and not closed:
            return self._by_lines(pairs, added)
        if node.flow:
            return self._in_slots(pairs, added)
        raise NoEditError

    def touched(self, pairs: ItemPairs) -> Iterator[TextEdit]:
        """The edits inside the items, and the items that the new order moves or removes."""
        for edits in self.edits.values():
            yield from edits
        for i in (*pairs.moved, *pairs.removed):
            yield TextEdit(self.heads[i], self.node.items[i].end, "")

    def _in_slots(self, pairs: ItemPairs, added: Mapping[int, str]) -> TextEdit:
        """Each item in the place of another one; commas, spaces and line breaks stay where they are."""
        text, items = self.source.text, self.node.items
        kept = sorted(i for i, _ in pairs.pairs)
        slots = iter([text[items[i].end : self.heads[i + 1]] for i in kept[:-1]])
        partner = {new: old for old, new in pairs.pairs}
        parts: list[str] = []
        begun = False
        for j in range(len(partner) + len(added)):
            if parts:
                parts.append(next(slots) if j in partner and begun else ", ")
            begun = begun or j in partner
            parts.append(self._slot(partner[j]) if j in partner else added[j])
        return TextEdit(self.heads[0], items[-1].end, "".join(parts))

    def _slot(self, at: int) -> str:
        return self._cut(at, self.heads[at], self.node.items[at].end)

    def _by_lines(self, pairs: ItemPairs, added: Mapping[int, str]) -> TextEdit:
        """Each item with its lines in its new place; the lines of the others, and what is between, stay."""
        last_stays = pairs.last_stays and not self.end_moves
        start, items, end = self._item_lines(last_stays=last_stays)
        gaps, left = _gaps(items, pairs)
        parts: dict[int, list[str]] = {i: [before] for i, before in enumerate(left)}
        for i in pairs.removed:
            below = _LINE.findall(items[i].below)
            parts[i] += items[i].above, *(" " * self._column + line.lstrip(" ") for line in below)
        partner = {new: old for old, new in pairs.pairs}
        front: list[str] = []
        last = -1
        for j in range(len(partner) + len(added)):
            old = partner.get(j, -1)
            item = items[old] if j in partner else _ItemLines("", "", " " * self._column + added[j], "", "")
            shown = self._whole(item, comma=j + 1 < len(partner) + len(added) or self._ends_with_comma())
            gap = gaps[old] if j in partner and not self.tight else ""
            if j in partner and old not in pairs.moved:
                last = old
                parts[last].append(shown)
            elif last < 0:
                front += shown, gap
            else:
                parts[last] += gap, shown
        shown = "".join([*front, *(part for i in sorted(parts) for part in parts[i])])
        return self._edit(start, end, shown, ended=self.tight and not last_stays)

    def _edit(self, start: int, end: int, shown: str, *, ended: bool) -> TextEdit:
        """The edit that replaces the lines from `start` to `end`.

        A missing last line break stays missing, unless `ended`: a block scalar may need it that is last now.
        """
        source, pad = self.source, " " * self._column
        if not source.alone(self.heads[0]):  # what stands before the first dash in its line stays
            if not shown.startswith(pad):
                raise NoEditError
            start, shown = self.heads[0], shown[len(pad) :]
        if not ended and not source.text[:end].endswith(("\n", "\r")):
            shown = shown.removesuffix("\n").removesuffix("\r")
        return TextEdit(start, end, shown)

    def _whole(self, item: _ItemLines, *, comma: bool) -> str:
        shown = item.above + item.shown + ("," if comma and self.node.flow else "") + item.rest
        return (shown if shown.endswith(("\n", "\r")) else shown + self.source.newline) + item.below

    def _comma(self, at: int) -> int:
        """The position after the comma of an item; the end of the item if there is none in its line."""
        end = self.node.items[at].end
        if not self.node.flow:
            return end
        index = behind(GAP, self.source.text, end)
        if not self.source.text.startswith(",", index):
            return end
        if index > self.source.line_end(end):
            raise NoEditError
        return index + 1

    def _ends_with_comma(self) -> bool:
        return self._comma(len(self.heads) - 1) > self.node.items[-1].end

    def _item_lines(self, *, last_stays: bool) -> tuple[int, list[_ItemLines], int]:
        """The lines of each item, with their start and end in the text."""
        source, node, text = self.source, self.node, self.source.text
        begins = [source.line_start(head) for head in self.heads]
        ends = [source.next_line(item.end) for item in node.items]
        if source.alone(self.heads[0]):
            start = source.comments_above(begins[0], " " * self._column)
            before, above, pad = "", text[start : begins[0]], ""
        else:
            start = begins[0] = self.heads[0]
            before, above, pad = "", "", " " * self._column
        last = source.line_start(node.end) if node.flow else len(text)
        items: list[_ItemLines] = []
        end = start
        for i, (begin, behind_item) in enumerate(zip(begins, ends, strict=True)):
            if node.flow:
                shown, rest = self._cut(i, begin, node.items[i].end), text[self._comma(i) : behind_item]
            else:
                more = self._closed(i, last=not last_stays and i + 1 == len(begins))
                shown, rest = self._cut(i, begin, behind_item, more), ""
            if i + 1 < len(begins):
                lines = _LINE.findall(text, behind_item, begins[i + 1])
            else:
                found = (line.group() for line in _LINE.finditer(text, behind_item, last))
                lines = list(takewhile(lambda line: not line.strip() or line.lstrip().startswith("#"), found))
            own, kept = _shares(lines, self._column)
            below = "".join(lines[:own])
            items.append(_ItemLines(before, above, pad + shown, rest, below))
            before, above, pad = "".join(lines[own:kept]), "".join(lines[kept:]), ""
            end = behind_item + len(below)
        return start, items, end

    def _closed(self, at: int, *, last: bool) -> Sequence[TextEdit]:
        """The edits that make a block scalar at the end of an item independent of what is below it.

        One with words and without its line break, at the end of a text, keeps none. If `tight`, one that
        takes all blank lines below it is put in quotes. An edit that writes it anew closes it by itself.
        """
        node = last_scalar(self.node.items[at])
        if any(edit.start <= node.start < edit.end for edit in self.edits.get(at, ())):
            return ()
        header = HEADER.match(self.source.text, node.start) if node.style in ("|", ">") else None
        if header is None:
            return ()
        if self.tight and "+" in header.group(2):
            comment = header.group(3).rstrip() if header.end() <= node.end else ""
            return (TextEdit(node.start, node.end, double(str(node.value)) + comment),)
        closing = self.source.closing
        return (closing,) if last and closing and node.end == len(self.source.text) else ()

    def _cut(self, at: int, start: int, end: int, more: Sequence[TextEdit] = ()) -> str:
        """The text from `start` to `end` in an item, with the edits in it, and `more`."""
        edits = [*self.edits.get(at, ()), *more]
        if any(edit.start < start or edit.end > end for edit in edits):
            raise NoEditError
        moved = [TextEdit(edit.start - start, edit.end - start, edit.new) for edit in edits]
        return apply(self.source.text[start:end], moved)


def _shares(lines: Sequence[str], column: int) -> tuple[int, int]:
    """How many of the lines between two items are the upper one's, and where those of the lower one begin.

    Blank lines and comments only. `column` is that of the items.
    """
    margins = [len(line) - len(line.lstrip(" \t")) if line.strip() else None for line in lines]
    own = 0
    for k, margin in enumerate(margins):
        if margin is not None and margin <= column:
            break
        own = k + 1 if margin is not None else own
    kept = len(lines)
    while kept > own and (margin := margins[kept - 1]) is not None and margin <= column:
        kept -= 1
    return own, kept


def _gaps(items: Sequence[_ItemLines], pairs: ItemPairs) -> tuple[list[str], list[str]]:
    """The blank lines that each item takes along if it moves, and what stays where it stood."""
    gaps = [item.gap for item in items]
    left = [
        item.before.removeprefix(item.gap) if i in pairs.moved else item.before
        for i, item in enumerate(items)
    ]
    if 0 in pairs.moved:  # no blank line is above the first item: it takes that of the new first one
        first = min(old for old, _ in pairs.pairs if old not in pairs.moved)
        gaps[0] = gaps[first]
        left[first] = left[first].removeprefix(gaps[0])
    return gaps, left
