"""`studio editor`: install the extension for VS Code."""

import os
import sys
from pathlib import Path

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import RefusedError, UnavailableError, UsageError, about_file


@click.group("editor", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Set up an editor: problems while you type, and differences from the database.

    \b
    Example:
      studio editor vscode
    """


@command.command("vscode", short_help="Install the extension for VS Code.")
@click.option("--in", "name", metavar="NAME", default="", help="Install it only in this editor.")
@click.option(
    "--out", metavar="FILE", default="", help="Write the extension to FILE instead of installing it."
)
@click.option("--print", "show", is_flag=True, help="Print the extension to stdout instead of installing it.")
@pass_app
def vscode(app: App, name: str, out: str, show: bool) -> None:
    """Install the extension for VS Code in each editor of its family on this machine.

    These editors are VS Code, VSCodium, code-server, Cursor and others, found by their commands in PATH. The
    extension is part of studio; nothing is downloaded. It finds this installation of studio by itself. After
    an update of studio, run the command again.

    If the editor runs on another machine, write a .vsix file with --out and install it there: "Install from
    VSIX..." in the view of extensions.

    \b
    Examples:
      studio editor vscode
      studio editor vscode --in codium
      studio editor vscode --out studio.vsix
    """
    from studio_sync.editors.vsix import vsix

    if sum(map(bool, (name, out, show))) > 1:
        raise UsageError(
            "--in, --out and --print each name a destination for the extension", "give one of them"
        )
    if show:
        _print(app, vsix())
    elif out:
        _write(app, app.here / out, vsix())
    else:
        _install(app, name)
    if app.json:
        app.report("editor")


def _print(app: App, packed: bytes) -> None:
    if app.json:
        raise UsageError("--print prints the extension and no JSON", "leave out --json, or use --out FILE")
    if sys.stdout.isatty():
        raise UsageError(
            "the extension is no text for a terminal", "send it into a file: studio editor vscode --out FILE"
        )
    app.out.binary(packed)


def _write(app: App, file: Path, packed: bytes) -> None:
    """Write the extension, unless another file exists there."""
    from studio_sync.files.tree.disk.one_file import write_new

    try:
        with about_file(file):
            write_new(file, packed)
    except FileExistsError:
        if not (file.is_file() and file.read_bytes() == packed):
            raise RefusedError(f"{file} is there already", "remove it, or name another file") from None
    app.say(f"wrote {file}; in the editor, under Extensions, `Install from VSIX...` takes it")


def _install(app: App, name: str) -> None:
    from studio_sync.editors.editor_programs import BY_HAND, EDITOR_NAMES, editors, install
    from studio_sync.editors.vsix import extension_id, manifest, vsix
    from studio_sync.files.git.program import search_path
    from studio_sync.files.workspace.workspace import around

    if name and name not in EDITOR_NAMES:
        raise UsageError(f"{name} is no editor that studio knows", f"it knows {', '.join(EDITOR_NAMES)}")
    # Files in a workspace came with it: no program there is the user's editor.
    root = around(app.here)
    entries = search_path(app.env.get("PATH", os.defpath), [root] if root else [])
    found = [editor for editor in editors(entries) if name in ("", editor.name)]
    if not found:
        raise UnavailableError(
            f"there is no {name or 'editor of the family of VS Code'} in PATH",
            BY_HAND,
        )
    packed = vsix((sys.executable, "-P", "-m", "studio_sync"))
    for editor in found:
        install(editor, packed)
        app.say(f"installed {extension_id()} {manifest()['version']} with {editor.program}")
    app.say("windows that are open take it after `Developer: Reload Window`")
