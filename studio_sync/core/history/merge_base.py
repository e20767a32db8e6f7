"""Which version of a record a tree stands on: one function over history, ledger, notes, memory and file.

The history and the ledger are what a fresh clone knows, too. The memory of a workspace knows more, of its
own pulls and pushes, and holds while git has not rewritten the file. It never guesses: where a memory and
the history disagree on a file that git may have rewritten, the history is right, for it makes the file
behind, and not ahead.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from studio_sync.core.history.known_versions import (
    NOTHING,
    FieldVersions,
    RecordHistory,
    advance_base,
    newest_of_each,
)
from studio_sync.core.plan.reconcile import agree
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Version, assembled, field_digests, seen_parts
from studio_sync.core.values.value import ABSENT


@dataclass(frozen=True, slots=True)
class BaseResolution:
    """What a record stands on. `base` has marks where nothing was seen, and is None where nothing was at all.

    `places` are the numbers of the versions that the fields stand on. `known`: the database had the
    record once, and this tree has not seen that it was deleted. `remembered`: the memory was trusted.
    `undecided` are the fields that say again what HEAD says, and nobody can tell whether a person typed
    that or git put it back.
    """

    base: Version | None = None
    places: FieldVersions = field(default_factory=dict)
    known: bool = False
    remembered: bool = False
    undecided: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a workspace remembers that a record stands on.

    `version` is None where it was seen to be deleted on both sides. `said` is what the file was that stood
    on it; None where it said the same.
    """

    version: Version | None
    places: FieldVersions = field(default_factory=dict)
    said: Version | None = None


@dataclass(frozen=True, slots=True)
class Tip:
    """A commit that the working tree goes on from: what it has seen of a record, and what its file said."""

    seen: FieldVersions
    content: Version | None


@dataclass(frozen=True, slots=True)
class GitEvidence:
    """What git knows of one record, and did since it was last remembered.

    `broken`: HEAD has moved otherwise than by commits made here, or a stash was made or applied, so that
    git may have rewritten any file. `undecided` gives the fields of which nobody can tell whether a person
    typed them or git put them back without moving, see `undecided_fields`. `moved`: HEAD isn't where it was
    then, or a merge is under way. `tips` gives HEAD first, and the commits that are being merged into it.
    """

    broken: bool
    moved: bool
    undecided: Callable[[Version | None], frozenset[str]]
    tips: Callable[[], Sequence[Tip]]


def resolve_base(
    kind: Kind,
    history: RecordHistory | None,
    local: Version | None,
    remote: Version | None,
    memory: Remembered | None,
    evidence: GitEvidence | None,
) -> BaseResolution:
    """What a record stands on; `evidence` is None without git, `history` where the ledger knows nothing."""
    said = None if memory is None else memory.said or memory.version
    same = local is not None and said is not None and agree(kind, local, said)
    back: frozenset[str] = frozenset()
    trusted = memory is not None
    if memory is not None and evidence is not None and not same:
        if evidence.broken:
            memory, trusted = replace(memory, version=None), False
        else:
            back = evidence.undecided(said)
    if memory is not None and memory.version is None:
        # It was seen to be gone: a file that is there again was made anew, unless git may have put it back.
        if trusted and not back and history is not None and local is not None and remote is None:
            return BaseResolution(None, history.everywhere(history.latest), remembered=True)
        known = not trusted
    elif memory is not None and memory.version is not None:
        seen = NOTHING
        if history is not None:
            # What a killed push sent, and did not remember, is in the ledger; it may have been edited since.
            then, places = memory.version, memory.places
            if said is not None and history.numbers_of(said) and not agree(kind, said, memory.version):
                then, places = said, advance_base(history, places, [memory.version], said)
            # A file that says what it said stands where it stood, whatever was decided elsewhere about that.
            moved = places if same else advance_base(history, places, [then], local)
            seen = {name: n for name, n in moved.items() if name in memory.places}
        # A commit that deleted the file may have been made before the row was deleted: that is asked.
        asked = same and not (history is not None and _deleted(history, seen))
        if history is not None and evidence is not None and evidence.moved:
            seen = newest_of_each((seen, _seen(history, local, evidence)))
        return _newer(kind, history, memory, memory.version, seen, back, asked=asked)
    else:
        known = False
    if history is None:
        return BaseResolution(known=known)
    seen = _seen(history, local, evidence)
    base = history.base(seen)
    if back and base is not None:
        # Its deletion was seen on both sides, and now the file is there as HEAD has it.
        return BaseResolution(None, known=True, undecided=back)
    return BaseResolution(base, seen, known=not _deleted(history, seen))


