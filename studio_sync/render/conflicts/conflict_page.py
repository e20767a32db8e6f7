"""Rendering of a conflict: its parts, who changed the row, and the way out."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio_sync.core.merge.parts import Part, PartKind, RecordConflict
from studio_sync.core.merge.resolution import takes_markers
from studio_sync.core.plan.plan import only_others_changed, resolving, why_kept
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.plan.resolve_command import resolve_command
from studio_sync.core.values.escapes import safe
from studio_sync.database.values.ledger_past import Author
from studio_sync.render.conflicts.authorship import who
from studio_sync.render.conflicts.part import PartView
from studio_sync.render.medium.paint import Paint, Screen


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """The lines of a conflict, and the parts whose three values they contain completely."""

    lines: tuple[str, ...]
    whole: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ConflictSite:
    """Where a record in conflict is, and where to resolve it (`place`), "" if at its file's own path.

    `begins` is the line on which the file's body begins, 0 if unknown. `contested` is as in `why_kept`,
    `done_first` and `along` as in `resolving`.
    """

    path: str
    begins: int = 0
    place: str = ""
    contested: str = ""
    done_first: str = ""
    along: Sequence[str] = ()


def show_conflict(
    conflict: RecordConflict,
    parts: Sequence[Part],
    change: Author | None,
    site: ConflictSite,
    screen: Screen,
) -> ConflictPage:
    """Render these parts of a record in conflict, who changed its row, and how to resolve it."""
    paint, path, place = screen.paint, site.path, site.place or site.path
    view = PartView(conflict.delta.kind, screen, site.begins)
    lines = [f"{paint.error('!')} {paint.path(safe(path))}  {paint.dim('(conflict)')}"]
    lines += _what_happened(conflict, change, site.contested, paint)
    whole = []
    for part in parts:
        found, is_whole = view.lines(part)
        lines += found
        whole += [part] if is_whole else []
    then = "resolve it"
    if len(whole) < len(parts):
        way = f"studio diff --full {_quoted(path)}"
        lines.append(f"  shortened here; see it whole first: {paint.heading(paint.places.text(way))}")
        then = "then resolve it"
    if site.done_first:
        lines.append(f"  {paint.places.text(safe(resolving(place, done_first=site.done_first)))}")
        return ConflictPage(tuple(lines), tuple(whole))
    lines += _ways(then, (place, *site.along), conflict, parts, paint)
    return ConflictPage(tuple(lines), tuple(whole))


def _what_happened(
    conflict: RecordConflict, change: Author | None, where: str, paint: Paint
) -> Iterator[str]:
    unchanged = f"as both sides last agreed, but {safe(why_kept(conflict.delta, where))}:"
    if conflict.remote is None:
        yield f"  {paint.dim(who('deleted', change) if change else 'deleted in the database')}"
        if conflict.delta.outdated:
            yield "  the file is older than what was deleted, which is shown as its base:"
        elif only_others_changed(conflict.delta):
            yield f"  the file is {unchanged}"
        elif conflict.delta.action is Action.CREATE:
            yield "  the file is new, in a folder that was deleted:"
        else:
            yield "  the file has changed since both sides last agreed:"
        return
    if conflict.local is None:
        if only_others_changed(conflict.delta):
            yield f"  the file is deleted; the row is {unchanged}"
            return
        if conflict.delta.action is Action.CREATE:
            yield "  the row is new, in a folder whose files are deleted:"
        else:
            yield "  the file is deleted, and the row has changed since both sides last agreed:"
    if change:
        yield f"  {paint.dim(who('changed', change))}"


def _ways(
    then: str, paths: Sequence[str], conflict: RecordConflict, parts: Sequence[Part], paint: Paint
) -> Iterator[str]:
    """The commands that resolve it, together with what must be decided at once."""
    alone = len(paths) == 1
    both = alone and any(takes_markers(conflict, part) for part in parts if part in conflict.parts)
    fields = dict.fromkeys(part.field for part in parts if part.kind is not PartKind.RECORD)
    one = f"   (one field: --field {next(iter(fields))})" if alone and len(fields) > 1 else ""
    command = safe(resolve_command(*paths, both=both))
    yield f"  {then}: {paint.heading(paint.places.text(command))}{paint.dim(one)}"


def _quoted(path: str) -> str:
    return safe(shlex.quote(path))
