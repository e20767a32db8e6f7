"""A record's file in git's history."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class GitFile:
    """A record's file at one commit."""

    path: str
    blob: str


FilesByCommit: TypeAlias = dict[str, GitFile | None]
"""A record's file at each commit; None where it has none."""
