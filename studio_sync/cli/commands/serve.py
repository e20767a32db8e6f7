"""`studio serve`: the local web server, with board and lessons."""

from importlib.util import find_spec

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import UnavailableError


@click.command("serve")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    help="The port to listen on; by default any free one.",
)
@click.option("--write", is_flag=True, help="Allow pages to resolve conflicts and set the next status.")
@pass_app
def command(app: App, port: int, write: bool) -> None:
    """Show the workspace in a browser on this machine: the board, and lessons as learners see them.

    A lesson is shown from its files, from the database, or from any revision: the article with its pictures,
    a playable quiz, the exercise with its mentor's opening, and the script with its running time. Saved
    changes appear at once, and problems that `validate` finds stand beside their paragraph.

    The printed address contains a secret key. Requests without it or from other sites are refused.
    Pages load nothing from the network. Without --write they are read-only. Stop with Ctrl-C.

    \b
    Examples:
      studio serve
      studio serve --write --port 8321
    """
    if find_spec("uvicorn") is None or find_spec("starlette") is None:
        raise UnavailableError(
            "`studio serve` needs uvicorn and starlette, which are not installed",
            'install the extra: python3 -m pip install "studio-sync[serve]"'
            ' (from a copy of the repository: ".[serve]")',
        )
    from studio_sync.kinds import KINDS
    from studio_sync.serve.http_server import HttpServer
    from studio_sync.serve.site import Site

    workspace = app.workspace
    source = app.source()
    server = HttpServer(port)
    site = Site(workspace, KINDS, app.studio, lambda: source, server.root, writes=write)
    if app.json:
        import json

        app.out.json(json.dumps({"version": 1, "command": "serve", "outcome": "ok", "url": server.address}))
    else:
        app.out.line(server.address)
    app.say("open this address; it is for you alone. Ctrl-C ends it")
    site.begin()
    server.run(site)
