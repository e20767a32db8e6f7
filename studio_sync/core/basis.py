"""Which version of a record a tree stands on: one function over history, ledger, notes, memory and file.

The history and the ledger are what a fresh clone knows, too. The memory of a workspace knows more, of its
own pulls and pushes, and holds while git has not rewritten the file. It never guesses: where a memory and
the history disagree on a file that git may have rewritten, the history is right, for it makes the file
behind, and not ahead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from studio_sync.core.kind import Kind
from studio_sync.core.record import Version, parts, seen_parts
from studio_sync.core.seen import NOTHING, Places, Story, assembled, newest, step


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What a record stands on. `base` has marks where nothing was seen, and is None where nothing was at all.

    `places` are the numbers of the versions that the fields stand on. `known`: the database had the
    record once, and this tree has not seen that it was deleted. `remembered`: the memory was trusted.
    """

    base: Version | None = None
    places: Places = field(default_factory=dict)
    known: bool = False
    remembered: bool = False


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a workspace remembers that a record stands on.

    `version` is None where it was seen to be deleted on both sides. `held` are the digests of the file that
    stood on it, None where it said the same. `epoch` counts how often git had moved by then so that it may
    have rewritten files.
    """

    version: Version | None
    places: Places = field(default_factory=dict)
    held: bytes | None = None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Tip:
    """A commit that the working tree goes on from: what it has seen of a record, and what its file said."""

    seen: Places
    content: Version | None


@dataclass(frozen=True, slots=True)
class History:
    """What git knows of one record. `epoch` is the present one.

    `taken_back` tells whether git may have put the file back without moving: it says what HEAD says, and
    no commit made it so since the memory was written. `moved`: HEAD isn't where it was then, or a merge
    is under way. `tips` gives HEAD first, and the commits that are being merged into it.
    """

    epoch: int
    moved: bool
    taken_back: Callable[[], bool]
    tips: Callable[[], Sequence[Tip]]


def basis(
    kind: Kind,
    story: Story | None,
    local: Version | None,
    remote: Version | None,
    memory: Remembered | None,
    history: History | None,
) -> Standpoint:
    """What a record stands on; `history` is None without git, `story` where the ledger knows nothing."""
    trusted = memory is not None and _holds(kind, local, memory, history)
    if memory is not None and memory.version is None:
        # It was seen to be gone: a file that is there again was made anew, unless git brought it back.
        if trusted and story is not None and local is not None and remote is None:
            return Standpoint(None, story.everywhere(story.latest), remembered=True)
        memory, trusted = None, False
    if memory is not None and memory.version is not None and trusted:
        if story is None or history is None or not history.moved:
            return Standpoint(memory.version, memory.places, known=True, remembered=True)
        return _newer(kind, story, memory, memory.version, _seen(story, local, history))
    if story is None:
        return Standpoint(known=memory is not None)
    seen = _seen(story, local, history)
    return Standpoint(story.base(seen), seen, known=not _deleted(story, seen))


def _seen(story: Story, local: Version | None, history: History | None) -> Places:
    """What history and the working tree have seen of a record; the file is one more step."""
    if history is None:
        return NOTHING
    tips = history.tips()
    return step(story, newest(t.seen for t in tips), [t.content for t in tips], local)


def _holds(kind: Kind, local: Version | None, memory: Remembered, history: History | None) -> bool:
    """Whether what is remembered of a record still speaks of the file that is there now."""
    if history is None:
        return True
    said = memory.held if memory.held or memory.version is None else memory.version.digests
    if local is not None and said and _same(kind, local.digests, said):
        return True
    return memory.epoch == history.epoch and not history.taken_back()


def _same(kind: Kind, one: bytes, other: bytes) -> bool:
    told, said = (parts(kind, Version("", kind.name, "", "", data)) for data in (one, other))
    return told == said


def _deleted(story: Story, seen: Places) -> bool:
    return bool(seen) and story.versions.get(max(seen.values()), 0) is None


def _newer(kind: Kind, story: Story, memory: Remembered, version: Version, seen: Places) -> Standpoint:
    """Per field the newer of what is remembered and of what history has seen; in doubt the memory."""
    newer = {name: n for name, n in seen.items() if n > memory.places.get(name, -1)}
    if newer and _deleted(story, newer):
        return Standpoint(None, newer, remembered=True)
    found = story.base(newer) if newer else None
    if found is None:
        return Standpoint(version, memory.places, known=True, remembered=True)
    told = seen_parts(kind, found)
    values = {**seen_parts(kind, version), **{name: told[name] for name in newer if name in told}}
    base = assembled(kind, version.rid, values, version)
    return Standpoint(base, {**memory.places, **newer}, known=True, remembered=True)
