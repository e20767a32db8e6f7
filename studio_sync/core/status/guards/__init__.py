"""May this plan run? Named questions between a plan and its execution."""

from collections.abc import Callable, Collection, Iterable

from studio_sync.core.status.guards.approval import all_below_is_read, approves, words_are_approved
from studio_sync.core.status.guards.context import Case, Terms, Verdict
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
from studio_sync.core.status.transition import Forest, Node, Passage
from studio_sync.core.values.record import Rid

__all__ = ["GUARDS", "Case", "Terms", "Verdict", "approves", "judge", "mass_deletion", "roots"]

Guard = Callable[[Passage, Case], Verdict | None]
"""Looks at one record's passage; what it has against it, None for nothing."""

GUARDS: tuple[Guard, ...] = (
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


def judge(passages: Collection[Passage], nodes: Iterable[Node], terms: Terms) -> dict[Rid, list[Verdict]]:
    """What speaks against each of the passages, judged on the outcome of all of them together.

    `nodes` is what the database has below each of the `roots`. A verdict that a decision sets aside is left
    out if it was decided so.
    """
    watched = [p for p in passages if _is_watched(p)]
    if not watched:
        return {}
    before = Forest(nodes)
    case = Case(terms, before, before.after(passages))
    found: dict[Rid, list[Verdict]] = {}
    for passage in watched:
        for guard in GUARDS:
            verdict = guard(passage, case)
            if verdict is not None and not (verdict.choice and passage.decided(verdict.choice)):
                found.setdefault(passage.rid, []).append(verdict)
    return found


def roots(passages: Iterable[Passage], terms: Terms) -> dict[str, list[Rid]]:
    """The records, by kind, for which it matters what the database has below them."""
    found: dict[str, list[Rid]] = {}
    for passage in passages:
        if passage.before is not None and (
            passage.after is None
            or passage.moves
            or (passage.steps == 1 and terms.rules.needs(passage.kind, str(passage.becomes)))
            or approves(passage, terms.rules)
        ):
            found.setdefault(passage.kind.name, []).append(passage.rid)
    return found


def _is_watched(passage: Passage) -> bool:
    """Whether a passage is more than a new record at the start of its flow, or of a kind that has none."""
    if passage.before is None:
        return bool(passage.kind.flow) and passage.becomes != passage.kind.flow[0]
    return True
