"""Undone decisions: what one decided counts as unknown once it is undone, also where it was committed."""

from dataclasses import replace

from studio_sync.core.history.merge_base import BaseResolution, Remembered
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Rid, assembled, known_digests
from studio_sync.files.memory.bases import Bases
from studio_sync.files.memory.record_memory import undone_decision


def was_made_by_undone(memory: Bases, db: int, rid: Rid) -> bool:
    """Whether an undone decision had made a record's file, of which this tree knew nothing before."""
    undone = undone_decision(memory, db, rid)
    return undone is not None and undone.before is None and undone.decided is not None


def as_before_decision(
    memory: Bases, db: int, kind: Kind, remembered: Remembered, found: BaseResolution
) -> BaseResolution:
    """The merge base, in which fields that an undo put back stand on what it put back.

    A commit has what was decided, and the next one what was undone: by history alone that is an edit of what
    was decided. A field that has got another base since, by a pull, a push or a decision, is none of these.
    """
    version = remembered.version
    undone = undone_decision(memory, db, version.rid) if version is not None else None
    if version is None or undone is None or undone.before is None:
        return found
    now, before = known_digests(kind, version), known_digests(kind, undone.before)
    if undone.decided is None and now == before and not found.known:  # a file made again after its deletion
        return BaseResolution(version, remembered.places, known=True, remembered=True)
    if found.base is None or undone.decided is None:
        return found
    decided = known_digests(kind, undone.decided)
    put_back = {n for n, value in now.items() if value == before.get(n) != decided.get(n)} - found.undecided
    if not put_back:
        return found
    # B19: what was decided, and undone, is no base, whatever was committed in between.
    values = {**known_digests(kind, found.base), **{name: now[name] for name in put_back}}
    places = {**found.places, **{n: number for n, number in remembered.places.items() if n in put_back}}
    return replace(found, base=assembled(kind, found.base.rid, values, found.base), places=places)
