"""Guards on status steps: one step forward at a time; a step back needs a decision."""

from studio_sync.core.plan.decision import Choice
from studio_sync.core.status.guards.context import GuardContext, Verdict, why
from studio_sync.core.status.transition import NULL, UNKNOWN_STATUS, Transition
from studio_sync.core.values.phrases import listed


def first_status(transition: Transition, _: GuardContext) -> Verdict | None:
    """A new row starts at the first status of its flow."""
    flow = transition.kind.flow
    # G6: new records start at the first status.
    if transition.before is not None or transition.after is None or not flow or transition.becomes == flow[0]:
        return None
    stated = transition.spelled[1] or transition.becomes
    return Verdict(
        "first-status",
        f"a new {transition.kind.name} starts at {flow[0]}, not at {stated}",
        f"next legal status: {flow[0]}\nor take what exists elsewhere as it is, with `studio push --import`",
        Choice.IMPORT,
    )


def known_status(transition: Transition, _: GuardContext) -> Verdict | None:
    """No row gets a status that its kind doesn't list."""
    flow = transition.kind.flow
    if transition.before is None or transition.after is None or transition.was == transition.becomes:
        return None
    # G7: a status that the kind doesn't have is never pushed.
    if transition.becomes in flow:
        return None
    legal = transition.was if transition.was in flow else flow[0]
    return Verdict(
        "unknown-status",
        f"{transition.way}: the statuses of the kind {transition.kind.name} are {listed(flow, 'and')}",
        f"next legal status: {_next(transition) or legal}",
    )


def one_step(transition: Transition, _: GuardContext) -> Verdict | None:
    """A push moves a status at most one step forward."""
    # G1: one step forward a push.
    if transition.before is None or transition.steps < 2:  # noqa: PLR2004
        return None
    flow = (NULL, *transition.kind.flow)
    at = flow.index(str(transition.was))
    skipped = flow[at + 1 : at + transition.steps]
    return Verdict(
        "status-skipped",
        f"{transition.way} skips {listed(skipped, 'and')}",
        f"next legal status: {flow[at + 1]}",
    )


def back_is_decided(transition: Transition, context: GuardContext) -> Verdict | None:
    """A step back needs a decision; so does any step out of an unknown status."""
    if (
        transition.before is None
        or transition.after is None
        or transition.becomes not in transition.kind.flow
    ):
        return None
    if transition.was == UNKNOWN_STATUS:
        first = transition.kind.flow[0]
        if transition.becomes == first:
            message = f"{transition.way} is a way back into the flow"
            return Verdict("reopen-needed", message, why(transition, Choice.REOPEN), Choice.REOPEN)
        return Verdict(
            "status-skipped",
            f"{transition.way}: only `{first}` may follow a custom status",
            f"next legal status: {first}",
        )
    # G2: a step back is a decision.
    if transition.steps >= 0:
        return None
    rules, kind = context.policy.rules, transition.kind
    unlocks = rules.locks(kind, transition.was) and not rules.locks(kind, transition.becomes)
    locked = ", and its content can be changed again" if unlocks else ""
    message = f"{transition.way} is a step back{locked}"
    return Verdict("reopen-needed", message, why(transition, Choice.REOPEN), Choice.REOPEN)


def not_approving(transition: Transition, context: GuardContext) -> Verdict | None:
    """A push with --no-approve moves nothing to a locking status."""
    approving = transition.becomes in transition.kind.locked and transition.was != transition.becomes
    if (
        not context.policy.no_approve
        or not approving
        or (transition.before is not None and transition.steps < 0)
    ):
        return None
    stays = str(transition.was) if transition.before is not None else transition.kind.flow[0]
    return Verdict(
        "no-approve",
        f"{transition.way}, and --no-approve lets no push do that",
        f"leave it at {stays}; who may approve pushes without --no-approve",
    )


def _next(transition: Transition) -> str:
    """The status after the row's, "" at the end of the flow."""
    flow = (NULL, *transition.kind.flow)
    at = flow.index(str(transition.was)) + 1 if transition.was in flow else 1
    return flow[at] if at < len(flow) else ""
