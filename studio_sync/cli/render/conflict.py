"""A conflict, so that one can decide from the page: what base, files and database say, and who said it."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from studio_sync.cli.render.diff import FieldChange, holds, show_fields, value_words
from studio_sync.cli.render.paint import Paint
from studio_sync.cli.render.text import cut, folded, parts, shortened, shown
from studio_sync.cli.render.words import moment
from studio_sync.core.merge.field import merge_value
from studio_sync.core.merge.json_diff import ABSENT, Side
from studio_sync.core.merge.json_values import Dispute
from studio_sync.core.merge.text import Clash, Passage, differences, merge_text
from studio_sync.core.merge.text_diff import Line, Spans, line_diff
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.kind import Field, Place, Type

BASE, FILES, DATABASE = "base", "files", "database"
_LABEL = 4 + len(DATABASE) + 2
_SHORT = 60
"""How many characters of a text are shown as a value: of what is longer, the lines that clash are."""
_MOST = 12
"""How many lines of one side are shown unless all are asked for."""


@dataclass(frozen=True, slots=True)
class Versions:
    """A field's three values; ABSENT is a side that says nothing, for base that nothing was seen.

    `why` says in words for people why the two don't merge, where the values don't show it. `line` is the
    one on which the text begins in the file; 0 where that is not known.
    """

    field: Field
    base: Side
    local: Side
    remote: Side
    why: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Who gave the database its version, and when; no `actor` where only the row's own time is known."""

    at: datetime
    actor: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class _View:
    paint: Paint
    width: int
    full: bool

    def dispute(self, name: str, found: Dispute, line: int = 0) -> Iterator[str]:
        """A value that both sides changed, each in a line; a text by the lines that clash."""
        dot = "." if found.path and not found.path.startswith("[") else ""
        path = f"{name}{dot}{found.path}"
        if _long(found.local) and _long(found.remote):
            yield from self._texts(path, found.base, str(found.local), str(found.remote), line)
        elif holds(found.local) and holds(found.remote):
            yield from self._objects(path, found)
        else:
            yield f"  {safe(path)}:"
            if found.base is not ABSENT:
                yield self._value(BASE, found.base)
            yield self._value(FILES, found.local)
            yield self._value(DATABASE, found.remote)

    def _texts(self, path: str, base: Side, local: str, remote: str, line: int) -> Iterator[str]:
        known = isinstance(base, str)
        for piece in merge_text(str(base), local, remote) if known else differences(local, remote):
            if isinstance(piece, Clash):
                yield from self.clash(path, piece, known=known, line=line)

    def _objects(self, path: str, found: Dispute) -> Iterator[str]:
        """Lists and objects by what each side changed in them."""
        if not holds(found.base):
            steps: tuple[tuple[str, Side, Side], ...] = (
                (f"{FILES} → {DATABASE}", found.local, found.remote),
            )
        else:
            steps = ((FILES, found.base, found.local), (DATABASE, found.base, found.remote))
        yield f"  {safe(path)}:"
        for label, before, after in steps:
            yield f"    {self.paint.place(label)}"
            change = FieldChange(name=path, type=Type.JSON, body=False, before=before, after=after)
            for line in show_fields([change], paint=self.paint, width=max(self.width - 4, 0), full=self.full):
                yield f"    {line}"

    def clash(self, name: str, found: Clash, *, known: bool = True, line: int = 0) -> Iterator[str]:
        """A place of a text, by its lines; `line` is where the text begins in the file, if that is known."""
        start = found.local.start
        if line:
            place = f", line {line + start - 1}"
        else:
            place = f", line {start} of the text" if start > 1 or len(found.local.lines) > 1 else ""
        yield f"  {safe(name)}{place}:"
        if known:
            yield from self._passage(BASE, _before(found), found.base)
            yield from self._passage(FILES, _changed(found.base, found.local), found.base)
            yield from self._passage(DATABASE, _changed(found.base, found.remote), found.base)
        else:
            yield from self._passage(FILES, _changed(found.remote, found.local), found.remote)
            yield from self._passage(DATABASE, _changed(found.local, found.remote), found.local)

    def _value(self, label: str, value: Side) -> str:
        line = f"    {label:{len(DATABASE)}}  {value_words(value)}"
        return line if self.full else cut(line, self.width)

    def _passage(self, label: str, lines: Sequence[Line], other: Passage) -> Iterator[str]:
        lead = f"    {self.paint.place(label)}{' ' * (_LABEL - 4 - len(label))}"
        if not lines:
            yield f"{lead}{self.paint.dim('(removed)' if other.lines and label != BASE else '(nothing)')}"
        most = len(lines) if self.full or len(lines) <= _MOST + 1 else _MOST
        for line in lines[:most]:
            for row in self._rows(line):
                yield f"{lead}{row}".rstrip()
                lead = " " * _LABEL
        if most < len(lines):
            yield f"{lead}{self.paint.dim(f'… and {len(lines) - most} more lines')}"

    def _rows(self, line: Line) -> Iterator[str]:
        plain, marked, left, right = self._styles[line.kind]
        room = max(self.width - _LABEL - 1, 0)
        pieces = parts(line.text, line.spans)
        if room and not self.full:
            pieces = shortened(pieces, room)
        pieces = [(shown(text, mark, room), mark) for text, mark in pieces]
        if room and not self.paint.enabled:
            pieces = [(f"{left}{text}{right}" if mark else text, mark) for text, mark in pieces]
        for row in folded(pieces, room):
            yield "".join((marked if mark else plain)(piece) for piece, mark in row)

    @property
    def _styles(self) -> Mapping[str, tuple[Callable[[str], str], Callable[[str], str], str, str]]:
        return {
            " ": (str, str, "", ""),
            "-": (str, self.paint.removed_words, "[-", "-]"),
            "+": (self.paint.added, self.paint.added_words, "{+", "+}"),
        }


