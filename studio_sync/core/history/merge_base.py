"""The merge base of a record: one function of git's history, ledger, notes, memory and file.

A fresh clone has git's history and the ledger. The workspace's memory adds its own pulls and pushes; it
holds as long as git has not rewritten the file. Nothing is guessed: where memory and history disagree
about a file that git may have rewritten, history wins, because then the file counts as behind and
overwrites nothing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from studio_sync.core.history.known_versions import (
    NOTHING,
    FieldVersions,
    RecordHistory,
    advance_base,
    newest_of_each,
    part_names,
    superseded_by,
)
from studio_sync.core.plan.reconcile import Delta, agree
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Rid, Version, assembled, field_digests, known_digests
from studio_sync.core.values.value import ABSENT


@dataclass(frozen=True, slots=True)
class BaseResolution:
    """The merge base of a record. `base` marks the fields without a known version; None if no field has one.

    `places`: for each field the number of the version in the base. `known`: the database once had the
    record, and this tree doesn't know that it was deleted. `remembered`: the base comes from the memory.
    `undecided`: the fields that equal HEAD again, where nobody can tell whether a person typed them or git
    restored them.
    """

    base: Version | None = None
    places: FieldVersions = field(default_factory=dict)
    known: bool = False
    remembered: bool = False
    undecided: frozenset[str] = frozenset()


_NEW, _KNOWN = BaseResolution(), BaseResolution(known=True)
"""What is found of a record without a history, one for all: each of a first push's records has none."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The merge base of a record as the workspace's memory has it.

    `version`: None if the record was deleted on both sides, or is to be made again. `file_version`: the
    file's content when this was saved; None if equal to `version`.
    """

    version: Version | None
    places: FieldVersions = field(default_factory=dict)
    file_version: Version | None = None


@dataclass(frozen=True, slots=True)
class Tip:
    """A parent of the working tree (HEAD, or a commit being merged): its known versions, and its file."""

    known: FieldVersions
    content: Version | None


@dataclass(frozen=True, slots=True)
class GitEvidence:
    """Git's evidence about one record since the memory was written.

    `broken`: HEAD moved other than by commits made here, or a stash was made or applied, so that git may
    have rewritten any file. `undecided` returns the fields of which nobody can tell whether a person typed
    them or git restored them, see `undecided_fields`; if `broken`, only where a person wrote last. `moved`:
    HEAD is another commit than then, or a merge is under way. `tips` returns HEAD first, then the commits
    being merged into it. `intended` returns the fields that a command wrote last into the file, after
    anything that git did. `committed` returns those that commits made here have changed, where git has only
    put files back since. `noted` returns those that a command that writes has called undecided since.
    """

    broken: bool
    moved: bool
    undecided: Callable[[Version | None], frozenset[str]]
    tips: Callable[[], Sequence[Tip]]
    intended: Callable[[], frozenset[str]]
    committed: Callable[[], frozenset[str]]
    noted: Callable[[], frozenset[str]]


def resolve_base(
    kind: Kind,
    history: RecordHistory | None,
    local: Version | None,
    remote: Version | None,
    memory: Remembered | None,
    evidence: GitEvidence | None,
    replaced: Collection[Version] = (),
) -> BaseResolution:
    """Find a record's merge base; `evidence` is None without git, `history` if the ledger has no version.

    `replaced` are the versions that the last pushes from here replaced; they count where there is no memory.
    """
    remembered = None if memory is None else memory.file_version or memory.version
    found = _resolved(kind, history, local, remote, memory, evidence, replaced)
    if evidence is None or local is None or remembered is None or agree(kind, local, remembered):
        return found
    # B11: what was called undecided stays so until a command decides it, whatever is typed over it or
    # committed, and whatever git does: it may become an old file, and no edit.
    edited = _edits(kind, local, found.base)
    return _without(kind, found, edited.intersection(evidence.noted()).difference(evidence.intended()))


def _edits(kind: Kind, local: Version, base: Version | None) -> frozenset[str]:
    """The fields that differ from a known value in the base."""
    known, now = known_digests(kind, base), field_digests(kind, local)
    return frozenset(name for name, value in known.items() if now[name] not in (ABSENT, value))


def _without(kind: Kind, found: BaseResolution, names: Collection[str]) -> BaseResolution:
    """A merge base in which these fields are undecided."""
    if found.base is None or not names:
        return found
    return replace(
        found,
        base=_part(kind, found.base, known_digests(kind, found.base).keys() - names),
        places={name: number for name, number in found.places.items() if name not in names},
        undecided=found.undecided.union(names),
    )


def _part(kind: Kind, version: Version, names: Collection[str]) -> Version | None:
    """The version with these fields alone known; None if it knows none of them."""
    values = {name: value for name, value in known_digests(kind, version).items() if name in names}
    return assembled(kind, version.rid, values, version) if values else None


def _resolved(
    kind: Kind,
    history: RecordHistory | None,
    local: Version | None,
    remote: Version | None,
    memory: Remembered | None,
    evidence: GitEvidence | None,
    replaced: Collection[Version],
) -> BaseResolution:
    remembered = None if memory is None else memory.file_version or memory.version
    same = local is not None and remembered is not None and agree(kind, local, remembered)
    back: frozenset[str] = frozenset()
    whole, trusted = memory, memory is not None
    if memory is not None and evidence is not None and not same:
        back = evidence.undecided(remembered)
        # B2: behind beats ahead: where git may have written the file, history is right and not the memory.
        if evidence.broken and not back:
            intended = evidence.intended()
            # B10: an old value that a command wrote after git is intended: about that the memory is right.
            old = _as_known(history, local, evidence) if intended else frozenset()
            # B15: what was committed here on what is remembered, git then leaves as it is.
            meant = (intended & old) | evidence.committed()
            memory, trusted = _limited(kind, memory, meant), intended.issuperset(part_names(kind))
    if memory is not None and memory.version is None:
        # B9: what was deleted on both sides and comes back is new, unless git may have restored it.
        if trusted and not back and history is not None and local is not None and remote is None:
            return BaseResolution(None, history.everywhere(history.latest), remembered=True)
        known = not trusted
    elif (
        memory is not None and memory.version is not None and whole is not None and whole.version is not None
    ):
        versions = NOTHING
        if history is not None:
            # A killed push wrote to the ledger and not to the memory; the file may have been edited since.
            then, places = whole.version, whole.places
            if (
                remembered is not None
                and history.numbers_of(remembered)
                and not agree(kind, remembered, then)
            ):
                then, places = remembered, advance_base(history, places, [then], remembered)
            # B12: an edit may say by chance what was decided elsewhere: only notes entered here count.
            moved = places if same else advance_base(history, places, [then], local, by_all=False)
            # B5: a memory says nothing about a field that it did not have.
            versions = {name: n for name, n in moved.items() if name in memory.places}
        # The file may have been deleted in a commit before the row was deleted.
        asked = same and not (history is not None and _deleted(history, versions))
        if history is not None and evidence is not None and (evidence.moved or memory is not whole):
            by_history = _known(history, local, evidence, by_all=memory is not whole)
            versions = newest_of_each((versions, by_history))
        found = _newer(kind, history, memory, memory.version, versions, back, asked=asked)
        return found if memory is whole else replace(found, remembered=False)
    else:
        known = False
    if history is None:
        return _KNOWN if known else _NEW
    versions = _known(history, local, evidence)
    # B16: what a lost push had replaced is what its file was written on; the row may be older again since.
    older = _older_than(replaced, history, versions) if memory is None else ()
    base = history.base({name: n for name, n in versions.items() if name not in older})
    if back and base is not None:
        # Deleted on both sides, and now the file is back as HEAD has it.
        return BaseResolution(None, known=True, undecided=back)
    return BaseResolution(base, versions, known=not _deleted(history, versions))


def _as_known(history: RecordHistory | None, local: Version | None, evidence: GitEvidence) -> frozenset[str]:
    """The fields in which the file equals its merge base by git's history alone."""
    if history is None or local is None:
        return frozenset()
    known = known_digests(history.kind, history.base(_known(history, local, evidence)))
    return frozenset(n for n, value in field_digests(history.kind, local).items() if known.get(n) == value)


