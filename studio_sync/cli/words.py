"""The words in which people are told how records stand, and what happened to them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from studio_sync.core.reconcile import Action, Delta, Standing

STANDINGS: Mapping[Standing, str] = {
    Standing.AGREED: "in sync",
    Standing.AHEAD: "to push",
    Standing.BEHIND: "to pull",
    Standing.DIVERGED: "to merge: pull",
    Standing.CONFLICT: "conflict",
}
SIGNS: Mapping[Action, str] = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.NONE: " "}
_NEW = {Action.CREATE: "new, ", Action.DELETE: "deleted, "}


def number(count: int, word: str) -> str:
    """`3 records`, `1 record`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def moment(at: datetime) -> str:
    """`2026-03-01 14:05 CET`: a time to the minute, in the zone that it is given in."""
    return f"{at:%Y-%m-%d %H:%M} {at.tzname() or ''}".rstrip()


def standing_words(delta: Delta) -> str:
    """How a record stands: `new, to push`, or field by field where fields stand differently."""
    if delta.standing is Standing.CONFLICT and not delta.fields:
        if delta.local is None:
            return "conflict: the file is deleted, the database has changed"
        return "conflict: deleted in the database, the file has changed"
    if not delta.fields:
        return _NEW.get(delta.action, "") + STANDINGS[delta.standing]
    parts = []
    for standing in reversed(Standing):
        names = delta.having(standing)
        if names:
            parts.append(f"{STANDINGS[standing]}: {', '.join(names)}")
    return "; ".join(parts)


def summary(deltas: Iterable[Delta], agreed: int) -> str:
    """One line that counts records by how they stand."""
    counts = Counter(d.standing for d in deltas)
    parts = [f"{counts[s]:,} {STANDINGS[s]}" for s in reversed(Standing) if counts[s]]
    parts.append(f"{agreed:,} in sync")
    return ", ".join(parts)


def did(actions: Iterable[Action]) -> str:
    """`2 created, 1 updated`."""
    counts = Counter(actions)
    words = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted"}
    return ", ".join(f"{counts[a]:,} {word}" for a, word in words.items() if counts[a])
