"""Whole processes, measured: wall time, CPU time of client and server, and peak memory."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

_TAIL = 2_000
_MAXRSS = 1 if sys.platform == "darwin" else 1024
"""Bytes in one unit of `ru_maxrss`."""


class StepError(Exception):
    """A step failed, or did not do what it should have. The message holds what it printed."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds of wall time, and CPU seconds of its own and of the server meanwhile.

    Processes that it started and waited for count as its own. `server` is 0 where the server was not
    watched. `peak` is in bytes: of the process, or of one that it started and waited for.
    """

    seconds: float
    client: float
    server: float
    peak: int
    stdout: str

    @property
    def cpu(self) -> float:
        """CPU seconds of client and server together."""
        return self.client + self.server


Clock: TypeAlias = Callable[[], float]
"""The CPU seconds that a server has used so far."""


def no_server() -> float:
    """The clock where no server is watched."""
    return 0.0


def server_clock(postmaster: int) -> Clock:
    """The CPU time of a PostgreSQL server, from /proc: of its postmaster, and of all processes below it."""
    ticks = os.sysconf("SC_CLK_TCK")

    def clock() -> float:
        own = _stat(postmaster)
        # A process that ended is counted in its parent's; one that runs has used time of its own.
        used = sum(int(field) for field in own[11:15])
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (found := _stat(int(entry.name))) and int(found[1]) == postmaster:
                used += int(found[11]) + int(found[12])
        return used / ticks

    return clock


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat that come after the program's name; none if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    stdin: str = "",
    clock: Clock = no_server,
) -> Run:
    """Run a command to its end. Raises StepError if it leaves with anything but 0.

    On Linux a new process starts with the peak of the one that starts it, so no figure is below the
    memory of the benchmark itself: this package imports little and never holds the tree.
    """
    with (
        tempfile.TemporaryFile() as source,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        source.write(stdin.encode())
        source.seek(0)
        start, used = perf_counter(), clock()
        process = subprocess.Popen(command, stdin=source, stdout=out, stderr=err, env=env, cwd=cwd)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        stdout = out.read().decode(errors="replace")
        if process.returncode:
            err.seek(0)
            said = (stdout[-_TAIL:] + err.read().decode(errors="replace")[-_TAIL:]).strip()
            line = " ".join(str(part) for part in command)
            raise StepError(f"`{line}` left with {process.returncode}:\n{said}")
    client = usage.ru_utime + usage.ru_stime
    return Run(seconds, client, clock() - used, usage.ru_maxrss * _MAXRSS, stdout)


def settle() -> None:
    """Let what was written so far reach the disk, so that the next step doesn't pay for it."""
    os.sync()
