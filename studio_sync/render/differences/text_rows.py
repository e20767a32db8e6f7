"""Rendering of a text diff: unified diff rows, with the changed words marked.

On a terminal (`width` columns) long lines are folded between words, and long unchanged passages are
shortened unless `full`. Elsewhere (`width` 0) every line is one row without marks, a plain unified diff
that other tools can read.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

from studio_sync.core.merge.text_diff import HunkLine, Spans, line_diff
from studio_sync.core.values.escapes import safe
from studio_sync.render.medium.paint import Paint
from studio_sync.render.medium.terminal import chopped, columns, cut

MarkedPieces: TypeAlias = list[tuple[str, bool]]
"""Pieces of a line, each with whether it is marked."""


def text_rows(old: str, new: str, paint: Paint, width: int, *, full: bool = False) -> Iterator[str]:
    """The rows of the diff; line numbers of a hunk only if a side has lines to count."""
    counted = "\n" in old or "\n" in new
    for hunk in line_diff(old, new):
        if counted:
            sides = f"-{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count}"
            yield paint.place(f"@@ {sides} @@")
        for line in hunk.lines:
            if line.kind == " ":
                row = f" {printable_cell(line.text, False, width)}"
                yield row if full else cut(row, width)
            else:
                yield from _line(line, paint, width, full=full)


def marked_pieces(text: str, spans: Spans) -> MarkedPieces:
    """`text` split into pieces, those inside `spans` marked."""
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    return [(text[a:b], k % 2 == 1) for k, (a, b) in enumerate(pairwise(edges)) if a < b]


def printed(pieces: MarkedPieces, paint: Paint, width: int, *, added: bool) -> MarkedPieces:
    """`pieces` of an added or removed line as they are printed; without colour, signs mark them."""
    pieces = [(printable_cell(text, mark, width), mark) for text, mark in pieces]
    if not width or paint.enabled:
        return pieces
    left, right = ("{+", "+}") if added else ("[-", "-]")
    return [(f"{left}{text}{right}" if mark else text, mark) for text, mark in pieces]


def _line(line: HunkLine, paint: Paint, width: int, *, full: bool) -> Iterator[str]:
    added = line.kind == "+"
    plain, marked = (paint.added, paint.added_words) if added else (paint.removed, paint.removed_words)
    pieces = marked_pieces(line.text, line.spans)
    if width and not full:
        pieces = shortened(pieces, width)
    pieces = printed(pieces, paint, width, added=added)
    # Without colour only the indent tells the rest of a folded line from an unchanged line.
    indent = " " if paint.enabled else "    "
    for k, row in enumerate(folded(pieces, width - len(indent) - 1)):
        text = "".join((marked if mark else plain)(piece) for piece, mark in row)
        yield f"{indent if k else plain(line.kind)}{text}"


def printable_cell(text: str, marked: bool, width: int) -> str:
    """`text` without terminal control characters; a tab is escaped only if it is the difference."""
    if not width:
        return safe(text, keep="\t")
    return safe(text) if marked else safe(text.replace("\t", "    "))


def shortened(pieces: MarkedPieces, width: int) -> MarkedPieces:
    """`pieces` without the middle of long unmarked ones, so that the changes are close together."""
    last = len(pieces) - 1
    short: MarkedPieces = []
    for k, (text, mark) in enumerate(pieces):
        if last and not mark and len(text) > 3 * width:
            start = text[:width].rpartition(" ")[0] or text[:width]
            end = text[-width:].partition(" ")[2] or text[-width:]
            short.append((f"{start} […]" if k == last else f"{start} […] {end}", False))
        else:
            short.append((text, mark))
    return short


# Between Chinese, Japanese or Korean characters a row may break anywhere.
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef\U00020000-\U0003ffff"
_PIECE = re.compile(rf"[{_WIDE}]\s*|[^\s{_WIDE}]+\s*|\s+")


def folded(pieces: MarkedPieces, width: int) -> Iterator[MarkedPieces]:
    """`pieces` in rows of at most `width` columns, one row for a width below 1."""
    text = "".join(piece for piece, _ in pieces)
    if width < 1 or columns(text) <= width:
        yield pieces
        return
    starts, used = [0], 0
    for found in _PIECE.finditer(text):
        need = columns(found[0].rstrip())
        if used and used + need > width:
            starts.append(found.start())
            used = 0
        if need <= width:
            used += columns(found[0])
            continue
        at = found.start()
        for part in chopped(found[0], width):
            starts += [at] if at > starts[-1] else []
            at, used = at + len(part), columns(part)
    begin = 0
    edges = [*starts, len(text)]
    rows: list[MarkedPieces] = [[] for _ in starts]
    for piece, mark in pieces:
        for row, (start, stop) in zip(rows, pairwise(edges), strict=True):
            inside = piece[max(start - begin, 0) : max(stop - begin, 0)]
            if inside:
                row.append((inside, mark))
        begin += len(piece)
    yield from rows
