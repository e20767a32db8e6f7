"""Statuses go along their flow, one step at a time; back only when somebody decides so."""

from studio_sync.core.plan.decision import Choice
from studio_sync.core.status.guards.context import Case, Verdict
from studio_sync.core.status.guards.words import listed, why
from studio_sync.core.status.transition import NULL, UNKNOWN, Passage


def first_status(passage: Passage, _: Case) -> Verdict | None:
    """A new row starts at the first status of its flow."""
    flow = passage.kind.flow
    if passage.before is not None or passage.after is None or not flow or passage.becomes == flow[0]:
        return None
    return Verdict(
        "first-status",
        f"a new {passage.kind.name} starts at {flow[0]}, not at {passage.spelled[1] or passage.becomes}",
        f"next legal status: {flow[0]}\nor take what exists elsewhere as it is, with `studio push --import`",
        Choice.IMPORT,
    )


def known_status(passage: Passage, _: Case) -> Verdict | None:
    """No row gets a status that its kind doesn't list."""
    flow = passage.kind.flow
    if passage.before is None or passage.after is None or passage.was == passage.becomes:
        return None
    if passage.becomes in flow:
        return None
    legal = passage.was if passage.was in flow else flow[0]
    return Verdict(
        "unknown-status",
        f"{passage.way}: the statuses of the kind {passage.kind.name} are {listed(flow, 'and')}",
        f"next legal status: {_next(passage) or legal}",
    )


def one_step(passage: Passage, _: Case) -> Verdict | None:
    """A push takes one step forward."""
    if passage.before is None or passage.steps < 2:  # noqa: PLR2004
        return None
    flow = (NULL, *passage.kind.flow)
    at = flow.index(str(passage.was))
    skipped = flow[at + 1 : at + passage.steps]
    return Verdict(
        "status-skipped",
        f"{passage.way} skips {listed(skipped, 'and')}",
        f"next legal status: {flow[at + 1]}",
    )


def back_is_decided(passage: Passage, case: Case) -> Verdict | None:
    """A step back is a decision; so is any step out of a status that nobody knows."""
    if passage.before is None or passage.after is None or passage.becomes not in passage.kind.flow:
        return None
    if passage.was == UNKNOWN:
        first = passage.kind.flow[0]
        if passage.becomes == first:
            message = f"{passage.way} is a way back into the flow"
            return Verdict("reopen-needed", message, why(passage, Choice.REOPEN), Choice.REOPEN)
        return Verdict(
            "status-skipped",
            f"{passage.way}: what has a status of its own begins anew",
            f"next legal status: {first}",
        )
    if passage.steps >= 0:
        return None
    locked = ", and what it says is open to change again" if _unlocks(passage, case) else ""
    message = f"{passage.way} is a step back{locked}"
    return Verdict("reopen-needed", message, why(passage, Choice.REOPEN), Choice.REOPEN)


def not_approving(passage: Passage, case: Case) -> Verdict | None:
    """A push with --no-approve takes nothing to where it is locked."""
    approving = passage.becomes in passage.kind.locked and passage.was != passage.becomes
    if not case.terms.no_approve or not approving or (passage.before is not None and passage.steps < 0):
        return None
    return Verdict(
        "no-approve",
        f"{passage.way}, and --no-approve lets no push do that",
        f"leave it at {_before(passage)}; who may approve pushes without --no-approve",
    )


def _unlocks(passage: Passage, case: Case) -> bool:
    rules = case.terms.rules
    return rules.locks(passage.kind, passage.was) and not rules.locks(passage.kind, passage.becomes)


def _next(passage: Passage) -> str:
    """The status after the one that the row has, "" at the end of the flow."""
    flow = (NULL, *passage.kind.flow)
    at = flow.index(str(passage.was)) + 1 if passage.was in flow else 1
    return flow[at] if at < len(flow) else ""


def _before(passage: Passage) -> str:
    return str(passage.was) if passage.before is not None else passage.kind.flow[0]
