"""Catalogue of all records that the ledger ever had, by current or last known path."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.layout import Layout, key_of
from studio_sync.core.values.record import Rid
from studio_sync.database.store_ledger import StorePast
from studio_sync.files.memory.memory import Memory
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.read.id_line import identity_of
from studio_sync.sync.read.scope import in_scope

if TYPE_CHECKING:
    from studio_sync.database.values.ledger_past import LastKnown


def tops_of(clients: Collection[str] | None, kinds: Kinds, history: StorePast) -> Sequence[str] | None:
    """The top rows that have or had the slugs of these clients; None for all."""
    if clients is None:
        return None
    (top,) = kinds.children("")
    return history.tops(top.name, clients)


class Catalogue:
    """Finds records by path, and paths by record; without a file, the path where a pull would write it."""

    def __init__(self, workspace: Workspace, layout: Layout, memory: Memory, history: StorePast) -> None:
        self._layout, self._kinds, self._history = layout, layout.kinds, history
        files = memory.files_where("kind <> ''")
        by_path = {e.path: e for e in files}
        known = ((identity_of(e, by_path, layout.kinds), e) for e in files)
        self.entries = {rid: e for rid, e in known if rid}
        self.places = {(e.parent, e.kind, e.slot): e.path for e in files}
        """The paths of all files by parent, kind and slot, also of those whose record nobody knows yet."""
        self.held: Mapping[Rid, LastKnown] = history.held(tops_of(workspace.clients, layout.kinds, history))
        self._memory = memory
        self._titles: dict[str, Mapping[Rid, str]] = {}
        self._keys: dict[Rid, str] = {}
        self._paths: dict[Rid, str] = {}

    def kind(self, rid: Rid) -> Kind:
        """The kind of a record in the ledger."""
        return self._kinds[self.held[rid].place.kind]

    def below(self, scope: tuple[str, ...], *, writes: bool = False) -> list[Rid]:
        """The records that are, or last were, at or below these paths; in tree order.

        The path of a file stands for that record alone. A path that no record has stands for its numbers and
        slugs: its folder may have been called otherwise. With `writes` it never stands for a record that has
        a file elsewhere: whoever has the number by now was not named.
        """
        paths = {rid: self.path(rid) for rid in self.held}
        gone = [path for path in scope if not any(in_scope(one, (path,)) for one in paths.values())]
        files = {p: s for p in gone if (s := self._layout.spot(p)) is not None and not s.fault}
        keys = [key for path in gone if path not in files and (key := self._key_at(path))]
        exactly = {(self._key_at(path), spot.kind.name) for path, spot in files.items()}
        found = [
            rid
            for rid in self.held
            if in_scope(paths[rid], scope)
            or (
                not (writes and rid in self.entries)
                and (
                    any(f"{self.key(rid)}/".startswith(f"{key}/") for key in keys)
                    or (self.key(rid), self.held[rid].place.kind) in exactly
                )
            )
        ]
        return sorted(found, key=lambda rid: paths[rid])

    def path(self, rid: Rid) -> str:
        """The path of a record's file, the one that it had, or the path where a pull would write it."""
        if rid not in self._paths:
            entry, held = self.entries.get(rid), self.held.get(rid)
            if entry is not None:
                self._paths[rid] = entry.path
            elif held is None:
                self._paths[rid] = ""
            else:
                kind, place = self._kinds[held.place.kind], held.place
                above = self.path(place.parent) if self._stands_below(held) else ""
                self._paths[rid] = self._lost_at(rid, above, place.slot) or self._layout.path(
                    kind, above, place.slot, self._title(kind, rid)
                )
        return self._paths[rid]

    @cached_property
    def _lost(self) -> Mapping[Rid, str]:
        return self._memory.lost_files()

    def _lost_at(self, rid: Rid, above: str, slot: str) -> str:
        """The path at which a record had its file until it was deleted, if that is its place; or ""."""
        path = self._lost.get(rid, "")
        spot = self._layout.spot(path) if path else None
        return path if spot and (spot.parent, spot.slot) == (above, slot) else ""

    def key(self, rid: Rid) -> str:
        """The natural key of a record, as last in the ledger."""
        if rid not in self._keys:
            held = self.held.get(rid)
            if held is None:
                self._keys[rid] = ""
            else:
                above = self.key(held.place.parent) if self._stands_below(held) else ""
                self._keys[rid] = key_of(self._kinds[held.place.kind], above, held.place.slot)
        return self._keys[rid]

    def _stands_below(self, held: "LastKnown") -> bool:
        """Whether the record's parent in the ledger is of the right kind, so that no chain is a cycle."""
        above = self.held.get(held.place.parent)
        return above is not None and above.place.kind == self._kinds[held.place.kind].parent

    def _title(self, kind: Kind, rid: Rid) -> str:
        if kind.slot is None or not kind.slot.title:
            return ""
        if kind.name not in self._titles:
            missing = [r for r, h in self.held.items() if h.place.kind == kind.name and r not in self.entries]
            self._titles[kind.name] = self._history.titles(kind.slot.title, missing)
        return self._titles[kind.name].get(rid, "")

    def _key_at(self, path: str) -> str:
        """The key of the record that a path spells, whether or not the file exists."""
        names = ("", *(f"/{k.file}" for k in self._kinds if k.folder))
        spot = next((s for name in names if (s := self._layout.spot(path + name)) and not s.fault), None)
        if spot is None:
            return ""
        return key_of(spot.kind, self._key_at(spot.parent) if spot.parent else "", spot.slot)
