"""The conflicts of a run, each so that one can decide from the page."""

import shutil
from collections.abc import Iterator

from studio_sync.cli.app import App
from studio_sync.cli.render.conflict import Change, Versions, show_conflict, show_deleted
from studio_sync.cli.render.delta import delta_changes
from studio_sync.core.values.kind import Place
from studio_sync.sync.compare.contested import Contested
from studio_sync.sync.outcome import Outcome


def contested_lines(app: App, found: Outcome, contested: Contested, *, full: bool = False) -> Iterator[str]:
    """The lines that tell of one record in conflict."""
    delta = contested.delta
    path = app.workspace.prefix + found.comparison.paths[delta.rid]
    change = Change(contested.at, contested.actor, contested.message) if contested.at else None
    width = shutil.get_terminal_size().columns if app.paint.enabled else 0
    if delta.fields:
        begins = _body_line(app, found.comparison.paths[delta.rid])
        fields = [
            Versions(f.field, f.base, f.local, f.remote, f.why, begins if f.field.place is Place.BODY else 0)
            for f in contested.fields
        ]
        yield from show_conflict(path, fields, change, paint=app.paint, width=width, full=full)
        return
    yield from show_deleted(
        path,
        list(delta_changes(found, delta)),
        change,
        in_database=delta.remote is None,
        paint=app.paint,
        width=width,
        full=full,
    )


def _body_line(app: App, path: str) -> int:
    """The line on which a Markdown file's text begins, 0 if there is none."""
    from studio_sync.files.tree.codec import body_line
    from studio_sync.files.tree.tree import read_content

    try:
        return body_line(read_content(app.workspace.content, path))
    except OSError:
        return 0
