"""Hears that rows have changed, where the database can tell: a hint, on which nothing depends."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from studio_sync.errors import StudioError
from studio_sync.sync.connection import DatabaseSource, connected

_AT_ONCE = 0.5
"""Seconds for which one thread waits before it looks whether it is still wanted."""


class ChangeHints:
    """Calls `hint` for each announcement, in a thread of its own. Use it as a context manager.

    It keeps a connection only where the database announces changes: tracking is on, and no pooler stands
    between. Whether that is so is asked again every so many seconds.
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
            with suppress(StudioError, OSError):  # whoever watches is told by its own look
                self._hear()
            self._over.wait(self._every)

    def _hear(self) -> None:
        with connected(self._source()) as store:
            if not store.listen():
                return
            self._hint()  # what changed before that was announced to nobody
            while not self._over.is_set():
                if store.heard(_AT_ONCE):
                    self._hint()
