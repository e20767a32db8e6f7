"""`studio copy`: copy records, also for translation."""

from typing import Any

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.phrases import counted
from studio_sync.errors import UsageError
from studio_sync.render.medium.phrasing import SIGNS


@click.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("to", default="", metavar="[TO]")
@click.option("--language", metavar="CODE", default="", help="The language of a translation.")
@click.option("--caught-up", is_flag=True, help="Record that the translation FROM is up to date.")
@click.option("-n", "--dry-run", is_flag=True, help="Only print what would be created.")
@pass_app
def command(app: App, source: str, to: str, language: str, caught_up: bool, dry_run: bool) -> None:
    """Copy a session, chapter or program with everything below it.

    The copy gets new ids and the first status. The folder studio.sources records the source of each record;
    commit it, too. TO is a new name or number, another parent folder, or a full new path. Without a number,
    the copy gets the next free one. Links inside the copied folder lead to the copy; all other links are
    unchanged.

    `studio status` lists translations whose source has changed since, and `studio diff --source` shows the
    changes. When a translation is up to date again, record that with --caught-up. Needs no database.

    \b
    Examples:
      studio copy leading-with-trust vertrauen --language de
      studio copy 1.1 2
      studio copy --caught-up content/acme-bank/vertrauen/01-foundations
    """
    if caught_up:
        if to or language:
            raise UsageError("--caught-up takes one path", "leave TO and --language out")
        _catch_up(app, source, dry_run=dry_run)
        return
    if not to:
        raise UsageError("where to?", "give a new name or number, or the folder of what it goes into")
    from studio_sync.cli.printing.draft_text import say_finished
    from studio_sync.sync.authoring.authoring_context import AuthoringContext
    from studio_sync.sync.authoring.copying import Copy

    context = AuthoringContext(app.workspace, app.here)
    if dry_run:
        app.tell(context.foreseen())
        copy = Copy(context, source, to, language)
        copy.draft()
    else:
        with context.lock():
            say_finished(app, context.finish())
            copy = Copy(context, source, to, language)
            copy.draft()
            copy.carry_out()
    paths = sorted(f"{app.workspace.prefix}{copy.folder}/{path}" for path in copy.files)
    _show(app, paths)
    if not app.json:
        did = "would copy" if dry_run else "copied"
        app.say(f"{did} {counted(len(copy.sources), 'record')}; the sources are noted in studio.sources")


def _show(app: App, paths: list[str], action: Action = Action.CREATE) -> None:
    if app.json:
        own: dict[str, Any] = {"created" if action is Action.CREATE else "caught_up": paths}
        app.report("copy", **own)
    for path in paths if not app.json else ():
        app.out.line(f"{SIGNS[action]} {app.paint.path(safe(path))}")


def _catch_up(app: App, path: str, *, dry_run: bool) -> None:
    from studio_sync.files.tree.lock import only_one
    from studio_sync.files.tree.outline import folder_of
    from studio_sync.kinds import KINDS
    from studio_sync.sync.authoring.authoring_context import AuthoringContext
    from studio_sync.sync.authoring.translation import Translations

    scope = (folder_of(AuthoringContext(app.workspace, app.here).find.record(path)),)
    with app.studio() as studio, only_one(app.workspace.state / "lock"):
        studio.documents.refresh()
        found = Translations(app.workspace, KINDS, studio.memory).catch_up(scope, dry_run=dry_run)
    _show(app, [app.workspace.prefix + p for p in found], Action.UPDATE)
    if not found:
        app.say("no source changed since: there is nothing to catch up with")
