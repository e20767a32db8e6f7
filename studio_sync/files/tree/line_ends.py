"""Line ends of an edited text: a line that the edit didn't touch keeps its own."""

import re

from studio_sync.core.merge.align import AlignmentBudget, runs

_BREAK = re.compile(r"(\r\n|\r|\n)")


def with_line_ends(old: str, new: str) -> str:
    """`new`, an edit of `old`, with the line ends of `old`.

    A kept line keeps its end, a replaced one that of the line in its place, and an added one takes the end of
    the line above it.
    """
    if "\r" not in old or len(set(_BREAK.findall(old))) == 1:
        return new
    old_lines, old_ends = _split(old)
    lines, _ = _split(new)
    ends: list[str] = []
    below = 0
    for begin, place, size in runs(old_lines, lines, lambda line: not line.strip(), AlignmentBudget()):
        replaced = old_ends[below:begin][: place - len(ends)]
        ends += [*replaced, *[""] * (place - len(ends) - len(replaced)), *old_ends[begin : begin + size]]
        below = begin + size
    found, end = [], old_ends[0]
    for line, given in zip(lines[:-1], ends, strict=False):
        joins = end == "\r" and not line and given == "\n"  # the two would be one line end
        end = end if joins else given or end
        found += [line, end]
    return "".join([*found, lines[-1]])


def _split(text: str) -> tuple[list[str], list[str]]:
    """The lines of a text, and their ends; that of the last one is ""."""
    parts = _BREAK.split(text)
    return parts[::2], [*parts[1::2], ""]
