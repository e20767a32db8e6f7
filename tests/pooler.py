"""Poolers before the servers of the tests, where they are installed: PgBouncer in transaction mode, pgpool2.

With STUDIO_TEST_POOLER=pgbouncer or =pgpool2, every run of `studio` at a desk goes through it; what tests
themselves ask the database does not.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from filelock import FileLock

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.connect import open_connection

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_PORT = 5432
_PGBOUNCER = """
[databases]
* = host={host} port={port}

[pgbouncer]
pool_mode = transaction
listen_addr =
listen_port = {own_port}
unix_socket_dir = {folder}
unix_socket_mode = 0777
auth_type = trust
auth_file = {folder}/users.txt
auth_user = postgres
auth_query = SELECT usename, coalesce(passwd, '') FROM pg_shadow WHERE usename = $1
default_pool_size = 3
max_client_conn = 500
logfile = {folder}/pooler.log
pidfile = {folder}/pooler.pid
ignore_startup_parameters = extra_float_digits
"""
_PGPOOL = """
listen_addresses = ''
port = {own_port}
socket_dir = '{folder}'
unix_socket_directories = '{folder}'
pcp_socket_dir = '{folder}'
pcp_listen_addresses = ''
pcp_port = 5433
pid_file_name = '{folder}/pooler.pid'
work_dir = '{folder}'
logdir = '{folder}'
backend_clustering_mode = 'raw'
backend_hostname0 = '{host}'
backend_port0 = {port}
enable_pool_hba = off
connection_cache = off
num_init_children = 20
sr_check_period = 0
"""


@dataclass(frozen=True)
class Program:
    """A pooler: its Debian package, its program, what starts it, its settings, and what ends it at once."""

    package: str
    name: str
    options: tuple[str, ...]
    settings: str
    ending: signal.Signals

    @property
    def path(self) -> str | None:
        """Where it is installed."""
        return shutil.which(self.name, path=_PATH)


PGBOUNCER = Program("pgbouncer", "pgbouncer", ("-q",), _PGBOUNCER, signal.SIGTERM)
PGPOOL = Program("pgpool2", "pgpool", ("-n", "-f"), _PGPOOL, signal.SIGINT)
POOLERS = (PGBOUNCER, PGPOOL)
WHY_NOT = "PgBouncer is not installed: nothing is known of poolers (apt-get install pgbouncer, and run again)"

_NAMED = os.environ.get("STUDIO_TEST_POOLER", "")
EVERYWHERE = next((one for one in POOLERS if one.package == _NAMED), PGBOUNCER if _NAMED else None)
"""The pooler that all desks go through, if any."""


def through(url: str, pooler: Program = PGBOUNCER) -> str:
    """The address of the same database by way of a pooler, which is started if need be."""
    before, _, after = url.partition("@")
    place, _, name = after.partition("/")
    host, _, port = place.rpartition(":")
    folder = _started(pooler, Path(unquote(host)), int(port))
    return f"{before}@{quote(str(folder), safe='')}:{_PORT}/{name}"


def everywhere(url: str) -> str:
    """The address that a desk's runs get; a server that a test starts for itself has no pooler."""
    shared = url.partition("@")[2].partition("/")[0].rpartition(":")[0]
    return through(url, EVERYWHERE) if EVERYWHERE and shared else url


def close_servers(url: str) -> None:
    """Let the pooler's connections to a database go, as a copy of it needs."""
    if EVERYWHERE and "//postgres@" in url:
        with open_connection(parse_address(url.rpartition("/")[0] + "/postgres")) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [url.rpartition("/")[2]],
            )


@cache
def _started(pooler: Program, host: Path, port: int) -> Path:
    """The folder of the socket of a pooler that runs before the server at `host`."""
    import pwd  # which Windows has not

    if pooler.path is None:
        raise RuntimeError(f"{pooler.package} is not installed: apt-get install {pooler.package}")
    account = pwd.getpwuid((host.parent / "data").stat().st_uid)
    folder = host.parent / pooler.package
    with FileLock(f"{host.parent.parent}/{host.parent.name}-{pooler.package}.lock"):
        if not (folder / "pooler.pid").exists():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
            (folder / "users.txt").write_text('"postgres" ""\n')
            settings = folder / "pooler.conf"
            settings.write_text(pooler.settings.format(host=host, port=port, own_port=_PORT, folder=folder))
            if os.geteuid() == 0:
                for path in (folder, *folder.iterdir()):
                    os.chown(path, account.pw_uid, account.pw_gid)
            _start([pooler.path, *pooler.options, settings], account.pw_uid if os.geteuid() == 0 else None)
            for _ in range(200):
                if (folder / f".s.PGSQL.{_PORT}").exists():
                    break
                time.sleep(0.05)
    return folder


def _start(command: list[Any], account: int | None) -> None:
    """Start a program that outlives this process, until `stop`."""
    quiet = subprocess.DEVNULL
    starting = subprocess.Popen(
        ["/bin/sh", "-c", '"$@" & exit 0', "sh", *map(os.fspath, command)],
        stdin=quiet, stdout=quiet, stderr=quiet, user=account, cwd="/", start_new_session=True,
    )  # fmt: skip
    starting.wait(20)


def stop(home: Path) -> None:
    """End the poolers of a run at once: at a SIGTERM, pgpool2 would wait for its clients, and never end."""
    for pooler in POOLERS:
        for file in home.glob(f"pg*/{pooler.package}/pooler.pid"):
            with suppress(OSError, ValueError):
                # pgpool2 writes a NUL after its number.
                os.kill(int(file.read_text().strip("\0\n")), pooler.ending)
