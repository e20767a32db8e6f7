"""Three-way merge of front matter, or of a YAML file: entry by entry, with comments of both sides."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from studio_sync.core.merge.json_diff import NO_VALUE, JsonSide, NoValue
from studio_sync.core.merge.three_way import Chunk, Clash, Piece, merge_text, merged
from studio_sync.core.values.value import same
from studio_sync.files.yaml.faults.fault import YamlFault
from studio_sync.files.yaml.splice import splice
from studio_sync.files.yaml.yaml_entries import Entries, comments_of, entries_of

_Lines: TypeAlias = tuple[str, ...]


class NoSheetError(Exception):
    """These texts can't be merged entry by entry."""


@dataclass(frozen=True, slots=True)
class MergeOutcome:
    """The result of a key: its value, ABSENT for none; for a `conflict` each side's value."""

    ours: JsonSide
    theirs: JsonSide
    conflict: bool = False


def merge_sheets(
    base: Entries, ours: Entries, theirs: Entries, outcomes: Mapping[str, MergeOutcome], order: Sequence[str]
) -> list[Piece]:
    """The pieces of the merged text, by lines.

    An entry that only one side changed is taken from it, byte for byte. If both changed it, the lines merge,
    the result's value is spliced into them, and no comment that a side added is lost. `order` is that of the
    kind's keys. Raises NoSheetError if no text has the result's values.
    """
    pieces: list[Piece] = []
    try:
        for key in _keys(ours.texts, theirs.texts):
            entry = _Entry(key, base.texts.get(key), ours.texts.get(key), theirs.texts.get(key), order)
            pieces += entry.pieces(outcomes[key], ours, theirs)
        pieces += [_lines(_tail(base.tail, ours.tail, theirs.tail))]
    except (YamlFault, splice.SpliceError) as error:
        raise NoSheetError(str(error)) from None
    return [piece for piece in pieces if piece]


def _keys(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """All keys: ours, and each that only they have, after its left neighbour."""
    keys = list(ours)
    before = ""
    for key in theirs:
        if key not in ours:
            keys.insert(keys.index(before) + 1 if before else 0, key)
        before = key
    return keys


@dataclass(frozen=True, slots=True)
class _Entry:
    """One key's lines in three versions, None where a version lacks it."""

    key: str
    base: str | None
    ours: str | None
    theirs: str | None
    order: Sequence[str]

    def pieces(self, outcome: MergeOutcome, ours: Entries, theirs: Entries) -> list[Piece]:
        if not outcome.conflict:
            return [_lines(self._merged(outcome.ours))]
        mine = self._saying(self.ours, outcome.ours, ours)
        other = self._saying(self.theirs, outcome.theirs, theirs)
        return list(_clashing(_lines(self.base or ""), _lines(mine), _lines(other)))

    def _saying(self, text: str | None, value: JsonSide, side: Entries) -> str:
        """A side's own lines, with the value that the result gives it."""
        if isinstance(value, NoValue):
            return ""
        own = side.values.get(self.key, NO_VALUE)
        if text is not None and not isinstance(own, NoValue) and same(own, value):
            return text
        return splice.edit_mapping(text or "", {self.key: value}, order=self.order)

    def _merged(self, value: JsonSide) -> str:
        if self.theirs in (self.ours, self.base):
            return self.ours or ""
        if self.base == self.ours:
            return self.theirs or ""
        text = self._by_line(value)
        lost = self._added_comments() - comments_of(text)
        return "".join(f"{comment}\n" for comment in lost.elements()) + text

    def _by_line(self, value: JsonSide) -> str:
        """Merged lines of both sides with the value."""
        if isinstance(value, NoValue):
            return ""
        sides = [side or "" for side in (self.base, self.ours, self.theirs)]
        for text in (merged(merge_text(*sides)), self.ours, self.theirs):
            if text is None or not _has_only(text, self.key):
                continue
            return splice.edit_mapping(text, {self.key: value}, order=self.order)
        return splice.edit_mapping("", {self.key: value}, order=self.order)

    def _added_comments(self) -> Counter[str]:
        """The comments that a side has and the base lacks; one that both added counts once."""
        base, ours, theirs = (comments_of(side or "") for side in (self.base, self.ours, self.theirs))
        return (ours - base) | (theirs - base)


def _clashing(base: _Lines, ours: _Lines, theirs: _Lines) -> Iterator[Piece]:
    """One conflict, without the lines that both sides have in common above and below.

    If both are equal it must still not pass unread, so nothing is cut off.
    """
    least = min(len(ours), len(theirs)) if ours != theirs else 0
    head = next((k for k in range(least) if ours[k] != theirs[k]), least)
    tail = next((k for k in range(least - head) if ours[-1 - k] != theirs[-1 - k]), least - head)

    def inner(lines: _Lines) -> Chunk:
        return Chunk(head + 1, lines[head : len(lines) - tail])

    shared = base[:head] == ours[:head] and (not tail or base[-tail:] == ours[-tail:])
    yield ours[:head]
    yield Clash(inner(base) if shared else Chunk(1, base), inner(ours), inner(theirs))
    yield ours[len(ours) - tail :]


def _has_only(text: str, key: str) -> bool:
    """Whether the text is an entry with that key, and no other."""
    try:
        found = entries_of(text)
    except YamlFault:
        return False
    return found is not None and list(found.texts) == [key]


def _tail(base: str, ours: str, theirs: str) -> str:
    """The text below the last key: blank lines and comments."""
    text = merged(merge_text(base, ours, theirs))
    if text is not None:
        return text
    here = set(ours.split("\n")) | set(base.split("\n"))
    return ours + "".join(f"{line}\n" for line in theirs.split("\n") if line not in here)


def _lines(text: str) -> _Lines:
    return tuple(text.removesuffix("\n").split("\n")) if text else ()


def spelled(pieces: Sequence[Piece], *, theirs: bool = False) -> str:
    """The text of the pieces, with one side's lines for each conflict."""
    lines: list[str] = []
    for piece in pieces:
        lines += (piece.remote if theirs else piece.local).lines if isinstance(piece, Clash) else piece
    return "".join(f"{line}\n" for line in lines)
