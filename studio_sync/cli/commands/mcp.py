"""`studio mcp`: the MCP server for AI authors."""

from importlib.util import find_spec

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import UnavailableError


@click.command("mcp")
@click.option("--agent", "name", metavar="NAME", default="agent", help="The agent's name in the ledger.")
@pass_app
def command(app: App, name: str) -> None:
    """Run a Model Context Protocol (MCP) server for AI authors, over stdin and stdout.

    An agent can list, read and validate files, propose edits to drafts, compare, and push the drafts that it
    proposed. Each edit must be based on the revision that the agent read. A push goes through the same plan
    and guards as any other. An agent can't approve, publish, delete, reopen, move or renumber. The ledger
    records its name.

    \b
    Example:
      studio mcp --agent "Lesson writer"
    """
    if find_spec("mcp") is None:
        raise UnavailableError(
            "this needs the MCP SDK, which is not installed",
            'install the extra: python3 -m pip install "studio-sync[mcp]"'
            ' (from a copy of the repository: ".[mcp]")',
        )
    from studio_sync.cli.agent_server import serve_agents

    serve_agents(app, name)
