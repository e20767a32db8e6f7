"""`studio db prune`: delete old versions from the ledger."""

import sys
from datetime import datetime

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.cli.printing.database_lines import connection_for, print_lines
from studio_sync.errors import RefusedError, UsageError


@click.command("prune")
@click.option("--before", required=True, metavar="DATE", help="Delete versions older than the one of DATE.")
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@click.option("-n", "--dry-run", is_flag=True, help="Only count; delete nothing.")
@pass_app
def command(app: App, before: str, yes: bool, dry_run: bool) -> None:
    """Delete old versions from the ledger. They can't be shown or restored afterwards.

    For each record, the ledger keeps the version of DATE, all later versions, and each version that is the
    merge base of an unpushed file. A workspace that was pulled or pushed since DATE sees no difference. An
    older one gets conflicts, and nothing is overwritten. The ten tables are not touched.

    \b
    Examples:
      studio db prune --before 2026-01-01 -n
      studio db prune --before 2026-01-01 --target production --yes
    """
    from studio_sync.core.values.phrases import counted
    from studio_sync.database.postgres.ledger.prune import hold_prunable, plan, prune
    from studio_sync.render.medium.phrasing import minute_text

    at = _date(before)
    with connection_for(app, "ledger of") as (connection, label):
        hold_prunable(connection, label)
        found = plan(connection, at)
        stay = f"about {found.kept:,} stay" if found.estimated else f"{found.kept:,} stay"
        what = (
            f"{counted(found.versions, 'version')} of {counted(found.records, 'record')} from before"
            f" {minute_text(at)} ({found.size / 2**20:.1f} MB); {stay}"
        )
        if dry_run or not found.versions:
            done = f"would delete {what}" if found.versions else "nothing to delete"
            print_lines(app, [done], database=label)
            return
        if not yes:
            _ask(app, what)
        done = f"deleted {counted(prune(connection, at), 'version')}; {stay}"
    print_lines(app, [done], database=label)


def _ask(app: App, what: str) -> None:
    if not sys.stdin.isatty():
        raise RefusedError(f"this would delete {what}", "add --yes to do it, or -n to look only")
    app.out.confirm(f"Delete {what}?")


def _date(text: str) -> datetime:
    from studio_sync.sync.history.log_filter import parse_time

    try:
        at = parse_time(text)
    except ValueError:
        raise UsageError(f"{text} is no date", "write it as 2026-01-01, or 2026-01-01T09:00") from None
    if at > datetime.now().astimezone():
        raise UsageError(f"{text} is in the future", "name a day that is over")
    return at
