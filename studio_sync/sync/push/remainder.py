"""What differs after a push, where that can't be told from the comparison before it."""

from contextlib import suppress
from dataclasses import replace

from studio_sync.errors import StudioError
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.studio import Studio


def with_remainder(
    studio: Studio, source: DatabaseSource, scope: tuple[str, ...], outcome: Outcome
) -> Outcome:
    """The outcome of a push with what is left, if it wrote below a parent whose rows were not in order.

    It may have brought them into order, and then no file is to say one; or a new one's order is to pull, too.
    """
    placed = {v.parent for c in outcome.done for v in (c.before, c.after) if v is not None}
    if placed.isdisjoint(outcome.comparison.out_of_order):
        return outcome
    with suppress(StudioError), studio.comparing(source, remember=False) as (_, compared):
        return replace(outcome, left=studio.outcome(compared, scope).deltas)
    return outcome
