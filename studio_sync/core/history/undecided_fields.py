"""The fields of a file of which nobody can tell whether a person typed them or git restored them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from studio_sync.core.plan.reconcile import agree
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Version, field_digests
from studio_sync.core.values.value import ABSENT


@dataclass(frozen=True, slots=True)
class FileStates:
    """One file now, when the memory was written, in HEAD, and in the commit that was HEAD then.

    None where it didn't exist.
    """

    local: Version | None
    remembered: Version | None
    head: Version | None
    before: Version | None


def undecided_fields(
    kind: Kind,
    file: FileStates,
    *,
    typed: bool,
    rewritten: bool = False,
    intended: Collection[str] = (),
    committed: Collection[str] = (),
    noted: Collection[str] = (),
) -> frozenset[str]:
    """The fields of which nobody can tell whether a person typed them or git restored them.

    `typed`: the file is newer than git's index; git writes the index after the files that it restores, so a
    person wrote it last. `rewritten`: since then git's index has recorded the file with HEAD's content.
    `intended`: the fields that a command wrote last; `committed`: those that a commit made here changed
    since; `noted`: those of which a push or pull said since that nobody can tell.

    The path of a file counts as a field; a loose field that the file omits was not restored. A deleted file
    is what it was when it was deleted: as HEAD has it, if git had put that back.
    """
    if file.head is None:
        return frozenset()
    states = (file.local, file.remembered, file.head, file.before)
    now, then, at_head, at_old = (field_digests(kind, version) for version in states)
    if file.local is None:
        # B13: what git may have put back before it was deleted is not what is remembered.
        put_back = (n for n, value in at_head.items() if rewritten and value not in (ABSENT, then.get(n)))
        return frozenset((*noted, *put_back))
    changed = {name for name, value in now.items() if value not in (ABSENT, then.get(name))}
    # B6: a field that a commit made here changed is intended, whatever the file contained in between.
    back = {name for name in changed if now[name] == at_head.get(name) == at_old.get(name)}
    if rewritten:
        # B7: an edit in a file that git may have restored since has no known version, unless that restored
        # what is remembered.
        apart = {n for n in changed if then.get(n) != at_head.get(n)}
        doubtful = {n for n in apart if n in back or now[n] != at_head.get(n)}
    # B8: git restores whole files: if a field still has the remembered value, and HEAD has another one, a
    # person made the other edits. A file that equals HEAD, and that a person wrote last, was typed back.
    elif any(now[n] == v != at_head.get(n) for n, v in then.items() if n in now) or (
        typed and agree(kind, file.local, file.head)
    ):
        doubtful = set()
    else:
        doubtful = back
    # B11: what a command that writes called undecided stays so until a command decides it, whatever is typed
    # over it or committed.
    return frozenset((doubtful.difference(committed) | changed.intersection(noted)).difference(intended))


def committed_fields(kind: Kind, before: Version | None, since: Iterable[Version | None]) -> frozenset[str]:
    """The fields in which any of these states of a file differs from the one before them."""
    old = field_digests(kind, before)
    states = [field_digests(kind, version) for version in since if version is not None]
    return frozenset(name for state in states for name in state if state[name] != old.get(name))
