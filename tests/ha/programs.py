"""The programs that the runs need, and the Debian packages that have them."""

import os
import shutil
from pathlib import Path

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
PACKAGES = {
    "postgresql": "postgres",
    "patroni": "patroni",
    "etcd-server": "etcd",
    "haproxy": "haproxy",
    "pgbouncer": "pgbouncer",
    "pgpool2": "pgpool",
}
"""The program that each package is needed for."""
ACCOUNT = "postgres" if os.name == "posix" and os.geteuid() == 0 else None
"""Who runs the programs: PostgreSQL refuses to run as root."""


def program(name: str) -> str:
    """The path of a program, or "" where it is missing."""
    if name == "postgres":
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[4]))
        return os.fspath(found[-1]) if found else shutil.which(name, path=_PATH) or ""
    return shutil.which(name, path=_PATH) or ""


def missing() -> list[str]:
    """The packages that are needed and not installed."""
    return [package for package, name in PACKAGES.items() if not program(name)]