def _before(found: Clash) -> list[Line]:
    """The lines of the base, with marks on the words that are gone on some side."""
    marks: list[set[int]] = [set() for _ in found.base.lines]
    for side in (found.local, found.remote):
        for hunk in line_diff("\n".join(found.base.lines), "\n".join(side.lines), context=0):
            gone = (line for line in hunk.lines if line.kind == "-")
            for at, line in enumerate(gone, hunk.old_start - 1):
                marks[at] |= {k for start, end in line.spans for k in range(start, end)}
    return [Line("-", text, _spans(mark)) for text, mark in zip(found.base.lines, marks, strict=True)]


def _spans(mark: set[int]) -> Spans:
    starts = sorted(k for k in mark if k - 1 not in mark)
    ends = sorted(k + 1 for k in mark if k + 1 not in mark)
    return tuple(zip(starts, ends, strict=True))


def _changed(before: Passage, after: Passage) -> list[Line]:
    """The lines of `after`, with marks on what is not in `before`."""
    one, other = "\n".join(before.lines), "\n".join(after.lines)
    hunks = line_diff(one, other, context=len(before.lines) + len(after.lines))
    if not hunks:
        return [Line(" ", text) for text in after.lines]
    return [line for hunk in hunks for line in hunk.lines if line.kind != "-"]


def _long(value: Side) -> bool:
    return isinstance(value, str) and ("\n" in value or len(value) > _SHORT)


def show_conflict(
    path: str,
    fields: Sequence[Versions],
    change: Change | None,
    *,
    paint: Paint,
    width: int,
    full: bool = False,
) -> Iterator[str]:
    """The lines that tell of a record that file and database both changed, and how to settle it."""
    view = _View(paint, width, full)
    yield _header(path, paint)
    if change:
        yield f"  {paint.dim(who('changed', change))}"
    for versions in fields:
        found = merge_value(versions.field, versions.base, versions.local, versions.remote).conflicts
        name = versions.field.name
        for conflict in found or (Dispute("", versions.base, versions.local, versions.remote),):
            yield from (
                view.clash(name, conflict, line=versions.line)
                if isinstance(conflict, Clash)
                else view.dispute(name, conflict, versions.line)
            )
        if versions.why:
            yield f"    {paint.dim(safe(versions.why))}"
    text = any(
        f.field.place is Place.BODY and isinstance(f.local, str) and isinstance(f.remote, str) for f in fields
    )
    yield from _ways(path, [f.field.name for f in fields], paint, text=text)


def show_deleted(
    path: str,
    changes: Sequence[FieldChange],
    change: Change | None,
    *,
    in_database: bool,
    paint: Paint,
    width: int,
    full: bool = False,
) -> Iterator[str]:
    """The lines that tell of a record that one side deleted and the other has changed since base."""
    yield _header(path, paint)
    if in_database:
        yield f"  {paint.dim(who('deleted', change) if change else 'deleted in the database')}"
        yield "  the file has changed since both sides last agreed:"
    else:
        yield "  the file is deleted, and the row has changed since both sides last agreed:"
        if change:
            yield f"  {paint.dim(who('changed', change))}"
    yield from show_fields(changes, paint=paint, width=width, full=full)
    yield from _ways(path, [], paint, text=False)


def who(verb: str, change: Change) -> str:
    """`changed in the database by Ada <ada@example.com>, 2026-03-01 14:05 CET: "shorter"`."""
    if not change.actor:
        return f"{verb} in the database outside studio, at {moment(change.at)}"
    first = next(iter(change.message.splitlines()), "")
    said = f': "{safe(first)}"' if first else ""
    return f"{verb} in the database by {safe(change.actor)}, {moment(change.at)}{said}"


def _header(path: str, paint: Paint) -> str:
    return f"{paint.error('!')} {paint.path(safe(path))}  {paint.dim('(conflict)')}"


def _ways(path: str, names: Sequence[str], paint: Paint, *, text: bool) -> Iterator[str]:
    """The commands that settle it."""
    quoted = safe(shlex.quote(path))
    both = "|both" if text else ""
    one = f"   (one field: --field {names[0]})" if len(names) > 1 else ""
    command = f"studio resolve {quoted} --keep files|database{both}"
    yield f"  settle it: {paint.heading(command)}{paint.dim(one)}"
