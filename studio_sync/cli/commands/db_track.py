"""`studio db track`: enable change tracking by triggers."""

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.cli.printing.database_lines import connection_for, print_lines, print_statements


@click.command("track")
@click.option("--remove", is_flag=True, help="Remove the triggers; recorded entries stay.")
@click.option("--print", "show", is_flag=True, help="Print the SQL as a migration instead of running it.")
@pass_app
def command(app: App, remove: bool, show: bool) -> None:
    """Record in the ledger what others change in the database, as it happens.

    Only the owner of the tables can do this. It creates a trigger on each of the ten tables and changes
    nothing else. `log`, `blame`, conflicts and `watch` then show who changed what and when: the database
    role, and the user named by the application. An application names its user in the same transaction: SET
    LOCAL studio.actor = 'Ada'.

    \b
    Examples:
      studio db track --target production
      studio db track --print > migration.sql
      studio db track --remove
    """
    from studio_sync.database.access.access import renew
    from studio_sync.database.postgres.tracking.change_triggers import ChangeTriggers
    from studio_sync.kinds import KINDS

    with connection_for(app, "change tracking in") as (connection, label):
        triggers = ChangeTriggers.of(connection, KINDS)
        if show:
            found = triggers.taken() if remove else triggers.made()
            print_statements(app, found, database=label)
            return
        before = len(triggers.state.tracked)
        if not (triggers.remove() if remove else triggers.install()):
            done = ["nothing to do"]
        elif remove:
            done = ["removed the triggers; what they entered stays in the ledger"]
        else:
            done = [f"tracking changes of {len(KINDS)} tables" + (f" ({before} before)" if before else "")]
            if renewed := renew(connection, KINDS):
                done.append(f"renewed the grants: {', '.join(renewed)}")
    print_lines(app, done, database=label)
