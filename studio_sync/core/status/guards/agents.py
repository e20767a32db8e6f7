"""Guard on agents: an agent's push writes drafts only, and nothing that a person has to decide."""

from studio_sync.core.status.guards.context import GuardContext, Verdict
from studio_sync.core.status.transition import Transition

_WAY_OUT = "leave that to a person: `studio push`, `advance` and `mv` are theirs"


def only_drafts(transition: Transition, context: GuardContext) -> Verdict | None:
    """An agent creates records at the first status, and edits rows that have it.

    No decision overrides this, whoever made it and wherever it is recorded.
    """
    if not context.policy.agent:
        return None
    why = _reason(transition)
    return Verdict("agent-limit", f"an agent may not do that: {why}", _WAY_OUT) if why else None


def _reason(transition: Transition) -> str:
    flow = transition.kind.flow
    if transition.after is None:
        return "it would be deleted"
    if transition.moves:
        return "it would get another place"
    if flow and transition.becomes not in (None, flow[0]):
        return f"its status would be {transition.becomes}, and only {flow[0]} is a draft"
    if transition.before is not None and transition.was != transition.becomes:
        return f"its status would change: {transition.way}"
    return ""
