"""The scope of a command: which paths and problems are in it."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from studio_sync.core.values.layout import with_below
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.files.workspace.workspace import Workspace

STOPS = frozenset((
    "no-own-file", "symlink", "unreadable", "bad-name", "duplicate-id", "duplicate-place", "duplicate-type",
    "mistyped-id", "other-id", "elsewhere", "unmerged", "no-access",
))  # fmt: skip
"""Problems of the tree that make it unclear what a push would leave out or write twice."""


def in_scope(path: str, scope: tuple[str, ...]) -> bool:
    """Whether a path (relative to the content folder) is at or below one of the scope's paths."""
    return not scope or any(not s or path == s or path.startswith(s + "/") for s in scope)


def is_inside(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is at or below one of these folders."""
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)


def nothing_here(path: str, message: str) -> Problem:
    """The problem of an argument path without any file."""
    return Problem(path, 0, 0, "nothing-here", message, "is it spelled right?", Severity.WARNING)


@dataclass(frozen=True, slots=True)
class CommandScope:
    """The paths that a command was given, in their workspace; without paths, everything."""

    paths: tuple[str, ...]
    workspace: Workspace
    own_files: Collection[str]

    def is_all(self) -> bool:
        """Whether it is the whole tree."""
        return not self.paths or "" in self.paths

    def holds(self, path: str) -> bool:
        """Whether a path is in it."""
        return in_scope(path, self.paths)

    def touches(self, problem: Problem) -> bool:
        """Whether a problem of the tree is in it, or holds something in it: all below its folder."""
        path = problem.path.removeprefix(self.workspace.prefix)
        folder = with_below(path, self.own_files)
        holds = problem.code in STOPS and any(place.startswith(f"{folder}/") for place in self.paths)
        return holds or self.holds(path)

    def missing(self, known: Collection[str]) -> Iterator[Problem]:
        """Paths of it with no file, and none of the `known` at or below: probably typing errors."""
        for path in self.paths:
            if (self.workspace.content / path).exists() or any(in_scope(k, (path,)) for k in known):
                continue
            message = "no file is here, and the database has nothing that a pull would put here"
            yield nothing_here(self.workspace.prefix + path, message)
