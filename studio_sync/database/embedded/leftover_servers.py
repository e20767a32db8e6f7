"""What a server that died, or whose data was deleted, leaves behind."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def clear_leftovers(data: Path, socket_lock: Path | None) -> bool:
    """Make way for a server on `data`, where none takes connections; whether one is still alive there.

    postmaster.pid and the lock beside the socket are removed if no server stands behind them: PostgreSQL
    refuses to start over one that is garbage, or whose number another process or a dead one has by now.
    It still finds out by itself, from the shared memory, if a server is using the data after all.

    A server that lives without a proper postmaster.pid is stopped, as it would do itself within a
    minute. So are servers whose data was the deleted predecessor of this: their memory is in the way.
    """
    pidfile = data / "postmaster.pid"
    if os.name == "nt":
        # PostgreSQL asks a process there whether it is one.
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
    """The process that the first line of a lock file names."""
    with suppress(OSError):
        first = file.read_text(errors="replace").partition("\n")[0].strip()
        return int(first) if first.isascii() and first.isdecimal() else None
    return None


def _server(file: Path, data: Path) -> int | None:
    """The process that a lock file names, if it can be a PostgreSQL on `data`. In doubt it is."""
    pid = _number(file)
    if pid is None:
        return None
    if (_PROC / "self").exists():
        process = _PROC / str(pid)
        with suppress(FileNotFoundError, ProcessLookupError):
            try:
                # A process that died and was not yet fetched by its parent has no command line.
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
