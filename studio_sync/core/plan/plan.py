"""The plan: the changes that a run will make to one side, decided before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING

from studio_sync.core.plan.reconcile import Action, Delta, Standing, unchanged
from studio_sync.core.plan.resolve_command import resolve_command
from studio_sync.core.status.transition import status_of
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import PARENT, Rid, Version

if TYPE_CHECKING:
    from studio_sync.core.plan.decision import Choice, Decision
    from studio_sync.core.plan.dependents import Dependents
    from studio_sync.core.status.guards import Policy


@dataclass(frozen=True, slots=True)
class Change:
    """One record's change, with both ends.

    `row_id`: the row's UUID. `fields`: the names of the fields that change, all of them for a create.
    `before`: the version that the side must still have when it is written, None for a create; `token`: a
    cheap check of that, or None. `after`: the new version, None for a delete. `above`: (kind, row id) of
    the ancestors, before and after a move. `decisions`: the decisions that it needed. `top`: the row id of
    the topmost ancestor, or its own. `by_number`: a move whose number alone gives its place, because no
    file beside it states an order.
    """

    kind: Kind
    rid: Rid
    row_id: str
    action: Action
    fields: tuple[str, ...]
    before: Version | None
    after: Version | None
    token: int | None
    above: tuple[tuple[str, str], ...]
    path: str
    decisions: tuple["Decision", ...] = ()
    top: str = ""
    by_number: bool = False

    @property
    def moves(self) -> bool:
        """Whether the record gets another parent or slot."""
        slot = self.kind.slot
        return PARENT in self.fields or (slot is not None and slot.column in self.fields)

    @property
    def approves(self) -> str:
        """The locking status that the change moves its record to; "" if none."""
        after = status_of(self.kind, self.after)
        if after not in self.kind.locked:  # as nearly always, and each change is asked four times
            return ""
        before, flow = status_of(self.kind, self.before), self.kind.flow
        forward = before not in flow or after not in flow or flow.index(after) > flow.index(before)
        return after if before != after and forward else ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that a run will not write, why, and the way out; `choice` is the decision that would allow it.

    `follows` is the record whose refusal is the cause of this one, "" if it has its own cause.
    """

    delta: Delta
    code: str
    message: str
    hint: str
    line: int = 0
    column: int = 0
    choice: "Choice | None" = None
    follows: Rid = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes to write, the refusals, and the deletions that wait for a decision (`held`).

    `policy`: the rules that guards judge a push by, again right before it is written. `read`: the versions of
    the rows below an approval when the plan was made; they become known versions of the tree. `dependents`:
    rows of other tables that the deletions delete or change by cascade. `hanging`: those that depend on
    records that are held or refused.
    """

    changes: Sequence[Change] = ()
    refused: Sequence[Refusal] = ()
    held: Sequence[Delta] = ()
    policy: "Policy | None" = None
    read: Mapping[Rid, Version] = field(default_factory=dict)
    dependents: Sequence["Dependents"] = ()
    hanging: Sequence["Dependents"] = ()


def conflict(
    delta: Delta,
    path: str = "PATH",
    where: str = "",
    follows: Rid = "",
    *,
    noted: bool = False,
    done_first: str = "",
    along: Sequence[str] = (),
) -> Refusal:
    """The refusal of a record in conflict, in push and pull, with the command that resolves it.

    `path` is where to decide it. `where` is as in `what_met`.
    `noted`: elsewhere somebody decided to make it again, or something below it. `done_first` and `along` are
    as in `resolving`.
    """
    body = delta.kind.body
    marks = body is not None and delta.fields.get(body.name) is Standing.CONFLICT and not delta.crossing
    shows = f"`studio diff --full {quote(path)}` shows both sides"
    hint = f"{shows}; {resolving(path, both=marks, done_first=done_first, along=along)}"
    what = _MADE_AGAIN_OTHERWISE if noted else what_met(delta, where)
    return Refusal(delta, "conflict", what, hint, follows=follows)


def resolving(path: str, *, both: bool = False, done_first: str = "", along: Sequence[str] = ()) -> str:
    """The way out of a conflict.

    `done_first`: what to do with what keeps its files where they are; "" if nothing does. `along`: the paths
    of others that must be decided at once.
    """
    if done_first:
        return f"{done_first}; the next run then says how to resolve it"
    return f"resolve it: {resolve_command(path, *along, both=both and not along)}"


_MADE_AGAIN_OTHERWISE = (
    "deleted in the database, and a decision to make it again was about another version of it,"
    " or of what is below it"
)


def what_met(delta: Delta, where: str = "") -> str:
    """What both sides did to a record in conflict, in words.

    `where`: for a record that only one side has, unchanged, where that side has something new or changed that
    goes with it: `below it: PATH`.
    """
    if delta.action is Action.CREATE:
        here, there = ("database", "files") if delta.local is None else ("files", "database")
        return f"new in the {here}, below what was deleted in the {there}"
    if only_others_changed(delta):
        return (
            f"deleted in the {'files' if delta.local is None else 'database'}, and {why_kept(delta, where)}"
        )
    if delta.local is None:
        return "deleted in the files, and changed in the database since"
    if delta.outdated:
        return "deleted in the database, and the file is older than what was deleted"
    if delta.remote is None and delta.undecided and delta.base is None:
        return "deleted in the database, and the file is back, by hand or by git: nobody can tell which"
    if delta.remote is None:
        return "deleted in the database, and changed in the file since"
    names = ", ".join(delta.having(Standing.CONFLICT))
    if delta.undecided:
        back = ", ".join(name for name in delta.having(Standing.CONFLICT) if name in delta.undecided) or names
        return f"it went back to the last commit's words ({back}), by hand or by git: nobody can tell which"
    if delta.base is None:
        return f"file and database differ in {names}, and it is not known which is newer"
    if delta.crossing:
        return f"a step in status meets the other side's change of content: {names}"
    return f"changed in the file and in the database: {names}"


def only_others_changed(delta: Delta) -> bool:
    """Whether one side deleted the record, and the other one changed not it, but what goes with it."""
    kept = delta.local or delta.remote
    deleted = delta.action is Action.DELETE and (delta.local is None or delta.remote is None)
    if not deleted or delta.outdated or delta.base is None or kept is None:
        return False
    return unchanged(delta.kind, delta.base, kept)


def why_kept(delta: Delta, where: str = "") -> str:
    """Why a deletion is in conflict though its record is unchanged; `where` is as in `what_met`."""
    side = "the database has" if delta.local is None else "the files have"
    return f"{side} something new or changed {where or 'around it'}"
