"""One doubt about an id, and what is asked before there is one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid

Deletes = Callable[[str, Rid], bool]
"""Whether this run deletes a row on purpose, given the path where its file stood and its identity."""


def nothing_deleted(_path: str, _rid: Rid) -> bool:
    """What a run says that deletes no row."""
    return False


@dataclass(frozen=True, slots=True)
class Doubt:
    """A file that is held because of its id; `owner` is the record whose place it has, "" if of none.

    Without a problem, the run deletes the owner on purpose and puts the file's record in its place.
    """

    path: str
    problem: Problem | None
    owner: Rid = ""


@dataclass(frozen=True)
class Sources:
    """What is asked about ids that the workspace's own rows don't answer.

    `stood_at` tells whether git knows a record's file at a path; `entered` gives those of some ids that the
    ledger knows; `away` those, by kind and id, that rows of other clients have, with the words for where
    they stand ("" if the role may not know).
    """

    stood_at: Callable[[Rid, str], bool]
    entered: Callable[[Iterable[Rid]], set[Rid]]
    away: Callable[[Mapping[str, set[Rid]]], Mapping[Rid, str]]
    deletes: Deletes
