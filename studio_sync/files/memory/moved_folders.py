"""Moved folders: what studio renamed last, old path to new one, as a fact of the memory."""

import json
from collections.abc import Iterable, Iterator, Sequence

from studio_sync.core.values.numbering import moved

MOVED_FOLDERS = "moved"
"""The fact that has them: git may not know them yet."""
_MOVES = 500
"""How many renamed folders are remembered."""

Moves = Sequence[tuple[str, str]]
"""Old and new path of each folder, the newest last; the old one is "" where an older studio saved it."""


def moves_in(fact: str) -> Moves:
    """The moves that the fact has."""
    return [
        (move[0], move[1]) if isinstance(move, list) else ("", str(move)) for move in json.loads(fact or "[]")
    ]


def with_moves(fact: str, renames: Iterable[tuple[str, str]]) -> str:
    """The fact with these renames, made in this order."""
    return json.dumps([*moves_in(fact), *renames][-_MOVES:])


def former_paths(moves: Moves, path: str) -> Iterator[str]:
    """The paths that a file had before these moves, the newest first."""
    for old, new in reversed(moves):
        before = moved(path, [(new, old)]) if old else path
        if before != path:
            path = before
            yield path
