"""Conflict markers in a text: both versions of each conflicting place, to be edited by hand.

They look like git's, with labels of studio's own: a lesson about merge conflicts is ordinary content.
"""

import re
from collections.abc import Sequence

from studio_sync.core.merge.marker_label import LABEL
from studio_sync.core.merge.three_way import Chunk, Clash, Piece, merge_text, two_way_pieces

FILES_MARKER = "<<<<<<< files (studio)"
BASE_MARKER = "||||||| base (studio)"
BETWEEN = "======="
DATABASE_MARKER = ">>>>>>> database (studio)"

_LINE = rf"(?:<{{7,}}|\|{{7,}}|>{{7,}}) [^\n\"']*{re.escape(LABEL)}"
_OWN = re.compile(rf"^(?:{_LINE})[^\S\n]*$", re.MULTILINE)
_ANYWHERE = re.compile(_LINE)


def text_with_markers(base: str | None, local: str, remote: str) -> str:
    """The merged text, with markers around each conflict.

    Without a base, lines that both sides share are merged, and every difference gets markers.
    """
    lines: list[str] = []
    for piece in two_way_pieces(local, remote) if base is None else merge_text(base, local, remote):
        if not isinstance(piece, Clash):
            lines += piece
            continue
        lines += [FILES_MARKER, *piece.local.lines]
        if base is not None:
            lines += [BASE_MARKER, *piece.base.lines]
        lines += [BETWEEN, *piece.remote.lines, DATABASE_MARKER]
    return "\n".join(lines)


def marker_pieces(text: str) -> tuple[Piece, ...] | None:
    """Parse a text with studio's markers; None if they are incomplete or ambiguous.

    Law: for a text made by `text_with_markers`, each Clash has the lines that are between the markers. A line
    of "=" under a heading looks like the middle marker: where a line could be either, the result is None.
    """
    lines = [
        line.rstrip() if line.rstrip() in (FILES_MARKER, BASE_MARKER, DATABASE_MARKER) else line
        for line in text.split("\n")
    ]
    pieces: list[Piece] = []
    at = 0
    while FILES_MARKER in lines[at:]:
        start = lines.index(FILES_MARKER, at)
        if DATABASE_MARKER not in lines[start:]:
            return None
        stop = lines.index(DATABASE_MARKER, start)
        clash = _clash(lines[start + 1 : stop], start + 2)
        if clash is None or not {BASE_MARKER, DATABASE_MARKER}.isdisjoint(lines[at:start]):
            return None
        pieces += [tuple(lines[at:start])] if start > at else []
        pieces.append(clash)
        at = stop + 1
    if not {BASE_MARKER, DATABASE_MARKER}.isdisjoint(lines[at:]):
        return None
    return (*pieces, tuple(lines[at:])) if at < len(lines) else tuple(pieces)


def _clash(block: Sequence[str], number: int) -> Clash | None:
    """Parse the lines between the first and last marker of a conflict; `number` is that of the first line."""
    if FILES_MARKER in block or block.count(BASE_MARKER) > 1:
        return None
    base = block.index(BASE_MARKER) if BASE_MARKER in block else -1
    middle = [k for k, line in enumerate(block) if line == BETWEEN and k > base]
    if len(middle) != 1:
        return None
    end = middle[0]
    return Clash(
        Chunk(number + base + 1, tuple(block[base + 1 : end])) if base >= 0 else Chunk(0, ()),
        Chunk(number, tuple(block[: base if base >= 0 else end])),
        Chunk(number + end + 1, tuple(block[end + 1 :])),
        known=base >= 0,
    )


def marker_index(text: str, *, inside: bool = False) -> int | None:
    """The index of the first line that is one of studio's own markers; None if there is none.

    `inside` YAML a marker may be indented or quoted.
    """
    found = (_ANYWHERE if inside else _OWN).search(text)
    return found.start() if found else None
