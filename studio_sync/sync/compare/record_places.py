"""Keys and paths of records: where a file is, or where a pull would write it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from posixpath import basename, dirname
from types import MappingProxyType

from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.layout import UNKNOWN_KEY, key_of
from studio_sync.core.values.names import rank
from studio_sync.core.values.numbering import numbered, renumbered
from studio_sync.core.values.record import PARENT, UNKNOWN_PLACE, Rid, Version
from studio_sync.files.memory.entries import Base, FileEntry
from studio_sync.sync.compare.comparison import RowFacts
from studio_sync.sync.compare.sides import ComparisonSides


class RecordPlaces:
    """Finds key and path of any record in a comparison or in the memory."""

    def __init__(
        self,
        sides: ComparisonSides,
        entries: Mapping[Rid, FileEntry],
        facts: Mapping[Rid, RowFacts],
        paths: Mapping[Rid, str],
        former: Callable[[Version], str],
    ) -> None:
        """`former` returns the path that a record's file last had in git, "" if it never had one.

        `paths` are those known already.
        """
        self.layout, self._former, self._ledger = sides.files.layout, former, sides.database.ledger
        self._kinds, self._memory, self._db = sides.kinds, sides.base.memory, sides.base.db
        self._entries, self._facts = entries, facts
        self._versions: dict[Rid, Version] = {}
        self._keys: dict[Rid, str] = {UNKNOWN_PLACE: UNKNOWN_KEY}
        self._paths = dict(paths)
        self.paths = MappingProxyType(self._paths)

    def in_tree_order(self, deltas: Sequence[Delta]) -> list[Delta]:
        """The deltas in tree order; computes the path of each, and finds everything above it."""
        for delta in deltas:
            for version in (delta.base, delta.remote, delta.local):
                if version is not None:
                    self._versions[version.rid] = version
        for delta in deltas:
            if above := self._versions[delta.rid].parent:
                self.key(above)
            self.path(delta.rid)
            if PARENT in delta.fields:
                for version in (delta.base, delta.remote, delta.local):
                    if version is not None:
                        self.key(version.parent)
        kinds = {kind.name: i for i, kind in enumerate(self._kinds)}
        folders = {self._paths[delta.rid].rpartition("/")[0] for delta in deltas}
        ranked = cache(rank)
        order = sorted(folders, key=lambda folder: tuple(map(ranked, folder.split("/"))))
        places = {folder: i for i, folder in enumerate(order)}

        def tree_order(delta: Delta) -> tuple[object, ...]:
            """A folder's own records sort before its subfolders, and numbers by value."""
            folder, _, name = self._paths[delta.rid].rpartition("/")
            return (places[folder], kinds[delta.kind.name], ranked(name))

        return sorted(deltas, key=tree_order)

    def version(self, rid: Rid) -> Version | None:
        """Some version of a record, preferring the local one; None if nothing is known of it."""
        found = self._versions.get(rid)
        if found is None:
            base = self._base(rid)
            if base is not None:
                self._versions[rid] = found = base.version
                self._paths.setdefault(rid, base.path)
        return found

    def _base(self, rid: Rid) -> Base | None:
        return self._memory.base(self._db, rid) if self._any_bases else None

    @cached_property
    def _any_bases(self) -> bool:
        """Whether the memory has bases of this database; it has none before the first push or pull."""
        return self._memory.any_bases(self._db)

    def key(self, rid: Rid) -> str:
        """The natural key of a record, from the top; of one that was deleted, as the ledger last had it."""
        known = self._keys.get(rid)
        if known is not None:
            return known
        version = self.version(rid) or self._entered(rid)
        key = UNKNOWN_KEY
        if version is not None:
            above = self.key(version.parent) if version.parent else ""
            key = key_of(self._kinds[version.kind], above, version.slot)
        self._keys[rid] = key
        return key

    def _entered(self, rid: Rid) -> Version | None:
        """The last version that the ledger has of a record; None if it has none."""
        history = self._ledger.histories([rid]).get(rid)
        return history.last if history is not None else None

    def path(self, rid: Rid) -> str:
        """The path of a record's file, or the path where a pull would write it."""
        known = self._paths.get(rid)
        if known is not None:
            return known
        entry = self._entries.get(rid)
        version = self.version(rid)
        if entry is not None:
            path = entry.path
        elif rid in self._paths:
            path = self._paths[rid]
        elif version is None:
            path = ""
        else:
            above = self.path(version.parent) if version.parent else ""
            path = self._left(rid, version, above)
            if not path:
                facts = self._facts.get(rid)
                title = facts.title if facts else ""
                path = self.layout.path(self._kinds[version.kind], above, version.slot, title)
        self._paths[rid] = path
        return path

    def _left(self, rid: Rid, version: Version, above: str) -> str:
        """The path of a deleted file, or of one with its name where its row belongs; "" if it has none.

        The name tells it, and not the row's title: a row that its token calls unchanged isn't read.
        """
        base = self._base(rid)
        path = base.path if base is not None else self._former(version)
        if not path or (version.parent and not above):
            return path
        spot = self.layout.spot(path)
        if spot is None or (spot.parent, spot.slot) == (above, version.slot):
            return path if spot is not None else ""
        if spot.kind.name != version.kind or not numbered(spot.kind):
            return ""
        name = renumbered(
            spot.kind, basename(dirname(path)), version.slot, reserved=self.layout.reserved(spot.kind)
        )
        return f"{dirname(above)}/{name}/{spot.kind.file}"
