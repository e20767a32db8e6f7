"""pgpool2 and PgBouncer before a server of the tests."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from tests import pooler

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_PGPOOL = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
pcp_socket_dir = '{folder}'
pcp_port = {second}
pid_file_name = '{folder}/pgpool.pid'
work_dir = '{folder}'
logdir = '{folder}'
backend_clustering_mode = 'raw'
backend_hostname0 = '{host}'
backend_port0 = {backend}
enable_pool_hba = off
num_init_children = 6
sr_check_period = 0
"""
PROGRAMS = {"pgpool2": "pgpool", "pgbouncer": "pgbouncer"}
"""By the Debian package that has it."""


def missing() -> list[str]:
    """The packages that are needed and not installed."""
    return [package for package, program in PROGRAMS.items() if not shutil.which(program, path=_PATH)]


@contextmanager
def before(url: str, package: str, folder: Path) -> Iterator[str]:
    """The address of a test's database by way of a pool."""
    if package == "pgbouncer":
        yield pooler.through(url)
        return
    place, _, name = url.partition("@")[2].partition("/")
    host, _, backend = place.rpartition(":")
    port, second = _free(), _free()
    settings = folder / "pgpool.conf"
    settings.write_text(
        _PGPOOL.format(port=port, second=second, folder=folder, host=unquote(host), backend=backend)
    )
    command = [shutil.which("pgpool", path=_PATH) or "pgpool", "-n", "-f", settings]
    pool = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"postgresql://postgres@127.0.0.1:{port}/{name}?sslmode=disable"
    finally:
        pool.terminate()
        pool.wait(20)


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError
