"""Rendering of one conflict part: base, files and database, and whether all of it was shown."""

from collections.abc import Iterator, Mapping, Sequence
from json import dumps
from typing import TypeAlias

from studio_sync.core.merge.json_diff import NO_VALUE, JsonSide
from studio_sync.core.merge.parts import Part, PartKind
from studio_sync.core.merge.text_diff import HunkLine, Spans, line_diff, split_lines
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.kind import Kind, Type
from studio_sync.core.values.record import PARENT
from studio_sync.render.differences.record_diff import FieldChange, holds, show_fields, value_words
from studio_sync.render.differences.text_rows import folded, marked_pieces, printed, shortened
from studio_sync.render.medium.paint import Screen
from studio_sync.render.medium.terminal import columns

BASE, FILES, DATABASE = "base", "files", "database"
REMOVED = "(removed)"
_LABEL = 4 + len(DATABASE) + 2
_SHORT = 60
"""The longest text that is shown as a value, in one line."""
_ITEM = 100
"""The longest list or object inside a value that has one line."""
_MOST = 12
"""How many lines of one side are shown by default."""
_AS_BASE = "(as base)"
_TOGETHER = "a status step and the other side's content are one decision: nobody has read both"

Three: TypeAlias = tuple[JsonSide, JsonSide, JsonSide]


