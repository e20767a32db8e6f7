"""Three-way merge of texts (diff3): line by line, and inside a line word by word."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TypeAlias

from studio_sync.core.merge.align import AlignmentBudget, atoms
from studio_sync.core.merge.changes import (
    ChangeGroup,
    SideChange,
    applied,
    block_count,
    changes,
    groups,
    within,
)
from studio_sync.core.merge.text_diff import line_diff, split_lines
from studio_sync.core.merge.word_merge import merge_words, weight
from studio_sync.core.values.bounds import MAX_WORD_DIFF


class Winner(StrEnum):
    """The side whose version a decision takes in a conflict."""

    FILES = "files"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of one side; `start` is the number of the first, from 1, or where they would be if empty."""

    start: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clash:
    """A conflict in a text: the lines of the three versions.

    If no base is `known`, `base` is empty.
    """

    base: Chunk
    local: Chunk
    remote: Chunk
    known: bool = True

    def of(self, winner: Winner) -> Chunk:
        """The lines of the winner's side."""
        return self.local if winner is Winner.FILES else self.remote


Piece: TypeAlias = tuple[str, ...] | Clash
"""Merged lines, or a conflict."""


_TELLING = 4
"""The least weight of a line that identifies it: two words.

Lighter lines such as `---` may occur anywhere, and more than once.
"""

_UNLIKELY = 5
"""The least weight of a line that nobody types twice by chance: more than two words."""


def merge_text(base: str, local: str, remote: str) -> tuple[Piece, ...]:
    """Three-way merge of texts, in pieces from top to bottom; a clean merge has no Clash.

    Laws: a change by one side alone is taken as it is; a change that both made is taken once; swapping the
    sides swaps them in every clash and changes no merged line; a merged line is a line of some side, or
    consists of whole words of both. The work is bounded: what is too large to compare closely is a clash,
    never a guess.
    """
    work = AlignmentBudget()
    old, mine, theirs = split_lines(base), split_lines(local), split_lines(remote)
    ours = changes(old, mine, _blank, work), changes(old, theirs, _blank, work)
    met, agreed = groups(old, *ours, lambda *about: _apart(old, *about))
    resolved = [_resolved(old, group, work) for group in met]
    clean = (piece for piece in _pieces(old, met, agreed, resolved) if not isinstance(piece, Clash))
    whole = [line for piece in clean for line in piece]
    astray = _astray(old, mine, theirs, whole)
    for k, group in enumerate(met):
        if astray and astray & _touched(old, group):
            resolved[k] = None
    pieces = tuple(_pieces(old, met, agreed, resolved))
    both = any(group.local for group in met) and any(group.remote for group in met)
    if both and any(side is not None and _blank(side) for side in (local, remote, merged(pieces))):
        return tuple(_pieces(old, met, agreed, [None] * len(met)))  # nothing is left of what one side kept
    return pieces


def two_way_pieces(local: str, remote: str) -> tuple[Piece, ...]:
    """Compare two texts without a base: common lines are merged, every difference is a clash."""
    mine, theirs = split_lines(local), split_lines(remote)
    pieces: list[Piece] = []
    at = 0
    for hunk in line_diff(local, remote, context=0):
        start = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        to = hunk.new_start - 1 if hunk.new_count else hunk.new_start
        if at < start:
            pieces.append(tuple(mine[at:start]))
        at = start + hunk.old_count
        one, other = (
            Chunk(start + 1, tuple(mine[start:at])),
            Chunk(to + 1, tuple(theirs[to : to + hunk.new_count])),
        )
        pieces.append(Clash(Chunk(0, ()), one, other, known=False))
    return (*pieces, tuple(mine[at:])) if at < len(mine) else tuple(pieces)


def merged(pieces: Sequence[Piece]) -> str | None:
    """The text of a clean merge; None if there is a clash."""
    lines: list[str] = []
    for piece in pieces:
        if isinstance(piece, Clash):
            return None
        lines += piece
    return "\n".join(lines)


def resolved(pieces: Sequence[Piece], winner: Winner) -> str:
    """The merged text with the winner's version of each clash, as git's -X ours does."""
    lines: list[str] = []
    for piece in pieces:
        lines += piece.of(winner).lines if isinstance(piece, Clash) else piece
    return "\n".join(lines)


def _blank(line: str) -> bool:
    return not line or line.isspace()


