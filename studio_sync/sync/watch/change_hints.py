"""Hints that rows have changed, from the database's notifications; nothing depends on them."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from studio_sync.errors import StudioError
from studio_sync.sync.connection import DatabaseSource, connected

_AT_ONCE = 0.5
"""Seconds between two checks whether the thread is still wanted."""


class ChangeHints:
    """Calls `hint` for each announcement, in a thread of its own. Use it as a context manager.

    It keeps a connection only if the database announces changes: tracking is on, and there is no pooler in
    between. That is checked again every so many seconds.
    """

    def __init__(
        self, source: Callable[[], DatabaseSource], hint: Callable[[], None], *, every: float
    ) -> None:
        self._source, self._hint, self._every = source, hint, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="studio-hints", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=3 * _AT_ONCE)

    def _run(self) -> None:
        while not self._over.is_set():
            with suppress(StudioError, OSError):  # the watch's own rescan will report it
                self._hear()
            self._over.wait(self._every)

    def _hear(self) -> None:
        with connected(self._source()) as store:
            if not store.listen():
                return
            self._hint()  # changes before LISTEN were not announced here
            while not self._over.is_set():
                if store.heard(_AT_ONCE):
                    self._hint()
