"""`studio board`: write the progress page."""

import os
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import RefusedError, about_file

if TYPE_CHECKING:
    from studio_sync.sync.board import Card

_STDOUT = "-"
_FILE = "board.html"
_ENOUGH = 4_096


@click.command("board")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "-o", "--output", metavar="FILE", default=_FILE, help=f"The file to write; - is stdout. [{_FILE}]"
)
@click.option("-n", "--dry-run", is_flag=True, help="Only print what would be written.")
@pass_app
def command(app: App, paths: tuple[str, ...], output: str, dry_run: bool) -> None:
    """Write one HTML page that shows the progress of every program.

    A table lists all programs. Each row opens a grid of chapters and sessions: the status of each content,
    words, minutes, what is missing or blocked and why, what changed after approval, and who changed it last.
    The page shows the rows of the database and links to their files. Filters, sorting and open rows are kept
    in the page's address. The page works without a network, and printing it includes the open rows.

    \b
    Examples:
      studio board
      studio board -o acme.html content/acme-bank
      studio board -o - | mail-it
    """
    from studio_sync.render.board.page import page_of
    from studio_sync.sync.board import board

    scope = app.scope(paths)
    place = app.here / output
    if output != _STDOUT:
        _hold_inside(app, place)
        _hold_ours(place)
    with app.studio(background=True) as studio:
        source = app.source()
        found = board(studio, source, scope)
    name = app.workspace.name or app.workspace.root.name
    beside = app.workspace.root if output == _STDOUT else place.parent
    link = partial(_link, os.path.relpath(app.workspace.root, beside).replace(os.sep, "/"))
    text = page_of(found, name, source.label, datetime.now().astimezone(), link)
    if output == _STDOUT and not app.json:
        app.out.document(text)
        return
    if not dry_run and output != _STDOUT:
        _write(place, text)
    if app.json:
        app.report("board", database=found.read_from)
    else:
        app.out.line(str(place))


def _link(root: str, card: "Card") -> str:
    """The URL of a record's file, relative to the page's folder."""
    path = card.path if root == "." else f"{root}/{card.path}"
    return quote(path) if card.exists else ""


def _hold_inside(app: App, place: Path) -> None:
    """Raise OutsideError for a place in the workspace from which a link leads out of it."""
    from studio_sync.files.tree.disk.inside import inside

    root, named = app.workspace.root, Path(os.path.normpath(place))
    if named.is_relative_to(root):
        inside(root, named.relative_to(root).as_posix())


def _hold_ours(place: Path) -> None:
    """Raise RefusedError rather than overwrite a file that is no board."""
    from studio_sync.files.tree.disk.plain_file import open_plain
    from studio_sync.render.board.page import GENERATOR

    if place.is_dir():
        raise RefusedError(f"{place} is a folder", "name a file: -o FILE")
    if not place.parent.is_dir():
        raise RefusedError(f"there is no folder {place.parent}", "make it, or name another file: -o FILE")
    if os.path.lexists(place):
        try:
            with os.fdopen(open_plain(place), "rb") as stream:
                ours = f'content="{GENERATOR}"'.encode() in stream.read(_ENOUGH)
        except OSError:
            ours = False
        if not ours:
            raise RefusedError(f"{place} is not a board, and stays as it is", "name another file: -o FILE")


def _write(place: Path, text: str) -> None:
    temporary = place.with_name(f".{place.name}.{token_hex(4)}")
    try:
        with about_file(place):
            temporary.write_bytes(text.encode())
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)
