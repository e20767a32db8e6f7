"""How long an answer of a server is waited for, and what it may send until then."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import capabilities, pq, waiting

try:
    import fcntl
    import termios
except ImportError:  # Windows
    _ASK = None
else:
    _ASK = fcntl.ioctl

FIRST_SECONDS = 15.0
"""For the first answer over a connection: who answers none is no server to wait for."""
QUIET_SECONDS = 20.0
"""Silence after which a second connection asks whether the server is there at all."""
MOST_SECONDS = 120.0
"""For any answer, also of a server that is there."""
SLOWEST = 20_000
"""Bytes a second that lengthen the wait by as much as they take."""
MOST_BYTES = 1 << 30
"""Bytes of one answer."""
MOST_NOTICES = 100_000
"""Notices beside one answer."""

_INTERVAL = 0.1
_ROOM = b"\0" * 4
_CANCEL_SECONDS = 1.0


class SilentError(psycopg.OperationalError):
    """The server was given up. `hint` says how to wait longer, where that may help."""

    hint = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an answer, in seconds, and for a second connection where none comes."""

    first: float = FIRST_SECONDS
    quiet: float = QUIET_SECONDS
    most: float = MOST_SECONDS
    second: int = 10


class Connection(psycopg.Connection[Any]):
    """A connection that gives up a silent server, and that Ctrl-C ends at once."""

    patience = Patience()
    without: frozenset[str] = frozenset()
    """Names of capabilities that are switched off."""
    _alive: Callable[[int], bool] | None = None
    _answered = False
    _notices = 0

    def be_patient(self, patience: Patience, alive: Callable[[int], bool]) -> None:
        """Wait so long from now on; `alive` asks within some seconds whether the server is there at all."""
        self.patience, self._alive = patience, alive
        self.add_notice_handler(self._count)

    def wait(self, gen: Any, *_: Any, **__: Any) -> Any:
        """Wait for what psycopg asks of the server, as it does itself, but not for ever."""
        try:
            found = waiting.wait(self._watched(gen), self.pgconn.socket, _INTERVAL)
            self._check_encoding()
        except (KeyboardInterrupt, SystemExit, SilentError):
            self._give_up()
            raise
        return found

    def _exec_command(self, command: Any, *given: Any, **more: Any) -> Generator[Any, Any, Any]:
        """Send a command of the driver's own. Raises SilentError for a COMMIT that was not carried out.

        A broken transaction is answered so, with another word; psycopg takes it for done.
        """
        result = yield from super()._exec_command(command, *given, **more)
        if command == b"COMMIT" and result is not None and result.command_status != b"COMMIT":
            raise SilentError("the server answers COMMIT as none that it has carried out")
        return result

    def _check_encoding(self) -> None:
        """Refuse another encoding than the one that was asked for: each text would be read as another."""
        # psycopg decodes by what the server said last, and a server may say anything at any time.
        if self.pgconn.parameter_status(b"client_encoding") not in (None, b"UTF8", b"UTF-8", b"utf8"):
            raise SilentError("the server changes the encoding of texts to one that nobody asked for")

    def _count(self, _: object) -> None:
        self._notices += 1

    def _give_up(self) -> None:
        """Ask the server to stop what it does, for a moment, and hang up."""
        if self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE and capabilities.has_cancel_safe():
            with suppress(psycopg.Error, OSError):  # it may be gone, or silent here, too
                self.cancel_safe(timeout=_CANCEL_SECONDS)
        self.pgconn.finish()

    def _watched(self, gen: Any) -> Generator[Any, Any, Any]:
        """`gen`, as long as the server gives signs of life. Raises SilentError."""
        fileno = self.pgconn.socket
        began = heard = time.monotonic()
        asked, received, before = 0.0, 0, self._notices
        try:
            want = next(gen)
            while True:
                ready = yield want
                now = time.monotonic()
                if ready:
                    heard = now
                    received += max(_waiting_bytes(fileno), 1)
                    if received > MOST_BYTES or self._notices - before > MOST_NOTICES:
                        raise SilentError("the server sends more than an answer can be")
                elif self._alive and self._answered and now - max(heard, asked) > self.patience.quiet:
                    if not self._alive(self.patience.second):
                        raise SilentError(
                            f"no answer for {now - heard:.0f} s, and none over a second connection either"
                        )
                    asked = time.monotonic()
                self._judge(now - began - received / SLOWEST)
                want = gen.send(ready)
        except StopIteration as stop:
            self._answered = self._answered or heard > began
            return stop.value

    def _judge(self, waited: float) -> None:
        if not self._answered and waited > self.patience.first:
            raise SilentError(f"no answer for {self.patience.first:.0f} s")
        if waited > self.patience.most:
            failure = SilentError(f"no answer for {self.patience.most:.0f} s, though the server is there")
            failure.hint = "where it needs longer for good reason, say so: STUDIO_WAIT=3600 (in seconds)"
            raise failure


def _waiting_bytes(fileno: int) -> int:
    """How many bytes have come that were not read yet; 0 where the system doesn't tell."""
    if _ASK is None:
        return 0
    try:
        return int.from_bytes(_ASK(fileno, termios.FIONREAD, _ROOM), sys.byteorder)
    except OSError:
        return 0
