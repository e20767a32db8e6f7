"""The comparison of three sides, field by field: every command is a view of its result."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.record import Rid, Version, parts, seen_parts
from studio_sync.core.values.value import ABSENT, digest


class Standing(StrEnum):
    """How a field or a record stands, from the least grave to the gravest."""

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
    """What a delta would do to the side that is behind it."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    NONE = "none"


@dataclass(frozen=True)
class Delta:
    """One record's three versions and what follows from them.

    `fields` gives the standing of each field that differs on some side; it is empty where a record as a
    whole is created or deleted. `action` is what would be done to the database where the record is
    ahead, to the files where it is behind.
    """

    kind: Kind
    rid: Rid
    base: Version | None
    local: Version | None
    remote: Version | None
    fields: Mapping[str, Standing]
    standing: Standing
    action: Action

    @cached_property
    def some(self) -> Version:
        """A version that there is: local before remote before base."""
        found = self.local or self.remote or self.base
        if found is None:
            raise ValueError(f"nothing is known of {self.rid}")
        return found

    def having(self, standing: Standing) -> tuple[str, ...]:
        """The names of the fields with that standing."""
        return tuple(name for name, s in self.fields.items() if s is standing)


def stand(base: object, local: object, remote: object) -> Standing:
    """The standing of one field; `base` is None where nothing was seen.

    Laws: equal sides agree whatever base says; swapping local and remote swaps ahead and behind; what is
    not known to come from one side alone is a conflict.
    """
    if local == remote:
        return Standing.AGREED
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

    `wanted` names the loose fields that a file should hold now although it doesn't: they are behind. A
    loose field that a file leaves out, and that isn't wanted, agrees with any row. `known` says that the
    record was in the database once, whatever this tree has seen of it: a row that is missing was deleted.
    """
    some = local or remote or base
    if some is None:
        raise ValueError("a record must be known to some side")
    if local is None or remote is None:
        standing, action = _whole(kind, base, local, remote, known=known)
        return Delta(kind, some.rid, base, local, remote, {}, standing, action)
    b, mine, theirs = seen_parts(kind, base), parts(kind, local), parts(kind, remote)
    fields: dict[str, Standing] = {}
    for name, value in mine.items():
        if value == ABSENT:
            standing = Standing.BEHIND if name in wanted else Standing.AGREED
        else:
            standing = stand(b.get(name), value, theirs[name])
        if standing is not Standing.AGREED:
            fields[name] = standing
    fields = _apart(kind, b, mine, theirs, fields)
    action = Action.UPDATE if fields else Action.NONE
    return Delta(kind, some.rid, base, local, remote, fields, gravest(fields), action)


def agree(kind: Kind, local: Version, remote: Version, wanted: Iterable[str] = ()) -> bool:
    """Whether both sides say the same, whatever base is."""
    theirs = parts(kind, remote)
    return all(
        value == theirs[name] or (value == ABSENT and name not in wanted)
        for name, value in parts(kind, local).items()
    )


def gravest(fields: Mapping[str, Standing]) -> Standing:
    """The standing of a record whose fields stand so."""
    return max(fields.values(), key=lambda s: s.gravity, default=Standing.AGREED)


def with_merges(delta: Delta, merges: Mapping[str, bytes]) -> Delta:
    """A delta in which fields that both sides changed turned out to merge, to values with these digests.

    It is judged on the merge: one that equals the file's value is ahead, one that equals the row's is
    behind, any other diverged.
    """
    if delta.local is None or delta.remote is None:
        return delta
    mine, theirs = parts(delta.kind, delta.local), parts(delta.kind, delta.remote)
    fields = dict(delta.fields)
    for name, merged in merges.items():
        if fields.get(name) is Standing.CONFLICT:
            fields[name] = (
                Standing.AHEAD
                if merged == mine[name]
                else Standing.BEHIND
                if merged == theirs[name]
                else Standing.DIVERGED
            )
    fields = _apart(delta.kind, seen_parts(delta.kind, delta.base), mine, theirs, fields)
    return replace(delta, fields=fields, standing=gravest(fields))


def _apart(
    kind: Kind,
    base: Mapping[str, str | bytes],
    local: Mapping[str, str | bytes],
    remote: Mapping[str, str | bytes],
    fields: dict[str, Standing],
) -> dict[str, Standing]:
    """A step forward in status and a change of content never merge across sides: both are conflicts.

    Otherwise a clean merge would approve words that nobody read.
    """
    if not kind.flow or len(fields) < 2 or base.get(STATUS) is None:  # noqa: PLR2004
        return fields
    contents = {f.name for f in kind.fields if f.name != STATUS and not f.loose}
    for side, own, others in (
        (local, (Standing.AHEAD,), (Standing.BEHIND, Standing.DIVERGED, Standing.CONFLICT)),
        (remote, (Standing.BEHIND,), (Standing.AHEAD, Standing.DIVERGED, Standing.CONFLICT)),
    ):
        if fields.get(STATUS) not in own or not _forward(kind, base[STATUS], side[STATUS]):
            continue
        crossing = {name for name in contents if fields.get(name) in others}
        if crossing:
            return {n: Standing.CONFLICT if n in crossing or n == STATUS else s for n, s in fields.items()}
    return fields


def _forward(kind: Kind, before: str | bytes, after: str | bytes) -> bool:
    """Whether a status, given by digests, went forward along the kind's flow."""
    places = {digest(status): i for i, status in enumerate(kind.flow)}
    old, new = (places.get(d) if isinstance(d, bytes) else None for d in (before, after))
    return old is not None and new is not None and new > old


def _whole(
    kind: Kind, base: Version | None, local: Version | None, remote: Version | None, *, known: bool
) -> tuple[Standing, Action]:
    """The standing of a record that one side lacks, or both."""
    there = local or remote
    if there is None:
        return Standing.AGREED, Action.NONE
    if base is None:
        if local and known:
            return Standing.CONFLICT, Action.DELETE
        return (Standing.AHEAD if local else Standing.BEHIND), Action.CREATE
    if not unchanged(kind, base, there):
        return Standing.CONFLICT, Action.DELETE
    return (Standing.BEHIND if local else Standing.AHEAD), Action.DELETE


def unchanged(kind: Kind, base: Version, version: Version) -> bool:
    """Whether a version says in every field what base says; silence says nothing else."""
    old, new = parts(kind, base), parts(kind, version)
    return all(new[name] == value or ABSENT in (value, new[name]) for name, value in old.items())
