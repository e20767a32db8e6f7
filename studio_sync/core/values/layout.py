"""Layout of the tree: which record a path belongs to, by the declarations of kinds alone."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from posixpath import basename, dirname, splitext
from shlex import quote

from studio_sync.core.values.kind import Kind, Kinds, Naming
from studio_sync.core.values.names import name_of, slot_of
from studio_sync.core.values.phrases import a


@dataclass(frozen=True, slots=True)
class TreeSpot:
    """A record's place in the tree.

    `path` is its file's, `parent` that of its parent's own file ("" at the top), relative to the content
    folder. `fault` is the reason, in words, why the path spells no slot, or empty.
    """

    kind: Kind
    path: str
    parent: str
    slot: str
    fault: str = ""


class Layout:
    """The layout of the content tree for a set of kinds."""

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        self._folders: dict[str, Kind] = {}
        self._files: dict[str, dict[str, Kind]] = {}
        self._slotted: dict[str, dict[tuple[str, str], Kind]] = {}
        self._reserved: dict[str, frozenset[str]] = {}
        for above in ("", *(k.name for k in kinds)):
            files: dict[str, Kind] = {}
            slotted: dict[tuple[str, str], Kind] = {}
            for kind in kinds.children(above):
                if kind.folder:
                    if above in self._folders:
                        raise ValueError(f"two kinds of folders below {above or 'the top'}")
                    self._folders[above] = kind
                elif kind.slot:
                    slotted[dirname(kind.file), splitext(kind.file)[1]] = kind
                else:
                    files[kind.file] = kind
                if kind.parent and not kinds[kind.parent].identified:
                    raise ValueError(f"{a(kind.parent)} has no id by which {a(kind.name)} could find it")
            self._files[above], self._slotted[above] = files, slotted
            own = [kinds[above].file] if above and kinds[above].folder else []
            names = [*own, *files, *(folder for folder, _ in slotted if folder)]
            self._reserved[above] = frozenset(name.casefold() for name in names)
        self._known: dict[str, tuple[Kind, str, str, str]] = {}
        self._deepest = max(map(self._depth, kinds), default=0)

    def _depth(self, kind: Kind) -> int:
        """How many folders are above a file of `kind`."""
        above = self._depth(self.kinds[kind.parent]) if kind.parent else 0
        return above + (1 if kind.folder else kind.file.count("/"))

    def reserved(self, kind: Kind) -> frozenset[str]:
        """Names, in lower case, that no folder of `kind` may have: they have another meaning there."""
        return self._reserved[kind.parent]

    def _folder(self, folder: str) -> tuple[Kind, str, str, str] | None:
        """A record's folder parsed: kind, own file, parent's own file, slot or fault."""
        known = self._known.get(folder)
        if known is not None:
            return known
        above, _, name = folder.rpartition("/")
        parent_kind, parent_file = "", ""
        if above:
            parent = self._folder(above)
            if parent is None:
                return None
            parent_kind, parent_file = parent[0].name, parent[1]
        kind = self._folders.get(parent_kind)
        if kind is None or kind.slot is None or name.casefold() in self.reserved(kind):
            return None
        try:
            slot = slot_of(kind.slot, name)
        except ValueError as error:
            slot = f"\0{error}"
        self._known[folder] = found = (kind, f"{folder}/{kind.file}", parent_file, slot)
        return found

    def spot(self, path: str) -> TreeSpot | None:
        """The place at `path` (relative to the content folder), None if no record has it."""
        if path.count("/") > self._deepest:
            return None
        folder, _, name = path.rpartition("/")
        here = self._folder(folder) if folder else None
        if here is not None:
            kind, own, parent, slot = here
            if name == kind.file:
                return _spot(kind, path, parent, slot)
            child = self._files[kind.name].get(name)
            if child is not None:
                return TreeSpot(child, path, own, "")
        above, _, inner = folder.rpartition("/")
        stem, suffix = splitext(name)
        below = self._folder(above) if above else None
        if below is not None:
            child = self._slotted[below[0].name].get((inner, suffix))
            if child is not None and child.slot is not None:
                try:
                    return TreeSpot(child, path, below[1], slot_of(child.slot, stem))
                except ValueError as error:
                    return TreeSpot(child, path, below[1], "", str(error))
        return None

    def path(self, kind: Kind, parent: str, slot: str, title: str = "") -> str:
        """The path of a new record's file, below the parent with the own file `parent`."""
        folder, slash, _ = parent.rpartition("/")
        prefix = folder + slash
        if kind.slot is None:
            return prefix + kind.file
        name = name_of(kind, slot, title, reserved=self.reserved(kind))
        if kind.slot.naming is Naming.FILE:
            return prefix + kind.file.replace("*", name)
        return f"{prefix}{name}/{kind.file}"

    @cached_property
    def own_files(self) -> frozenset[str]:
        """The names of the files that make a folder a record's."""
        return frozenset(k.file for k in self.kinds if k.folder)


def _spot(kind: Kind, path: str, parent: str, slot: str) -> TreeSpot:
    if slot.startswith("\0"):
        return TreeSpot(kind, path, parent, "", slot[1:])
    return TreeSpot(kind, path, parent, slot)


def whole_path(kind: Kind, path: str) -> str:
    """The path of a record with everything below it, given its file's: its folder, if it has one."""
    return dirname(path) if kind.folder else path


def with_below(path: str, own_files: Collection[str]) -> str:
    """A path with everything below it: the folder that it is the own file of, or else itself."""
    return dirname(path) if basename(path) in own_files else path


UNKNOWN_KEY = "(unknown)"
"""The key of a record of which nothing but the id is known: an id alone says nothing to people."""


def renaming(kind: Kind, whole: str) -> str:
    """The command that gives the record with this whole path another number or name, which people choose."""
    word = kind.slot.column.upper() if kind.slot else "FOLDER"
    return f"studio mv {quote(whole)} {word}"


def key_of(kind: Kind, above: str, slot: str) -> str:
    """The natural key of a record below the one with the key `above`, for people and JSON."""
    prefix = f"{above}/" if above else ""
    if kind.slot is None:
        return prefix + kind.name
    if kind.slot.naming is Naming.FILE:
        return f"{prefix}{dirname(kind.file)}/{slot}"
    return prefix + slot
