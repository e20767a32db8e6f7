"""The state of the file tree after reading, with what the stages of a comparison hold of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from posixpath import dirname

from studio_sync.core.values.problem import Problem


@dataclass(frozen=True, slots=True)
class LocalState:
    """The state of the file tree.

    `held`: paths of files, or of folders ending in "/", at or below which nothing is matched, written or
    deleted. `tree_problems`: those that are not about a single file's content. `around`: problems from checks
    of more than one file, for the files just read, if requested. `outside`: whether a path is ignored or
    another client's, so that it is not compared and never counts as absent. `unseen`: a path, as people see
    it, that could not be read, if any: a missing file may be there.
    """

    held: tuple[str, ...]
    tree_problems: tuple[Problem, ...]
    around: tuple[Problem, ...]
    outside: Callable[[str], bool]
    unseen: str

    def with_held(self, *paths: str, why: Problem) -> "LocalState":
        """A copy that holds these paths, too: a stage of the comparison found nothing to decide by there."""
        return replace(self, held=(*self.held, *paths), tree_problems=(*self.tree_problems, why))

    def holds(self, path: str) -> bool:
        """Whether the file at `path` must stay untouched."""
        return any(path == h or (h.endswith("/") and path.startswith(h)) for h in self.held)

    def to_mend(self, held: str, prefix: str) -> str:
        """What holds a path, for people: itself or what is above it; and how to mend it if it is a folder."""
        if held not in self.held:
            above = next((h for h in self.held if h.endswith("/") and held.startswith(h)), held)
            held = next((h for h in self.held if f"{dirname(h)}/" == above and h != above), above)
        shown = prefix + held
        hint = next((p.hint for p in self.tree_problems if f"{p.path}/" == shown), "")
        return f"{shown} ({hint})" if hint else shown
