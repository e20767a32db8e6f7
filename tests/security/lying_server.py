"""A server that lies: it stands before a real one, and changes answers on their way to the client."""

import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import unquote, urlsplit

from tests.security.fake_server import message

Row: TypeAlias = list[bytes | None]
Lie: TypeAlias = Callable[[list[Row]], list[Row]]
"""What becomes of the rows of one answer."""


def _each(change: Callable[[bytes], bytes | None]) -> Lie:
    return lambda rows: [[None if v is None else change(v) for v in row] for row in rows]


LIES: dict[str, Lie] = {
    "no row": lambda _: [],
    "each row twice": lambda rows: [row for row in rows for _ in range(2)],
    "the last row alone": lambda rows: rows[-1:],
    "nothing in any field": _each(lambda _: None),
    "a letter more": _each(lambda v: v + b"x"),
    "an empty text": _each(lambda _: b""),
    "other bytes": _each(lambda v: bytes(b ^ 1 for b in v)),
    "one byte less": _each(lambda v: v[:-1]),
    "the fields turned round": lambda rows: [row[::-1] for row in rows],
    "one field less": lambda rows: [row[:-1] for row in rows],
    "the rows turned round": lambda rows: rows[::-1],
}
"""By what is told instead of the truth."""


class LyingServer:
    """Passes everything on, but for the rows of the `moment`th answer with rows, from 1; 0: of all."""

    def __init__(self, url: str, lie: Lie, moment: int) -> None:
        self.answers = 0
        self._url, self._lie, self._moment = urlsplit(url), lie, moment
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        """The address of the database by way of this server."""
        port = self._listener.getsockname()[1]
        return f"postgresql://{self._url.username}@127.0.0.1:{port}{self._url.path}?sslmode=disable"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                host, _, port = self._url.netloc.rpartition("@")[2].rpartition(":")
                server = socket.socket(socket.AF_UNIX)
                server.connect(f"{unquote(host)}/.s.PGSQL.{port}")
                self._open += [client, server]
                for work, given in ((self._ask, (client, server)), (self._answer, (server, client))):
                    threading.Thread(target=work, args=given, daemon=True).start()

    @staticmethod
    def _ask(client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(1 << 16):
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        rows: list[Row] = []
        with suppress(OSError, EOFError), server.makefile("rb") as stream:
            while head := stream.read(5):
                kind, (length,) = head[:1], struct.unpack("!I", head[1:])
                body = stream.read(length - 4)
                if kind == b"D":
                    rows.append(_fields(body))
                    continue
                if kind == b"C" and rows:
                    client.sendall(b"".join(map(_message, self._told(rows))))
                    rows = []
                client.sendall(message(kind, body))
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _told(self, rows: list[Row]) -> list[Row]:
        self.answers += 1
        return self._lie(rows) if self._moment in (0, self.answers) else rows


def _fields(body: bytes) -> Row:
    (count,), place, found = struct.unpack("!H", body[:2]), 2, []
    for _ in range(count):
        (size,) = struct.unpack("!i", body[place : place + 4])
        place += 4
        found.append(None if size < 0 else body[place : place + size])
        place += max(size, 0)
    return found


def _message(row: Sequence[bytes | None]) -> bytes:
    parts = [struct.pack("!i", -1) if v is None else struct.pack("!I", len(v)) + v for v in row]
    return message(b"D", struct.pack("!H", len(row)) + b"".join(parts))
