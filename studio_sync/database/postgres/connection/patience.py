"""Timeouts for a server's answers, and limits on their size."""

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
"""Timeout for the first answer on a connection; a real server needs less."""
QUIET_SECONDS = 20.0
"""Seconds of silence after which a second connection tests whether the server is alive."""
MOST_SECONDS = 120.0
"""Timeout for any answer, even if the server is alive."""
SLOWEST = 20_000
"""Received bytes extend the timeout as if they came at this rate per second."""
MOST_BYTES = 1 << 30
"""The most bytes of one answer."""
MOST_NOTICES = 100_000
"""The most notices with one answer."""

_INTERVAL = 0.1
_ROOM = b"\0" * 4
_CANCEL_SECONDS = 1.0


class SilentError(psycopg.OperationalError):
    """The server timed out. `hint` says how to wait longer, where that may help."""

    hint = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """Timeouts in seconds: for the first answer, and for a second connection during silence."""

    first: float = FIRST_SECONDS
    quiet: float = QUIET_SECONDS
    most: float = MOST_SECONDS
    second: int = 10


class Connection(psycopg.Connection[Any]):
    """A connection that times out on a silent server, and that Ctrl-C interrupts at once."""

    patience = Patience()
    without: frozenset[str] = frozenset()
    """Names of capabilities that are switched off."""
    interrupted = False
    """Whether a wait in another thread is to end: only the main thread hears of Ctrl-C."""
    _alive: Callable[[int], bool] | None = None
    warned = False
    """Whether the last COMMIT was answered with a warning."""
    _answered = False
    _notices = 0
    _warnings = 0

    def be_patient(self, patience: Patience, alive: Callable[[int], bool]) -> None:
        """Use these timeouts from now on; `alive` tests within some seconds whether the server answers."""
        self.patience, self._alive = patience, alive
        self.add_notice_handler(self._count)

    def wait(self, gen: Any, *_: Any, **__: Any) -> Any:
        """Wait for a result as psycopg does, but with a timeout."""
        try:
            found = waiting.wait(self._watched(gen), self.pgconn.socket, _INTERVAL)
            self._check_encoding()
        except (KeyboardInterrupt, SystemExit, SilentError):
            self._give_up()
            raise
        return found

    def _exec_command(self, command: Any, *given: Any, **more: Any) -> Generator[Any, Any, Any]:
        """Execute a command of the driver itself. Raises SilentError for a COMMIT that was not carried out.

        The server answers COMMIT of a failed transaction with another word, which psycopg takes for success.
        """
        before = self._warnings
        result = yield from super()._exec_command(command, *given, **more)
        if command == b"COMMIT":
            self.warned = self._warnings > before
        if command == b"COMMIT" and result is not None and result.command_status != b"COMMIT":
            raise SilentError("the server answers COMMIT as none that it has carried out")
        return result

    def _check_encoding(self) -> None:
        """Refuse another client encoding than the requested one: every text would be garbled."""
        # psycopg decodes by what the server reported last, and a server may report anything at any time.
        if self.pgconn.parameter_status(b"client_encoding") not in (None, b"UTF8", b"UTF-8", b"utf8"):
            raise SilentError("the server uses another encoding of texts than requested")

    def _count(self, notice: psycopg.errors.Diagnostic) -> None:
        self._notices += 1
        self._warnings += notice.severity_nonlocalized == "WARNING"

    def _give_up(self) -> None:
        """Ask the server to cancel, wait a moment, and close the connection."""
        if self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE and capabilities.has_cancel_safe():
            with suppress(psycopg.Error, OSError):  # it may be gone, or silent here, too
                self.cancel_safe(timeout=_CANCEL_SECONDS)
        self.pgconn.finish()

    def _watched(self, gen: Any) -> Generator[Any, Any, Any]:
        """Run `gen` as long as the server shows signs of life. Raises SilentError."""
        fileno = self.pgconn.socket
        began = heard = time.monotonic()
        asked, received, before = 0.0, 0, self._notices
        try:
            want = next(gen)
            while True:
                ready = yield want
                now = time.monotonic()
                if self.interrupted:
                    raise SilentError("the wait was interrupted")
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


def interrupt(connection: psycopg.Connection[Any]) -> None:
    """End what waits for this connection's server in another thread, and close the connection."""
    if isinstance(connection, Connection):
        connection.interrupted = True


def _waiting_bytes(fileno: int) -> int:
    """The number of received bytes not read yet; 0 if the system can't tell."""
    if _ASK is None:
        return 0
    try:
        return int.from_bytes(_ASK(fileno, termios.FIONREAD, _ROOM), sys.byteorder)
    except OSError:
        return 0
