"""How a run tells what it is at: the use cases call, and don't know who listens."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

CountStep = Callable[[int], None]
"""Is told how many pieces of a stage are done, each time that some are."""


class Stages(Protocol):
    """Tells how far the stages of a run are; each gives a callable that takes the number just done."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[CountStep]:
        """A stage of `total` steps, if that is known."""
        ...


def no_step(_: int) -> None:
    """Tell nobody."""
