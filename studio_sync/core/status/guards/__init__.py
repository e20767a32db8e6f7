"""May this plan run? Named questions between a plan and its execution."""

from collections.abc import Callable, Collection, Iterable

from studio_sync.core.status.guards.agents import only_drafts
from studio_sync.core.status.guards.approved_words import all_below_is_read, approves, words_are_approved
from studio_sync.core.status.guards.context import GuardContext, Policy, Verdict
from studio_sync.core.status.guards.deletion import mass_deletion
from studio_sync.core.status.guards.locked import contents_stay, nothing_locked_goes, places_stay
from studio_sync.core.status.guards.ready import all_below_is_ready, what_must_be_said_is
from studio_sync.core.status.guards.steps import (
    back_is_decided,
    first_status,
    known_status,
    not_approving,
    one_step,
)
from studio_sync.core.status.transition import Forest, StatusNode, Transition
from studio_sync.core.values.record import Rid

__all__ = [
    "GUARDS",
    "GuardContext",
    "Policy",
    "Verdict",
    "approves",
    "judge_transitions",
    "mass_deletion",
    "roots",
]

Guard = Callable[[Transition, GuardContext], Verdict | None]
"""Looks at one record's transition; what it has against it, None for nothing."""

GUARDS: tuple[Guard, ...] = (
    only_drafts,
    first_status,
    known_status,
    one_step,
    back_is_decided,
    not_approving,
    what_must_be_said_is,
    all_below_is_ready,
    words_are_approved,
    all_below_is_read,
    contents_stay,
    places_stay,
    nothing_locked_goes,
)


def judge_transitions(
    transitions: Collection[Transition], nodes: Iterable[StatusNode], policy: Policy
) -> dict[Rid, list[Verdict]]:
    """What speaks against each of the transitions, judged on the outcome of all of them together.

    `nodes` is what the database has below each of the `roots`. A verdict that a decision sets aside is left
    out if it was decided so.
    """
    watched = [p for p in transitions if _is_watched(p)]
    if not watched:
        return {}
    before = Forest(nodes)
    context = GuardContext(policy, before, before.after(transitions))
    found: dict[Rid, list[Verdict]] = {}
    for transition in watched:
        for guard in GUARDS:
            verdict = guard(transition, context)
            if verdict is not None and not (verdict.choice and transition.decided(verdict.choice)):
                found.setdefault(transition.rid, []).append(verdict)
    return found


def roots(transitions: Iterable[Transition], policy: Policy) -> dict[str, list[Rid]]:
    """The records, by kind, for which it matters what the database has below them."""
    found: dict[str, list[Rid]] = {}
    for transition in transitions:
        if transition.before is not None and (
            transition.after is None
            or transition.moves
            or (transition.steps == 1 and policy.rules.needs(transition.kind, str(transition.becomes)))
            or approves(transition, policy.rules)
        ):
            found.setdefault(transition.kind.name, []).append(transition.rid)
    return found


def _is_watched(transition: Transition) -> bool:
    """Whether a transition is more than a new record at the start of its flow, or of a kind that has none."""
    if transition.before is None:
        return bool(transition.kind.flow) and transition.becomes != transition.kind.flow[0]
    return True
