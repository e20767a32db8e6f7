"""What is approved or published is locked: its contents, its place, its being there."""

from studio_sync.core.plan.decision import Choice
from studio_sync.core.status.guards.context import Case, Verdict
from studio_sync.core.status.guards.words import below, why
from studio_sync.core.status.transition import Node, Passage
from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.record import PARENT


def contents_stay(passage: Passage, case: Case) -> Verdict | None:
    """What a locked row says changes only along with its being reopened."""
    rules, kind = case.terms.rules, passage.kind
    if not rules.locks(kind, passage.was) or passage.after is None:
        return None
    if not rules.locks(kind, passage.becomes) and passage.steps < 0:
        return None
    names = [f.name for f in kind.fields if f.name in passage.fields and f.name != STATUS and not f.loose]
    if not names:
        return None
    open_again = next(s for s in reversed(kind.flow) if not rules.locks(kind, s))
    return Verdict(
        "locked",
        f"{_passing(passage)}: {', '.join(names)} can't change while it is {passage.was}",
        f"to change it, reopen it in the same push: set `status: {open_again}`,"
        f' then `studio push --reopen -m "why"`',
    )


def places_stay(passage: Passage, case: Case) -> Verdict | None:
    """A locked row, and what stands above one, keeps its number, order and place."""
    if not passage.moves:
        return None
    kind = passage.kind
    names = [kind.slot.column] if kind.slot and kind.slot.column in passage.fields else []
    names += ["place"] if PARENT in passage.fields else []
    names += [kind.order.name] if kind.order and kind.order.name in passage.fields else []
    what = " and ".join(names)
    if case.terms.rules.locks(kind, passage.was):
        message = f"{passage.was}, so its {what} is locked, too"
    elif (node := _locked_below(passage, case)) is not None:
        message = f"its {what} is locked: {_named(node, passage)} below it is {node.status}"
    else:
        return None
    return Verdict("renumber-needed", message, why(passage, Choice.RENUMBER), Choice.RENUMBER)


def nothing_locked_goes(passage: Passage, case: Case) -> Verdict | None:
    """A locked row is never deleted, nor one above it."""
    if passage.after is not None:
        return None
    if case.terms.rules.locks(passage.kind, passage.was):
        message = f"{passage.was}: nothing that is {passage.was} is deleted"
    elif (node := _locked_below(passage, case, going=True)) is not None:
        message = f"{_named(node, passage)} below it is {node.status}: nothing above that is deleted"
    else:
        return None
    return Verdict(
        "delete-locked",
        message,
        'bring the file back and reopen it with `studio push --reopen -m "why"`; a later push may delete it',
    )


def _locked_below(passage: Passage, case: Case, *, going: bool = False) -> Node | None:
    """Something locked that the database has below a record; with `going` what doesn't move out of there."""
    inside = list(case.before.below(passage.rid))
    old = {passage.rid, *(node.rid for node in inside)}
    for node in inside:
        if not case.terms.rules.locks(node.kind, node.status):
            continue
        if going and node.rid in case.after and case.after.top_of(node.rid) not in old:
            continue
        return node
    return None


def _named(node: Node, passage: Passage) -> str:
    return below(node.label, passage.path) or f"a {node.kind.name}"


def _passing(passage: Passage) -> str:
    if passage.was == passage.becomes:
        return f"{passage.was}, and locked"
    return passage.way
