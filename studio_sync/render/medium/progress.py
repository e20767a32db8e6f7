"""Progress of long stages: a bar on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from studio_sync.core.values.escapes import safe
from studio_sync.render.medium.terminal import ProgressBar, progress_bar

_PATIENCE = 1.0
"""Seconds that a stage may take before its progress is shown."""
_PRECISE = 10
"""Seconds from which on tenths are omitted."""


class Progress:
    """Shows stages on `stream`, usually stderr; nothing unless `enabled`.

    On a terminal a stage has a bar, drawn while it runs and erased when it ends, even by an error.
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
        patience = threading.Timer(_PATIENCE, stage.show)
        patience.name, patience.daemon = "progress", True
        patience.start()
        try:
            yield stage.step
        finally:
            patience.cancel()
            stage.end()


class _Stage:
    def __init__(self, stream: TextIO, name: str, total: int | None, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._name = safe(name)
        self._total = total
        self._clock = clock
        self._started = clock()
        self._done = 0
        self._lock = threading.Lock()
        self._ended = False
        self._bar: ProgressBar | None = None

    def step(self, number: int = 1) -> None:
        # Called for every file and row: the drawing thread does everything else.
        self._done += number

    def show(self) -> None:
        """Draw the bar from now on, unless the stage has ended."""
        bar = progress_bar(self._stream, self._name, self._total, lambda: self._done)
        with self._lock:
            if not self._ended:
                self._bar = bar
                bar.start()

    def end(self) -> None:
        """Erase the bar; none is drawn from now on."""
        with self._lock:
            self._ended = True
            if self._bar is not None:
                self._bar.stop()

    def tell(self) -> None:
        """Leave a plain line, if the stage took noticeably long."""
        seconds = self._clock() - self._started
        if seconds > _PATIENCE:
            work = f"{self._done:,}" if self._done else "done"
            with suppress(OSError, ValueError):  # a stream that is gone doesn't end the run
                self._stream.write(f"{self._name}: {work} in {_duration(seconds)}\n")
                self._stream.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes:
        return f"{minutes} min {rest} s"
    return f"{rest} s" if rest >= _PRECISE else f"{seconds:.1f} s"
