"""`studio copy`: copies records with new ids at the first status, and remembers their sources."""

import os
from collections.abc import Iterator
from posixpath import dirname

from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.layout import TreeSpot, renaming
from studio_sync.core.values.names import name_of
from studio_sync.core.values.numbering import moved, numbered, renumbered
from studio_sync.core.values.phrases import a
from studio_sync.core.values.record import ID, Rid, digests, rid_of
from studio_sync.errors import RefusedError, UsageError
from studio_sync.files.git.blobs import committed
from studio_sync.files.markdown.markdown_links import retarget
from studio_sync.files.tree.codec import Document, with_keys
from studio_sync.files.tree.outline import folder_of, name_of_folder
from studio_sync.files.tree.walking.listing import SUFFIXES, TEMPORARY
from studio_sync.files.workspace.sources import (
    TranslationSource,
    forget_source,
    source_mark,
    text_of,
    write_sources,
)
from studio_sync.files.yaml.splice.splice import GONE, NewValue
from studio_sync.sync.authoring.authoring_context import AuthoringContext
from studio_sync.sync.authoring.destination import Destination, DestinationRequest
from studio_sync.sync.compare.comparison import new_id

LANGUAGE = "language"
"""The field for a record's language."""


class Copy:
    """Drafts one copy."""

    def __init__(self, context: AuthoringContext, source: str, to: str, language: str = "") -> None:
        """`source` and `to` are as a person typed them."""
        self._context, self._outline = context, context.outline
        self._spot = context.find.record(source)
        kind = self._spot.kind
        if not kind.identified or not kind.parent:
            raise UsageError(
                f"{a(kind.name)} can't be copied by itself",
                "copy the folder of a record that has an id and something above it",
            )
        self._language = language
        self._destination = DestinationRequest(context, self._spot, to).destination()
        self._ids: dict[str, str] = {}
        self._own_ids: dict[str, str] = {}
        self.folder = ""
        """The folder of the copy."""
        self.files: dict[str, bytes] = {}
        """Its files, by their paths inside that folder."""
        self.sources: dict[Rid, TranslationSource] = {}
        """The source of each of its records."""

    def draft(self) -> None:
        """Collect everything to write. Raises UsageError or RefusedError."""
        spot, context = self._spot, self._context
        slot, name = self._place(self._destination)
        parent = dirname(self._destination.parent.path) if self._destination.parent else ""
        self.folder = f"{parent}/{name}".lstrip("/")
        context.check_free(self.folder)
        old = folder_of(spot)
        self._steps = [*context.renumber_children(spot, old, slot), (old, self.folder)]
        known = committed(context.workspace.content, old)
        found = [(path, self._outline.read(path)) for path in self._paths(old)]
        read = {path: self._read(path, data) for path, data in found}
        for path, data in found:
            record = read[path]
            after = data if record is None else self._renewed(*record, data)
            if record is not None:
                self._remember(*record, data, known.get(path, ""))
            if path.lower().endswith(SUFFIXES[0]):
                after = self._relinked(path, after)
            self.files[moved(path, self._steps)[len(self.folder) + 1 :]] = after

    def _read(self, path: str, data: bytes) -> tuple[TreeSpot, Document] | None:
        """A record's file, with its new id; None for a picture or any other file."""
        record = self._context.layout.spot(path)
        if record is None or record.fault:
            return None
        document = self._outline.understood(record, data, self._context.schemas)
        if record.kind.identified:
            if document.id is None:
                raise RefusedError(
                    f"{self._context.workspace.prefix}{path} has no id to remember it by",
                    "`studio validate --fix` writes one",
                )
            self._own_ids[path], self._ids[path] = document.id, new_id()
        return record, document

    def carry_out(self) -> None:
        """Write the copy. Hold the workspace lock."""
        place = self._context.workspace.sources
        write_sources(place, self.sources.values())
        try:
            self._context.mover.place(self.folder, self.files)
        except BaseException:
            forget_source(place, self._ids[self._spot.path])
            raise

    def _place(self, destination: Destination) -> tuple[str, str]:
        """The copy's slot, and its folder's name."""
        spot, context = self._spot, self._context
        taken = {s.slot: s for s in context.siblings(spot.kind, destination.parent)}
        if not numbered(spot.kind):
            slot = destination.slot or spot.slot
            name = destination.name or name_of(spot.kind, slot, reserved=context.layout.reserved(spot.kind))
        else:
            same = destination.slot == spot.slot and destination.parent == self._outline.above(spot)
            typed = "" if same else destination.slot
            slot = typed or context.free_number(spot.kind, destination.parent, taken)
            reserved = context.layout.reserved(spot.kind)
            name = renumbered(spot.kind, destination.name or name_of_folder(spot), slot, reserved=reserved)
        if slot in taken:
            other = context.workspace.prefix + folder_of(taken[slot])
            raise RefusedError(
                f"{slot} is taken there", f"choose another one, or rename that: {renaming(spot.kind, other)}"
            )
        return slot, name

    def _paths(self, folder: str) -> Iterator[str]:
        """Every plain file at or below the source's folder."""
        top = self._context.workspace.content
        for place, inner, names in os.walk(top / folder):
            inner[:] = sorted(n for n in inner if not n.startswith("."))
            for name in sorted(names):
                full = os.path.join(place, name)
                if not name.startswith(TEMPORARY) and os.path.isfile(full) and not os.path.islink(full):
                    yield os.path.relpath(full, top).replace(os.sep, "/")

    def _renewed(self, record: TreeSpot, document: Document, data: bytes) -> bytes:
        """A record's file with a new id, the first status, and the requested language."""
        kind = record.kind
        changes: dict[str, NewValue] = {}
        if kind.identified:
            changes[ID] = self._ids[record.path]
        if kind.flow and document.values[STATUS] != kind.flow[0]:
            changes[STATUS] = kind.flow[0]
        if self._language and LANGUAGE in {f.name for f in kind.fields}:
            changes[LANGUAGE] = self._language
        if record.path == self._spot.path and kind.order and kind.order.name in document.keys:
            changes[kind.order.name] = GONE
        return with_keys(kind, data.decode(), changes).encode()

    def _remember(self, record: TreeSpot, document: Document, data: bytes, blob: str) -> None:
        text = text_of(data, blob)
        mark = source_mark(record.kind, digests(record.kind, document.values))
        copy, source = (self._rid(record, ids) for ids in (self._ids, self._own_ids))
        group = self._ids[self._spot.path]
        self.sources[copy] = TranslationSource(group, copy, source, self._language, mark, text)

    @staticmethod
    def _rid(record: TreeSpot, ids: dict[str, str]) -> Rid:
        return rid_of(record.kind, ids.get(record.path, ""), ids.get(record.parent, ""), record.slot)

    def _relinked(self, path: str, data: bytes) -> bytes:
        """The file with its links adapted: those out of the folder, and those to renamed files."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return data
        return retarget(text, path, moved(path, self._steps), self._target)[0].encode()

    def _target(self, path: str) -> str | None:
        return moved(path, self._steps) if self._outline.has(path) else None
