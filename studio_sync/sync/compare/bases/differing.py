"""A record whose file and row differ, before its merge base is known."""

from dataclasses import dataclass, replace

from studio_sync.core.plan.reconcile import agree
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Rid, Version
from studio_sync.files.memory.entries import Base, FileEntry


@dataclass(frozen=True, slots=True)
class Differing:
    """A record whose file and row differ, with its saved base."""

    rid: Rid
    kind: Kind
    base: Base | None
    local: Version | None
    remote: Version | None
    entry: FileEntry | None

    @property
    def place(self) -> Version | None:
        """A version that has the record's parent and slot."""
        return self.local or self.remote or (self.base.version if self.base else None)

    def bound_for(self, base: Version | None) -> Rid:
        """The parent that the record will have after the database's move is applied to its file."""
        place = self.place
        if self.remote is not None and base is not None and place is not None and base.parent == place.parent:
            return self.remote.parent
        return place.parent if place is not None else ""

    @property
    def file_version(self) -> Version | None:
        """The content of its file when the base was saved."""
        base = self.base
        return self.at(base.path, base.held or base.version.digests) if base else None

    @property
    def paths(self) -> list[str]:
        """The path of its file now, and the one in its saved base."""
        paths = (self.entry.path if self.entry else "", self.base.path if self.base else "")
        return [path for path in dict.fromkeys(paths) if path]

    @property
    def untouched(self) -> bool:
        """Whether its file equals its content when the base was saved: then git need not be asked."""
        before = self.file_version
        return self.local is not None and before is not None and agree(self.kind, self.local, before)

    def at(self, path: str, data: bytes) -> Version | None:
        """Its file with these digests, at one of its paths."""
        here = self.local if self.entry and self.entry.path == path else None
        place = here or (self.base.version if self.base else self.place)
        return replace(place, digests=data) if place else None

    def saying(self, data: bytes | None) -> Version | None:
        """Its file where it is now, with these digests."""
        return replace(self.local, digests=data) if self.local and data else None
