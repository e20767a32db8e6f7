"""Where a program is: in a folder that the user named in PATH, never in one that came with a clone."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_ENDING = ".exe" if os.name == "nt" else ""


def search_path(path: str, foreign: Iterable[Path]) -> list[str]:
    """The entries of a PATH in which programs are looked for.

    Relative and empty entries mean the current folder, in which somebody else's files may lie. So may an
    absolute one: entries in the current folder itself, or at or below a folder of `foreign`, don't count.
    """
    here = os.path.realpath(os.curdir)
    tops = [os.path.realpath(folder) for folder in foreign]
    return [
        entry
        for entry in path.split(os.pathsep)
        if os.path.isabs(entry)
        and (real := os.path.realpath(entry)) != here
        and not any(_is_below(real, top) for top in tops)
    ]


def find_git(path: str, foreign: Iterable[Path]) -> str:
    """The full path of git; "" where there is none."""
    return find_program("git", path, foreign)


def find_program(name: str, path: str, foreign: Iterable[Path]) -> str:
    """The full path of a program; "" where there is none.

    Windows' own search begins in the current folder, so no search of the system is asked.
    """
    foreign = tuple(foreign)
    entries = search_path(path, foreign)
    return next(_programs(name + _ENDING, entries, [os.path.realpath(f) for f in foreign]), "")


def _programs(name: str, entries: Iterable[str], tops: list[str]) -> Iterator[str]:
    for entry in entries:
        place = os.path.join(entry, name)
        if os.path.isfile(place) and os.access(place, os.X_OK):
            real = os.path.realpath(place)
            if not any(_is_below(real, top) for top in tops):
                yield place


def _is_below(place: str, top: str) -> bool:
    """Whether a real path is `top` or stands below it."""
    place, top = os.path.normcase(place), os.path.normcase(top)
    return place == top or place.startswith(top.rstrip(os.sep) + os.sep)
