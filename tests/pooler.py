"""PgBouncer in transaction mode before the servers of the tests, where it is installed.

With STUDIO_TEST_POOLER set, every run of `studio` at a desk goes through it; what tests themselves ask the
database does not.
"""

import os
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote

from filelock import FileLock

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.connect import open_connection

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
WHY_NOT = "PgBouncer is not installed: nothing is known of poolers (apt-get install pgbouncer, and run again)"
EVERYWHERE = bool(os.environ.get("STUDIO_TEST_POOLER"))
"""Whether all desks go through it."""

_PORT = 5432
_SETTINGS = """
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


def through(url: str) -> str:
    """The address of the same database by way of the pooler, which is started if need be."""
    before, _, after = url.partition("@")
    place, _, name = after.partition("/")
    host, _, port = place.rpartition(":")
    folder = _started(Path(unquote(host)), int(port))
    return f"{before}@{quote(str(folder), safe='')}:{_PORT}/{name}"


def everywhere(url: str) -> str:
    """The address that a desk's runs get."""
    return through(url) if EVERYWHERE and url else url


def close_servers(url: str) -> None:
    """Let the pooler's connections to a database go, as a copy of it needs."""
    if EVERYWHERE and "//postgres@" in url:
        with open_connection(parse_address(url.rpartition("/")[0] + "/postgres")) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [url.rpartition("/")[2]],
            )


@cache
def _started(host: Path, port: int) -> Path:
    """The folder of the socket of a pooler that runs before the server at `host`."""
    import pwd  # which Windows has not

    if PROGRAM is None:
        raise RuntimeError(WHY_NOT)
    account = pwd.getpwuid((host.parent / "data").stat().st_uid)
    folder = host.parent / "pooler"
    with FileLock(f"{host.parent.parent}/{host.parent.name}-pooler.lock"):
        if not (folder / "pooler.pid").exists():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
            (folder / "users.txt").write_text('"postgres" ""\n')
            settings = folder / "pooler.ini"
            settings.write_text(_SETTINGS.format(host=host, port=port, own_port=_PORT, folder=folder))
            if os.geteuid() == 0:
                for path in (folder, *folder.iterdir()):
                    os.chown(path, account.pw_uid, account.pw_gid)
            switched = account.pw_uid if os.geteuid() == 0 else None
            subprocess.run(
                [PROGRAM, "-d", "-q", settings], check=True, user=switched, cwd="/", start_new_session=True
            )
            for _ in range(100):
                if (folder / f".s.PGSQL.{_PORT}").exists():
                    break
                time.sleep(0.05)
    return folder


def stop(home: Path) -> None:
    """End the poolers of a run."""
    for pid in home.glob("pg*/pooler/pooler.pid"):
        try:
            os.kill(int(pid.read_text()), 15)
        except (OSError, ValueError):
            continue
