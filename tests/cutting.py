"""A COMMIT that is not answered as one.

The connection dies before it is sent, or when only the reply to it is missing; or the reply is that of a
ROLLBACK, which may be true.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import psycopg


@dataclass(frozen=True)
class Cut:
    """At which COMMIT of a run the connection dies, counted from 1, and whether that COMMIT still arrives.

    With `denied` it lives on, and the reply is that of a ROLLBACK.
    """

    moment: int
    arrives: bool
    denied: bool = False


@contextmanager
def cut(where: Cut) -> Iterator[list[int]]:
    """Runs in this process lose the connection so; the list has an entry when that has happened."""
    real, count = psycopg.Connection._exec_command, 0
    happened: list[int] = []

    def execute(self: Any, command: Any, *rest: Any, **more: Any) -> Any:
        nonlocal count
        commits = command == b"COMMIT"
        count += commits
        if not commits or count != where.moment:
            return (yield from real(self, command, *rest, **more))
        happened.append(count)
        if where.arrives:
            yield from real(self, command, *rest, **more)
        if where.denied:
            return (yield from real(self, b"ROLLBACK"))
        _break(self.fileno())
        return (yield from real(self, b"SELECT 1"))

    with mock.patch.object(psycopg.Connection, "_exec_command", execute):
        yield happened


def _break(descriptor: int) -> None:
    """End both directions of a socket, as when the network is gone."""
    with socket.socket(fileno=socket.dup(descriptor)) as line:
        line.shutdown(socket.SHUT_RDWR)
