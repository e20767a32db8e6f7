"""What a command found or did, for others to show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_sync.core.plan import Change, Plan, Refusal
from studio_sync.core.problem import Problem
from studio_sync.core.reconcile import Delta
from studio_sync.core.record import Omitted, Rid
from studio_sync.core.value import Value
from studio_sync.errors import StudioError
from studio_sync.files.entries import FileEntry
from studio_sync.sync.comparison import Comparison
from studio_sync.sync.spool import Spool

if TYPE_CHECKING:
    from studio_sync.sync.contested import Contested


class Values:
    """The contents behind a comparison, read when they are asked for."""

    def __init__(
        self,
        comparison: Comparison,
        spool: Spool,
        read: Callable[[FileEntry], dict[str, Value | Omitted]],
    ) -> None:
        self._comparison, self._spool, self._read = comparison, spool, read

    def local(self, rid: Rid) -> dict[str, Value | Omitted]:
        """What the record's file says; its canonical values."""
        return self._read(self._comparison.entries[rid])

    def remote(self, rid: Rid) -> dict[str, Value]:
        """What the record's row says; its canonical values. Raises KeyError if it wasn't read."""
        return dict(self._spool.get(f"row:{rid}"))


@dataclass(slots=True)
class Outcome:
    """What a command found or did.

    `deltas` are the records in scope that differ, `foreseen` what guards would refuse of them in a push.
    `unsettled` tells what is approved or published and not as it was.
    `stops` are those problems that hold a whole push up: files that can't be read, and ids that stand twice.
    `plan` and what follows are there for push and pull.
    """

    comparison: Comparison
    deltas: list[Delta]
    problems: list[Problem]
    stops: frozenset[Problem] = frozenset()
    plan: Plan = field(default_factory=Plan)
    done: tuple[Change, ...] = ()
    failed: tuple[tuple[Change, StudioError], ...] = ()
    values: Values | None = None
    settled: Mapping[Rid, frozenset[str]] = field(default_factory=dict)
    contested: "Sequence[Contested]" = ()
    foreseen: Sequence[Refusal] = ()
    unsettled: Sequence[Problem] = ()
