"""Adopting ids: a tree exported elsewhere takes the ids of the rows at its places."""

import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import ID, UUID_PATTERN, Rid
from studio_sync.database.store import Store
from studio_sync.errors import RefusedError
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.tree.disk.file_writer import SYNC_EACH_UP_TO, FileWriter
from studio_sync.files.tree.lock import only_one
from studio_sync.files.tree.walking.listing import read_content
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.read.granted_folders import hold_reachable
from studio_sync.sync.read.scope import in_scope
from studio_sync.sync.studio import Studio

_LINE = re.compile(rf"^({ID}:[ \t]*[\"']?)({UUID_PATTERN})".encode(), re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Adoption:
    """A file that takes the id of the row at its place; `before` is None if it had none."""

    entry: FileEntry
    after: Rid

    @property
    def path(self) -> str:
        """The file's path, relative to the content folder."""
        return self.entry.path

    @property
    def before(self) -> Rid | None:
        """The id that it had."""
        return self.entry.id


def adopt(
    studio: Studio, source: DatabaseSource, scope: tuple[str, ...], *, dry_run: bool = False
) -> Sequence[Adoption]:
    """Replace ids that no row has by those of the rows at the same places.

    Files and rows that match by id stay unchanged, and so do files whose record the database once had. A file
    without an id may be a new record: it takes the row's id only if `scope` names it.
    """
    lock = nullcontext() if dry_run else only_one(studio.workspace.state / "lock")
    with lock:
        with studio.comparing(source, remember=False) as (store, compared):
            hold_reachable(studio, store, scope)
            found = [a for a in _Adopting(studio, store, compared, scope).find() if in_scope(a.path, scope)]
        if found and not dry_run:
            studio.documents.write_ids([(a.entry, a.after) for a in found if not a.before])
            with studio.documents.writing():
                _write(studio, [a for a in found if a.before])
        return found


class _Adopting:
    """Walks the tree from the top down, together with the rows."""

    def __init__(self, studio: Studio, store: Store, compared: Compared, scope: tuple[str, ...]) -> None:
        self._scope = scope
        self._memory, self._kinds, self._tree = studio.memory, studio.kinds, store.tree
        self._ledger = compared.ledger
        self._rows: dict[str, Rid] = {}
        """The row id of each record with children, by the path of its file."""
        repeated = self._memory.repeated_ids()
        self._repeated = {path for _, paths in repeated for path in paths}

    def find(self) -> Iterator[Adoption]:
        for kind in self._kinds:
            if kind.identified:
                yield from self._of_kind(kind)

    def _of_kind(self, kind: Kind) -> Iterator[Adoption]:
        entries = self._memory.files_where("kind = ? AND digests IS NOT NULL", kind.name)
        carried = {e.id for e in entries if e.id}
        known = self._tree.present_ids(kind, carried)
        entered = self._ledger.latest(carried - known)
        above = {self._rows[e.parent] for e in entries if e.parent in self._rows}
        places = self._tree.rows_below(kind, above)
        for entry in entries:
            if entry.id in known:
                self._rows[entry.path] = entry.id
                continue
            parent = self._rows.get(entry.parent) if entry.parent else ""
            row = places.get((parent, entry.slot)) if parent is not None else None
            if row is None or row in carried or entry.path in self._repeated:
                continue
            named = bool(self._scope) and in_scope(entry.path, self._scope)
            if (entry.id and entry.id not in entered) or (not entry.id and named):
                self._rows[entry.path] = row
                yield Adoption(entry, row)


def _write(studio: Studio, adoptions: Sequence[Adoption]) -> None:
    content, prefix = studio.workspace.content, studio.workspace.prefix
    writer = FileWriter(content, prefix, sync_each=len(adoptions) <= SYNC_EACH_UP_TO)
    for adoption in adoptions:
        before = read_content(content, adoption.path)
        line = _LINE.search(before)
        if line is None or line[2].decode().lower() != adoption.before:
            shown = prefix + adoption.path
            raise RefusedError(f"{shown} has changed meanwhile", "run the command again")
        after = before[: line.start(2)] + adoption.after.encode() + before[line.end(2) :]
        writer.replace(adoption.path, before, after)
    writer.settle()
