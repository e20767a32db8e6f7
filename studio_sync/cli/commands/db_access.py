"""`studio db grant`, `studio db revoke`, `studio db access`: who may work with which client."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from studio_sync.cli.app import App, pass_app
from studio_sync.cli.printing.database_lines import connection_for, print_lines, print_statements
from studio_sync.errors import UsageError

if TYPE_CHECKING:
    from studio_sync.database.access.access import Access


@contextmanager
def _access(app: App) -> "Iterator[tuple[Access, str]]":
    """The access that a database grants, and what the database is called."""
    from studio_sync.database.access.access import Access
    from studio_sync.kinds import KINDS

    with connection_for(app, "access in") as (connection, label):
        yield Access.of(connection, KINDS), label


def _password(app: App, role: str) -> str:
    """The password of a new role: asked for on a terminal, else the first line of stdin."""
    if sys.stdin.isatty():
        given = app.out.ask_secret(f"Password for {role}")
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise UsageError(
            f"{role} needs a password", "type it when asked, or give it as the first line of stdin"
        )
    return given


@click.command("grant")
@click.argument("role")
@click.option(
    "--client", "clients", metavar="SLUG", multiple=True, required=True, help="The client; can be repeated."
)
@click.option(
    "--can",
    type=click.Choice(("read", "write", "approve")),
    default="write",
    show_default=True,
    help="What the role may do; each level includes the one before.",
)
@click.option("--create-login", is_flag=True, help="Create the role with a password, which studio asks for.")
@click.option("--print", "show", is_flag=True, help="Print the SQL instead of running it.")
@pass_app
def grant(app: App, role: str, clients: tuple[str, ...], can: str, create_login: bool, show: bool) -> None:
    """Grant a database role access to the rows of one client, and of no other.

    PostgreSQL enforces the grant, so it also holds in psql. `read` allows reading. `write` also allows
    changes to whatever is neither approved nor published. `approve` also allows approving and publishing.
    Other roles are not affected.

    \b
    Examples:
      studio db grant mia --client acme-bank --create-login
      studio db grant translators --client acme-bank --client corvia-health --can read
      studio db grant mia --client acme-bank --can approve --print > grant.sql
    """
    with _access(app) as (access, label):
        if show:
            found = access.granting(role, clients, can, create=create_login)
            print_statements(app, found, database=label)
            return
        access.hold_role(role, create=create_login)
        password = _password(app, role) if create_login else None
        done = access.grant(role, clients, can, create=create_login, password=password)
    print_lines(app, done, database=label)


@click.command("revoke")
@click.argument("role")
@click.option("--client", "clients", metavar="SLUG", multiple=True, help="Only this client; can be repeated.")
@click.option("--print", "show", is_flag=True, help="Print the SQL instead of running it.")
@pass_app
def revoke(app: App, role: str, clients: tuple[str, ...], show: bool) -> None:
    """Revoke a role's access to a client, or to all clients. The role itself stays.

    \b
    Example:
      studio db revoke mia --client acme-bank
    """
    with _access(app) as (access, label):
        if show:
            found, _ = access.revoking(role, clients)
            print_statements(app, found, database=label)
            return
        done = access.revoke(role, clients)
    print_lines(app, done, database=label)


@click.command("access", short_help="List who can access which client.")
@pass_app
def show_access(app: App) -> None:
    """List who can access which client: grants, roles that see all rows, and policies not made by studio.

    \b
    Example:
      studio db access --target production
    """
    from studio_sync.database.access.overview import overview

    with _access(app) as (access, _):
        found = overview(access)
    if app.json:
        head = {"version": 1, "command": "db access", "outcome": "ok"}
        app.out.json(json.dumps({**head, **found.as_json()}, indent=2))
        return
    app.out.lines(found.lines())
