"""`studio diff`: show how records differ."""

import click

from studio_sync.cli.app import App, pass_app


@click.command("diff")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything differs.")
@click.option("--full", is_flag=True, help="Show whole records; in JSON, the whole files of all sides.")
@click.option(
    "--source", "of_source", is_flag=True, help="Show how the sources of translations have changed."
)
@pass_app
def command(app: App, paths: tuple[str, ...], exit_code: bool, full: bool, of_source: bool) -> None:
    """Show differences: fields by line, texts with changed words marked, JSON by path.

    A record to push is shown as the change to the database, a record to pull as the change to the file. A
    conflict is shown with both sides, the merge base, and who changed the row.

    With --source, show how the source of each translation has changed since it was copied. That needs no
    database.

    \b
    Examples:
      studio diff
      studio diff content/acme-bank/leading-with-trust --full
      studio diff --source content/acme-bank/vertrauen
    """
    if of_source:
        from studio_sync.cli.printing.source_lines import show_sources

        if show_sources(app, app.scope(paths), full=full) and exit_code:
            raise click.exceptions.Exit(1)
        return
    from studio_sync.cli.printing.conflict_list import conflict_page, remember, remember_all
    from studio_sync.render.differences.delta import delta_lines

    scope = app.scope(paths, missing_ok=True)
    prefix = app.workspace.prefix
    with app.studio(background=True) as studio:
        source = app.source()
        from studio_sync.sync.status import diff

        found = diff(studio, source, scope, texts=full and app.json)
        if app.json:
            outcome = "differs" if found.deltas else "ok"
            app.report(
                "diff", outcome, database=found.read_from, found=found, problems=found.problems, prefix=prefix
            )
            remember_all(app, found)
        else:
            app.say(f"database: {found.read_from}")
            conflicts = {c.delta.rid: c for c in found.contested}
            pages = []
            for delta in found.deltas:
                if delta.rid in conflicts:
                    page = conflict_page(app, found, conflicts[delta.rid], full=full)
                    pages.append((conflicts[delta.rid], page))
                    app.out.lines(page.lines)
                    continue
                app.out.lines(delta_lines(found, delta, prefix, app.screen(full=full)))
            app.tell(found.problems)
            if not found.deltas:
                app.say("nothing differs")
            remember(app, found, pages)
    if exit_code and found.deltas:
        raise click.exceptions.Exit(1)
