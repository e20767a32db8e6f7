"""Which version of a record a tree stands on: one function over history, ledger, notes, memory and file.

The history and the ledger are what a fresh clone knows, too. The memory of a workspace knows more, of its
own pulls and pushes, and holds while git has not rewritten the file. It never guesses: where a memory and
the history disagree on a file that git may have rewritten, the history is right, for it makes the file
behind, and not ahead.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from studio_sync.core.history.known_versions import NOTHING, Places, Story, newest, part_names, step
from studio_sync.core.plan.reconcile import agree
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Version, assembled, parts, seen_parts
from studio_sync.core.values.value import ABSENT


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

    `version` is None where it was seen to be deleted on both sides. `said` is what the file was that stood
    on it; None where it said the same.
    """

    version: Version | None
    places: Places = field(default_factory=dict)
    said: Version | None = None


@dataclass(frozen=True, slots=True)
class Tip:
    """A commit that the working tree goes on from: what it has seen of a record, and what its file said."""

    seen: Places
    content: Version | None


@dataclass(frozen=True, slots=True)
class History:
    """What git knows of one record, and did since it was last remembered.

    `broken`: HEAD has moved otherwise than by commits made here, or a stash was made or applied, so that
    git may have rewritten any file. `taken_back` gives the fields that git may have put back without
    moving, see `put_back`. `moved`: HEAD isn't where it was then, or a merge is under way. `tips` gives
    HEAD first, and the commits that are being merged into it.
    """

    broken: bool
    moved: bool
    taken_back: Callable[[Version | None], frozenset[str]]
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
    said = None if memory is None else memory.said or memory.version
    same = local is not None and said is not None and agree(kind, local, said)
    back: frozenset[str] = frozenset()
    trusted = memory is not None
    if memory is not None and history is not None and not same:
        if history.broken:
            memory, trusted = replace(memory, version=None), False
        else:
            back = history.taken_back(said)
    if memory is not None and memory.version is None:
        # It was seen to be gone: a file that is there again was made anew, unless git brought it back.
        if trusted and not back and story is not None and local is not None and remote is None:
            return Standpoint(None, story.everywhere(story.latest), remembered=True)
        known = not trusted
    elif memory is not None and memory.version is not None:
        seen = NOTHING
        if story is not None:
            # What a killed push sent, and did not remember, is in the ledger; it may have been edited since.
            then, places = memory.version, memory.places
            if said is not None and story.numbers_of(said) and not agree(kind, said, memory.version):
                then, places = said, step(story, places, [memory.version], said)
            moved = step(story, places, [then], local)
            seen = {name: n for name, n in moved.items() if name in memory.places}
        # A commit that deleted the file may have been made before the row was deleted: that is asked.
        asked = same and not (story is not None and _deleted(story, seen))
        if story is not None and history is not None and (back or history.moved):
            seen = _seen(story, local, history) if back else newest((seen, _seen(story, local, history)))
        return _newer(kind, story, memory, memory.version, seen, back, asked=asked)
    else:
        known = False
    if story is None:
        return Standpoint(known=known)
    seen = _seen(story, local, history)
    return Standpoint(story.base(seen), seen, known=not _deleted(story, seen))


def _seen(story: Story, local: Version | None, history: History | None) -> Places:
    """What history and the working tree have seen of a record; the file is one more step."""
    if history is None:
        return NOTHING
    tips = history.tips()
    return step(story, newest(t.seen for t in tips), [t.content for t in tips], local)


def put_back(
    kind: Kind,
    local: Version | None,
    said: Version | None,
    head: Version,
    before: Version | None,
    *,
    rewritten: bool = False,
) -> frozenset[str]:
    """The fields that git may have put back, given several states of one file.

    These are what it says now (`local`, None: it was deleted), what it `said` when the memory was written
    (None: it was not there), what it says in `head`, and what it said where HEAD was then (None: it was
    not there). Where git is known to have `rewritten` the file since, and HEAD says what it said then,
    whatever was edited after that was an edit of HEAD's version. Where a file stands counts as what it says;
    a loose field that it leaves out was not put back.
    """
    if local is None:
        return frozenset(part_names(kind)) if rewritten else frozenset()
    then, at_head, at_old = (parts(kind, version) for version in (said, head, before))
    return frozenset(
        name
        for name, value in parts(kind, local).items()
        if value not in (ABSENT, then.get(name))
        and (rewritten or value == at_head.get(name) == at_old.get(name))
    )


def _deleted(story: Story, seen: Places) -> bool:
    return bool(seen) and story.versions.get(max(seen.values()), 0) is None


def _newer(
    kind: Kind,
    story: Story | None,
    memory: Remembered,
    version: Version,
    seen: Places,
    back: Collection[str],
    *,
    asked: bool,
) -> Standpoint:
    """Per field the newer of what is remembered and of what history has seen; in doubt the memory.

    Of the fields that git may have put `back`, what is remembered is forgotten. `asked`: that history has
    seen a deletion is no reason to make the row again.
    """
    kept = {name: n for name, n in memory.places.items() if name not in back}
    newer = {name: n for name, n in seen.items() if n > kept.get(name, -1)}
    if story is not None and newer and not back and _deleted(story, newer):
        return Standpoint(None, newer, known=asked, remembered=True)
    found = story.base(newer) if story is not None and newer else None
    told = seen_parts(kind, found)
    values = {n: v for n, v in seen_parts(kind, version).items() if n not in back}
    values |= {name: told[name] for name in newer if name in told}
    places = {**kept, **{name: n for name, n in newer.items() if name in told}}
    return Standpoint(assembled(kind, version.rid, values, version), places, known=True, remembered=True)
