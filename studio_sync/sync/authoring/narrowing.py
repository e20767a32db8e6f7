"""Narrowing a command to a scope: from typed paths, numbers, names or keys to content paths."""

from contextlib import closing
from pathlib import Path

from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.layout import Layout, TreeSpot, with_below
from studio_sync.core.values.nearest import did_you_mean
from studio_sync.errors import UsageError
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.outline import Outline, folder_of, name_of_folder
from studio_sync.files.tree.walking.listing import SUFFIXES
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.authoring.finding import Finder, called, without_place


class Narrowing:
    """Resolves each argument that a person gave to a command."""

    def __init__(self, workspace: Workspace, kinds: Kinds, here: Path) -> None:
        self._workspace, self._here = workspace, here
        self._outline = Outline(workspace.content, Layout(kinds))
        self._finder = Finder(workspace, self._outline, here)

    def scope(
        self, given: tuple[str, ...], *, missing_ok: bool, must_exist: bool = False, whole: bool = False
    ) -> tuple[str, ...]:
        """Paths relative to the content folder. A missing one counts as a path if `missing_ok`.

        A path in the memory was deleted, and is no typing error. `must_exist`: so must a number or name.
        With `whole` the deleted own file of a folder takes everything below along. Raises UsageError.
        """
        found = (self._one(word, missing_ok=missing_ok, must_exist=must_exist) for word in given)
        return tuple(map(self._whole, found) if whole else found)

    def file(self, word: str) -> str:
        """The path of one record's file, relative to the content folder; a folder means its own file.

        It need not exist. Raises UsageError for a number or name that no record has.
        """
        path = self._one(word, missing_ok=True, must_exist=True)
        spot = None if path.endswith(SUFFIXES) else self._outline.at(path)
        return path if spot is None else spot.path

    def _one(self, word: str, *, missing_ok: bool, must_exist: bool) -> str:
        for path in (word, without_place(word)):
            for start in (self._here, self._workspace.root):
                if path and (start / path).exists():
                    return self._workspace.scope((path,), start, missing_ok=missing_ok)[0]
        spot = None if word.startswith((".", "/")) else self._finder.found(word)
        if spot is not None:
            return folder_of(spot)
        if not must_exist and (gone := self._deleted(word)):
            return gone
        if must_exist and "/" not in word and not word.endswith(SUFFIXES):
            raise self._nothing(word)
        try:
            path = self._workspace.scope((word,), self._here, missing_ok=True)[0]
        except UsageError:
            if "/" in word or word.startswith("."):
                raise
            raise self._nothing(word) from None
        if not missing_ok and not self._was_there(path):
            if "/" not in word:  # from the root it would be outside the content folder
                raise self._nothing(word)
            self._workspace.scope((word,), self._here)
        return path

    def _whole(self, path: str) -> str:
        there = (self._workspace.content / path).exists()
        return path if there else with_below(path, self._outline.layout.own_files)

    def _was_there(self, path: str) -> bool:
        """Whether the memory has a record at or below a path."""
        if not self._workspace.state.exists():
            return False
        with closing(Memory.open(self._workspace.state)) as memory:
            return memory.remembers(path)

    def _deleted(self, word: str) -> str:
        """The path of the only record in the memory that was called so, and whose file is deleted; or ""."""
        if word.startswith((".", "/")) or not self._workspace.state.exists():
            return ""
        memory = Memory.open(self._workspace.state)
        try:
            paths = memory.remembered_paths()
        finally:
            memory.close()
        layout, content = self._outline.layout, self._workspace.content
        found = [
            spot
            for path in paths
            if (spot := layout.spot(path)) is not None
            and ((called(spot, word) and spot.kind.slot is not None) or self._key(spot) == word.strip("/"))
            and not (content / path).exists()
        ]
        return folder_of(found[0]) if len(found) == 1 else ""

    def _key(self, spot: TreeSpot) -> str:
        above = self._outline.layout.spot(spot.parent) if spot.parent else None
        return (f"{self._key(above)}/" if above else "") + (spot.slot or spot.kind.name)

    def _nothing(self, word: str) -> UsageError:
        spots = list(self._outline.below(""))
        known = [*(s.slot for s in spots if s.kind.folder), *map(name_of_folder, spots)]
        hint = did_you_mean(word, known) or "give a path, or the number, name or key of a record"
        return UsageError(f"there is no {word} here", hint)
