"""`studio undo`: take back what a command replaced."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from studio_sync.files.memory.kept import KeptRun
    from studio_sync.sync.history.revivals import Restored
    from studio_sync.sync.history.undo import Undone

_REVISION = re.compile(r"[0-9a-fA-F]{4,32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@click.command("undo")
@click.argument("given", nargs=-1, metavar="[REV] [PATH]...")
@click.option("--list", "listing", is_flag=True, help="List what can be undone, newest first.")
@click.option("--over", is_flag=True, help="Also replace files edited since; their content is kept.")
@click.option("-n", "--dry-run", is_flag=True, help="Only print what would be written.")
@pass_app
def command(app: App, given: tuple[str, ...], listing: bool, over: bool, dry_run: bool) -> None:
    """Undo in the files what the newest command, or the one named by REV, replaced.

    For a push, undo takes back in the files what it changed in rows, deleted ones with their ids, and keeps
    what was changed since. For any other command, it writes the files as they were. The result is an
    ordinary local change: check it with `studio diff`, then push it. Only a decision about a conflict is
    itself undone: the conflict is undecided again. What undo replaces is kept, so a second undo reverts the
    first.

    \b
    Examples:
      studio undo
      studio undo --list
      studio undo 3f9a2b1c content/acme-bank -n
    """
    from studio_sync.cli.printing import undo_text as render
    from studio_sync.files.memory.kept import Kept
    from studio_sync.sync.history.undo_push import NotArrivedError

    runs = [run for run in Kept(app.workspace.root).runs() if run.operations]
    if listing:
        render.show_list(app, runs)
        return
    revision, paths = _split(app, given)
    scope = app.scope(paths, missing_ok=True)
    chosen = _chosen(runs, revision)
    for run in chosen:
        try:
            render.show_undo(
                app, *_undo(app, run, revision, scope, over=over, dry_run=dry_run), dry_run=dry_run
            )
        except NotArrivedError:
            if revision or run is chosen[-1]:
                raise
        else:
            return


def _undo(
    app: App, run: "KeptRun | None", revision: str, scope: tuple[str, ...], *, over: bool, dry_run: bool
) -> "tuple[Undone | None, Restored | None, str]":
    """What was taken back of one run in files and rows, and the database."""
    from studio_sync.files.memory.kept import Verb
    from studio_sync.sync.history.decisions import tell_ledger
    from studio_sync.sync.history.undo import undo_files
    from studio_sync.sync.history.undo_push import undo_push

    with app.studio() as studio:
        studio.documents.refresh()
        restored, label = None, ""
        if run is None or run.revision:
            source = app.source()
            label = source.label
            where = [o.path for o in run.operations if o.verb is Verb.PUSH] if run else []
            if any(path != source.address for path in where):
                raise UsageError(
                    f"that push went to {where[0]}, and not to {source.label}",
                    "name its database with --target or --database",
                )
            app.say(f"database: {source.label}")
            named = run.revision if run is not None else revision
            restored = undo_push(studio, source, named, scope, over=over, dry_run=dry_run)
        undone = undo_files(studio, run, scope, over=over, dry_run=dry_run) if run else None
        if undone is not None:
            told = tell_ledger(studio, app.source, undone.notes)
            undone = replace(undone, left=(*undone.left, *told))
        return undone, restored, label


def _split(app: App, given: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Split the arguments into the revision, "" for the newest command, and paths."""
    first = given[0] if given else ""
    if _REVISION.fullmatch(first) and not (app.here / first).exists():
        return first, given[1:]
    return "", given


def _chosen(runs: "list[KeptRun]", revision: str) -> "list[KeptRun | None]":
    """The chosen run; without a revision the candidates for the newest one, newest first.

    None stands for a run that only the ledger may know.
    """
    from studio_sync.files.memory.kept import Verb

    if not revision:
        found = [run for run in runs if any(o.verb is not Verb.FOUND for o in run.operations)]
        if not found:
            raise RefusedError(
                "there is nothing to undo: no command has replaced anything in this workspace yet",
                "`studio log` shows what was pushed from elsewhere; `studio undo REV` takes that back",
            )
        return [*found]
    plain = revision.replace("-", "").lower()
    named = [r for r in runs if r.id.startswith(plain) or r.revision.replace("-", "").startswith(plain)]
    if len(named) > 1:
        raise UsageError(f"{revision} names more than one command", "`studio undo --list` shows them")
    return [*named] or [None]
