"""Conflict markers in a text: both versions of each place that needs a decision, to be edited by hand.

They look as git's do, and their labels are studio's own: a lesson about merge conflicts is content.
"""

import re

from studio_sync.core.merge.text import Clash, differences, merge_text

FILES = "<<<<<<< files (studio)"
BASE = "||||||| base (studio)"
BETWEEN = "======="
DATABASE = ">>>>>>> database (studio)"

LABEL = "(studio)"
"""What every marker of studio's own has in it."""

_LINE = "|".join(map(re.escape, (FILES, BASE, DATABASE)))
_OWN = re.compile(rf"^(?:{_LINE})[^\S\n]*$", re.MULTILINE)
_ANYWHERE = re.compile(_LINE)


def marked(base: str | None, local: str, remote: str) -> str:
    """The text with everything that merges merged, and markers around each place that doesn't.

    Without a base, what the two sides have in common is settled, and every difference is marked.
    """
    lines: list[str] = []
    for piece in differences(local, remote) if base is None else merge_text(base, local, remote):
        if not isinstance(piece, Clash):
            lines += piece
            continue
        lines += [FILES, *piece.local.lines]
        if base is not None:
            lines += [BASE, *piece.base.lines]
        lines += [BETWEEN, *piece.remote.lines, DATABASE]
    return "\n".join(lines)


def has_markers(text: str) -> int | None:
    """The number, from 1, of the first line that is one of studio's own markers."""
    index = marker_index(text)
    return None if index is None else text.count("\n", 0, index) + 1


def marker_index(text: str, *, inside: bool = False) -> int | None:
    """Where the first such line begins; `inside` a YAML text, where a marker may be indented or quoted."""
    found = (_ANYWHERE if inside else _OWN).search(text)
    return found.start() if found else None
