"""The moves that an undo makes: each is planned against the folders as the moves before it leave them."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from posixpath import dirname

from studio_sync.core.values.kind import Kind
from studio_sync.files.tree.outline import Outline
from studio_sync.sync.read.scope import is_inside


class MoveObstacle(Enum):
    """Why a folder is not brought back."""

    GONE = auto()
    """It is not there any more."""
    IN_THE_WAY = auto()
    """Something else has its path."""
    PLACE_TAKEN = auto()
    """Another record has its place, that is its number or slug below its parent, under another path."""


@dataclass(frozen=True, slots=True)
class FolderMove:
    """A folder to move back from `path` to `old`. Paths are relative to the workspace."""

    path: str
    old: str


@dataclass(frozen=True, slots=True)
class HeldFolder:
    """A folder that stays as it is: it is at `path`, and would be brought to `old`.

    `other` is the folder in its way, of that `kind`, `slot` what both want, `waiting` the number of others
    that only wait for this one. In a plan they are where they are once its moves are made.
    """

    path: str
    old: str
    obstacle: MoveObstacle
    other: str = ""
    slot: str = ""
    kind: Kind | None = None
    waiting: int = 0

    @property
    def taken(self) -> str:
        """For people, that its place is taken."""
        waiting = {0: "", 1: " (1 more move waits for this)"}
        wait = waiting.get(self.waiting, f" ({self.waiting:,} more moves wait for this)")
        return f"its place, {self.slot}, is another one's by now: {self.other}{wait}"


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """The moves in their order, and what is held; `missing` are folders that are not made again."""

    moves: Sequence[FolderMove]
    missing: Sequence[str]
    held: Sequence[HeldFolder]


@dataclass(frozen=True, slots=True)
class _Folders:
    """The folders as they are on disk, but for files that are removed, and for the moves made so far."""

    root: Path
    removed: Collection[str]
    moves: tuple[FolderMove, ...] = ()

    def source(self, path: str) -> str | None:
        """The path on disk of what these moves bring to `path`; None if they move it away."""
        for move in reversed(self.moves):
            if is_inside(path, [move.old]):
                path = move.path + path[len(move.old) :]
            elif is_inside(path, [move.path]):
                return None
        return path

    def target(self, path: str, since: int = 0) -> str:
        """Where these moves, from the number `since` on, bring what is at `path`."""
        for move in self.moves[since:]:
            if is_inside(path, [move.path]):
                path = move.old + path[len(move.path) :]
        return path

    def has(self, path: str) -> bool:
        """Whether anything is at `path`."""
        source = self.source(path)
        return source is not None and self._stays(source)

    def inside(self, folder: str) -> Iterator[str]:
        """The paths directly below a folder."""
        source = self.source(folder)
        if source is not None and os.path.isdir(self.root / source):
            there = (f"{source}/{name}" for name in sorted(os.listdir(self.root / source)))
            found = [path for path in there if self._stays(path)]
            yield from (path for path in map(self.target, found) if dirname(path) == folder)

    def _stays(self, source: str) -> bool:
        """Whether it is on disk, and not emptied by the removals."""
        path = os.fspath(self.root / source)
        if not os.path.isdir(path) or os.path.islink(path):
            return source not in self.removed and os.path.lexists(path)
        if not any(is_inside(one, [source]) for one in self.removed):
            return True
        files = (os.path.relpath(f"{top}/{name}", self.root) for top, _, n in os.walk(path) for name in n)
        return any(Path(file).as_posix() not in self.removed for file in files)


@dataclass(frozen=True, slots=True)
class UndoneMoves:
    """Plans which folders an undo may bring back.

    `prefix` is the content folder's, `removed` are the files that the undo removes first. With `over` a place
    may become that of two records.
    """

    root: Path
    prefix: str
    outline: Outline
    removed: Collection[str]
    over: bool

    def plan(self, moves: Sequence[FolderMove], made: Iterable[str]) -> FolderPlan:
        """Which moves can be made; `made` are the files that the undo makes again.

        A held one leaves the folders otherwise than planned, so the others are planned anew without it.
        """
        again, held = self._missing(made), dict[FolderMove, HeldFolder]()
        while True:
            folders, found = _Folders(self.root, self.removed), dict(held)
            for move in moves:
                if move in held:
                    continue
                if obstacle := _obstacle(folders, move):
                    path, other = folders.source(move.path), folders.source(move.old)
                    found[move] = HeldFolder(path or move.path, move.old, obstacle, other or "")
                else:
                    folders = replace(folders, moves=(*folders.moves, move))
            if not self.over and found == held:
                found |= self._taken(folders, [move for move in again if move not in held])
            if found == held:
                grouped = _grouped(list(held.values()))
                ends = [
                    replace(h, path=folders.target(h.path), other=folders.target(h.other)) for h in grouped
                ]
                return FolderPlan(folders.moves, [move.path for move in again if move in held], ends)
            held = found

    def _missing(self, made: Iterable[str]) -> list[FolderMove]:
        """The folders of records that are missing, each as a move from and to where it will be made again."""
        folders = dict.fromkeys(map(dirname, made))
        own = (folder for folder in folders if self._place(folder) is not None)
        return [FolderMove(folder, folder) for folder in own if not os.path.lexists(self.root / folder)]

    def _taken(self, folders: _Folders, made: Iterable[FolderMove]) -> Mapping[FolderMove, HeldFolder]:
        """Those of the brought folders whose place is that of one which was there before."""
        ends = {move: folders.target(move.old, at + 1) for at, move in enumerate(folders.moves)}
        ends |= {move: folders.target(move.old) for move in made}
        found: dict[FolderMove, HeldFolder] = {}
        for move, end in ends.items():
            place = self._place(end)
            beside = (path for path in folders.inside(dirname(end)) if path not in ends.values())
            other = next((path for path in beside if self._place(path) == place), None)
            if place is not None and other is not None:
                path, there = folders.source(end) or end, folders.source(other) or other
                found[move] = HeldFolder(path, end, MoveObstacle.PLACE_TAKEN, there, place[1], place[0])
        return found

    def _place(self, path: str) -> tuple[Kind, str] | None:
        """Kind and slot of the record whose folder this is, None if it is none's."""
        spot = self.outline.at(path.removeprefix(self.prefix)) if path.startswith(self.prefix) else None
        return None if spot is None or spot.fault else (spot.kind, spot.slot)


def _obstacle(folders: _Folders, move: FolderMove) -> MoveObstacle | None:
    if not folders.has(move.path):
        return MoveObstacle.GONE
    return MoveObstacle.IN_THE_WAY if folders.has(move.old) else None


def _grouped(held: Sequence[HeldFolder]) -> list[HeldFolder]:
    """One for each cause: what can't be moved as another one stays is counted there."""
    found: list[HeldFolder] = []
    causes: list[tuple[HeldFolder, int]] = []
    for one in held:
        cause = next((n for first, n in causes if _waits(one, first)), None)
        if cause is None:
            found.append(one)
        else:
            found[cause] = replace(found[cause], waiting=found[cause].waiting + 1)
        causes.append((one, len(found) - 1 if cause is None else cause))
    return found


def _waits(one: HeldFolder, first: HeldFolder) -> bool:
    """Whether a folder only waits for another one, which is in its way, or above it, and stays."""
    if one.obstacle is MoveObstacle.GONE:
        return first.obstacle is not MoveObstacle.GONE and is_inside(one.path, [first.old])
    return one.other == first.path != one.path
