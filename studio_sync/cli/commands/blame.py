"""`studio blame`: the author of each field and sentence of a file."""

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import UsageError


@click.command("blame")
@click.argument("path", metavar="PATH")
@pass_app
def command(app: App, path: str) -> None:
    """Show who wrote each field and each sentence of the file at PATH: when, how, where and why.

    A change comes from a push, a restore, an agent or the web app. The web app does not record its users, so
    its changes have the time when studio first saw them. Unpushed changes are marked, with the commit of
    their line.

    \b
    Examples:
      studio blame content/acme-bank/leading-with-trust/01-foundations/1.1-why-leaders-listen/article.md
      studio blame content/acme-bank/client.md --json
    """
    from studio_sync.render.blame_text import blame_lines, blame_report
    from studio_sync.sync.history.blame import blame

    inner = app.file(path)
    if not inner:
        raise UsageError("blame is about one file", "give the path of a record's file")
    with app.studio() as studio:
        source = app.source()
        found = blame(studio, source, inner)
    if app.json:
        app.out.json(blame_report(found, source.label, app.workspace.prefix))
        return
    app.out.lines(blame_lines(found, app.paint))
