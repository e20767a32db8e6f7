"""Connections that are put by when a command closes them, as a pooler does: a new one costs the server most.

A command can't tell: what it had set is discarded. One that broke, or is in a transaction, is closed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from psycopg import pq

from studio_sync.database.postgres.connection.patience import Connection


class _Pool:
    """The connections that nobody uses now, by their address."""

    def __init__(self) -> None:
        self._idle: dict[str, list[pq.abc.PGconn]] = {}
        self._owner = os.getpid()
        self._gone = pq.PGconn.connect_start(b"host=/nowhere")
        self._gone.finish()

    def take(self, address: str) -> pq.abc.PGconn | None:
        """One to that address that is alive; a child process has none."""
        idle = self._idle.get(address, []) if self._owner == os.getpid() else []
        while idle:
            found = idle.pop()
            if found.status == pq.ConnStatus.OK:
                return found
        return None

    def put(self, connection: Connection, address: str) -> bool:
        """Whether a connection was put by; it is closed for who had it."""
        raw = connection.pgconn
        if raw.status != pq.ConnStatus.OK or raw.transaction_status != pq.TransactionStatus.IDLE:
            return False
        if self._owner != os.getpid() or raw.exec_(b"DISCARD ALL").status != pq.ExecStatus.COMMAND_OK:
            return False
        connection.pgconn = self._gone
        self._idle.setdefault(address, []).append(raw)
        return True

    def close(self) -> None:
        """Close them all."""
        for raw in (raw for idle in self._idle.values() for raw in idle):
            raw.finish()


@contextmanager
def pooled() -> Iterator[None]:
    """Inside the block, a connection that is closed serves who opens the next one to the same address."""
    pool, opened, closed = _Pool(), Connection.connect.__func__, Connection.close  # type: ignore[attr-defined]

    def connect(cls: type[Connection], address: str, **given: Any) -> Connection:
        raw = pool.take(address)
        if raw is None:
            found: Connection = opened(cls, address, **given)
        else:
            found = cls(raw)
            found._autocommit = given["autocommit"]
            found.prepare_threshold = given["prepare_threshold"]
        found.__dict__["_address"] = address
        return found

    def close(self: Connection) -> None:
        address = self.__dict__.get("_address", "")
        if self.closed or not address or not pool.put(self, address):
            closed(self)

    with (
        mock.patch.object(Connection, "connect", classmethod(connect)),
        mock.patch.object(Connection, "close", close),
    ):
        try:
            yield
        finally:
            pool.close()
