"""Wording for people: standings, changes and counts of records."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.plan import Change, what_met
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.status.transition import UNKNOWN_STATUS, status_of
from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.phrases import counted

STANDINGS: Mapping[Standing, str] = {
    Standing.AGREED: "in sync",
    Standing.AHEAD: "to push",
    Standing.BEHIND: "to pull",
    Standing.DIVERGED: "to merge: pull",
    Standing.CONFLICT: "conflict",
}
SIGNS: Mapping[Action, str] = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.NONE: " "}
_NEW = {Action.CREATE: "new, ", Action.DELETE: "deleted, "}


def minute_text(at: datetime) -> str:
    """`2026-03-01 14:05 CET`: a time to the minute, in its own zone."""
    return f"{at:%Y-%m-%d %H:%M} {at.tzname() or ''}".rstrip()


def standing_words(delta: Delta, where: str = "") -> str:
    """A record's standing: `new, to push`, or by field if fields differ in it; `where` as in `what_met`."""
    if delta.standing is Standing.CONFLICT and not delta.fields:
        return f"{STANDINGS[delta.standing]}: {what_met(delta, where)}"
    if is_held(delta):
        return "deleted in files; the row is kept until `push --delete`"
    if not delta.fields:
        return _NEW.get(delta.action, "") + STANDINGS[delta.standing]
    parts = []
    for standing in reversed(Standing):
        names = delta.having(standing)
        if names:
            words = (_transition(delta, standing) if name == STATUS else name for name in names)
            parts.append(f"{STANDINGS[standing]}: {', '.join(words)}")
    return "; ".join(parts)


def _transition(delta: Delta, standing: Standing) -> str:
    """`status draft → review`: from the status on the side to be written to the new one."""
    ways = {Standing.AHEAD: (delta.remote, delta.local), Standing.BEHIND: (delta.local, delta.remote)}
    if standing not in ways:
        return STATUS
    return step(*(status_of(delta.kind, version) for version in ways[standing]))


def step(before: str | None, after: str | None) -> str:
    """`status draft → review`; only `status` if one of them is unknown to the kind."""
    return STATUS if UNKNOWN_STATUS in (before, after) else f"{STATUS} {before} → {after}"


def change_words(change: Change) -> str:
    """What a change does to its record: fields, step of status, decisions."""
    fields = change.fields if change.before and change.after else ()
    before, after = status_of(change.kind, change.before), status_of(change.kind, change.after)
    words = [step(before, after) if name == STATUS else name for name in fields]
    if not fields and after is not None and after != change.kind.flow[0]:
        words = [f"{STATUS} {after}"]
    decided = [f"{d.choice}: {d.reason}" if d.reason else f"{d.choice}" for d in change.decisions]
    return "; ".join(part for part in (", ".join(words), *decided) if part)


def standing_summary(deltas: Iterable[Delta], agreed: int) -> str:
    """One line that counts records by standing."""
    held: list[Delta] = []
    rest: list[Delta] = []
    for delta in deltas:
        (held if is_held(delta) else rest).append(delta)
    counts = Counter(d.standing for d in rest)
    parts = [f"{counts[s]:,} {STANDINGS[s]}" for s in reversed(Standing) if counts[s]]
    if held:
        parts.append(f"{counted(len(held), 'deletion')} held")
    parts.append(f"{agreed:,} in sync")
    return ", ".join(parts)


def is_held(delta: Delta) -> bool:
    """Whether a record's file is deleted, so that a push keeps its row unless told otherwise."""
    return delta.action is Action.DELETE and delta.standing is Standing.AHEAD


def did(actions: Iterable[Action]) -> str:
    """`2 created, 1 updated`."""
    counts = Counter(actions)
    words = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted"}
    return ", ".join(f"{counts[a]:,} {word}" for a, word in words.items() if counts[a])


def decided(changes: Iterable[Change]) -> str:
    """`; 4 to approved, 1 to published; 1 reopen`: the approvals and decisions among changes."""
    given = list(changes)
    steps = Counter(c.approves for c in given if c.approves)
    choices: Counter[Choice] = Counter(
        d.choice for c in given for d in c.decisions if d.choice is not Choice.DELETE
    )
    parts = (
        ", ".join(f"{count:,} to {status}" for status, count in sorted(steps.items())),
        ", ".join(f"{counted(choices[c], 'decision')} to {c}" for c in Choice if choices[c]),
    )
    return "".join(f"; {part}" for part in parts if part)
