"""`studio mcp`: the MCP server for AI authors."""

from importlib.util import find_spec

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.errors import UnavailableError


@click.command("mcp")
@click.option("--agent", "name", metavar="NAME", default="agent", help="What the ledger calls it.")
@global_options
@pass_app
def command(app: App, name: str) -> None:
    """Serve an AI author that speaks the Model Context Protocol, over stdin and stdout.

    It may list, read and validate files, propose edits of drafts, each made on the revision that it read,
    see what differs, and push the drafts that it proposed: by the same plan and guards as any push. It can't
    approve, publish, delete, reopen, move or renumber. The ledger names it.

    \b
    Example:
      studio mcp --agent "Lesson writer"
    """
    if find_spec("mcp") is None:
        raise UnavailableError(
            "this needs the MCP SDK, which is not installed",
            'install it along: python3 -m pip install "studio-sync[mcp]"'
            ' (from a copy of the repository: ".[mcp]")',
        )
    from studio_sync.cli.agent_server import serve_agents

    serve_agents(app, name)
