"""Throw-away PostgreSQL servers for tests: one of each version, shared by all workers of a test run.

The last process that uses them stops them and removes their folder; what a killed run left behind, the
next run clears away.
"""

import atexit
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded import embedded, settings
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.schema.install import install_schema
from tests import pooler

VERSIONS = (16, 18)

_OWN_SETTINGS: dict[int, dict[str, str]] = {
    # Transactions that no connection has open; with them no trigger notifies.
    16: {"max_prepared_transactions": "4"},
    # As little room for notifications as there can be, so that a test can fill it.
    18: {"max_notify_queue_pages": "64"},
}

_PREFIX = "studio-tests-"
_TEMPLATE = "studio_template"


def new_home() -> Path:
    """A new empty folder that the account which runs PostgreSQL for root can reach, as tmp_path is not."""
    home = Path(tempfile.mkdtemp(prefix="studio-home-"))
    home.chmod(0o711)
    return home


@cache
def server(version: int = embedded.LATEST) -> Server:
    """The running server of a version, with the template of `fresh_database` in it."""
    home = _home()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _OWN_SETTINGS[version].items():
            patch.setitem(settings.SETTINGS, name, value)
        started = embedded.start_server(home, version=version)
    with FileLock(home / f"template-{version}.lock"):
        if embedded.ensure_database(started, _TEMPLATE):
            with open_connection(parse_address(started.url(_TEMPLATE))) as connection:
                install_schema(connection, create_tables=True)
                # What is thrown away need not reach the disk.
                for name in (b"fsync", b"synchronous_commit", b"full_page_writes"):
                    connection.execute(b"ALTER SYSTEM SET " + name + b" = off")
                connection.execute("SELECT pg_reload_conf()")
    return started


def fresh_database(server: Server, *, empty: bool = False) -> str:
    """The URL of a new database with the ten tables, or without any."""
    name = f"test_{secrets.token_hex(6)}"
    template = "template0" if empty else _TEMPLATE
    with open_connection(parse_address(server.url("postgres"))) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
    return server.url(name)


def drop_database(server: Server, url: str) -> None:
    """Remove a database of `fresh_database`, whoever is connected."""
    name = url.rpartition("/")[2]
    with open_connection(parse_address(server.url("postgres"))) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


@contextmanager
def database(server: Server, *, empty: bool = False) -> Iterator[str]:
    """The URL of a new database, which is removed afterwards."""
    url = fresh_database(server, empty=empty)
    try:
        yield url
    finally:
        drop_database(server, url)


@cache
def _home() -> Path:
    """The folder of this test run's servers, which this process is now a user of."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8)
    temporary = Path(tempfile.gettempdir())
    with _lock():
        for old in temporary.glob(f"{_PREFIX}{_me()}-*"):
            _remove_if_unused(old)
        home = temporary / f"{_PREFIX}{_me()}-{run[:16]}"
        (home / "users").mkdir(parents=True, exist_ok=True)
        home.chmod(0o711)
        (home / "users" / str(os.getpid())).touch()
    atexit.register(_leave, home, os.getpid())
    return home


def _leave(home: Path, pid: int) -> None:
    if pid == os.getpid():
        with _lock():
            (home / "users" / str(pid)).unlink(missing_ok=True)
            _remove_if_unused(home)


def _remove_if_unused(home: Path) -> None:
    users = home / "users"
    if any(_lives(int(user.name)) for user in users.glob("*")):
        return
    pooler.stop(home)
    with suppress(Exception):
        embedded.stop_servers(home)
    shutil.rmtree(home, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _me() -> str:
    return str(os.getuid()) if os.name != "nt" else "user"


def _lock() -> FileLock:
    return FileLock(Path(tempfile.gettempdir()) / f"{_PREFIX}{_me()}.lock")
