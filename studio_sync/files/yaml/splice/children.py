"""Splices inside a list or mapping: entries and items, one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace as with_
from itertools import pairwise

from studio_sync.core.values.value import Value, same
from studio_sync.files.yaml.parser.marks import GAP, YamlNode, behind
from studio_sync.files.yaml.splice.aliases import on_one_line
from studio_sync.files.yaml.splice.item_pairs import ItemPairs, item_pairs
from studio_sync.files.yaml.splice.moved_items import ItemMover
from studio_sync.files.yaml.splice.node_value import Rewriter, same_kind
from studio_sync.files.yaml.splice.source import NodePlace, NoEditError, SourceText, TextEdit
from studio_sync.files.yaml.yaml_writer import element, entry, flow


class NodeEditor:
    """Collects the edits that change a value into another.

    It descends `depth` levels into lists and mappings, and rewrites differences below as a whole. `greedy`
    removals include the blank lines below.
    """

    def __init__(self, source: SourceText, *, depth: int, allow_literal: bool, greedy: bool) -> None:
        self._source = source
        self._depth = depth
        self._greedy = greedy
        self._rewriter = Rewriter(source, allow_literal=allow_literal)
        self._style = self._rewriter.style
        self._anchored: dict[int, Value] = {}  # the new values of anchored nodes, by their positions
        self._touched: dict[TextEdit, list[TextEdit]] = {}
        self._end_moves = False  # whether lines come below what is last in the text
        self.edits: list[TextEdit] = []

    def change(self, place: NodePlace, new: Value, depth: int = 0) -> None:
        """Make the value at `place` equal to `new`. An alias follows its anchor, if that gives `new`."""
        node = place.node
        if node.anchor:
            self._anchored[node.start] = new
        target = self._source.targets.get(node.start) if node.alias else None
        if same(self._anchored.get(target.start, node.value) if target else node.value, new):
            return
        if target and on_one_line(self._source, target):
            written = with_(target, start=node.start, end=node.end, anchor="", alias=node.alias)
            place = with_(place, node=written)
        if depth < self._depth and same_kind(place.node, new):
            if isinstance(new, Mapping):
                self._mapping(place, new, depth + 1)
                return
            if isinstance(new, Sequence) and not isinstance(new, str):
                self._sequence(place, new, depth + 1)
                return
        self.edits += self._rewriter.rewrite(place, new)

    def _mapping(self, place: NodePlace, new: Mapping[str, Value], depth: int) -> None:
        kept = [str(key.value) for key, _ in place.node.entries if key.value in new]
        if not kept:
            self.edits += self._rewriter.rewrite(place, new)
            return
        order, moves = list(new), self._end_moves
        self._end_moves = moves or order[-1] not in kept
        for child in self._source.children(place):
            name = str(child.key.value) if child.key else ""
            if name in new:
                self.change(child, new[name], depth)
        self._end_moves = moves
        for key, _ in place.node.entries:
            if key.value not in new:
                self.remove(place, str(key.value))
        for name in order:
            if name not in kept:
                self.add(place, name, new[name], order, kept)

    def change_entry(self, place: NodePlace, name: str, new: Value) -> None:
        """Make the value of a key of the mapping at `place` equal to `new`."""
        self.change(self._child(place, name), new)

    def rewrite_entry(self, place: NodePlace, name: str, new: Value) -> None:
        """Rewrite a key of the mapping at `place`, with its value."""
        source, child = self._source, self._child(place, name)
        if child.key is None:
            raise NoEditError
        start, end = source.outer(child.key), _end((child.key, child.node))
        if child.flow:
            self.edits.append(TextEdit(start, end, f"{flow(name)}: {flow(new)}"))
            return
        pad = " " * source.column(place.node.start)
        lines = entry(name, new, pad, self._style)
        if source.alone(start, "?"):
            start = source.line_start(start)
            tail = source.newline if end == len(source.text) else ""
            self.edits.append(TextEdit(start, source.line_end(end), source.joined(lines) + tail))
        else:
            self.edits.append(TextEdit(start, source.line_end(end), source.joined(lines)[len(pad) :]))

    def _child(self, place: NodePlace, name: str) -> NodePlace:
        return next(c for c in self._source.children(place) if c.key and c.key.value == name)

    def remove(self, place: NodePlace, name: str) -> None:
        """Remove a key from a mapping with further keys."""
        node, source = place.node, self._source
        entries = node.entries
        at = next(i for i, (key, _) in enumerate(entries) if key.value == name)
        start, end = source.outer(entries[at][0]), _end(entries[at])
        if node.flow:
            self._remove_flow(node, [(source.outer(e[0]), _end(e)) for e in entries], [at])
        elif source.alone(start, "?"):
            self.edits.append(source.without_lines(source.line_start(start), end, greedy=self._greedy))
        elif at + 1 < len(entries) and source.alone(source.outer(entries[at + 1][0])):
            self.edits.append(TextEdit(start, source.outer(entries[at + 1][0]), ""))
        else:
            raise NoEditError

    def _remove_flow(self, node: YamlNode, spans: list[tuple[int, int]], removed: Sequence[int]) -> None:
        """Remove the ranges `removed` of `spans` between the brackets of `node`, each with one comma.

        Comments behind the others stay, and so do those in lines of their own.
        """
        source = self._source
        last = max((i for i in range(len(spans)) if i not in removed), default=-1)
        if last < 0:
            start, end = (node.start + 1, node.end - 1) if self._greedy else spans[0]
            self.edits.append(TextEdit(start, end, ""))
            return
        gaps = "".join(source.text[a[1] : b[0]] for a, b in pairwise(spans[last:]))
        end, closing = spans[last][1], source.behind_comma(spans[-1][1])
        at_once = "#" not in gaps and not (source.alone(spans[-1][0]) and source.empty_behind(closing))
        if at_once:
            self.edits.append(TextEdit(end, spans[-1][1], ""))
        elif closing == spans[-1][1]:  # no comma ends the list: none may be left
            self.edits.append(TextEdit(end, source.behind_comma(end), ""))
        for at in removed:
            start, comma = spans[at][0], source.behind_comma(spans[at][1])
            if at > last and at_once:
                continue
            if source.alone(start) and source.empty_behind(comma):
                self.edits.append(TextEdit(source.line_start(start), source.next_line(comma), ""))
            else:
                self.edits.append(TextEdit(start, spans[at + 1][0] if at < last else comma, ""))

    def add(
        self, place: NodePlace, name: str, value: Value, order: Sequence[str], kept: Sequence[str]
    ) -> None:
        """Add a key after the nearest of `kept` that precedes it in `order`, or before the next."""
        node, source = place.node, self._source
        by_name = {str(e[0].value): e for e in node.entries}
        index = order.index(name) if name in order else len(order)
        before = next((n for n in reversed(order[:index]) if n in kept), None)
        after = next((n for n in order[index + 1 :] if n in kept), None)
        if before is None and after is None:
            before = kept[-1]
        if node.flow:
            shown = f"{flow(name)}: {flow(value)}"
            if before is not None:
                end = _end(by_name[before])
                self.edits.append(TextEdit(end, end, ", " + shown))
            elif after is not None:
                start = source.outer(by_name[after][0])
                self.edits.append(TextEdit(start, start, shown + ", "))
            return
        pad = " " * source.column(node.start)
        lines = entry(name, value, pad, self._style)
        if before is not None:
            self.edits.append(source.below(_end(by_name[before]), lines))
        elif after is not None:
            self._put_above(source.outer(by_name[after][0]), lines, pad)

    def _put_above(self, start: int, lines: Sequence[str], pad: str) -> None:
        """Insert lines above the entry or item at `start` and the comments right above it."""
        source = self._source
        if not source.alone(start, "?"):
            shown = source.joined([*lines, pad])[len(pad) :]
            self.edits.append(TextEdit(start, start, shown))
            return
        line = source.comments_above(start, pad)
        self.edits.append(TextEdit(line, line, source.joined(lines) + source.newline))

    def _sequence(self, place: NodePlace, new: Sequence[Value], depth: int) -> None:
        children = self._source.children(place)
        matched = item_pairs([n.value for n in place.node.items], new)
        if not matched.pairs:
            self.edits += self._rewriter.rewrite(place, new)
            return
        moves, self._end_moves = self._end_moves, self._end_moves or not matched.last_stays
        inside = {i: self._edits_inside(children[i], new[j], depth) for i, j in matched.pairs}
        self._end_moves = moves
        if matched.moved:
            self._reorder(place, new, matched, inside)
            return
        for edits in inside.values():
            self.edits += edits
        self._remove_items(place, matched.removed)
        kept = {j: i for i, j in matched.pairs}
        for j in matched.added:
            before = next((kept[k] for k in range(j - 1, -1, -1) if k in kept), None)
            self._add_item(place, new[j], before, matched.pairs[0][0])

    def _edits_inside(self, place: NodePlace, new: Value, depth: int) -> list[TextEdit]:
        """The edits that make the value at `place` equal to `new`, which are not made yet."""
        before, self.edits = self.edits, []
        self.change(place, new, depth)
        inside, self.edits = self.edits, before
        return inside

    def _reorder(
        self,
        place: NodePlace,
        new: Sequence[Value],
        matched: ItemPairs,
        inside: Mapping[int, Sequence[TextEdit]],
    ) -> None:
        node, source = place.node, self._source
        heads = [source.outer(n) for n in node.items] if node.flow else self._dashes(node)
        mover = ItemMover(source, node, heads, inside, self._greedy, self._end_moves)
        added = {
            j: flow(new[j]) if node.flow else source.joined(element(new[j], pad, self._style))[len(pad) :]
            for pad in (" " * source.column(heads[0]),)
            for j in matched.added
        }
        edit = mover.reordered(matched, added)
        self.edits.append(edit)
        self._touched[edit] = [t for e in mover.touched(matched) for t in self._touched.get(e, [e])]

    @property
    def closed(self) -> Sequence[TextEdit]:
        """The edits, with the one that keeps the value at the end of the text where lines come below it."""
        closing, end = self._source.closing, len(self._source.text)
        below = any(edit.start == end and edit.new.strip() for edit in self.edits)
        if closing is None or not below or any(e.start <= closing.start < e.end for e in self.edits):
            return self.edits
        return [*self.edits, closing]

    @property
    def touched(self) -> list[TextEdit]:
        """The edits, and of a list in another order those inside its items, and the items that move."""
        return [t for e in self.edits for t in self._touched.get(e, [e])]

    def _dashes(self, node: YamlNode) -> list[int]:
        """The positions of the dashes of a block list."""
        found: list[int] = []
        index = node.start
        for item in node.items:
            found.append(behind(GAP, self._source.text, index))
            index = item.end
        return found

    def _remove_items(self, place: NodePlace, removed: Sequence[int]) -> None:
        node, source = place.node, self._source
        if node.flow:
            self._remove_flow(node, [(source.outer(n), n.end) for n in node.items], removed)
            return
        dashes = self._dashes(node)
        for at in removed:
            if source.alone(dashes[at]):
                start = source.line_start(dashes[at])
                self.edits.append(source.without_lines(start, node.items[at].end, greedy=self._greedy))
            elif at + 1 < len(dashes):
                self.edits.append(TextEdit(dashes[at], dashes[at + 1], ""))
            else:
                raise NoEditError

    def _add_item(self, place: NodePlace, value: Value, before: int | None, first: int) -> None:
        """Add an item after the item `before`, or before the item `first` if that is None."""
        node, source = place.node, self._source
        if node.flow:
            if before is not None:
                end = node.items[before].end
                self.edits.append(TextEdit(end, end, ", " + flow(value)))
            else:
                start = source.outer(node.items[first])
                self.edits.append(TextEdit(start, start, flow(value) + ", "))
            return
        pad = " " * source.column(node.start)
        lines = element(value, pad, self._style)
        if before is not None:
            self.edits.append(source.below(node.items[before].end, lines))
        else:
            self._put_above(self._dashes(node)[first], lines, pad)


def _end(pair: tuple[YamlNode, YamlNode]) -> int:
    return max(pair[0].end, pair[1].end)
