"""A doubt about the id in a file, and the lookups needed to find doubts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid

Deletes = Callable[[str, Rid, str], bool]
"""Whether this run deletes a row on purpose: its file's last path, its identity, and the id in its place."""


def nothing_deleted(_path: str, _rid: Rid, _own: str) -> bool:
    """For a run that deletes no row."""
    return False


@dataclass(frozen=True, slots=True)
class Doubt:
    """A file that is held because of its id; `owner` is the record whose place it takes, "" if none.

    Without a problem, the run deletes the owner on purpose and puts the file's record in its place.
    """

    path: str
    problem: Problem | None
    owner: Rid = ""


@dataclass(frozen=True)
class Sources:
    """Lookups about ids that the workspace's own rows don't have.

    `stood_at`: whether git had a record's file at a path. `entered`: those of some ids that are in the
    ledger. `away`: those, by kind and id, of rows of other clients, with their place in words ("" if the
    role may not know).
    """

    stood_at: Callable[[Rid, str], bool]
    entered: Callable[[Iterable[Rid]], set[Rid]]
    away: Callable[[Mapping[str, set[Rid]]], Mapping[Rid, str]]
    deletes: Deletes