def _apart(
    old: Sequence[str], group: ChangeGroup, change: SideChange, mine: bool, between: Sequence[str]
) -> bool:
    """Whether two changes are independent: an unchanged line is between them, or a paragraph boundary.

    Two adjacent changes that both add paragraphs are never independent: their order would be a guess.
    """
    others = group.remote if mine else group.local
    if all(map(_blank, between)) and _adds(old, change) and _adds(old, others[-1]):
        return False
    if between:
        return True
    at = change.start
    if group.start == change.end or at != group.end:
        return False  # both insert at one place, or both removed all between
    before = [_last(old, group, side) for side in (group.local, group.remote)]
    after = [change.new[0] if change.new else _line(old, change.end), _line(old, at)]
    return all(map(_blank, before)) or all(map(_blank, after))


def _adds(old: Sequence[str], change: SideChange) -> bool:
    """Whether the change increases the number of paragraphs."""
    return block_count(change.new, _blank) > block_count(old[change.start : change.end], _blank)


def _last(old: Sequence[str], group: ChangeGroup, side: Sequence[SideChange]) -> str:
    """The last line of a side at the end of a group."""
    if not side or side[-1].end < group.end:
        return _line(old, group.end - 1)
    return side[-1].new[-1] if side[-1].new else _line(old, side[-1].start - 1)


def _line(lines: Sequence[str], index: int) -> str:
    """The line at `index`; outside the text "", which counts as blank."""
    return lines[index] if 0 <= index < len(lines) else ""


def _resolved(old: Sequence[str], group: ChangeGroup, work: AlignmentBudget) -> list[str] | None:
    """The merged lines of a group; None if its changes conflict."""
    mine, theirs = group.sides(old)
    before = old[group.start : group.end]
    if not group.remote or mine == theirs:
        return mine
    if not group.local:
        return theirs
    if not (before and mine and theirs):
        return None
    was, here, there = ("\n".join(side) for side in (before, mine, theirs))
    text = merge_words(was, here, there, work)
    return None if text is None else text.split("\n")


def _astray(old: Sequence[str], mine: Sequence[str], theirs: Sequence[str], whole: Sequence[str]) -> set[str]:
    """The lines that occur too often or too rarely in the merge, although each change by itself is right.

    This happens if both sides move a paragraph, or one moves it and the other removes it. So the number of
    occurrences of each line is merged, too: a result with more is a conflict, and so is one with fewer than
    both sides have. A short line that both sides added at different places counts as two lines, unless a
    neighbouring line is astray as well.
    """
    counts = [Counter(side) for side in (old, mine, theirs, whole)]
    astray: set[str] = set()
    added: set[str] = set()
    for line in {*mine, *theirs}:
        b, m, t, now = (count[line] for count in counts)
        wanted = m if m == t else max(m + t - b, 0)
        if (now > wanted or (m == t and now < wanted)) and _weighs(line, _TELLING):
            alone = now > wanted and b < min(m, t) and not _weighs(line, _UNLIKELY)
            (added if alone else astray).add(line)
    return (
        astray | {line for side in (mine, theirs) for line in _beside(side, added, astray)}
        if added
        else astray
    )


def _beside(side: Sequence[str], added: set[str], astray: set[str]) -> Iterator[str]:
    """The `added` lines that have another added line, or an astray one, as neighbour."""
    lines = [line for line in side if not _blank(line)]
    for one, other in pairwise(lines):
        if one in added and other in added | astray:
            yield one
        if other in added and one in added | astray:
            yield other


def _weighs(line: str, least: int) -> bool:
    return len(line) > MAX_WORD_DIFF or weight(atoms(line)) >= least


def _touched(old: Sequence[str], group: ChangeGroup) -> set[str]:
    mine, theirs = group.sides(old)
    return {*old[group.start : group.end], *mine, *theirs}


def _pieces(
    old: Sequence[str],
    met: Sequence[ChangeGroup],
    agreed: Sequence[SideChange],
    resolved: Sequence[list[str] | None],
) -> Iterator[Piece]:
    i = mine = theirs = 0
    for group, lines in [*zip(met, resolved, strict=True), (None, None)]:
        stop = group.start if group else len(old)
        between = applied(old, within(agreed, i, stop), i, stop)
        if between:
            yield tuple(between)
        if group is None:
            return
        local, remote = group.sides(old)
        mine, theirs = mine + len(between), theirs + len(between)
        if lines is None:
            yield Clash(
                Chunk(group.start + 1, tuple(old[group.start : group.end])),
                Chunk(mine + 1, tuple(local)),
                Chunk(theirs + 1, tuple(remote)),
            )
        elif lines:
            yield tuple(lines)
        i, mine, theirs = group.end, mine + len(local), theirs + len(remote)