def _limited(kind: Kind, memory: Remembered, names: Collection[str]) -> Remembered:
    """The memory of these fields alone."""
    version = memory.version
    if version is None:
        return memory
    limited = _part(kind, version, names)
    known = known_digests(kind, limited)
    places = {name: number for name, number in memory.places.items() if name in known}
    return replace(memory, version=limited, places=places)


def _known(
    history: RecordHistory, local: Version | None, evidence: GitEvidence | None, *, by_all: bool = True
) -> FieldVersions:
    """The known versions of the working tree: those of its parents, advanced by the file's content."""
    if evidence is None:
        return NOTHING
    tips = evidence.tips()
    known, contents = newest_of_each(t.known for t in tips), [t.content for t in tips]
    return advance_base(history, known, contents, local, by_all=by_all)


def _older_than(
    replaced: Iterable[Version], history: RecordHistory, versions: FieldVersions
) -> frozenset[str]:
    """The fields in which one of the `replaced` versions is newer than these, and says something else.

    A restored backup took a push with it, and so the base that this had left; git's history may know only an
    older version than the one that the file was written on.
    """
    known, found = known_digests(history.kind, history.base(versions)), set[str]()
    for version in replaced if known else ():
        number, values = max(history.numbers_of(version), default=0), field_digests(history.kind, version)
        found |= {name for name, n in versions.items() if n < number and known.get(name) != values[name]}
    return frozenset(found)


