"""`studio advance`: write the next status into files, and record approvals."""

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.core.values.escapes import safe


@click.command("advance")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--to", default="", metavar="STATUS", help="Only take steps to this status.")
@click.option("-n", "--dry-run", is_flag=True, help="Only print the steps.")
@pass_app
def command(app: App, paths: tuple[str, ...], to: str, dry_run: bool) -> None:
    """Set the next status in the files below each PATH, sessions together with their contents.

    A push allows one step. Files that may not take their next step, or of whose last step no push is
    known here, are listed and left alone. Needs no database.

    A step to approved or published approves the text as it is now. studio records its digest and prints a
    line for the commit message. If the text changes before the push, the push is refused. Read the text and
    run the command again: it shows what changed and records the approval anew.

    \b
    Examples:
      studio advance content/acme-bank/leading-with-trust/01-foundations
      studio advance content/acme-bank --to review
      studio advance content/acme-bank/leading-with-trust -n
    """
    from studio_sync.cli.printing.approval_lines import approval_lines, trailer_lines
    from studio_sync.core.values.phrases import counted
    from studio_sync.render.medium.next_steps import Step, step_sentences
    from studio_sync.sync.advance import advance

    scope = app.scope(paths)
    with app.studio() as studio:
        found = advance(studio, scope, to, dry_run=dry_run)
    if app.json:
        from studio_sync.render.json_report import advanced

        app.out.json(advanced(found, app.workspace.prefix))
    else:
        for step in found.steps:
            path = app.paint.path(safe(app.workspace.prefix + step.entry.path))
            app.out.line(f"~ {path}  {app.paint.dim(f'({step.before} → {step.after})')}")
        for text in approval_lines(found.approved, app):
            app.out.line(text)
        app.tell(found.left)
        verb = "would advance" if dry_run else "advanced"
        again = sum(1 for one in found.approved if one.again)
        counts = [f"{verb} {counted(len(found.steps), 'file')}"] if found.steps else []
        counts += (
            [f"{'would approve' if dry_run else 'approved'} {counted(again, 'file')} anew"] if again else []
        )
        app.out.line(", ".join(counts) or "nothing to advance")
        trailers = list(trailer_lines(found.approved, app))
        for text in trailers:
            app.out.line(text)
        if trailers and not found.steps and not dry_run:
            app.say("if there is nothing else to commit, `git commit --allow-empty` carries the line")
        if found.steps and not dry_run:
            app.say(step_sentences([Step.PUSH], by_ci=app.takes_ci_only())[0])
        if found.settled:
            where = f"at {to} or later" if to else "at the end of their flow"
            app.say(f"{counted(found.settled, 'file')} {where} already")
    if found.left:
        raise click.exceptions.Exit(found.exit_code)
