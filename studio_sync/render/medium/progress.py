"""Progress of long stages: a transient line on a terminal, plain lines elsewhere."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from studio_sync.core.values.escapes import safe

_PATIENCE = 1.0
"""Seconds that a stage may take before its progress is shown."""
_PAUSE = 0.1
"""Seconds between two updates of the line."""
_PRECISE = 10
"""Seconds from which on tenths are omitted."""


class Progress:
    """Shows stages on `stream`, usually stderr; nothing unless `enabled`.

    On a terminal a stage has one line, drawn while it runs and erased when it ends, even by an error.
    Elsewhere it leaves a plain line when done. `clock` counts seconds from any start.
    """

    def __init__(
        self, stream: TextIO, *, enabled: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._enabled = enabled
        self._clock = clock
        self._live = enabled and stream.isatty()

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """A stage of `total` steps, if known; call the yielded function with the number just done.

        One stage runs at a time, and nothing else is printed to the stream meanwhile.
        """
        stage = _Stage(self._stream, name, total, self._clock)
        if not self._live:
            yield stage.step
            if self._enabled:
                stage.tell()
            return
        try:
            threading.Thread(target=stage.watch, name="progress", daemon=True).start()
            yield stage.step
        finally:
            stage.end()


class _Stage:
    def __init__(self, stream: TextIO, name: str, total: int | None, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._name = safe(name)
        self._total = total
        self._clock = clock
        self._started = clock()
        self._done = 0
        self._drawn = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def step(self, number: int = 1) -> None:
        # Called for every file and row: the drawing thread does everything else.
        self._done += number

    def watch(self) -> None:
        """Update the line until the stage ends, even between steps."""
        pause = _PATIENCE
        while not self._ended.wait(pause):
            self.draw()
            pause = _PAUSE

    def draw(self) -> None:
        """Draw the current line over the last one."""
        line = self._line(self._clock() - self._started)[: self._width() - 1]
        with self._lock:
            if not self._ended.is_set():
                self._write(f"\r{line.ljust(self._drawn)}")
                self._drawn = len(line)

    def end(self) -> None:
        """Erase the line; none is drawn from now on."""
        self._ended.set()
        with self._lock:
            if self._drawn:
                self._write(f"\r{' ' * self._drawn}\r")
                self._drawn = 0

    def tell(self) -> None:
        """Leave a plain line, if the stage took noticeably long."""
        seconds = self._clock() - self._started
        if seconds > _PATIENCE:
            work = f"{self._done:,}" if self._done else "done"
            self._write(f"{self._name}: {work} in {_duration(seconds)}\n")

    def _line(self, seconds: float) -> str:
        done, total = self._done, self._total
        if total and done:
            left = seconds / done * max(total - done, 0)
            share = min(100 * done // total, 100)
            return f"{self._name}: {share} %, {done:,} of {total:,}, {_duration(left)} left"
        if done:
            return f"{self._name}: {done:,}, {done / max(seconds, _PAUSE):,.0f} a second"
        return f"{self._name}: {_duration(seconds)}"

    def _width(self) -> int:
        with suppress(OSError, ValueError):
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        return 80

    def _write(self, text: str) -> None:
        # A terminal that is gone, or can't encode a name, doesn't end the run.
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes:
        return f"{minutes} min {rest} s"
    return f"{rest} s" if rest >= _PRECISE else f"{seconds:.1f} s"
