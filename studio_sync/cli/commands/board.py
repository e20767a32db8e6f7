"""`studio board`."""

import os
from datetime import datetime
from pathlib import Path
from secrets import token_hex

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.errors import RefusedError

_STDOUT = "-"
_FILE = "board.html"
_ENOUGH = 4_096


@click.command("board")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-o", "--output", metavar="FILE", default=_FILE, help=f"Where to; - is stdout. [{_FILE}]")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be written and touch nothing.")
@global_options
@pass_app
def command(app: App, paths: tuple[str, ...], output: str, dry_run: bool) -> None:
    """Make one HTML page that shows how far every program has come.

    Each program is a grid of its chapters and sessions: the status of each content, words, minutes, what is
    missing or blocked and why, what changed after it was approved, and who changed it last. It shows the
    rows of the database. The page needs no network, and a browser can print it.

    \b
    Examples:
      studio board
      studio board -o acme.html content/acme-bank
      studio board -o - | mail-it
    """
    from studio_sync.cli.render.board.page import page_of
    from studio_sync.sync.board import board

    scope = app.scope(paths)
    place = app.here / output
    if output != _STDOUT:
        _hold_inside(app, place)
        _hold_ours(place)
    with app.studio(background=True) as studio:
        source = app.source()
        found = board(studio, source, scope)
    text = page_of(
        found, app.workspace.name or app.workspace.root.name, source.label, datetime.now().astimezone()
    )
    if output == _STDOUT and not app.json:
        app.out.document(text)
        return
    if not dry_run and output != _STDOUT:
        _write(place, text)
    if app.json:
        from studio_sync.cli.render.json_report import report

        app.out.json(report("board", "ok", database=source.label))
    else:
        app.out.line(str(place))


def _hold_inside(app: App, place: Path) -> None:
    """Raise OutsideError for a file in the workspace that a link of the workspace's leads out of it."""
    from studio_sync.files.tree.inside import inside

    root, named = app.workspace.root, Path(os.path.normpath(place))
    if named.is_relative_to(root):
        inside(root, named.relative_to(root).as_posix())


def _hold_ours(place: Path) -> None:
    """Raise RefusedError rather than write over a file that is no board."""
    from studio_sync.cli.render.board.page import GENERATOR
    from studio_sync.files.tree.plain_file import open_plain

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
        temporary.write_bytes(text.encode())
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)
