"""Rendering of adopted ids."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio_sync.core.values.escapes import safe
from studio_sync.render.json_report import report_adoptions
from studio_sync.render.medium.phrasing import counted

if TYPE_CHECKING:
    from studio_sync.cli.app import App
    from studio_sync.sync.identity.adopting import Adoption


def show_adoptions(app: "App", label: str, adopted: "Sequence[Adoption]", *, dry_run: bool) -> None:
    """Print each file with its old and new id line."""
    prefix, paint = app.workspace.prefix, app.paint
    if app.json:
        app.out.json(report_adoptions(label, adopted, prefix, dry_run=dry_run))
        return
    if not app.quiet:
        for adoption in adopted:
            app.out.line(f"~ {paint.path(safe(prefix + adoption.path))}")
            if adoption.before:
                app.out.line(f"  {paint.removed(f'- id: {adoption.before}')}")
            app.out.line(f"  {paint.added(f'+ id: {adoption.after}')}")
    if not adopted:
        app.out.line("every file has the id of its row, or a place of its own: nothing to adopt")
    elif dry_run:
        app.out.line(f"would be adopted: {counted(len(adopted), 'id')}")
    else:
        app.out.line(f"adopted: {counted(len(adopted), 'id')}")
        app.say("`studio status` compares the files with their rows now")
