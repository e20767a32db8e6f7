"""A server that speaks PostgreSQL's protocol as far as an attacker needs it, on this machine."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

_SSL_REQUEST, _GSS_REQUEST, _CANCEL = 80877103, 80877104, 80877102


def message(kind: bytes, body: bytes = b"") -> bytes:
    """One message of the server."""
    return kind + struct.pack("!I", len(body) + 4) + body


CLEARTEXT = message(b"R", struct.pack("!I", 3))
MD5 = message(b"R", struct.pack("!I4s", 5, b"salt"))
READY = (
    message(b"R", struct.pack("!I", 0))
    + message(b"S", b"server_version\x0018.0\0")
    + message(b"S", b"client_encoding\0UTF8\0")
    + message(b"S", b"standard_conforming_strings\0on\0")
    + message(b"K", struct.pack("!II", 1, 2))
    + message(b"Z", b"I")
)
COLUMN = message(b"T", struct.pack("!H", 1) + b"a\0" + struct.pack("!IHIhih", 0, 0, 25, -1, -1, 0))
DONE = message(b"C", b"SELECT 1\0") + message(b"Z", b"I")


def row(text: bytes) -> bytes:
    """A row of one text."""
    return message(b"D", struct.pack("!HI", 1, len(text)) + text)


def fatal(text: str) -> bytes:
    """An error that ends the connection."""
    return message(b"E", b"SFATAL\0VFATAL\0C99999\0M" + text.encode() + b"\0\0")


ONE = COLUMN + row(b"1") + DONE


class Client:
    """One connection that came."""

    def __init__(self, server: "FakeServer", taken: socket.socket) -> None:
        self._server, self._socket = server, taken

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def startup(self) -> bytes:
        """What the client begins with; TLS and Kerberos are turned down."""
        while True:
            (length,) = struct.unpack("!I", self._exactly(4))
            body = self._exactly(length - 4)
            (code,) = struct.unpack("!I", body[:4])
            if code == _CANCEL:
                raise OSError
            if code not in (_SSL_REQUEST, _GSS_REQUEST):
                return body
            self.send(b"N")

    def message(self) -> tuple[bytes, bytes]:
        """A message of the client: its kind and its body."""
        kind = self._exactly(1)
        (length,) = struct.unpack("!I", self._exactly(4))
        return kind, self._exactly(length - 4)

    def silence(self) -> None:
        """Read and say nothing, until the server is ended or the client is gone."""
        while self._read(4096):
            pass

    def flood(self, data: bytes) -> None:
        """Send the same until the client is gone."""
        while not self._server.ended.is_set():
            self._socket.sendall(data)

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            found += self._read(size - len(found))
        return found

    def _read(self, size: int) -> bytes:
        data = self._socket.recv(size)
        if not data:
            raise OSError
        self._server.received += data
        return data


class FakeServer:
    """Serves each connection by a script, and keeps what it was sent."""

    def __init__(self, script: Callable[[Client], None], *, once: bool = False) -> None:
        self.received = b""
        self.connections = 0
        self.ended = threading.Event()
        self._script, self._once = script, once
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._taken: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        for one in (self._listener, *self._taken):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)

    def url(self, *, host: str = "127.0.0.1", user: str = "mia", query: str = "", password: str = "") -> str:
        """The address of the server."""
        login = f"{user}:{password}" if password else user
        return f"postgresql://{login}@{host}:{self.port}/studio?connect_timeout=2{query}"

    def _listen(self) -> None:
        while not self.ended.is_set():
            try:
                taken, _ = self._listener.accept()
            except OSError:
                return
            self._taken.append(taken)
            self.connections += 1
            if self._once and self.connections > 1:
                continue  # the system has answered; nobody else will
            thread = threading.Thread(target=self._serve, args=(taken,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, taken: socket.socket) -> None:
        with suppress(OSError), taken:
            self._script(Client(self, taken))
