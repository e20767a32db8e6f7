"""What a command is about to do to the tree: renames, edits and new files, to show or to carry out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from studio_sync.core.values.numbering import moved


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file that changes; `path` is where it stands after the renames."""

    path: str
    before: bytes
    after: bytes


@dataclass(slots=True)
class Draft:
    """All of it. Paths are relative to the content folder.

    `renames` are made first, each as those before it left the tree; then the edits, then the new files in
    `creates`.
    """

    renames: list[tuple[str, str]] = field(default_factory=list)
    edits: list[FileEdit] = field(default_factory=list)
    creates: dict[str, bytes] = field(default_factory=dict)

    def moved(self, path: str) -> str:
        """Where what stands at `path` will be."""
        return moved(path, self.renames)

    @property
    def shown(self) -> Sequence[tuple[str, str]]:
        """The renames as people see them: from where each stands now to where it will be."""
        sources: dict[str, str] = {}
        for k, (old, _) in enumerate(self.renames):
            source = old
            for before, after in reversed(self.renames[:k]):
                if source == after or source.startswith(f"{after}/"):
                    source = before + source[len(after) :]
            sources[source] = self.moved(source)
        return sorted(sources.items())
