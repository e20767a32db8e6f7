"""Rendering of status as a tree: programs, their sessions, and the records in each."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from posixpath import dirname
from textwrap import wrap

from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.layout import Layout
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.record import Rid
from studio_sync.render.medium.paint import Paint
from studio_sync.render.medium.phrasing import SIGNS, standing_words
from studio_sync.render.medium.terminal import columns
from studio_sync.sync.outcome import Outcome

WIDTH = 80
_MANY = 10
"""From this many records with the same standing on, a program is one line."""


@dataclass(frozen=True, slots=True)
class _Row:
    path: str
    action: Action
    words: str


def tree_lines(
    found: Outcome, layout: Layout, prefix: str, refused: Collection[Rid], paint: Paint, *, every: bool
) -> Iterator[str]:
    """The differing records by program and session; with `every`, each on its own line.

    Records with the same standing in a folder are counted. A line has at most 80 columns, unless a path is
    longer.
    """
    paths = found.comparison.paths
    rows = [
        _Row(
            paths[d.rid],
            d.action,
            standing_words(d, found.comparison.contested_where(d))
            + ("; a push would refuse it" if d.rid in refused else ""),
        )
        for d in found.deltas
    ]
    for top, inside in groupby(rows, key=lambda row: _program(row.path, layout)):
        yield from _folder(top, list(inside), layout, prefix, paint, every=every)


def _folder(
    top: str, rows: Sequence[_Row], layout: Layout, prefix: str, paint: Paint, *, every: bool
) -> Iterator[str]:
    if len(rows) == 1:
        yield from _line("", prefix + rows[0].path, rows[0], paint)
        return
    if len(rows) >= _MANY and not every and _alike(rows):
        yield from _line("", f"{prefix}{top}/", _counted(rows), paint)
        return
    yield paint.path(safe(prefix + top))
    for folder, inside in groupby(rows, key=lambda row: session_folder(row.path, layout)):
        some = list(inside)
        inner = folder.removeprefix(f"{top}/") if folder != top else ""
        if not inner:
            for row in some:
                yield from _line("  ", row.path.removeprefix(f"{top}/"), row, paint)
        elif len(some) == 1:
            yield from _line("  ", some[0].path.removeprefix(f"{top}/"), some[0], paint)
        elif not every and _alike(some):
            yield from _line("  ", f"{inner}/", _counted(some), paint)
        else:
            yield f"  {paint.path(safe(inner))}"
            for row in some:
                yield from _line("    ", row.path.removeprefix(f"{folder}/"), row, paint)


def _alike(rows: Sequence[_Row]) -> bool:
    return len({(row.action, row.words) for row in rows}) == 1


def _counted(rows: Sequence[_Row]) -> _Row:
    return _Row("", rows[0].action, f"{counted(len(rows), 'record')}: {rows[0].words}")


def _line(indent: str, path: str, row: _Row, paint: Paint) -> Iterator[str]:
    """A record and its standing; words that don't fit go on the next line."""
    head = f"{indent}{SIGNS[row.action]} "
    words = f"({safe(row.words)})"
    shown = paint.path(safe(path))
    if columns(head) + columns(paint.places.path(path)) + columns(words) + len("  ") <= WIDTH:
        yield f"{head}{shown}  {paint.dim(words)}"
        return
    yield f"{head}{shown}"
    below = " " * (len(head) + 2)
    for piece in wrap(words, WIDTH - len(below), break_long_words=False, break_on_hyphens=False):
        yield f"{below}{paint.dim(piece)}"


def _program(path: str, layout: Layout) -> str:
    """The folder of a program, or of what is beside a client's programs."""
    chain = _chain(path, layout)
    return chain[1] if len(chain) > 1 else chain[0] if chain else dirname(path)


def session_folder(path: str, layout: Layout) -> str:
    """The folder of the record that a file belongs to: its own, or that of its parent."""
    chain = _chain(path, layout)
    return chain[-1] if chain else dirname(path)


def _chain(path: str, layout: Layout) -> list[str]:
    """The folders of a file's ancestors and its own, topmost first."""
    found: list[str] = []
    spot = layout.spot(path)
    while spot is not None:
        if spot.kind.folder:
            found.insert(0, dirname(spot.path))
        spot = layout.spot(spot.parent) if spot.parent else None
    return found
