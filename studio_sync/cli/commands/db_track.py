"""`studio db track`: enable change tracking by triggers."""

import click

from studio_sync.cli.app import App, global_options, pass_app


@click.command("track")
@click.option("--remove", is_flag=True, help="Take the triggers away; what was entered stays.")
@click.option("--print", "show", is_flag=True, help="Print the SQL as a migration, and do nothing.")
@global_options
@pass_app
def command(app: App, remove: bool, show: bool) -> None:
    """Enter what others change in the database into the ledger, as it happens.

    The owner decides that: it makes a trigger on each of the ten tables, and no other change. Then `log`,
    `blame`, conflicts and `watch` tell who changed what, and when: the role of the database, and for whom
    the application claims to act. It says so in its own transaction: SET LOCAL studio.actor = 'Ada'.

    \b
    Examples:
      studio db track --target production
      studio db track --print > migration.sql
      studio db track --remove
    """
    from studio_sync.database.access.renewal import renew
    from studio_sync.database.postgres.postgres_store import connection_of
    from studio_sync.database.postgres.tracking.change_triggers import ChangeTriggers
    from studio_sync.kinds import KINDS
    from studio_sync.sync.connection import connected

    source = app.source()
    app.say(f"change tracking in {source.label}")
    with connected(source) as store:
        connection = connection_of(store)
        triggers = ChangeTriggers.of(connection, KINDS)
        if show:
            found = triggers.taken() if remove else triggers.made()
            script = "".join(f"{statement.as_string(None)};\n\n" for statement in found)
            app.out.document(f"BEGIN;\n\n{script}COMMIT;\n")
            return
        before = len(triggers.state.tracked)
        if not (triggers.remove() if remove else triggers.install()):
            app.out.line("nothing to do")
            return
        if remove:
            app.out.line("removed the triggers; what they entered stays in the ledger")
            return
        app.out.line(f"tracking changes of {len(KINDS)} tables" + (f" ({before} before)" if before else ""))
        if renewed := renew(connection, KINDS):
            app.out.line(f"made the grants anew: {', '.join(renewed)}")
