"""Reconcile base, local and remote of a record, field by field: every command is a view of the result."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.record import PARENT, Rid, Version, field_digests, known_digests
from studio_sync.core.values.value import ABSENT, digest


class Standing(StrEnum):
    """How a field or record compares on both sides, from least to most grave."""

    AGREED = "agreed"
    AHEAD = "ahead"
    BEHIND = "behind"
    DIVERGED = "diverged"
    CONFLICT = "conflict"

    @property
    def gravity(self) -> int:
        """The place in the order of gravity, 0 for agreed."""
        return _GRAVITY[self]


_GRAVITY = {s: i for i, s in enumerate(Standing)}


class Action(StrEnum):
    """What a delta does to the side that is behind."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NONE = "none"


_NO_FIELDS: Mapping[str, Standing] = MappingProxyType({})
"""One for all: a tree of 150,000 new records would have as many empty dictionaries."""


@dataclass(frozen=True, slots=True)
class Delta:
    """The three versions of one record, and the result of comparing them.

    `fields`: the standing of each field that differs on some side; empty where the whole record is created
    or deleted. `action`: what to do to the database if the record is ahead, to the files if it is behind.
    `crossing`: the status and all content that differs, where one side's step in status meets the other
    side's change of content; that is one decision, and nothing of it merges. `undecided`: the fields of
    which nobody can tell whether a person typed them or git restored them. `outdated`: the record was
    deleted in the database, and its file is older than its last version there, which is `base`.
    """

    kind: Kind
    rid: Rid
    base: Version | None
    local: Version | None
    remote: Version | None
    fields: Mapping[str, Standing]
    standing: Standing
    action: Action
    crossing: tuple[str, ...] = ()
    undecided: frozenset[str] = frozenset()
    outdated: bool = False

    @property
    def some(self) -> Version:
        """The first version that exists: local, then remote, then base."""
        found = self.local or self.remote or self.base
        if found is None:
            raise ValueError(f"nothing is known of {self.rid}")
        return found

    @property
    def is_ahead(self) -> bool:
        """Whether a push would send something of it."""
        return self.standing is Standing.AHEAD or Standing.AHEAD in self.fields.values()

    def having(self, standing: Standing) -> tuple[str, ...]:
        """The names of the fields with this standing."""
        if not self.fields:  # as for every record that is created or deleted
            return ()
        return tuple(name for name, s in self.fields.items() if s is standing)


def stand(base: object, local: object, remote: object) -> Standing:
    """The standing of one field; `base` is None where there is no known version.

    Laws: equal sides agree whatever the base is; swapping local and remote swaps ahead and behind; a
    difference that can't be attributed to one side alone is a conflict.
    """
    # C1: equal sides agree, whatever the base is.
    if local == remote:
        return Standing.AGREED
    # C2: a field moves one way only if the other side still equals the base; without a base, neither.
    if base is None:
        return Standing.CONFLICT
    if local == base:
        return Standing.BEHIND
    if remote == base:
        return Standing.AHEAD
    return Standing.CONFLICT


def reconcile(
    kind: Kind,
    base: Version | None,
    local: Version | None,
    remote: Version | None,
    *,
    wanted: Iterable[str] = (),
    known: bool = False,
) -> Delta:
    """Compare the three versions of one record.

    `wanted`: loose fields that a file should state now and doesn't; they are behind. A loose field that a
    file omits, and that isn't wanted, agrees with any row. `known`: the database once had the record,
    even without a known version: a missing row was then deleted.
    """
    some = local or remote or base
    if some is None:
        raise ValueError("a record must be known to some side")
    if local is None or remote is None:
        standing, action = _whole(kind, base, local, remote, wanted, known=known)
        return Delta(kind, some.rid, base, local, remote, _NO_FIELDS, standing, action)
    b, mine, theirs = known_digests(kind, base), field_digests(kind, local), field_digests(kind, remote)
    fields: dict[str, Standing] = {}
    for name, value in mine.items():
        if value == ABSENT:
            standing = Standing.BEHIND if name in wanted else Standing.AGREED
        else:
            standing = stand(b.get(name), value, theirs[name])
        if standing is not Standing.AGREED:
            fields[name] = standing
    fields, crossing = _joined(kind, b, mine, theirs, fields)
    action = Action.UPDATE if fields else Action.NONE
    return Delta(kind, some.rid, base, local, remote, fields, gravest(fields), action, crossing)


def agree(kind: Kind, local: Version, remote: Version, wanted: Iterable[str] = ()) -> bool:
    """Whether both sides are equal, whatever the base is; omitted loose fields that aren't wanted count."""
    theirs = field_digests(kind, remote)
    return all(
        value == theirs[name] or (value == ABSENT and name not in wanted)
        for name, value in field_digests(kind, local).items()
    )


def gravest(fields: Mapping[str, Standing]) -> Standing:
    """The gravest standing of a record's fields."""
    return max(fields.values(), key=lambda s: s.gravity, default=Standing.AGREED)


