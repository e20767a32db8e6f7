"""What a server that died, or whose data was deleted, leaves behind."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def clear_leftovers(data: Path) -> None:
    """Make way for a server on `data`, of which the caller knows that none takes connections there.

    Removes a postmaster.pid that no server stands behind: PostgreSQL itself refuses to start over one
    that is garbage, or whose number another process or a dead one has by now. It still refuses by
    itself, by the shared memory, if a server is using the data after all.

    Ends servers whose data folder is the deleted predecessor of this one: they notice it within a
    minute, and till then their shared memory is in the way.
    """
    pidfile = data / "postmaster.pid"
    with suppress(OSError):
        first = pidfile.read_text(errors="replace").partition("\n")[0].strip()
        if not (first.isascii() and first.isdecimal()) or not _is_server(int(first), data):
            pidfile.unlink()
    for process in _PROC.glob("[0-9]*/cwd"):
        with suppress(OSError):
            if process.readlink() == Path(f"{data} (deleted)") and (process.parent / "cmdline").read_bytes():
                os.kill(int(process.parent.name), signal.SIGQUIT)


def _is_server(pid: int, data: Path) -> bool:
    """Whether process `pid` can be a PostgreSQL on `data`. In doubt it is."""
    if os.name == "nt":
        return True
    if (_PROC / "self").exists():
        process = _PROC / str(pid)
        try:
            return bool((process / "cmdline").read_bytes()) and (process / "cwd").readlink() == data.resolve()
        except PermissionError:
            return process.stat().st_uid == data.stat().st_uid
        except OSError:
            return False
    try:
        shown = subprocess.run(  # noqa: S603  a constant and a number
            ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
        ).stdout
    except OSError:
        return True
    return b"postgres" in shown
