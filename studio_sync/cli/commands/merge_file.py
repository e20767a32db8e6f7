"""`studio merge-file`: the git merge driver, which merges records field by field."""

import re
from pathlib import Path

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.core.values.bounds import MAX_STATE_FILE
from studio_sync.core.values.escapes import safe
from studio_sync.errors import UnavailableError, about_file
from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.files.tree.disk.plain_file import read_plain, way_out

_MOST = 127
"""The largest number of conflicts that the exit code can report, as with `git merge-file`."""


@click.command("merge-file")
@click.argument("base", metavar="BASE")
@click.argument("ours", metavar="OURS")
@click.argument("theirs", metavar="THEIRS")
@click.argument("path", metavar="PATH")
@click.option("--marker-size", metavar="N", default="", help="The length of conflict markers (default 7).")
@click.option("--style", metavar="STYLE", default="", help="The conflict style: merge, diff3 or zdiff3.")
@click.option("--base-label", metavar="NAME", default="", help="The label of the base in markers.")
@click.option("--ours-label", metavar="NAME", default="", help="The label of our version in markers.")
@click.option("--theirs-label", metavar="NAME", default="", help="The label of their version in markers.")
@click.option("--driver", is_flag=True, help="Print only `clean` or `conflict`.")
@pass_app
def command(
    app: App,
    base: str,
    ours: str,
    theirs: str,
    path: str,
    marker_size: str,
    style: str,
    base_label: str,
    ours_label: str,
    theirs_label: str,
    driver: bool,
) -> None:
    """Merge three versions of a file for git, and write the result into OURS.

    PATH is relative to the top of the working tree, where git runs this command. A record is merged field by
    field, as in a pull, and conflicts get markers like git's. Any other file is merged as by `git
    merge-file`. The exit code is git's: 0 for a clean merge, otherwise the number of conflicts.

    `studio init --git` sets this up as git's merge driver.

    \b
    Examples:
      git config merge.studio.driver     how git calls it
      studio merge-file base.md ours.md theirs.md content/acme-bank/client.md
    """
    from studio_sync.files.git.merge_driver import merge_by_line
    from studio_sync.schemas import Schemas
    from studio_sync.sync.git_merge.merge_file import MARKER_SIZE, Labels, kind_at, merge_file

    places = [app.here / place for place in (base, ours, theirs)]
    labels = Labels(
        _label(ours_label, "ours"),
        _label(theirs_label, "theirs"),
        _label(base_label, "base") if style in ("diff3", "zdiff3") else None,
    )
    size = int(marker_size) if re.fullmatch(r"[1-9][0-9]{0,2}", marker_size) else MARKER_SIZE
    kind = kind_at(app.here, path)
    old, mine, other = (_read(place) for place in places)
    merge = merge_file(kind, old, mine, other, labels, size, Schemas()) if kind else None
    if merge is not None:
        _write(places[1], mine, merge.data, kept=not driver)
        conflicts = merge.conflicts
    elif driver:
        return  # the caller lets git merge the file
    else:
        named = (labels.ours, labels.base or "base", labels.theirs)
        conflicts = merge_by_line(places[0], places[1], places[2], named, size)
    if driver:
        app.out.line("conflict" if conflicts else "clean")
    elif app.json:
        app.report("merge-file", "differs" if conflicts else "ok", conflicts=conflicts)
    raise click.exceptions.Exit(min(conflicts, _MOST))


def _label(given: str, usual: str) -> str:
    """The label of a version in markers; a git without the placeholder passes it unexpanded."""
    return usual if not given or re.fullmatch(r"%[SXY]", given) else safe(given)


def _read(place: Path) -> bytes:
    try:
        return read_plain(place, MAX_STATE_FILE)
    except OSError as error:
        raise UnavailableError(f"can't read {place}: {error.strerror}", way_out(error)) from None


def _write(place: Path, before: bytes, data: bytes, *, kept: bool) -> None:
    """Replace ours. git's temporary file need not be kept, because git has its content."""
    if data == before:
        return
    if kept:
        FileWriter(place.parent).replace(place.name, before, data)
        return
    temporary = place.with_name(f"{place.name}.studio")
    try:
        with about_file(place), temporary.open("xb") as file:
            file.write(data)
        temporary.replace(place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
