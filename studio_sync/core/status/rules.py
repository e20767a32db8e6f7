"""Status rules of a workspace: those of the kinds, and stricter ones from its configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_sync.core.values.kind import Kind, Need


@dataclass(frozen=True, slots=True)
class Stricter:
    """A workspace's stricter rules for one kind.

    `contents`: the kinds of the required 1:1 records, None for those that the kind declares. `locked`:
    locking statuses beside the kind's own. `filled`: for each status the fields that must not be empty.
    `below`: for each status the further records that must be below a record.
    """

    contents: tuple[str, ...] | None = None
    locked: tuple[str, ...] = ()
    filled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    below: "Mapping[str, tuple[Need, ...]]" = field(default_factory=dict)


_NOTHING = Stricter()


@dataclass(frozen=True, slots=True)
class StatusRules:
    """What each status of each kind requires, and which statuses lock.

    `recorded`: every approval must be recorded, by `studio advance` or by a trailer of a commit.
    """

    stricter: Mapping[str, Stricter] = field(default_factory=dict)
    recorded: bool = False

    def locks(self, kind: "Kind", status: str | None) -> bool:
        """Whether a record of `kind` at `status` is locked."""
        return status is not None and status in (*kind.locked, *self._of(kind).locked)

    def open_again(self, kind: "Kind") -> str:
        """The last status in which a record of `kind` is not locked."""
        return next(status for status in reversed(kind.flow) if not self.locks(kind, status))

    def needs(self, kind: "Kind", status: str) -> "tuple[Need, ...]":
        """The records that `status` requires below a record, including those for earlier statuses."""
        own = self._of(kind)
        found: dict[Need, None] = {}
        for step in _up_to(kind, status):
            for need in (kind.needs or {}).get(step, ()):
                found[need if own.contents is None else replace(need, of=own.contents)] = None
            found |= dict.fromkeys(own.below.get(step, ()))
        return tuple(found)

    def filled(self, kind: "Kind", status: str) -> tuple[str, ...]:
        """The fields that must not be empty at `status`, including those that earlier statuses require."""
        own = self._of(kind)
        return tuple(
            dict.fromkeys(name for step in _up_to(kind, status) for name in own.filled.get(step, ()))
        )

    def _of(self, kind: "Kind") -> Stricter:
        return self.stricter.get(kind.name, _NOTHING)


def _up_to(kind: "Kind", status: str) -> tuple[str, ...]:
    return kind.flow[: kind.flow.index(status) + 1] if status in kind.flow else ()
