"""Rendering of translation sources that changed: as problems, and as diffs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studio_sync.cli.app import App
from studio_sync.kinds import KINDS

if TYPE_CHECKING:
    from studio_sync.core.values.kind import Kind
    from studio_sync.core.values.problem import Problem
    from studio_sync.render.differences.record_diff import FieldChange
    from studio_sync.sync.authoring.translation import Stale, Translations
    from studio_sync.sync.studio import Studio


def source_problems(app: App, studio: "Studio", scope: tuple[str, ...]) -> "list[Problem]":
    """Problems about outdated translations; costs nothing in a workspace without copies."""
    if not app.workspace.sources.exists():
        return []
    return [*_translations(app, studio).problems(scope), *studio.untranslated(scope)]


def _translations(app: App, studio: "Studio") -> "Translations":
    from studio_sync.sync.authoring.translation import Translations

    return Translations(app.workspace, KINDS, studio.memory)


def show_sources(app: App, scope: tuple[str, ...], *, full: bool) -> bool:
    """Print how each source changed since it was translated; returns whether any did."""
    with app.studio() as studio:
        studio.documents.refresh()
        found = _translations(app, studio)
        stale = found.stale(scope)
        if app.json:
            sources = [_source(app, found, one, studio) for one in stale]
            app.report("diff", "differs" if stale else "ok", sources=sources)
            return bool(stale)
        for one in stale:
            app.out.lines(_lines(app, found, one, studio, full=full))
    if not stale:
        app.say("no source changed since it was translated")
    return bool(stale)


def _lines(app: App, found: "Translations", stale: "Stale", studio: "Studio", *, full: bool) -> Iterator[str]:
    from studio_sync.render.differences.record_diff import show_record

    prefix = app.workspace.prefix
    words = f"translated in {prefix}{stale.copy.path}"
    if stale.source is None:
        path = f"the source of {prefix}{stale.copy.path}"
        yield from show_record(path, "delete", "gone", [], app.screen())
        return
    changes = _changes(KINDS[stale.copy.kind], found, stale, studio)
    screen = app.screen(full=full)
    yield from show_record(prefix + stale.source.path, "update", words, changes or [], screen)
    if changes is None:
        yield (
            "  what it said when it was translated is not in this clone; `git fetch --unshallow` may bring it"
        )


def _changes(
    kind: "Kind", found: "Translations", stale: "Stale", studio: "Studio"
) -> "list[FieldChange] | None":
    """The fields in which a source differs; None if its old text is unknown."""
    from studio_sync.core.merge.json_diff import NO_VALUE
    from studio_sync.core.values.kind import STATUS
    from studio_sync.core.values.record import Omitted
    from studio_sync.core.values.value import same
    from studio_sync.render.differences.record_diff import FieldChange

    then = found.then(stale, studio.schemas)
    now = found.now(stale.source, studio.schemas) if stale.source else None
    if then is None or now is None:
        return None
    changes = []
    for field in kind.fields:
        old, new = then[field.name], now[field.name]
        if field.name == STATUS or field.loose or isinstance(old, Omitted) or isinstance(new, Omitted):
            continue
        if not same(old, new):
            before, after = NO_VALUE if old is None else old, NO_VALUE if new is None else new
            changes.append(FieldChange.of(field, before, after))
    return changes


def _source(app: App, found: "Translations", stale: "Stale", studio: "Studio") -> dict[str, Any]:
    prefix, changes = app.workspace.prefix, _changes(KINDS[stale.copy.kind], found, stale, studio)
    return {
        "path": prefix + stale.copy.path,
        "source": prefix + stale.source.path if stale.source else None,
        "language": stale.line.language,
        "fields": None if changes is None else [change.name for change in changes],
    }
