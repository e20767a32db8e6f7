"""Whole processes, measured: wall time and the peak memory of the largest process."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

_TAIL = 2_000
_MAXRSS = 1 if sys.platform == "darwin" else 1024
"""Bytes in one unit of `ru_maxrss`."""


class StepError(Exception):
    """A step failed, or did not do what it should have. The message holds what it printed."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process. `peak` is in bytes: of the process, or of one that it started and waited for."""

    seconds: float
    peak: int
    stdout: str


def run(
    command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path | None = None, stdin: str = ""
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
        start = perf_counter()
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
    return Run(seconds, usage.ru_maxrss * _MAXRSS, stdout)


def settle() -> None:
    """Let what was written so far reach the disk, so that the next step doesn't pay for it."""
    os.sync()
