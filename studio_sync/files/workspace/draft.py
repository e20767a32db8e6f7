"""A draft of changes to the tree: renames, edits and new files, to show or carry out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from studio_sync.core.values.numbering import moved


@dataclass(frozen=True, slots=True)
class FileEdit:
    """An edited file; `path` is its path after the renames."""

    path: str
    before: bytes
    after: bytes


@dataclass(slots=True)
class Draft:
    """A draft. Paths are relative to the content folder.

    `renames` are made first, each on the result of those before it; then the edits, then the new files in
    `creates`.
    """

    renames: list[tuple[str, str]] = field(default_factory=list)
    edits: list[FileEdit] = field(default_factory=list)
    creates: dict[str, bytes] = field(default_factory=dict)

    def moved(self, path: str) -> str:
        """The path of `path` after the renames."""
        return moved(path, self.renames)

    @property
    def shown(self) -> Sequence[tuple[str, str]]:
        """The renames for people: from the current path to the final one."""
        sources: dict[str, str] = {}
        for k, (old, _) in enumerate(self.renames):
            source = old
            for before, after in reversed(self.renames[:k]):
                if source == after or source.startswith(f"{after}/"):
                    source = before + source[len(after) :]
            sources[source] = self.moved(source)
        return sorted(sources.items())
