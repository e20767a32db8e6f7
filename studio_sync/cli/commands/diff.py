"""`studio diff`: show how records differ."""

import shutil

import click

from studio_sync.cli.app import App, global_options, pass_app


@click.command("diff")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--exit-code", is_flag=True, help="Leave with 1 if anything differs.")
@click.option("--full", is_flag=True, help="Show records whole; in JSON, the whole files of all sides.")
@click.option("--source", "of_source", is_flag=True, help="Of translations: how their sources changed since.")
@global_options
@pass_app
def command(app: App, paths: tuple[str, ...], exit_code: bool, full: bool, of_source: bool) -> None:
    """Show how records differ: fields by line, texts with the changed words marked, JSON by path.

    What would be pushed is shown as the change to the database, what would be pulled as the change to
    the file. A conflict shows what both sides say, what they last had in common, and who changed the row.

    With --source it shows, for each translation, how the text that it was copied from has changed since
    then; that needs no database.

    \b
    Examples:
      studio diff
      studio diff content/acme-bank/leading-with-trust --full
      studio diff --source content/acme-bank/vertrauen
    """
    if of_source:
        from studio_sync.cli.render.source_lines import show_sources

        if show_sources(app, app.scope(paths), full=full) and exit_code:
            raise click.exceptions.Exit(1)
        return
    from studio_sync.cli.render.conflicts.conflict_list import conflict_page, remember, remember_all
    from studio_sync.cli.render.differences.delta import delta_lines
    from studio_sync.cli.render.problems import lines

    scope = app.scope(paths, gone=True)
    prefix = app.workspace.prefix
    with app.studio(background=True) as studio:
        source = app.source()
        from studio_sync.sync.status import diff

        found = diff(studio, source, scope, texts=full and app.json)
        if app.json:
            from studio_sync.cli.render.json_report import report

            outcome = "differs" if found.deltas else "ok"
            app.out.json(
                report(
                    "diff",
                    outcome,
                    database=found.read_from,
                    found=found,
                    problems=found.problems,
                    prefix=prefix,
                )
            )
            remember_all(app, found)
        else:
            app.say(f"database: {found.read_from}")
            width = shutil.get_terminal_size().columns if app.paint.enabled else 0
            conflicts = {c.delta.rid: c for c in found.contested}
            pages = []
            for delta in found.deltas:
                if delta.rid in conflicts:
                    page = conflict_page(app, found, conflicts[delta.rid], full=full)
                    pages.append((conflicts[delta.rid], page))
                    for line in page.lines:
                        app.out.line(line)
                    continue
                for line in delta_lines(found, delta, prefix, paint=app.paint, width=width, full=full):
                    app.out.line(line)
            for line in lines(found.problems, app.paint_messages, every=app.verbose):
                app.out.say(line)
            if not found.deltas:
                app.say("nothing differs")
            remember(app, found, pages)
    if exit_code and found.deltas:
        raise click.exceptions.Exit(1)
