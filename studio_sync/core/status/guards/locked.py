"""Guards on locked records: an approved or published record keeps its content and place, and stays."""

from shlex import quote

from studio_sync.core.plan.decision import Choice
from studio_sync.core.status.guards.context import GuardContext, Verdict, path_below, why
from studio_sync.core.status.transition import StatusNode, Transition
from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.layout import whole_path
from studio_sync.core.values.phrases import a
from studio_sync.core.values.record import PARENT


def contents_stay(transition: Transition, context: GuardContext) -> Verdict | None:
    """The content of a locked row changes only if the same push reopens it."""
    rules, kind = context.policy.rules, transition.kind
    if not rules.locks(kind, transition.was) or transition.after is None:
        return None
    if not rules.locks(kind, transition.becomes) and transition.steps < 0:
        return None
    names = [f.name for f in kind.fields if f.name in transition.fields and f.name != STATUS and not f.loose]
    # G3: what is locked changes only in the push that reopens it.
    if not names:
        return None
    passing = transition.way if transition.was != transition.becomes else f"{transition.was}, and locked"
    return Verdict(
        "locked",
        f"{passing}: {', '.join(names)} can't change while it is {transition.was}",
        f"to change it, reopen it in the same push: set `status: {rules.open_again(kind)}`,"
        f' then `studio push --reopen -m "why"`',
    )


def places_stay(transition: Transition, context: GuardContext) -> Verdict | None:
    """A locked row, and each row above one, keeps its number, order and place."""
    if not transition.moves:
        return None
    kind = transition.kind
    names = [kind.slot.column] if kind.slot and kind.slot.column in transition.fields else []
    names += ["place"] if PARENT in transition.fields else []
    names += [kind.order.name] if kind.order and kind.order.name in transition.fields else []
    what = " and ".join(names)
    # G3: what is locked, and what is above it, keeps its place.
    if context.policy.rules.locks(kind, transition.was):
        message = f"{transition.was}, so its {what} is locked, too"
    elif (node := _locked_below(transition, context)) is not None:
        message = f"its {what} is locked: {_named(node, transition)} below it is {node.status}"
    else:
        return None
    return Verdict("renumber-needed", message, why(transition, Choice.RENUMBER), Choice.RENUMBER)


def nothing_locked_goes(transition: Transition, context: GuardContext) -> Verdict | None:
    """Neither a locked row nor a row above one is deleted."""
    if transition.after is not None:
        return None
    rules, node = context.policy.rules, _locked_below(transition, context, going=True)
    # G5: nothing locked is deleted, nor what is above it, whatever flags are given.
    if rules.locks(transition.kind, transition.was):
        node = None
        message = f"{transition.was}: nothing that is {transition.was} is deleted"
    elif node is not None:
        message = f"{_named(node, transition)} below it is {node.status}: nothing above that is deleted"
    else:
        return None
    kind, shown = transition.kind, "it"
    if node is not None:
        kind, shown = node.kind, _named(node, transition)
    back = f"bring it back: studio restore {quote(whole_path(transition.kind, transition.path))}"
    return Verdict(
        "delete-locked",
        message,
        f"{back}; then set `status: {rules.open_again(kind)}` in {shown}, and reopen that with"
        ' `studio push --reopen -m "why"`; a later push may delete it',
    )


def _locked_below(transition: Transition, context: GuardContext, *, going: bool = False) -> StatusNode | None:
    """A locked row below a record in the database; with `going` one that doesn't move elsewhere."""
    inside = list(context.before.below(transition.rid))
    old = {transition.rid, *(node.rid for node in inside)}
    for node in inside:
        if not context.policy.rules.locks(node.kind, node.status):
            continue
        if going and node.rid in context.after and context.after.top_of(node.rid) not in old:
            continue
        return node
    return None


def _named(node: StatusNode, transition: Transition) -> str:
    return path_below(node.label, transition.path) or a(node.kind.name)
