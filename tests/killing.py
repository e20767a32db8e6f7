"""A run of `studio` that gets a signal at its so-many-th step."""

import os
import signal
import warnings
from collections.abc import Callable

import psycopg

from studio_sync.database.postgres.connection import patience
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk import file_writer as write
from tests.harness import Desk


def ended(desk: Desk, moment: int, how: signal.Signals, *arguments: str) -> int:
    """Run `studio` in a process of its own that gets a signal at its so-many-th step.

    The exit code, or the signal's number below zero.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 99
        try:
            _arm(moment, how)
            code = desk.run(*arguments).code
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


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
        "put_file_rows",
        "drop_files",
        "put_bases",
        "drop_bases",
        "move_tokens",
        "set_fact",
        "unsettle_below",
    ):
        setattr(Memory, name, counted(getattr(Memory, name)))
