"""Progress callbacks: use cases report their stages, without knowing who displays them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

CountStep = Callable[[int], None]
"""Called with the number of items of a stage just done."""


class Stages(Protocol):
    """Reports the stages of a run; each yields a callable that takes the number just done."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[CountStep]:
        """A stage of `total` steps, if known."""
