"""The journal of a move, and how far the move got if its run was killed."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice
from pathlib import Path
from posixpath import basename, dirname
from typing import Any

from studio_sync.core.values.bounds import MAX_STATE_FILE
from studio_sync.core.values.numbering import moved
from studio_sync.errors import RefusedError
from studio_sync.files.tree.disk.inside import inside, is_relative
from studio_sync.files.tree.disk.plain_file import read_plain
from studio_sync.files.workspace.draft import Draft, FileEdit

STAGING = ".studio-copying-"
"""Prefix of the name of a folder whose files are not complete yet."""
_IS_STAGING = re.compile(re.escape(STAGING) + r"[0-9]{1,20}")

_KNOWN_BY = 20
"""The number of files by which a folder is recognized. It is the same if any one of them is still in it."""

_Stamp = tuple[int, int, int]
"""Inode, mtime in nanoseconds, size: a rename keeps them, and what git or a person writes anew has others."""


class Reached(Enum):
    """How far a stopped move got, by what stands where now."""

    OLD = auto()
    """Everything is at its old place: nothing was moved yet, or it was put back."""
    HALF = auto()
    """As the run left it: a part is done."""
    NEW = auto()
    """Everything is at its new place."""
    CHANGED = auto()
    """Something else was done with the files since."""


@dataclass(frozen=True, slots=True)
class MoveJournal:
    """A draft, how many of its steps are done, and the stamps of the files of each thing that it moves."""

    draft: Draft
    stamps: Mapping[str, Sequence[_Stamp]]
    done: int = 0

    @property
    def steps(self) -> int:
        """Of these, renames, edits, new files, and the memory's; each is a line in the journal."""
        return len(self.draft.renames) + len(self.draft.edits) + len(self.draft.creates) + 1

    def packed(self) -> str:
        """The first line of the journal."""
        draft = self.draft
        return json.dumps(
            {
                "renames": draft.renames,
                "edits": [(e.path, e.before.decode(), e.after.decode()) for e in draft.edits],
                "creates": {path: data.decode() for path, data in draft.creates.items()},
                "stamps": self.stamps,
            }
        )


@dataclass(frozen=True, slots=True)
class StoppedMove:
    """A stopped move: how far it got, and which of its steps are left."""

    draft: Draft
    reached: Reached
    left: Draft = field(default_factory=Draft)
    memory_lacks_it: bool = False
    standing: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """If something else was done meanwhile: the old and new place of each thing, and where one is now."""


def begun(content: Path, draft: Draft) -> MoveJournal:
    """The journal of a draft of which nothing is done yet."""
    return MoveJournal(draft, {old: [*islice(_stamps(content, old), _KNOWN_BY)] for old, _ in draft.shown})


def read_journal(path: Path) -> MoveJournal | str | None:
    """The journal at `path`, or the folder of half a copy; None without one.

    Raises ValueError if a run was killed before it was written, or studio can't have written it.
    """
    try:
        first, *steps = read_plain(path, MAX_STATE_FILE).decode().split("\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RefusedError(
            f"can't read {path}: {error.strerror}", "remove it; then run the command again"
        ) from None
    return _read(first, len(steps) - 1)


def assess(content: Path, journal: MoveJournal) -> StoppedMove:
    """Compare what the journal says with what stands where. Changes nothing."""
    draft, count = journal.draft, len(journal.draft.renames)
    # The last state first: two things that traded their very names stand in it as in the first one.
    reached = [k for k in range(count, -1, -1) if _stands(content, journal, k)]
    ours = next((k for k in reached if k == 0 or _is_same(content, journal, k)), None)
    if ours is None:
        if count in reached:
            return StoppedMove(draft, Reached.NEW)
        return StoppedMove(draft, Reached.CHANGED, standing=tuple(_standing(content, journal)))
    left = Draft(draft.renames[ours:])
    if ours == count:
        left.edits, left.creates = _unwritten(content, journal)
    begun_at_all = ours > 0 or (not count and _wrote_something(content, draft))
    if not begun_at_all:
        return StoppedMove(draft, Reached.OLD)
    if ours < count:
        left.edits, left.creates = draft.edits, draft.creates
    pending = bool(left.renames or left.edits or left.creates)
    return StoppedMove(
        draft, Reached.HALF if pending else Reached.NEW, left, memory_lacks_it=journal.done < journal.steps
    )


def _after(path: str, journal: MoveJournal, k: int) -> str:
    return moved(path, journal.draft.renames[:k])


def _stands(content: Path, journal: MoveJournal, k: int) -> bool:
    """Whether something is at each place of the state after `k` renames, and nothing at the other places."""
    held = {_after(path, journal, k) for path in journal.stamps}
    places = held | {place for pair in journal.draft.renames for place in pair}
    if k == len(journal.draft.renames):  # a new record may have the very name of one that was moved away
        places -= {p for p in places - held if any(new.startswith(f"{p}/") for new in journal.draft.creates)}
    return all(_is_there(content, place) == (place in held) for place in places)


