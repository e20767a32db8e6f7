"""The files of records that differ, at commits: where each stood, and what it held."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from studio_sync.core.history.undecided_fields import committed_fields
from studio_sync.core.values.record import Rid, Version
from studio_sync.files.memory.memory import Memory
from studio_sync.sync.compare.bases.differing import Differing
from studio_sync.sync.compare.bases.trace import FilesByCommit, GitFile, Traces


class FilesInGit:
    """Finds the files of records in git's history; `memory` has the folders that studio moved."""

    def __init__(self, memory: Memory, traces: Traces) -> None:
        self._memory, self._traces = memory, traces

    def now_and_then(self, record: Differing, old_head: str) -> tuple[GitFile | None, GitFile | None]:
        """A record's file at HEAD, and at what was HEAD; also where that was amended since."""
        traces, place = self._traces, record.place
        now, then = (self.at(record, commit) for commit in (traces.tips[0], old_head))
        if then is None and now is not None and place and old_head and old_head not in traces.edges:
            named = self._named(record, place)
            then = traces.at(old_head, [now.path]) or traces.beside(old_head, record.kind, *named)
        return now, then

    def at(self, record: Differing, commit: str) -> GitFile | None:
        """A record's file at a commit: by its id if its folder may have moved since, else by its path."""
        place, entry = record.place, record.entry
        if not commit or place is None:
            return None
        moved = entry is not None and record.base is not None and entry.path != record.base.path
        if moved or (entry is not None and entry.path.startswith(self._moved)):
            return self.stands(record, place).get(commit)
        return self._traces.at(commit, record.paths)

    @cached_property
    def _moved(self) -> tuple[str, ...]:
        """The folders that studio moved, each with a slash at its end."""
        return tuple(f"{folder}/" for _, folder in self._memory.moved_folders())

    def held(self, record: Differing, file: GitFile | None) -> Version | None:
        """The version of a record's file at a commit; None if there is none or it can't be read."""
        content = self._traces.digests(record.kind, file) if file else None
        return None if file is None or content is None else record.at(file.path, content)

    def stands(self, record: Differing, place: Version) -> FilesByCommit:
        """A record's file at each commit, by its id; `place` is any version of the record."""
        owner, slot, near = self._named(record, place)
        if record.kind.identified:
            return self._traces.of_owner(owner, near)
        return self._traces.of_child(record.kind, owner, slot, near)

    @staticmethod
    def _named(record: Differing, place: Version) -> tuple[Rid, str, Sequence[str]]:
        """The id in its file or the one above it, its slot, and paths at which that file may be."""
        if record.kind.identified:
            return record.rid, place.slot, record.paths
        above = record.entry.parent if record.entry else ""
        return place.parent, place.slot, [above] if above else []

    def committed_since(
        self, record: Differing, file: GitFile, old: GitFile, old_head: str, until: str = ""
    ) -> frozenset[str]:
        """The fields that commits after `old_head`, up to `until`, made of a file that was `old` there."""
        states = self.states_since(record, file, old, old_head, until)
        return committed_fields(record.kind, self.held(record, old), states)

    def states_since(
        self, record: Differing, file: GitFile, old: GitFile, old_head: str, until: str = ""
    ) -> list[Version | None]:
        """What those commits made of it, in any order."""
        same = file.path == old.path
        since = self._traces.blobs_since(old_head, file.path, until) if same else [file.blob]
        return [self.held(record, replace(file, blob=blob)) for blob in since]
