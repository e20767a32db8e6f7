"""Line ends of an edited or merged text: a line that nobody touched keeps its own."""

import re
from collections import defaultdict, deque
from itertools import zip_longest

from studio_sync.core.merge.align import AlignmentBudget, runs

_BREAK = re.compile(r"(\r\n|\r|\n)")


def with_line_ends(old: str, new: str) -> str:
    """`new`, an edit of `old`, with the line ends of `old`.

    A line that was kept or moved keeps its end, a replaced one that of the line in its place, and an added
    one that of the line above it.
    """
    if "\r" not in old or len(set(_BREAK.findall(old))) == 1:
        return new
    lines, _ = _split(new)
    return _joined(lines, _ends(old, lines))


def merged_line_ends(base: str | None, ours: str, theirs: str, merged: str) -> str:
    """`merged`, a merge of three texts, with their line ends: where one side alone changed it, its own."""
    if not any("\r" in text for text in (base or "", ours, theirs)):
        return merged
    lines, _ = _split(merged)
    before = [] if base is None else _ends(base, lines)
    sides = zip_longest(before, _ends(ours, lines), _ends(theirs, lines))
    return _joined(lines, [other if own == old else own for old, own, other in sides])


def _ends(old: str, lines: list[str]) -> list[str]:
    """The end of each of `lines`, an edit of `old`, but the last one."""
    old_lines, old_ends = _split(old)
    kept = runs(old_lines, lines, lambda line: not line.strip(), AlignmentBudget())
    left: defaultdict[str, deque[str]] = defaultdict(deque)
    below = 0
    for begin, _, size in kept:
        for k in range(below, begin):
            left[old_lines[k]].append(old_ends[k])
        below = begin + size
    given: list[str] = []
    below = 0
    for begin, place, size in kept:
        replaced = old_ends[below:begin]
        for line, end in zip_longest(lines[len(given) : place], replaced[: place - len(given)], fillvalue=""):
            given.append(left[line].popleft() if line and left[line] else end)
        given += old_ends[begin : begin + size]
        below = begin + size
    end, found = old_ends[0] or "\n", []
    for own in given[: len(lines) - 1]:
        end = own or end
        found.append(end)
    return found


def _joined(lines: list[str], ends: list[str]) -> str:
    found: list[str] = []
    above = ""
    for line, end in zip(lines, ends, strict=False):
        above = "\r" if above == "\r" and not line and end == "\n" else end  # the two would be one line end
        found += [line, above]
    return "".join([*found, lines[-1]])


def _split(text: str) -> tuple[list[str], list[str]]:
    """The lines of a text, and their ends; that of the last one is ""."""
    parts = _BREAK.split(text)
    return parts[::2], [*parts[1::2], ""]
