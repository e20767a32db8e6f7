"""`studio explain`: explain error codes."""

import click

from studio_sync.cli.app import App, pass_app


@click.command("explain")
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@pass_app
def command(app: App, codes: tuple[str, ...]) -> None:
    """Explain an error code: cause, example and fix. Needs no workspace.

    CODE is the word in brackets of a message such as error[locked]. Without CODE, list all codes.

    \b
    Examples:
      studio explain
      studio explain locked
      studio explain schema unknown-key --json
    """
    from studio_sync.render.explain_text import entry_lines, explain_report, list_lines
    from studio_sync.sync.error_entries import error_entries, error_entry

    found = tuple(error_entry(code) for code in codes) or tuple(error_entries().values())
    if app.json:
        app.out.json(explain_report(found))
        return
    app.out.lines(entry_lines(found, app.paint) if codes else list_lines(found, app.paint))
    if not codes:
        app.say("`studio explain CODE` explains one")