def _seen(history: RecordHistory, local: Version | None, evidence: GitEvidence | None) -> FieldVersions:
    """What history and the working tree have seen of a record; the file is one more step."""
    if evidence is None:
        return NOTHING
    tips = evidence.tips()
    return advance_base(history, newest_of_each(t.seen for t in tips), [t.content for t in tips], local)


def undecided_fields(
    kind: Kind,
    local: Version | None,
    said: Version | None,
    head: Version | None,
    before: Version | None,
    *,
    typed: bool,
    rewritten: bool = False,
    intended: Collection[str] = (),
) -> frozenset[str]:
    """The fields of which nobody can tell whether a person typed them or git put them back.

    Given are several states of one file, None where it was not there: what it says now (`local`), what it
    `said` when the memory was written, what it says in HEAD (`head`), and what it said where HEAD was then
    (`before`). `typed`: the file is younger than git's index, which git writes after the files that it puts
    back; so a person was the last to write it. `rewritten`: git's index has seen it since as HEAD has it.
    `intended` are the fields that a command was the last to write.

    1. git puts back whole files: where a field still says what was remembered, and HEAD doesn't, a person
       made the other edits; unless the index has seen the file as HEAD has it.
    2. A file that says nothing but what HEAD says, and that a person was the last to write, was typed back.
    3. An edit of a file that git may have put back stands on nobody knows which version.
    4. What a commit made here changed is meant, whatever the file said in between.
    5. Where a file stands counts as what it says; a loose field that it leaves out was not put back.
    """
    if local is None or head is None:
        return frozenset()
    now, then, at_head, at_old = (field_digests(kind, version) for version in (local, said, head, before))
    changed = {name for name, value in now.items() if value not in (ABSENT, then.get(name))}
    back = {name for name in changed if now[name] == at_head.get(name) == at_old.get(name)}
    if rewritten:
        doubtful = {n for n in changed if n in back or now[n] != at_head.get(n)}
    elif any(now[n] == v != at_head.get(n) for n, v in then.items() if n in now) or (
        typed and agree(kind, local, head)
    ):
        doubtful = set()
    else:
        doubtful = back
    return frozenset(doubtful.difference(intended))


def _deleted(history: RecordHistory, seen: FieldVersions) -> bool:
    return bool(seen) and history.versions.get(max(seen.values()), 0) is None


def _newer(
    kind: Kind,
    history: RecordHistory | None,
    memory: Remembered,
    version: Version,
    seen: FieldVersions,
    undecided: frozenset[str],
    *,
    asked: bool,
) -> BaseResolution:
    """Per field the newer of what is remembered and of what history has seen; in doubt the memory.

    Nothing is known of the fields that are `undecided`, so that they are a conflict. `asked`: that history
    has seen a deletion is no reason to make the row again.
    """
    kept = {name: n for name, n in memory.places.items() if name not in undecided}
    newer = {name: n for name, n in seen.items() if n > kept.get(name, -1) and name not in undecided}
    if history is not None and newer and not undecided and _deleted(history, newer):
        return BaseResolution(None, newer, known=asked, remembered=True)
    found = history.base(newer) if history is not None and newer else None
    told = seen_parts(kind, found)
    values = {n: v for n, v in seen_parts(kind, version).items() if n not in undecided}
    values |= {name: told[name] for name in newer if name in told}
    places = {**kept, **{name: n for name, n in newer.items() if name in told}}
    base = assembled(kind, version.rid, values, version)
    return BaseResolution(base, places, known=True, remembered=True, undecided=undecided)
