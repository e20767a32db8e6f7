"""A run of `studio` that gets a signal at its so-many-th step."""

import io
import os
import signal
import warnings
from collections.abc import Callable
from typing import IO

import psycopg

from studio_sync.database.postgres.connection import patience
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk import file_writer as write
from tests.harness import Desk


def ended(
    desk: Desk, moment: int, how: signal.Signals, *arguments: str, said: IO[bytes] | None = None
) -> int:
    """Run `studio` in a process of its own that gets a signal at its so-many-th step.

    The exit code, or the signal's number below zero. What it prints until then is written to `said`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 99
        try:
            if said is not None:
                _tell(said.fileno())
            _arm(moment, how)
            code = desk.run(*arguments).code
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _tell(place: int) -> None:
    """Have what a run prints written to a file at once."""
    write = os.write

    class Told(io.StringIO):
        def write(self, text: str) -> int:
            write(place, text.encode())
            return super().write(text)

    io.StringIO = Told


def _arm(moment: int, how: signal.Signals) -> None:
    """Count what a run does to disk, database and memory, and send it a signal at the step `moment`."""
    left = moment

    def step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), how)

    def counted(real: Callable) -> Callable:
        def run(*arguments, **more):
            step()
            found = real(*arguments, **more)
            step()
            return found

        return run

    for name in ("replace", "rename", "link", "unlink", "mkdir", "rmdir", "write", "fsync"):
        setattr(os, name, counted(getattr(os, name)))
    write.exchange = counted(write.exchange)
    for connection in (psycopg.Connection, patience.Connection):
        connection.wait = counted(connection.wait)
    for name in (
        "_put_file_rows",
        "drop_files",
        "put_bases",
        "drop_bases",
        "move_tokens",
        "set_fact",
        "unsettle_below",
    ):
        setattr(Memory, name, counted(getattr(Memory, name)))
