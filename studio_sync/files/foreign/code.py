"""Code in a Markdown text, where neither links nor other tools' syntax have a meaning."""

import re
from bisect import bisect_right
from collections.abc import Iterable

from studio_sync.files.markdown.blocks import known_blocks, line_starts
from studio_sync.files.markdown.density import too_dense

_TICKS = re.compile(r"`+")


class CodeSpans:
    """Ranges of a text, not nested, each from a start to before an end."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._spans = sorted(spans)
        self._starts = [start for start, _ in self._spans]

    def covers(self, index: int) -> bool:
        """Whether the character at `index` is in a range."""
        found = bisect_right(self._starts, index) - 1
        return found >= 0 and index < self._spans[found][1]


def code_in(text: str) -> CodeSpans:
    """The code ranges of a Markdown text."""
    blocks = _blocks(text)
    return CodeSpans([*blocks, *_between_ticks(text, blocks)])


def _blocks(text: str) -> list[tuple[int, int]]:
    if too_dense(text) or not ("```" in text or "~~~" in text or "    " in text or "\t" in text):
        return []
    starts = line_starts(text)
    return [
        (starts[token.map[0]], starts[min(token.map[1], len(starts) - 1)])
        for token in known_blocks().parse(text)
        if token.type in ("fence", "code_block") and token.map
    ]


def _between_ticks(text: str, blocks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The code spans between equal runs of backticks, except those that begin or end in a code block."""
    code = CodeSpans(blocks)
    runs = [(m.start(), m.end()) for m in _TICKS.finditer(text) if not code.covers(m.start())]
    behind: dict[int, int] = {}
    following: list[int] = [0] * len(runs)
    for number in range(len(runs) - 1, -1, -1):
        length = runs[number][1] - runs[number][0]
        following[number] = behind.get(length, 0)
        behind[length] = number
    found: list[tuple[int, int]] = []
    number = 0
    while number < len(runs):
        closing = following[number]
        if closing and "\n\n" not in text[runs[number][1] : runs[closing][0]]:
            found.append((runs[number][0], runs[closing][1]))
            number = closing
        number += 1
    return found