def _is_same(content: Path, journal: MoveJournal, k: int) -> bool:
    """Whether what is at each place of that state is what the journal says, and not merely called so."""
    written = {e.path: e.after for e in journal.draft.edits} | journal.draft.creates
    for path, stamps in journal.stamps.items():
        place = _after(path, journal, k)
        if not stamps or any(stamp in stamps for stamp in _stamps(content, place)):
            continue
        # Its only files may be those that the move itself edited.
        own = [p for p in written if p == place or p.startswith(f"{place}/")]
        if k < len(journal.draft.renames) or not any(_says(content, p) == written[p] for p in own):
            return False
    return True


def _unwritten(content: Path, journal: MoveJournal) -> tuple[list[FileEdit], dict[str, bytes]]:
    """The edits and new files that are left to write. One that was written and removed since is not."""
    draft = journal.draft
    written = max(0, journal.done - len(draft.renames))
    edits = [edit for edit in draft.edits[written:] if _says(content, edit.path) == edit.before]
    made = max(0, written - len(draft.edits))
    creates = [*draft.creates.items()]
    if not all(_is_there(content, path) for path, _ in creates[:made]):
        return edits, {}
    return edits, {path: data for path, data in creates[made:] if not _is_there(content, path)}


def _wrote_something(content: Path, draft: Draft) -> bool:
    return any(_says(content, e.path) == e.after for e in draft.edits) or any(
        _is_there(content, path) for path in draft.creates
    )


def _standing(content: Path, journal: MoveJournal) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """For each thing where something is now: at its old, a temporary or its new place."""
    for old, new in journal.draft.shown:
        on_the_way = dict.fromkeys(_after(old, journal, k) for k in range(len(journal.draft.renames) + 1))
        yield old, new, tuple(place for place in on_the_way if _is_there(content, place))


def _is_there(content: Path, path: str) -> bool:
    """Whether a folder has this very name, also where the file system takes another case for the same."""
    try:
        return inside(content, path).name in os.listdir(content / dirname(path))
    except (OSError, RefusedError):
        return False


def _says(content: Path, path: str) -> bytes | None:
    try:
        return read_plain(inside(content, path), MAX_STATE_FILE)
    except (OSError, RefusedError):
        return None


def _stamps(content: Path, path: str) -> Iterator[_Stamp]:
    """The stamps of a file, or of the files in a folder; links are not followed."""
    place = inside(content, path)
    in_it = (os.path.join(folder, name) for folder, _, names in os.walk(place) for name in sorted(names))
    for file in in_it if place.is_dir() and not place.is_symlink() else [os.fspath(place)]:
        try:
            found = os.lstat(file)
        except OSError:
            continue
        yield found.st_ino, found.st_mtime_ns, found.st_size


def _read(text: str, done: int) -> MoveJournal | str:
    """Parse a journal's first line: a draft, or the folder of half a copy. Raises ValueError.

    Everything that studio would not write is rejected: other keys, types, or paths that are not normalized
    and relative.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError from None
    match value:
        case {"staging": str(staging), **rest} if not rest:
            if not is_relative(staging) or not _IS_STAGING.fullmatch(basename(staging)):
                raise ValueError(staging)
            return staging
        case {
            "renames": list(renames),
            "edits": list(edits),
            "creates": dict(creates),
            "stamps": dict(stamps),
            **rest,
        } if not rest:
            draft = Draft(
                [_texts(pair, 2, paths=2) for pair in renames],  # type: ignore[misc]
                [
                    FileEdit(path, before.encode(), after.encode())
                    for path, before, after in (_texts(edit, 3, paths=1) for edit in edits)
                ],
                {path: text.encode() for path, text in (_texts(i, 2, paths=1) for i in creates.items())},
            )
            if {old for old, _ in draft.shown} == stamps.keys() and all(map(_are_stamps, stamps.values())):
                return MoveJournal(draft, {p: [(*s,) for s in known] for p, known in stamps.items()}, done)
    raise ValueError(text)


def _are_stamps(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(s, list) and [*map(type, s)] == [int] * 3 for s in value
    )


def _texts(value: Any, count: int, *, paths: int) -> tuple[str, ...]:
    """Parse `count` texts, the first ones being paths inside the content folder. Raises ValueError."""
    if not isinstance(value, list | tuple) or len(value) != count:
        raise ValueError(value)
    if not all(isinstance(text, str) for text in value) or not all(map(is_relative, value[:paths])):
        raise ValueError(value)
    return tuple(value)
