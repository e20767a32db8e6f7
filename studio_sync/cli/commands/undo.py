"""`studio undo`."""

import re
from typing import TYPE_CHECKING

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.errors import UsageError

if TYPE_CHECKING:
    from studio_sync.files.memory.kept import KeptRun

_REVISION = re.compile(r"[0-9a-fA-F]{4,32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@click.command("undo")
@click.argument("given", nargs=-1, metavar="[REV] [PATH]...")
@click.option("--list", "listing", is_flag=True, help="Show what can be taken back, newest first.")
@click.option("--over", is_flag=True, help="Take back also what was edited since; that is kept, too.")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be written and touch nothing.")
@global_options
@pass_app
def command(app: App, given: tuple[str, ...], listing: bool, over: bool, dry_run: bool) -> None:
    """Bring back what the newest command replaced, or the one that REV names, in the files.

    After a push these are the rows as it found them, deleted ones with their ids; after any other command the
    files as they were. It's a change like any other: look at it with `studio diff`, and push it. What undo
    replaces is kept, too: undo once more takes it back.

    \b
    Examples:
      studio undo
      studio undo --list
      studio undo 3f9a2b1c content/acme-bank -n
    """
    from studio_sync.cli.render import undo as render
    from studio_sync.files.memory.kept import Kept, Verb
    from studio_sync.sync.history.undo import undo_files
    from studio_sync.sync.history.undo_push import undo_push

    runs = [run for run in Kept(app.workspace.root).runs() if run.operations]
    if listing:
        render.show_list(app, runs)
        return
    revision, paths = _split(app, given)
    run = _chosen(runs, revision)
    scope = app.scope(paths, gone=True)
    with app.studio() as studio:
        studio.documents.refresh()
        undone = undo_files(studio, run, scope, over=over, dry_run=dry_run) if run else None
        restored, label = None, ""
        if run is None or run.revision:
            source = app.source()
            label = source.label
            if run is not None and run.revision:
                where = next(o.path for o in run.operations if o.verb is Verb.PUSH)
                if where != source.address:
                    raise UsageError(
                        f"that push went to {where}, and not to {source.label}",
                        "name its database with --target or --database",
                    )
            app.say(f"database: {source.label}")
            named = run.revision if run is not None else revision
            restored = undo_push(studio, source, named, scope, over=over, dry_run=dry_run)
    render.show(app, undone, restored, label, dry_run=dry_run)


def _split(app: App, given: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The revision, "" for the newest command, and the paths."""
    first = given[0] if given else ""
    if _REVISION.fullmatch(first) and not (app.here / first).exists():
        return first, given[1:]
    return "", given


def _chosen(runs: "list[KeptRun]", revision: str) -> "KeptRun | None":
    """The run that was meant; None where only the ledger may know it."""
    from studio_sync.files.memory.kept import Verb

    if not revision:
        for run in runs:
            if any(o.verb is not Verb.FOUND for o in run.operations):
                return run
        raise UsageError(
            "nothing was replaced here of which anything is kept", "`studio log` shows what others pushed"
        )
    plain = revision.replace("-", "").lower()
    found = [
        run for run in runs if run.id.startswith(plain) or run.revision.replace("-", "").startswith(plain)
    ]
    if len(found) > 1:
        raise UsageError(f"{revision} names more than one command", "`studio undo --list` shows them")
    return found[0] if found else None
