"""A doubt about the id in a file, and whether a run means it."""

from collections.abc import Callable
from dataclasses import dataclass

from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid

Deletes = Callable[[str, Rid, str], bool]
"""Whether this run deletes a row on purpose: its file's last path, its identity, and the id in its place."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A file that is held because of its id; `owner` is the record whose place it takes, "" if none.

    Without a problem, the run deletes the owner on purpose and puts the file's record in its place.
    """

    path: str
    problem: Problem | None
    owner: Rid = ""
