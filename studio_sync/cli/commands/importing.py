"""`studio import`: import Markdown from other systems."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import UsageError

if TYPE_CHECKING:
    from studio_sync.sync.importing.import_map import ImportMap
    from studio_sync.sync.importing.importer import Import
    from studio_sync.sync.importing.shape import Shape
    from studio_sync.sync.importing.tree import ForeignTree


@click.command("import")
@click.argument("folder", metavar="DIR")
@click.option("--to", metavar="CLIENT[/PROGRAM]", default="", help="The client, and the program to create.")
@click.option("--map", "map_file", metavar="FILE", default="", help="The map of folders and keys.")
@click.option("-n", "--dry-run", is_flag=True, help="Only print a map; with --map, what would be imported.")
@pass_app
def command(app: App, folder: str, to: str, map_file: str, dry_run: bool) -> None:
    """Import lessons from Hugo, Jekyll, Docusaurus, Obsidian, or plain folders of Markdown.

    Each page becomes a session with its article, and each folder a chapter, ordered by weight and number.
    Links between pages are updated and pictures are copied. Nothing in DIR changes, and no existing file is
    overwritten. A report below imports/ lists what could not be imported, with the pages concerned.

    Without --map, -n prints a map of all keys in the pages: how often each occurs and where it would go. Edit
    the map and pass it with --map. Needs no database.

    \b
    Examples:
      studio import ../old-course -n > map.yaml
      studio import ../old-course --map map.yaml -n
      studio import ../old-course --map map.yaml --to acme-bank/leading-with-trust
    """
    from studio_sync.cli.printing.draft_text import say_finished
    from studio_sync.cli.printing.import_text import show_import, show_map
    from studio_sync.sync.authoring.authoring_context import AuthoringContext
    from studio_sync.sync.importing.import_report import written_report
    from studio_sync.sync.importing.importer import Importer, hold_apart
    from studio_sync.sync.importing.shape import shape_of

    workspace = app.workspace
    place = (app.here / folder).resolve()
    if not place.is_dir():
        raise UsageError(f"there is no folder {folder}", "name the folder with the lessons")
    hold_apart(workspace.root.resolve(), workspace.content.resolve(), place)
    shape = shape_of()
    tree = _tree(app, place, map_file, to, shape)
    if dry_run and not map_file:
        show_map(app, tree, shape)
        return
    context = AuthoringContext(workspace, app.here)
    if dry_run:
        app.tell(context.foreseen())
        show_import(app, Importer(context, tree, shape).draft(), report="")
        return
    with context.lock():
        say_finished(app, context.finish())
        importer = Importer(context, tree, shape)
        made = importer.draft()
        with written_report(workspace.root, made) as report:
            importer.carry_out(made)
    show_import(app, made, report=report)
    _say_outside(app, made, shape)


def _tree(app: App, place: Path, map_file: str, to: str, shape: "Shape") -> "ForeignTree":
    from studio_sync.sync.importing.import_map import read_map, stated_kind
    from studio_sync.sync.importing.tree import read_tree, taken_by

    at = app.here / map_file
    found = read_tree(place, shape, stated_kind(at) if map_file else "")
    import_map: ImportMap = read_map(at, shape, found.map) if map_file else found.map
    return taken_by(found, import_map.sent_to(to))


def _say_outside(app: App, made: "Import", shape: "Shape") -> None:
    clients = app.workspace.clients
    client: Any = made.tree.map.client
    if client and clients is not None and client not in clients:
        app.say(f"studio.yaml holds other {shape.client.table} only: add {client} to its `clients`")
