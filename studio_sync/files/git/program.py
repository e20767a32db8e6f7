"""Finding programs in PATH, never in folders that came with a clone."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_ENDING = ".exe" if os.name == "nt" else ""


def search_path(path: str, foreign: Iterable[Path]) -> list[str]:
    """The entries of a PATH in which programs may be found.

    Relative and empty entries depend on the current folder, which may contain foreign files. So do absolute
    entries that are the current folder, or at or below a folder of `foreign`; all of these are skipped.
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
    """The full path of git; "" if there is none."""
    return find_program("git", path, foreign)


def find_program(name: str, path: str, foreign: Iterable[Path]) -> str:
    """The full path of a program; "" if there is none.

    Windows itself searches the current folder first, so the system's search is not used.
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
    """Whether a real path is `top` or below it."""
    place, top = os.path.normcase(place), os.path.normcase(top)
    return place == top or place.startswith(top.rstrip(os.sep) + os.sep)
