"""Plans: what one run will do to one side, decided before anything is touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote

from studio_sync.core.plan.decision import Choice, Decision
from studio_sync.core.plan.dependents import Dependents
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.status.guards import Policy
from studio_sync.core.status.transition import status_of
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import PARENT, Rid, Version


@dataclass(frozen=True, slots=True)
class Change:
    """One record's change, with both ends.

    `row_id` is the row's UUID. `fields` are the names of the fields that change (all of them for a
    create). `before` is what the side that is written must still be, None for a create; `token` is a
    cheap proof of that, or None. `after` is what it will be, None for a delete. `above` are the (kind,
    row id) of its ancestors, those that it leaves included. `decisions` are what people decided about it,
    as far as it needed them. `top` is the row id of its ancestor at the top, or its own. `by_number` says
    of a move that its number alone tells its place: no file beside it states an order.
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
    key: str
    path: str
    decisions: tuple[Decision, ...] = ()
    top: str = ""
    by_number: bool = False

    @property
    def moves(self) -> bool:
        """Whether the record gets another place: a parent or a slot."""
        slot = self.kind.slot
        return PARENT in self.fields or (slot is not None and slot.column in self.fields)

    @property
    def approves(self) -> str:
        """The status that locks, which the change takes its record to; "" if it does not."""
        before, after = status_of(self.kind, self.before), status_of(self.kind, self.after)
        flow = self.kind.flow
        forward = before not in flow or after not in flow or flow.index(after) > flow.index(before)
        return after if after in self.kind.locked and before != after and forward else ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that a run will not write, why, and the way out; `choice` is the decision that lets it.

    `follows` is the record whose refusal this one goes back to, "" if it has a cause of its own.
    """

    delta: Delta
    code: str
    message: str
    hint: str
    line: int = 0
    column: int = 0
    choice: Choice | None = None
    follows: Rid = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be written, what is refused, and the deletions that wait for a decision.

    `policy` are what guards judged a push by, and judge it by again before it is written. `read` is what the
    rows below an approval said when the plan was made: it is what the tree has seen of them. `dependents` are
    the rows of other tables that its deletions take along, and `hanging` those that hang on what is held or
    refused.
    """

    changes: Sequence[Change] = ()
    refused: Sequence[Refusal] = ()
    held: Sequence[Delta] = ()
    policy: Policy | None = None
    read: Mapping[Rid, Version] = field(default_factory=dict)
    dependents: Sequence[Dependents] = ()
    hanging: Sequence[Dependents] = ()


def conflict(delta: Delta, path: str = "PATH", below: str = "", follows: Rid = "") -> Refusal:
    """Why a record in conflict is left alone by push and pull, and how it is settled.

    `path` is where a decision is made about it, `below` what contests its deletion if it is not itself.
    """
    body = delta.kind.body
    marks = body is not None and delta.fields.get(body.name) is Standing.CONFLICT and not delta.crossing
    sides = "files|database|both" if marks else "files|database"
    hint = f"`studio diff` shows both sides; settle it: studio resolve {quote(path)} --keep {sides}"
    return Refusal(delta, "conflict", _what_met(delta, below), hint, follows=follows)


def _what_met(delta: Delta, below: str) -> str:
    """What two sides did to the same record, in words."""
    if delta.action is Action.CREATE:
        here, there = ("database", "files") if delta.local is None else ("files", "database")
        return f"new in the {here}, below what was deleted in the {there}"
    if below and delta.local is None:
        return f"deleted in the files, and the database has something new or changed below it: {below}"
    if below and delta.remote is None:
        return f"deleted in the database, and the files have something new or changed below it: {below}"
    if delta.local is None:
        return "deleted in the files, and changed in the database since"
    if delta.remote is None:
        return "deleted in the database, and changed in the file since"
    names = ", ".join(delta.having(Standing.CONFLICT))
    if delta.undecided:
        return f"it says again what the last commit says ({names}), and typed back or put back by git is one"
    if delta.base is None:
        return f"file and database differ in {names}, and it is not known which is newer"
    if delta.crossing:
        return f"a step in status meets the other side's change of content: {names}"
    return f"changed in the file and in the database: {names}"
