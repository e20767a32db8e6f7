"""`studio db`: prepare a database, and run the embedded one."""

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.cli.commands.db_access import grant, revoke, show_access
from studio_sync.cli.commands.db_prune import command as prune
from studio_sync.cli.commands.db_track import command as track
from studio_sync.cli.printing.database_lines import print_lines, print_sql


@click.group("db", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Manage databases: prepare one, grant access to clients, run the embedded one.

    \b
    Examples:
      studio db init --target staging --create-tables
      studio db url
    """


for _more in (grant, revoke, show_access, prune, track):
    command.add_command(_more)


@command.command("init")
@click.option("--create-tables", is_flag=True, help="Also create those of the ten tables that are missing.")
@click.option("--print", "show", is_flag=True, help="Print the SQL as a migration instead of running it.")
@pass_app
def init(app: App, create_tables: bool, show: bool) -> None:
    """Prepare a database for studio. Running it again is safe, and no existing table is changed.

    \b
    Examples:
      studio db init --target staging --create-tables
      studio db init --print > migration.sql
    """
    from studio_sync.database.access.access import renew
    from studio_sync.database.postgres.postgres_store import connection_of
    from studio_sync.database.postgres.schema import install
    from studio_sync.kinds import KINDS
    from studio_sync.sync.connection import open_source

    if show:
        print_sql(app, install.sql(create_tables))
        return
    source = app.source()
    app.say(f"preparing {source.label}")
    with open_source(source) as store:
        connection = connection_of(store)
        before = install.schema_version(connection)
        done = install.install_schema(connection, create_tables=create_tables)
        if before is not None:
            renewed = renew(connection, KINDS, stale=before == install.VERSION)
            done += [f"renewed the grants: {', '.join(renewed)}"] if renewed else []
    print_lines(app, done or ["nothing to do"], database=source.label)


@command.command("url", short_help="Print the URL of the embedded database.")
@pass_app
def url(app: App) -> None:
    """Print the URL of this workspace's embedded database for psql. Creates and starts it if needed.

    \b
    Example:
      psql "$(studio db url)"
    """
    print_lines(app, [app.embedded_url()])


@command.command("start")
@pass_app
def start(app: App) -> None:
    """Start the embedded PostgreSQL. Commands that need it start it themselves.

    \b
    Example:
      studio db start
    """
    from studio_sync.database.embedded import embedded

    server = embedded.start_server(app.home)
    print_lines(app, [f"PostgreSQL {server.version} runs"])


@command.command("stop")
@pass_app
def stop(app: App) -> None:
    """Stop the embedded PostgreSQL for all your workspaces. No data is lost.

    \b
    Example:
      studio db stop
    """
    from studio_sync.database.embedded import embedded

    stopped = embedded.stop_servers(app.home)
    print_lines(app, [f"PostgreSQL {version} stopped" for version in stopped] or ["it does not run"])
