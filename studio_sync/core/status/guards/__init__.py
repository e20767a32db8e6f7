"""Guards: named rules that judge each status transition of a plan before it is applied."""

from collections.abc import Callable, Collection, Iterable

from studio_sync.core.status.guards.agents import only_drafts
from studio_sync.core.status.guards.approved_words import all_below_is_read, approves, words_are_approved
from studio_sync.core.status.guards.context import GuardContext, Policy, Verdict
from studio_sync.core.status.guards.deletion import mass_deletion
from studio_sync.core.status.guards.locked import contents_stay, nothing_locked_goes, places_stay
from studio_sync.core.status.guards.ready import all_below_is_ready, required_fields_are_set
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
"""Judges one record's transition; returns the objection, None if there is none."""

GUARDS: tuple[Guard, ...] = (
    # An agent writes drafts, and decides nothing.
    only_drafts,
    # A record walks its flow: from the first status on, one step forward at a time, to no other status.
    first_status,
    known_status,
    one_step,
    # A step back is a person's decision, with a reason.
    back_is_decided,
    # Nobody approves by accident: neither where that is switched off, nor what is not ready.
    not_approving,
    required_fields_are_set,
    all_below_is_ready,
    # An approval is of words that somebody read, the record's own and all below it.
    words_are_approved,
    all_below_is_read,
    # An approved record keeps its words and its place, and stays; its ancestors keep their place and stay.
    contents_stay,
    places_stay,
    nothing_locked_goes,
)
"""Each keeps a part of what must stay true; their own docstrings say which."""


def judge_transitions(
    transitions: Collection[Transition], nodes: Iterable[StatusNode], policy: Policy
) -> dict[Rid, list[Verdict]]:
    """The objections to each transition, judged on the result of all transitions together.

    `nodes` are the database's records below each of the `roots`. A verdict is left out if its decision was
    made.
    """
    # A new record at the first status needs no judging, nor one of a kind without a flow.
    watched = [
        t for t in transitions if t.before is not None or (t.kind.flow and t.becomes != t.kind.flow[0])
    ]
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
    """The records, by kind, whose descendants in the database must be read for judging."""
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