def superseding_bases(
    deltas: Iterable[Delta],
    histories: Mapping[Rid, RecordHistory],
    resolutions: Mapping[Rid, BaseResolution],
) -> dict[Rid, BaseResolution]:
    """The last versions of deleted rows whose files are older than that, as merge bases."""
    found = {}
    for delta in deltas:
        history = histories.get(delta.rid)
        if history is None or delta.local is None or delta.remote is not None:
            continue
        if number := superseded_by(history, resolutions[delta.rid].places, delta.local):
            found[delta.rid] = BaseResolution(history.last, history.everywhere(number), known=True)
    return found


def _deleted(history: RecordHistory, versions: FieldVersions) -> bool:
    return bool(versions) and history.versions.get(max(versions.values()), 0) is None


def _newer(
    kind: Kind,
    history: RecordHistory | None,
    memory: Remembered,
    version: Version,
    known: FieldVersions,
    undecided: frozenset[str],
    *,
    asked: bool,
) -> BaseResolution:
    """The newer of memory and history, field by field; in doubt the memory.

    `undecided` fields get no base, so that they are a conflict. `asked`: a deletion known from history is
    no reason to create the row again.
    """
    kept = {name: n for name, n in memory.places.items() if name not in undecided}
    # B1: no field of a base moves to an older version.
    newer = {name: n for name, n in known.items() if n > kept.get(name, -1) and name not in undecided}
    if history is not None and newer and not undecided and _deleted(history, newer):
        return BaseResolution(None, newer, known=asked, remembered=True)
    found = history.base(newer) if history is not None and newer else None
    versions = known_digests(kind, found)
    values = {n: v for n, v in known_digests(kind, version).items() if n not in undecided}
    values |= {name: versions[name] for name in newer if name in versions}
    places = {**kept, **{name: n for name, n in newer.items() if name in versions}}
    base = assembled(kind, version.rid, values, version)
    return BaseResolution(base, places, known=True, remembered=True, undecided=undecided)
