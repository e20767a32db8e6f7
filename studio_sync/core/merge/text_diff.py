"""Diff of two texts for people to read: hunks of lines, with the changed words inside them."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TypeAlias

from studio_sync.core.merge.align import AlignmentBudget, pairs, runs, tokens
from studio_sync.core.values.bounds import MAX_WORD_DIFF

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Ranges [start, end) of characters, ascending, not touching."""


@dataclass(frozen=True, slots=True)
class HunkLine:
    """A line of a hunk: `kind` is " " on both sides, "-" only in the old text, "+" only in the new.

    `spans` mark the changed words of a reworded line: its "-" and "+" lines are adjacent, and equal outside
    the spans. Lines without a counterpart have no spans.
    """

    kind: str
    text: str
    spans: Spans = ()


@dataclass(frozen=True, slots=True)
class Hunk:
    """Changed lines with their context.

    A start is the number, from 1, of the first line; with a count of 0, the number of the line before.
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[HunkLine, ...]


def split_lines(text: str) -> list[str]:
    r"""The lines of `text`, such that joining them with "\n" restores it; none for an empty text."""
    return text.split("\n") if text else []


def line_diff(old: str, new: str, context: int = 3) -> list[Hunk]:
    """The hunks that turn `old` into `new`; none if they are equal."""
    one, other = split_lines(old), split_lines(new)
    work = AlignmentBudget()
    lines: list[HunkLine] = []
    i = j = 0
    for start, begin, size in runs(one, other, _blank, work):
        lines += _reworded(one[i:start], other[j:begin], work)
        lines += [HunkLine(" ", text) for text in one[start : start + size]]
        i, j = start + size, begin + size
    return _hunks(lines, context)


def _blank(text: str) -> bool:
    return not text or text.isspace()


_LEAST_KEPT = 0.3
"""The share of a line that must be unchanged for word marks to help."""


def word_spans(old: str, new: str, work: AlignmentBudget | None = None) -> tuple[Spans, Spans] | None:
    """The spans of changed words on both sides; None if too little is unchanged for marks to help."""
    if len(old) + len(new) > MAX_WORD_DIFF:
        return None
    one, other = tokens(old), tokens(new)
    at, to = [0, *accumulate(map(len, one))], [0, *accumulate(map(len, other))]
    changes: list[tuple[int, int, int, int]] = []
    kept = i = j = 0
    for start, begin, size in runs(one, other, str.isspace, work or AlignmentBudget()):
        if start > i or begin > j:
            changes.append((at[i], at[start], to[j], to[begin]))
        kept += sum(len(token.strip()) for token in one[start : start + size])
        i, j = start + size, begin + size
    if 2 * kept < _LEAST_KEPT * sum(len(token.strip()) for token in one + other):
        return None
    merged: list[tuple[int, int, int, int]] = []
    for change in changes:
        if merged and _lost(old[merged[-1][1] : change[0]], merged[-1], change):
            merged[-1] = (merged[-1][0], change[1], merged[-1][2], change[3])
        else:
            merged.append(change)
    return (
        tuple((a, b) for a, b, _, _ in merged if a < b),
        tuple((c, d) for _, _, c, d in merged if c < d),
    )


def _lost(between: str, one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    """Whether the text `between` two changes is so short that one mark reads better than two."""
    sizes = (max(b - a, d - c) for a, b, c, d in (one, other))
    return 2 * len(between.strip()) <= min(sizes) if between.strip() else True


def _reworded(old: list[str], new: list[str], work: AlignmentBudget) -> list[HunkLine]:
    """The lines of a replaced range, each reworded line next to its new version."""
    lines: list[HunkLine] = []
    i = j = 0
    alike = pairs(old, new, work) if old and new else []
    for a, b in [*alike, (len(old), len(new))]:
        lines += [HunkLine("-", text) for text in old[i:a]] + [HunkLine("+", text) for text in new[j:b]]
        i, j = a + 1, b + 1
        if a == len(old):
            break
        if old[a] == new[b]:
            lines.append(HunkLine(" ", old[a]))
        else:
            removed, added = word_spans(old[a], new[b], work) or ((), ())
            lines += [HunkLine("-", old[a], removed), HunkLine("+", new[b], added)]
    return lines


def _hunks(lines: list[HunkLine], context: int) -> list[Hunk]:
    changed = [k for k, line in enumerate(lines) if line.kind != " "]
    if not changed:
        return []
    breaks = [k for k, (a, b) in enumerate(pairwise(changed), 1) if b - a > 2 * context + 1]
    olds = [0, *accumulate(line.kind != "+" for line in lines)]
    news = [0, *accumulate(line.kind != "-" for line in lines)]
    hunks: list[Hunk] = []
    for first, last in pairwise([0, *breaks, len(changed)]):
        start = max(0, changed[first] - context)
        stop = min(len(lines), changed[last - 1] + context + 1)
        removed, added = olds[stop] - olds[start], news[stop] - news[start]
        body = tuple(lines[start:stop])
        hunks.append(Hunk(olds[start] + bool(removed), removed, news[start] + bool(added), added, body))
    return hunks