class PartView:
    """Renders parts of one record, shortened unless the screen is `full`."""

    def __init__(self, kind: Kind, screen: Screen, begins: int = 0) -> None:
        """`begins` is the line on which the file's body begins, 0 if unknown."""
        self._kind, self._begins = kind, begins
        self._paint, self._width, self._full = screen.paint, screen.width, screen.full
        self._cuts = 0
        """How many times something was left out."""

    def lines(self, part: Part) -> tuple[list[str], bool]:
        """The lines of a part, and whether they contain its three values completely."""
        before = self._cuts
        found = list(self._part(part))
        return found, self._cuts == before

    def _part(self, part: Part) -> Iterator[str]:
        three = (part.base, part.local, part.remote)
        match part.kind:
            case PartKind.HUNK:
                yield f"  {safe(part.path)}{self._at(part)}:"
                yield from self._texts(three, known=part.known)
            case PartKind.PLACE:
                yield "  place:"
                for label, side in self._labelled(three, known=part.known):
                    yield from self._short(label, _place_words(side))
            case PartKind.CONTENT:
                yield f"  {', '.join(part.fields)}, together:"
                yield f"    {self._paint.dim(_TOGETHER)}"
                yield from self._fields(part)
            case PartKind.RECORD:
                yield from self._fields(part)
            case PartKind.ORDER:
                yield f"  {safe(part.path)}, the order:"
                yield from self._values(part.path, three, known=part.known)
            case PartKind.VALUE:
                yield f"  {safe(part.path)}:"
                yield from self._values(part.path, three, known=part.known)

    def _at(self, part: Part) -> str:
        """The position of a hunk: its line in the file, or in the text."""
        if part.lines is None:
            return ""
        lines = part.lines[1]
        body = self._kind.body
        if self._begins and body is not None and part.path == body.name:
            return f", line {self._begins + lines.start - 1}"
        return f", line {lines.start} of the text" if lines.start > 1 or lines.count > 1 else ""

    def _fields(self, part: Part) -> Iterator[str]:
        """Values by field, without fields that no side has."""
        sides = [side if isinstance(side, Mapping) else {} for side in (part.base, part.local, part.remote)]
        for name in dict.fromkeys(name for side in sides for name in side):
            base, local, remote = (side.get(name, NO_VALUE) for side in sides)
            if all(value is None or value is NO_VALUE for value in (base, local, remote)):
                continue
            yield f"  {safe(name)}:"
            yield from self._values(name, (base, local, remote), known=part.known and name in sides[0])

    def _values(self, name: str, three: Three, *, known: bool) -> Iterator[str]:
        """Three values, each in one line if all are short, else on lines of their own."""
        if not any(map(_long, three)):
            for label, side in self._labelled(three, known=known):
                yield from self._short(label, value_words(side))
            return
        most = max(len(_split(side)) for side in three)
        if self._full or most <= _MOST + 1:
            yield from self._texts(three, known=known)
        else:
            self._cuts += 1
            yield from self._changes(name, three, known=known)

    def _changes(self, name: str, three: Three, *, known: bool) -> Iterator[str]:
        """Each side's changes, if the values are too long to show completely."""
        base, local, remote = three
        steps = ((FILES, base, local), (DATABASE, base, remote))
        for label, before, after in steps if known else ((f"{FILES} → {DATABASE}", local, remote),):
            if known and after == before:
                yield f"    {label:{len(DATABASE)}}  {self._paint.dim(_AS_BASE)}"
                continue
            yield f"    {self._paint.place(label)}"
            if after is NO_VALUE and before is not NO_VALUE:
                yield f"      {self._paint.removed('-')} {safe(name)}: {self._paint.dim(REMOVED)}"
                continue
            json = all(holds(side) for side in (before, after))
            change = FieldChange(
                name=name,
                type=Type.JSON if json else Type.TEXT,
                body=not any(holds(side) for side in (before, after)),
                before=before,
                after=after,
            )
            for line in show_fields([change], Screen(self._paint, max(self._width - 4, 0))):
                yield f"    {line}"

    def _labelled(self, three: Three, *, known: bool) -> Iterator[tuple[str, JsonSide]]:
        yield from zip(
            (BASE, FILES, DATABASE) if known else (FILES, DATABASE), three[not known :], strict=True
        )

    def _short(self, label: str, words: str) -> Iterator[str]:
        """Words of bounded length, folded."""
        lead = f"    {label:{len(DATABASE)}}  "
        for row in folded([(words, False)], max(self._width - _LABEL - 1, 0)):
            yield f"{lead}{''.join(text for text, _ in row)}".rstrip()
            lead = " " * _LABEL

    def _texts(self, three: Three, *, known: bool) -> Iterator[str]:
        """Three texts by lines, with marks on the words that differ."""
        base, local, remote = map(_split, three)
        if known:
            yield from self._side_lines(BASE, _before(base, (local, remote)), removed=False)
            for label, side, value in ((FILES, local, three[1]), (DATABASE, remote, three[2])):
                if side == base and len(base) > 1 and type(value) is type(three[0]):
                    yield f"    {label:{len(DATABASE)}}  {self._paint.dim(_AS_BASE)}"
                else:
                    yield from self._side_lines(label, _changed(base, side), removed=bool(base))
        else:
            yield from self._side_lines(FILES, _changed(remote, local), removed=bool(remote))
            yield from self._side_lines(DATABASE, _changed(local, remote), removed=bool(local))

    def _side_lines(self, label: str, lines: Sequence[HunkLine], *, removed: bool) -> Iterator[str]:
        lead = f"    {self._paint.place(label)}{' ' * (_LABEL - 4 - len(label))}"
        if not lines:
            yield f"{lead}{self._paint.dim(REMOVED if removed else '(nothing)')}"
        most = len(lines) if self._full or len(lines) <= _MOST + 1 else _MOST
        shortens = not self._full and self._height(lines) > _MOST
        for line in lines[:most]:
            for row in self._rows(line, shortens=shortens):
                yield f"{lead}{row}".rstrip()
                lead = " " * _LABEL
        if most < len(lines):
            self._cuts += 1
            yield f"{lead}{self._paint.dim(f'… and {len(lines) - most} more lines')}"

    def _height(self, lines: Sequence[HunkLine]) -> int:
        """About how many rows these lines take, folded."""
        room = max(self._width - _LABEL - 1, 1) if self._width else 0
        return sum(1 + columns(line.text) // room if room else 1 for line in lines)

    def _rows(self, line: HunkLine, *, shortens: bool) -> Iterator[str]:
        added = line.kind == "+"
        plain, marked = (
            (self._paint.added, self._paint.added_words) if added else (str, self._paint.removed_words)
        )
        room = max(self._width - _LABEL - 1, 0)
        pieces = marked_pieces(line.text, line.spans)
        if room and shortens:
            short = shortened(pieces, room)
            self._cuts += short != pieces
            pieces = short
        for row in folded(printed(pieces, self._paint, room, added=added), room):
            yield "".join((marked if mark else plain)(piece) for piece, mark in row)


def _place_words(side: JsonSide) -> str:
    """`number 1.3, below acme-bank/trust/01-start`."""
    if not isinstance(side, Mapping):
        return value_words(side)
    words = (f"{'below' if name == PARENT else name} {value}" for name, value in side.items())
    return safe(", ".join(sorted(words, key=lambda word: word.startswith("below "))))


def _long(value: JsonSide) -> bool:
    if isinstance(value, str):
        return "\n" in value or len(value) > _SHORT
    return holds(value) and len(value_words(value)) > _SHORT


def _split(value: JsonSide) -> list[str]:
    """The lines of a value: a text's own, or those of a list's or object's JSON."""
    if isinstance(value, str):
        return split_lines(value)
    if value is NO_VALUE or value is None:
        return []
    return split_lines(_pretty(value))


def _pretty(value: JsonSide, indent: str = "") -> str:
    """JSON in which each value that is short has one line, so that an option of a question has."""
    one = dumps(value, ensure_ascii=False, default=str)
    if not holds(value) or not value or len(one) <= _ITEM:
        return one
    inner = f"{indent}  "
    if isinstance(value, Mapping):
        opening, closing = "{", "}"
        items = [f"{dumps(k, ensure_ascii=False)}: {_pretty(item, inner)}" for k, item in value.items()]
    else:
        opening, closing = "[", "]"
        items = [_pretty(item, inner) for item in value]
    inside = ",\n".join(f"{inner}{item}" for item in items)
    return f"{opening}\n{inside}\n{indent}{closing}"


def _before(base: Sequence[str], sides: Sequence[Sequence[str]]) -> list[HunkLine]:
    """The lines of the base, with marks on words that some side removed."""
    marks: list[set[int]] = [set() for _ in base]
    for side in sides:
        for hunk in line_diff("\n".join(base), "\n".join(side), context=0):
            gone = (line for line in hunk.lines if line.kind == "-")
            for at, line in enumerate(gone, hunk.old_start - 1):
                marks[at] |= {k for start, end in line.spans for k in range(start, end)}
    return [HunkLine("-", text, _spans(mark)) for text, mark in zip(base, marks, strict=True)]


def _spans(mark: set[int]) -> Spans:
    starts = sorted(k for k in mark if k - 1 not in mark)
    ends = sorted(k + 1 for k in mark if k + 1 not in mark)
    return tuple(zip(starts, ends, strict=True))


def _changed(before: Sequence[str], after: Sequence[str]) -> list[HunkLine]:
    """The lines of `after`, with marks on what is not in `before`."""
    one, other = "\n".join(before), "\n".join(after)
    hunks = line_diff(one, other, context=len(before) + len(after))
    if not hunks:
        return [HunkLine(" ", text) for text in after]
    return [line for hunk in hunks for line in hunk.lines if line.kind != "-"]
