"""`studio db grant`, `studio db revoke`, `studio db access`: who may work with which client."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from studio_sync.cli.app import App, global_options, pass_app
from studio_sync.errors import UsageError

if TYPE_CHECKING:
    from studio_sync.database.access.access import Access


@contextmanager
def _access(app: App) -> "Iterator[Access]":
    from studio_sync.database.access.access import Access
    from studio_sync.database.postgres.postgres_store import connection_of
    from studio_sync.kinds import KINDS
    from studio_sync.sync.connection import connected

    source = app.source()
    app.say(f"access in {source.label}")
    with connected(source) as store:
        yield Access.of(connection_of(store), KINDS)


def _script(statements: "list[str]") -> str:
    return "BEGIN;\n\n" + "".join(f"{s};\n\n" for s in statements) + "COMMIT;\n"


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
    "--client", "clients", metavar="SLUG", multiple=True, required=True, help="A client; may be repeated."
)
@click.option(
    "--can",
    type=click.Choice(("read", "write", "approve")),
    default="write",
    show_default=True,
    help="How far it goes; each includes the one before.",
)
@click.option("--create-login", is_flag=True, help="Make the role; asks for its password.")
@click.option("--print", "show", is_flag=True, help="Print the SQL, and do nothing.")
@global_options
@pass_app
def grant(app: App, role: str, clients: tuple[str, ...], can: str, create_login: bool, show: bool) -> None:
    """Give a role of the database the rows of one client, and of no other.

    PostgreSQL itself holds it, so it is true for psql as well. A role that can read changes nothing; one
    that can write changes what is neither approved nor published, and can't approve or publish; one that
    can approve does that, too. Nothing changes for roles that are not named.

    \b
    Examples:
      studio db grant mia --client acme-bank --create-login
      studio db grant translators --client acme-bank --client corvia-health --can read
      studio db grant mia --client acme-bank --can approve --print > grant.sql
    """
    with _access(app) as access:
        if show:
            found = access.granting(role, clients, can, create=create_login)
            app.out.document(_script([s.as_string(None) for s in found]))
            return
        access.hold_role(role, create=create_login)
        password = _password(app, role) if create_login else None
        for line in access.grant(role, clients, can, create=create_login, password=password):
            app.out.line(line)


@click.command("revoke")
@click.argument("role")
@click.option("--client", "clients", metavar="SLUG", multiple=True, help="Only this client; may be repeated.")
@click.option("--print", "show", is_flag=True, help="Print the SQL, and do nothing.")
@global_options
@pass_app
def revoke(app: App, role: str, clients: tuple[str, ...], show: bool) -> None:
    """Take a client away from a role, or all that it was granted. The role itself stays.

    \b
    Example:
      studio db revoke mia --client acme-bank
    """
    with _access(app) as access:
        if show:
            found, _ = access.revoking(role, clients)
            app.out.document(_script([s.as_string(None) for s in found]))
            return
        for line in access.revoke(role, clients):
            app.out.line(line)


@click.command("access", short_help="Show who may work with which client.")
@global_options
@pass_app
def show_access(app: App) -> None:
    """Show who may work with which client: grants, roles that see everything, and policies of others.

    \b
    Example:
      studio db access --target production
    """
    from studio_sync.database.access.overview import overview

    with _access(app) as access:
        found = overview(access)
    if app.json:
        app.out.json(json.dumps({"version": 1, "command": "db access", **found.as_json()}, indent=2))
        return
    for line in found.lines():
        app.out.line(line)
