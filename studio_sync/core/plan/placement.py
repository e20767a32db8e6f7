"""Placement: a record's parent on the side that a run writes, before and after the run."""

from dataclasses import dataclass
from enum import Enum, auto

from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.values.record import PARENT, Rid, Version


class Role(Enum):
    """What a run does with a record."""

    PLANNED = auto()
    """It writes the record's change."""
    STUCK = auto()
    """The record is held, in conflict, refused or unreadable; it and everything below it stay."""
    IDLE = auto()
    """The run has nothing to write; a deletion below it is a deletion of its own."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A record's parent on the side that is written: `before` the run, and `after` it if it is planned.

    None where the record does not exist on that side; "" at the top of the tree. `keeps_place`: the run
    writes the record, and leaves it at its place.
    """

    rid: Rid
    before: Rid | None
    after: Rid | None
    role: Role
    keeps_place: bool = False


def in_database(delta: Delta, role: Role) -> Placement:
    """A record's placement in a push."""
    return _placement(delta, role, delta.remote, delta.local, Standing.AHEAD)


def in_files(delta: Delta, role: Role) -> Placement:
    """A record's placement in a pull."""
    return _placement(delta, role, delta.local, delta.remote, Standing.BEHIND)


def _placement(
    delta: Delta, role: Role, written: Version | None, other: Version | None, moving: Standing
) -> Placement:
    """The placement on the side that has `written`, and gets what the `other` has where that is `moving`."""
    before = after = written.parent if written is not None else None
    if role is Role.PLANNED:
        if other is None:
            after = None
        elif written is None or delta.fields.get(PARENT) is moving:
            after = other.parent
    return Placement(delta.rid, before, after, role)
