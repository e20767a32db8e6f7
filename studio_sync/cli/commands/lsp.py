"""`studio lsp`: the language server for editors."""

import os
import sys
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import UnavailableError


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Use stdin and stdout; this is the default.")
@pass_app
def command(app: App, stdio: bool) -> None:  # noqa: ARG001
    """Run a language server (LSP) for editors: problems while you type, completion, help.

    It handles YAML and Markdown files that are records of a workspace, and no others.

    \b
    Example:
      studio lsp --stdio
    """
    if find_spec("pygls") is None:
        raise UnavailableError(
            "the language server needs pygls, which is not installed",
            'install the extra: python3 -m pip install "studio-sync[lsp]"'
            ' (from a copy of the repository: ".[lsp]")',
        )
    from studio_sync.lsp.server import serve

    incoming = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Anything printed by mistake must not corrupt the protocol's messages.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(incoming, output, _preview)


def _preview(file: Path, text: str) -> dict[str, Any] | None:
    """The HTML page of a file with this text, for editors; None if it is no record."""
    from studio_sync.files.workspace.workspace import around, load_workspace
    from studio_sync.kinds import KINDS
    from studio_sync.serve.preview import preview

    root = around(file.parent)
    found = preview(load_workspace(root), KINDS, file, text) if root else None
    return asdict(found) if found else None
