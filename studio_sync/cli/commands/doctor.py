"""`studio doctor`: check workspace, database and editors."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio_sync.cli.app import App, pass_app

if TYPE_CHECKING:
    from studio_sync.core.checks.diagnosis import Diagnosis


@click.command("doctor")
@pass_app
def command(app: App) -> None:
    """Check the workspace, the connection, and the database: tables, permissions, ledger.

    Each finding comes with a fix. Nothing is changed.

    \b
    Examples:
      studio doctor
      studio doctor --target production --json
    """
    from studio_sync.cli.database import refusals
    from studio_sync.core.checks.diagnosis import State, warning
    from studio_sync.core.values.escapes import safe
    from studio_sync.render.json_report import diagnosis
    from studio_sync.sync.doctor.doctor import examined

    source = app.source(ask=False, later=True)
    others = [warning("targets", found.message, found.hint) for found in refusals(app, besides=app.chosen())]
    with app.studio() as studio:
        findings = [*others, *examined(studio, source), *_editors()]
    grave = any(f.state is State.ERROR for f in findings)
    if app.json:
        app.out.json(diagnosis(findings, source.label, "refused" if grave else "ok"))
    else:
        styles = {State.ERROR: app.paint.error, State.WARNING: app.paint.warning}
        for finding in findings:
            if app.quiet and finding.state in (State.OK, State.NOTE):
                continue
            style = styles.get(finding.state, str)
            app.out.line(f"{style(f'{finding.state.value:8}')} {finding.about}: {safe(finding.message)}")
            if finding.hint:
                app.out.line(f"         hint: {safe(finding.hint)}")
    if grave:
        raise click.exceptions.Exit(1)


def _editors() -> Iterator["Diagnosis"]:
    """Whether the editors used here have the extension in this version of studio."""
    from studio_sync.core.checks.diagnosis import note, ok, warning
    from studio_sync.editors.editor_programs import installed
    from studio_sync.editors.vsix import manifest

    ours, way = manifest()["version"], "`studio editor vscode` installs the one that belongs to this studio"
    for found in installed(Path.home()):
        if not found.version:
            yield note("editor", f"{found.editor} does not have studio's extension", way)
        elif found.version != ours:
            message = f"{found.editor} has version {found.version} of the extension, and studio is {ours}"
            yield warning("editor", message, way)
        else:
            yield ok("editor", f"{found.editor} has the extension, version {ours}")
