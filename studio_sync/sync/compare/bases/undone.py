"""Undone decisions: what one decided counts as unknown once it is undone, also where it was committed."""

from dataclasses import replace

from studio_sync.core.history.merge_base import BaseResolution, Remembered
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import assembled, known_digests
from studio_sync.files.memory.bases import Bases
from studio_sync.files.memory.record_memory import undone_decision


def as_before_decision(
    memory: Bases, db: int, kind: Kind, remembered: Remembered, found: BaseResolution
) -> BaseResolution:
    """The merge base, in which fields that an undo put back stand on what it put back.

    A commit has what was decided, and the next one what was undone: by history alone that is an edit of what
    was decided. A field that has got another base since, by a pull, a push or a decision, is none of these.
    """
    if remembered.version is None or found.base is None:
        return found
    undone = undone_decision(memory, db, remembered.version)
    if undone is None:
        return found
    now, before, decided = (known_digests(kind, version) for version in (remembered.version, *undone))
    put_back = {n for n, value in now.items() if value == before.get(n) != decided.get(n)} - found.undecided
    if not put_back:
        return found
    # B19: what was decided, and undone, is no base, whatever was committed in between.
    values = {**known_digests(kind, found.base), **{name: now[name] for name in put_back}}
    places = {**found.places, **{n: number for n, number in remembered.places.items() if n in put_back}}
    return replace(found, base=assembled(kind, found.base.rid, values, found.base), places=places)
