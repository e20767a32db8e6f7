"""Cleaning up after servers that crashed, or whose data was deleted: stale lock files, orphans."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def clear_leftovers(data: Path, socket_lock: Path | None) -> bool:
    """Prepare for starting a server on `data`, where none accepts connections; whether one is still alive.

    postmaster.pid and the socket's lock file are removed if no server is behind them: PostgreSQL refuses to
    start over a corrupt one, or one whose process id has been reused. It still detects by itself, from shared
    memory, if a server is using the data after all.

    A live server without a valid postmaster.pid is stopped, as it would stop itself within a minute. So are
    servers whose data was a deleted predecessor of this: their shared memory is in the way.
    """
    pidfile = data / "postmaster.pid"
    if os.name == "nt":
        # PostgreSQL itself checks whether a process with that id is a server.
        if _number(pidfile) is None:
            pidfile.unlink(missing_ok=True)
        return False
    _end_orphans(data)
    holder = _server(socket_lock, data) if socket_lock else None
    server = _server(pidfile, data)
    if holder and holder != server:
        with suppress(OSError):
            os.kill(holder, signal.SIGINT)
        return True
    if server:
        return True
    pidfile.unlink(missing_ok=True)
    if socket_lock:
        socket_lock.unlink(missing_ok=True)
    return False


def _number(file: Path) -> int | None:
    """The process id in the first line of a lock file."""
    with suppress(OSError):
        first = file.read_text(errors="replace").partition("\n")[0].strip()
        return int(first) if first.isascii() and first.isdecimal() else None
    return None


def _server(file: Path, data: Path) -> int | None:
    """The process id in a lock file, if it can be a PostgreSQL on `data`; in doubt it is."""
    pid = _number(file)
    if pid is None:
        return None
    if (_PROC / "self").exists():
        process = _PROC / str(pid)
        with suppress(FileNotFoundError, ProcessLookupError):
            try:
                # A zombie, dead but not yet reaped by its parent, has no command line.
                alive = (process / "cmdline").read_bytes() and (process / "cwd").readlink() == data.resolve()
            except PermissionError:
                alive = process.stat().st_uid == data.stat().st_uid
            return pid if alive else None
        return None
    shown = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    ).stdout
    return pid if b"postgres" in shown else None


def _end_orphans(data: Path) -> None:
    for place in _PROC.glob("[0-9]*/cwd"):
        with suppress(OSError):
            if place.readlink() == Path(f"{data.resolve()} (deleted)"):
                os.kill(int(place.parent.name), signal.SIGQUIT)
