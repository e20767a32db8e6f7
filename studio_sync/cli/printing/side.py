"""A whole file as on one side, for merge tools."""

from studio_sync.cli.app import App
from studio_sync.errors import UsageError
from studio_sync.render.json_report import report
from studio_sync.sync.status import side_text


def show_side(app: App, paths: tuple[str, ...], side: str) -> None:
    """Print the file at one path as on a side. Raises UsageError if that side has no such record."""
    if len(paths) != 1:
        raise UsageError("--side shows one file", "give one path")
    path = app.file(paths[0])
    with app.studio() as studio:
        source = app.source()
        text = side_text(studio, source, path, side)
    shown = app.workspace.prefix + path
    if app.json:
        app.out.json(report("show", "ok", database=source.label, side=side, path=shown, text=text))
    elif text is None:
        raise UsageError(f"{shown} has no version on that side: {side}", "`studio status` shows its state")
    else:
        app.out.content(text)
