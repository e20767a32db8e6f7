"""The history of a record's file in git: its path and content at each commit."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, dropwhile, takewhile
from posixpath import basename
from typing import TYPE_CHECKING, TypeAlias

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import ID, UUID_PATTERN, Omitted, Rid, Version, digests
from studio_sync.core.values.value import Value
from studio_sync.files.git.edges import NO_BLOB, Edge
from studio_sync.files.git.repository import Repository
from studio_sync.sync.read.reader import Reader

if TYPE_CHECKING:
    from studio_sync.files.tree.codec import Document

_ID = re.compile(rf"^{ID}:[ \t]*[\"']?({UUID_PATTERN})".encode(), re.MULTILINE)
_HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class GitFile:
    """A record's file at one commit."""

    path: str
    blob: str


FilesByCommit: TypeAlias = dict[str, GitFile | None]
"""A record's file at each commit; None where it has none."""


class Traces:
    """Follows records through git's history by the ids in their files, through renames of their folders."""

    def __init__(self, repository: Repository, reader: Reader, also: Collection[str] = ()) -> None:
        """`also`: commits whose history is followed, too."""
        self._also = tuple(also)
        self.repository, self.reader = repository, reader
        self._files: dict[tuple[str, str], FilesByCommit] = {}
        self._ids: dict[str, str] = {NO_BLOB: ""}
        self._tips: dict[str, dict[str, GitFile]] = {}
        self._edge_ids: dict[int, dict[str, str]] = {}
        self._data: dict[tuple[str, str], bytes | None] = {}
        self._lookups: dict[tuple[str, str], str] = {}

    @cached_property
    def edges(self) -> dict[str, tuple[Edge, ...]]:
        """Every ancestor commit of the tips, newest first, with its edges to its parents."""
        return self.repository.history_of(self._also) if self._also else self.repository.history

    @property
    def tips(self) -> tuple[str, ...]:
        """The parents of the working tree: HEAD, and commits being merged; and commits added to them."""
        return (self.repository.head, *self.repository.merging, *self._also)

    # --- a record's own file

    def of_owner(self, rid: Rid, near: Iterable[str], own: str = "") -> FilesByCommit:
        """The path of the file with the id `rid` at each commit; `near` are paths to try first.

        What HEAD has at `own` without an id is this file, too, though the id is elsewhere: in a copy.
        """
        if (known := self._files.get((rid, own))) is not None:
            return known
        found: FilesByCommit = {tip: self._at_tip(tip, rid, near, own) for tip in self.tips}
        for commit, edges in self.edges.items():
            here = found.setdefault(commit, None)
            for edge in edges:
                if edge.parent and found.get(edge.parent) is None:
                    found[edge.parent] = self._before(edge, here, rid)
        self._files[rid, own] = found
        return found

    def beside(self, commit: str, kind: Kind, owner: Rid, slot: str, near: Iterable[str]) -> GitFile | None:
        """A record's file at a commit that leads to no tip, as one that was amended; as `of_child` has it.

        None if git has that commit no more.
        """
        if not self.repository.commit(commit):
            return None
        found = self._at_tip(commit, owner, near, "")
        return found if kind.identified else self._look(commit, kind, found, slot)

    def _at_tip(self, tip: str, rid: Rid, near: Iterable[str], own: str) -> GitFile | None:
        for path in near:
            blob = self.blob(tip, path)
            if blob and self._id(path, blob) == rid:
                return GitFile(path, blob)
        here = self._without_id(tip, [own]) if own else None
        return here or self._tip_ids(tip).get(rid) or self._without_id(tip, near)

    def _without_id(self, tip: str, near: Iterable[str]) -> GitFile | None:
        """A file without an id is the record's own where the record is, as in a comparison."""
        for path in near:
            blob = self.blob(tip, path)
            if blob and basename(path) in self.reader.layout.own_files and not self._id(path, blob):
                return GitFile(path, blob)
        return None

    def _tip_ids(self, tip: str) -> dict[str, GitFile]:
        if tip not in self._tips:
            listed = self.repository.listed(tip, self.reader.layout.own_files)
            self.read_ids(listed.items())
            self._tips[tip] = {self._ids[b]: GitFile(p, b) for p, b in listed.items() if self._ids.get(b)}
        return self._tips[tip]

    def _before(self, edge: Edge, here: GitFile | None, rid: Rid) -> GitFile | None:
        """The record's file in the parent, given its file `here` in the commit."""
        if here is not None:
            change = edge.changes.get(here.path)
            if change is None:
                return here
            if change[0] != NO_BLOB and self._id(here.path, change[0]) in (rid, ""):
                return GitFile(here.path, change[0])
        path = self._gone(edge).get(rid)
        return GitFile(path, edge.changes[path][0]) if path else None

    def _gone(self, edge: Edge) -> dict[str, str]:
        """The paths of own files that an edge changes, by the ids that they had in the parent."""
        known = self._edge_ids.get(id(edge))
        if known is None:
            own = self.reader.layout.own_files
            olds = {p: old for p, (old, _) in edge.changes.items() if old != NO_BLOB and basename(p) in own}
            self.read_ids(olds.items())
            known = {self._ids[old]: p for p, old in olds.items() if self._ids.get(old)}
            self._edge_ids[id(edge)] = known
        return known

    def ids_at(self, path: str) -> set[str]:
        """The ids that the file at this path ever had."""
        blobs = {b for edges in self.edges.values() for e in edges for b in e.changes.get(path, ())}
        return {self._id(path, blob) for blob in blobs} - {""}

    def replaced(self, parent: str) -> dict[str, str]:
        """The paths of own files that differ between HEAD and a parent, by their ids in the parent."""
        return self._gone(self.repository.edge(parent))

    def _id(self, path: str, blob: str) -> str:
        return self._ids[blob] if blob in self._ids else self.read_ids([(path, blob)]).get(blob, "")

    def read_ids(self, files: Iterable[tuple[str, str]]) -> Mapping[str, str]:
        """The id of each of these (path, blob) by blob; "" for none."""
        for blob, data in self.repository.contents([f for f in files if f[1] not in self._ids]):
            match = _ID.search(data[:_HEAD_BYTES])
            self._ids[blob] = match[1].decode().lower() if match else ""
        return self._ids

    # --- the files beside a record's own

    def of_child(
        self, kind: Kind, owner: Rid, slot: str, near: Iterable[str], own: str = ""
    ) -> FilesByCommit:
        """The file of the record of `kind` at `slot` below the record `owner`, at each commit."""
        key = (owner, f"{kind.name}/{slot}/{own}")
        if (known := self._files.get(key)) is not None:
            return known
        owners = self.of_owner(owner, near, own)
        found: FilesByCommit = {tip: self._look(tip, kind, owners.get(tip), slot) for tip in self.tips}
        for commit, edges in self.edges.items():
            here, above = found.setdefault(commit, None), owners.get(commit)
            for edge in edges:
                if not edge.parent or found.get(edge.parent) is not None:
                    continue
                before = owners.get(edge.parent)
                if before is None:
                    found.setdefault(edge.parent, None)
                elif above is not None and before.path == above.path:
                    path = self.reader.layout.path(kind, before.path, slot)
                    change = edge.changes.get(path)
                    if change is None:
                        found[edge.parent] = here
                    else:
                        found[edge.parent] = GitFile(path, change[0]) if change[0] != NO_BLOB else None
                else:
                    found[edge.parent] = self._look(edge.parent, kind, before, slot)
        self._files[key] = found
        return found

    def _look(self, commit: str, kind: Kind, owner: GitFile | None, slot: str) -> GitFile | None:
        if owner is None:
            return None
        path = self.reader.layout.path(kind, owner.path, slot)
        blob = self.blob(commit, path)
        return GitFile(path, blob) if blob else None

    # --- contents

    def look_up(self, names: Iterable[tuple[str, str]]) -> None:
        """Look up the blobs of many (commit, path) in one batch."""
        new = [name for name in dict.fromkeys(names) if name not in self._lookups]
        found = self.repository.blobs([f"{commit}:{path}" for commit, path in new]) if new else []
        self._lookups.update(zip(new, found, strict=True))

    def blob(self, commit: str, path: str) -> str:
        """The blob at a path in a commit, "" if none."""
        self.look_up([(commit, path)])
        return self._lookups[commit, path]

    def at(self, commit: str, paths: Iterable[str]) -> GitFile | None:
        """The first of these files that a commit has."""
        return next((GitFile(path, blob) for path in paths if (blob := self.blob(commit, path))), None)

    def blobs_since(self, commit: str, path: str, until: str = "") -> list[str]:
        """What commits after `commit`, up to `until`, made of a file; or an amended one that replaced it."""
        if commit not in self.edges:
            return [self.blob(until or self.tips[0], path)]
        newer = takewhile(commit.__ne__, dropwhile(until.__ne__, self.edges) if until else self.edges)
        changed = (edge.changes[path] for c in newer for edge in self.edges[c] if path in edge.changes)
        return [blob for blobs in changed for blob in blobs if blob != NO_BLOB]

    def version(self, commit: str, rid: Rid, kind: Kind, file: GitFile | None, parent: Rid) -> Version | None:
        """The version of a record's file at a commit; None if there was none, or it can't be read.

        `parent` is the identity of the parent record, for kinds without an id of their own.
        """
        found = self.digests(kind, file) if file else None
        spot = self.reader.layout.spot(file.path) if file else None
        if found is None or spot is None:
            return None
        if kind.identified and spot.parent:
            above = self.blob(commit, spot.parent)
            parent = self._id(spot.parent, above) if above else ""
        return Version(rid, kind.name, parent, spot.slot, found)

    def digests(self, kind: Kind, file: GitFile) -> bytes | None:
        """The digests of a file's content; None if it can't be read."""
        key = (kind.name, file.blob)
        if key not in self._data:
            document = self._document(kind, file)
            self._data[key] = digests(kind, document.values) if document else None
        return self._data[key]

    def _document(self, kind: Kind, file: GitFile) -> "Document | None":
        from studio_sync.files.tree import codec

        for _, data in self.repository.contents([(file.path, file.blob)]):
            spot = self.reader.layout.spot(file.path)
            slot = spot.slot if spot else ""
            return codec.read_record(kind, slot, file.path, data, self.reader.schemas).document
        return None

    def values(self, kind: Kind, file: GitFile) -> Mapping[str, Value | Omitted] | None:
        """The values of a record's file at that commit; None if it can't be read."""
        document = self._document(kind, file)
        return document.values if document else None

    def ever_had(self, rid: Rid) -> bool:
        """Whether any commit has a file with the id `rid`."""
        return rid in self._ever

    @cached_property
    def _ever(self) -> frozenset[str]:
        changed = (self._gone(edge) for edges in self.edges.values() for edge in edges)
        return frozenset(chain(*map(self._tip_ids, self.tips), *changed))

    def former_path(self, version: Version) -> str:
        """The last path of a record's file in git, "" if it never had one; `version` names the record."""
        files = self._of(version)
        return next((s.path for c in (self.edges if files else ()) if (s := files.get(c))), "")

    def paths_at(self, version: Version, commit: str) -> set[str]:
        """The paths of a record's file at a commit and in its parents."""
        files = self._of(version)
        commits = (commit, *(e.parent for e in self.edges.get(commit, ()))) if files else ()
        return {s.path for c in commits if (s := files.get(c))}

    def _of(self, version: Version) -> FilesByCommit:
        """The file of a record at each commit; empty if git doesn't know it."""
        kind = self.reader.kinds[version.kind]
        owner = version.rid if kind.identified else version.parent
        if not self.ever_had(owner):
            return {}
        return self.of_owner(owner, ()) if kind.identified else self.of_child(kind, owner, version.slot, ())
