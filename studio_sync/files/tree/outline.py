"""Outline of the content folder as it is on disk right now: which record is where."""

import os
from collections.abc import Iterator
from pathlib import Path
from posixpath import basename, dirname

from studio_sync.core.values.bounds import MAX_CONTENT_FILE
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.layout import Layout, TreeSpot, whole_path
from studio_sync.errors import RefusedError, UnavailableError
from studio_sync.files.tree import codec
from studio_sync.files.tree.codec import Document
from studio_sync.files.tree.disk.inside import inside
from studio_sync.files.tree.disk.plain_file import is_plain_file, read_plain, way_out
from studio_sync.files.tree.finding_places import Checker


class Outline:
    """Reads the content folder without caching. Paths are relative to it."""

    def __init__(self, content: Path, layout: Layout) -> None:
        self.content, self.layout = content, layout

    def has(self, path: str) -> bool:
        """Whether something exists at `path`."""
        return os.path.lexists(self.content / path)

    def at(self, path: str) -> TreeSpot | None:
        """The record whose folder or file `path` is; it need not exist."""
        found = self.layout.spot(path)
        if found is not None:
            return found
        for file in sorted(self.layout.own_files):
            inner = self.layout.spot(f"{path}/{file}")
            if inner is not None and inner.kind.folder and inner.kind.file == file:
                return inner
        return None

    def above(self, spot: TreeSpot) -> TreeSpot | None:
        """The parent of the record at `spot`."""
        return self.layout.spot(spot.parent) if spot.parent else None

    def beside(self, kind: Kind, folder: str) -> list[TreeSpot]:
        """The records of `kind` whose parent's folder is `folder` ("" at the top), complete or not."""
        if kind.slot is None:
            return []
        inner, ending = ("", f"/{kind.file}") if kind.folder else (dirname(kind.file), "")
        place = "/".join(filter(None, (folder, inner)))
        found = (self.layout.spot(f"{place}/{n}{ending}".lstrip("/")) for n in self.names(place))
        return [spot for spot in found if spot is not None and spot.kind == kind and not spot.fault]

    def below(self, folder: str) -> Iterator[TreeSpot]:
        """Every record with a file at or below `folder`, parents first, ordered by name."""
        names = self.names(folder)
        for name in names:
            path = f"{folder}/{name}".lstrip("/")
            spot = self.layout.spot(path)
            if spot is not None and not spot.fault and is_plain_file(self.content / path):
                yield spot
        for name in names:
            path = f"{folder}/{name}".lstrip("/")
            if os.path.isdir(self.content / path) and not os.path.islink(self.content / path):
                yield from self.below(path)

    def names(self, folder: str) -> list[str]:
        """The entries of `folder` that are not hidden; none if the folder doesn't exist."""
        try:
            return sorted(n for n in os.listdir(self.content / folder) if not n.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise UnavailableError(f"can't read the folder {folder}: {error.strerror}") from None

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises UnavailableError."""
        try:
            return read_plain(inside(self.content, path), MAX_CONTENT_FILE)
        except OSError as error:
            raise UnavailableError(f"can't read {path}: {error.strerror}", way_out(error)) from None

    def document(self, spot: TreeSpot, checker: Checker) -> tuple[bytes, Document]:
        """A record's file and its document. Raises RefusedError if it can't be parsed."""
        data = self.read(spot.path)
        return data, self.understood(spot, data, checker)

    def understood(self, spot: TreeSpot, data: bytes, checker: Checker) -> Document:
        """The document in the bytes of a record's file. Raises RefusedError if they can't be parsed."""
        document = codec.read_record(spot.kind, spot.slot, spot.path, data, checker).document
        if document is None:
            raise RefusedError(f"{spot.path} can't be read as it is", "`studio validate` lists the problems")
        return document


def folder_of(spot: TreeSpot) -> str:
    """What a move of the record moves: its folder, or its file if it has no folder of its own."""
    return whole_path(spot.kind, spot.path)


def name_of_folder(spot: TreeSpot) -> str:
    """The last part of that path."""
    return basename(folder_of(spot))