def with_merges(delta: Delta, merges: Mapping[str, bytes]) -> Delta:
    """The delta after merging fields that both sides changed; `merges` gives the digests of the results.

    A result equal to the file's value is ahead, one equal to the row's value is behind, any other has
    diverged.
    """
    if delta.local is None or delta.remote is None:
        return delta
    kind, b = delta.kind, known_digests(delta.kind, delta.base)
    mine, theirs = field_digests(kind, delta.local), field_digests(kind, delta.remote)
    # The standings before any field was joined with others.
    fields = {
        name: standing if mine[name] == ABSENT else stand(b.get(name), mine[name], theirs[name])
        for name, standing in delta.fields.items()
    }
    for name, merged in merges.items():
        if fields.get(name) is Standing.CONFLICT:
            fields[name] = judged(merged, mine[name], theirs[name])
    fields, crossing = _joined(kind, b, mine, theirs, fields)
    return replace(delta, fields=fields, standing=gravest(fields), crossing=crossing)


def judged(merged: object, local: object, remote: object) -> Standing:
    """The standing of a field that merges to `merged`."""
    if merged == local:
        return Standing.AHEAD
    return Standing.BEHIND if merged == remote else Standing.DIVERGED


_HERE = (Standing.AHEAD, Standing.DIVERGED, Standing.CONFLICT)
"""The standings of what the file changed."""
UNREAD = (Standing.BEHIND, Standing.DIVERGED, Standing.CONFLICT)
"""The standings in which the row has something that the file has not."""
"""The standings of what the database changed."""

_Parts: TypeAlias = Mapping[str, str | bytes]


def place_names(kind: Kind, local: _Parts) -> tuple[str, ...]:
    """The fields that make up a record's place: the parent, the slot, and the order if a file states it.

    A file that omits the order has no opinion on it.
    """
    if not kind.identified:
        return ()
    order = kind.order.name if kind.order else ""
    names = (PARENT, kind.slot_column, order if local.get(order) != ABSENT else "")
    return tuple(name for name in names if name)


def _joined(
    kind: Kind, base: _Parts, local: _Parts, remote: _Parts, fields: dict[str, Standing]
) -> tuple[dict[str, Standing], tuple[str, ...]]:
    """The standings after joining fields that are decided together; also the fields of a crossing."""
    place = [name for name in place_names(kind, local) if name in fields]
    standings = {fields[name] for name in place}
    # C3: a place moves whole: one side moved the record, or both did; never each by a half of it.
    if standings.intersection(_HERE) and standings.intersection(UNREAD):
        fields = fields | dict.fromkeys(place, Standing.CONFLICT)
    contents = [f.name for f in kind.fields if f.name != STATUS and not f.loose and f.name in fields]
    # C4: a step in status never merges with the other side's change of content: a clean merge would
    # approve words that nobody read. The status and all content that differs are one conflict.
    if not _crosses(kind, base, local, remote, {fields[name] for name in contents}):
        return fields, ()
    together = [name for name in (STATUS, *contents) if name in fields]
    return fields | dict.fromkeys(together, Standing.CONFLICT), (STATUS, *contents)


def _crosses(
    kind: Kind, base: _Parts, local: _Parts, remote: _Parts, contents: AbstractSet[Standing]
) -> bool:
    """Whether one side moved the status forward while the other side changed the content.

    If both took the same step, it crosses only if both changed content: otherwise the result is what one
    of them approved. Without a known status, two different ones count as a step.
    """
    if not kind.flow or not contents:
        return False
    before, mine, theirs = base.get(STATUS), local[STATUS], remote[STATUS]
    here, there = not contents.isdisjoint(_HERE), not contents.isdisjoint(UNREAD)
    if before is None:
        return mine != theirs
    if mine == theirs:
        return _forward(kind, before, mine) and here and there
    return (_forward(kind, before, mine) and there) or (_forward(kind, before, theirs) and here)


def _forward(kind: Kind, before: str | bytes, after: str | bytes) -> bool:
    """Whether a status, given as digest, moved forward in the kind's flow."""
    places = {digest(status): i for i, status in enumerate(kind.flow)}
    old, new = (places.get(d) if isinstance(d, bytes) else None for d in (before, after))
    return old is not None and new is not None and new > old


def _whole(
    kind: Kind,
    base: Version | None,
    local: Version | None,
    remote: Version | None,
    wanted: Iterable[str],
    *,
    known: bool,
) -> tuple[Standing, Action]:
    """The standing of a record that exists on one side only, or on none; `wanted` as in `reconcile`."""
    there = local or remote
    if there is None:
        return Standing.AGREED, Action.NONE
    if base is None:
        # C5: a deleted row is created again only by a decision.
        if local and known:
            return Standing.CONFLICT, Action.DELETE
        return (Standing.AHEAD if local else Standing.BEHIND), Action.CREATE
    # C6: a deletion reaches the other side only if nothing changed there since the base. A push gives the
    # siblings of what it moves other order values: those of rows in the order of their numbers say nothing.
    order = kind.order.name if kind.order and local is None else ""
    if not unchanged(kind, base, there, order if order not in wanted else ""):
        return Standing.CONFLICT, Action.DELETE
    return (Standing.BEHIND if local else Standing.AHEAD), Action.DELETE


def unchanged(kind: Kind, base: Version, version: Version, apart_from: str = "") -> bool:
    """Whether a version equals the base in every other field; omitted loose fields count as equal."""
    old, new = field_digests(kind, base), field_digests(kind, version)
    return all(
        name == apart_from or new[name] == value or ABSENT in (value, new[name])
        for name, value in old.items()
    )
