"""The embedded PostgreSQL: one server for all workspaces of a user, started on demand.

For each major version a home contains `pgNN/data` (the cluster), `pgNN/run` (its socket), `pgNN/server.log`
and the rules on who may connect: only the user. The server keeps running when the command that started
it ends.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from studio_sync.database.embedded.cluster import Address, Cluster

LATEST = 18
_ROOTS_HOME = Path("/var/lib/studio-sync")
_MAX_NAME = 63
"""Bytes of a database's name; PostgreSQL silently truncates longer ones, so that two could be equal."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `data` is its cluster's folder."""

    version: int
    data: Path
    address: Address

    def url(self, database: str) -> str:
        """The URL that psql, and other libpq clients, use to open `database`. It contains no password."""
        address = self.address
        text = (
            f"postgresql://postgres@{quote(address.host, safe='')}:{address.port}/{quote(database, safe='')}"
        )
        return text if address.passfile is None else f"{text}?passfile={quote(str(address.passfile))}"


def server_folder(home: Path | None = None) -> Path:
    """The folder of the server: `home`, or the user's data folder, or for root a system folder.

    Root's is where the account that runs the server can access it, unlike /root.
    """
    if home is not None:
        return Path(os.path.abspath(home.expanduser()))
    if os.name != "nt" and os.geteuid() == 0:
        return _ROOTS_HOME
    import platformdirs

    return platformdirs.user_data_path("studio-sync", appauthor=False)


def start_server(home: Path, *, version: int = LATEST) -> Server:
    """The server of `home`; it is initialised on first use, and started if it doesn't run.

    If it runs already, this takes a millisecond and starts no process. Raises UnavailableError, with the end
    of the server's log if there is one.
    """
    cluster = Cluster(server_folder(home), version)
    address = cluster.running() or cluster.start()
    return Server(version, cluster.data, address)


def stop_servers(home: Path) -> list[int]:
    """Stop the servers of `home`, cutting open connections; returns their major versions."""
    home = server_folder(home)
    found = [int(path.name[2:]) for path in home.glob("pg*") if path.name[2:].isdecimal()]
    return [version for version in sorted(found) if Cluster(home, version).stop()]


def database_name(workspace: str) -> str:
    """The name of the database for a workspace: the workspace's name, made valid and unique if needed."""
    reserved = workspace in ("", "postgres", "template0", "template1") or not workspace.isprintable()
    if not reserved and len(workspace.encode()) <= _MAX_NAME:
        return workspace
    digest = hashlib.sha256(workspace.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in workspace)
    return f"{plain[-40:].strip('-')}-{digest}".lstrip("-")


def ensure_database(server: Server, name: str) -> bool:
    """Create the database `name` unless it exists; returns whether it was created."""
    from psycopg import errors, sql

    from studio_sync.database.address.url import parse_address
    from studio_sync.database.postgres.connection.connect import open_connection
    from studio_sync.database.postgres.connection.server_errors import explained

    target = parse_address(server.url("postgres"), label="the embedded PostgreSQL")
    with explained(target.label), open_connection(target) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone():
            return False
        try:
            # template0, unlike template1, is never in use, which would make the copy fail.
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            return False
    return True
