"""Guards on readiness: the fields and the records below that a status requires."""

from collections.abc import Iterator

from studio_sync.core.status.guards.context import GuardContext, Verdict, path_below
from studio_sync.core.status.transition import Transition, is_at, is_empty
from studio_sync.core.values.phrases import a

_SHOWN = 5


def required_fields_are_set(transition: Transition, context: GuardContext) -> Verdict | None:
    """The fields that the workspace requires for the status are not empty."""
    if transition.before is None or transition.after is None or transition.steps != 1:
        return None
    wanted = context.policy.rules.filled(transition.kind, str(transition.becomes))
    empty = [name for name in wanted if is_empty(transition.kind, transition.after, name)]
    if not empty:
        return None
    return Verdict(
        "not-ready",
        f"{transition.way}: this workspace wants {', '.join(empty)} said before that",
        f"needs: {', '.join(empty)}",
    )


def all_below_is_ready(transition: Transition, context: GuardContext) -> Verdict | None:
    """After the push, the records that the status requires below exist and have the required status."""
    if transition.before is None or transition.after is None or transition.steps != 1:
        return None
    # G4: a status needs what is below, judged on the outcome of the push.
    # A later status requires more of the same records: that requirement is the one printed.
    missing = list(dict(_missing(transition, context)).values())
    if not missing:
        return None
    more = [f"and {len(missing) - _SHOWN} more"] if len(missing) > _SHOWN else []
    return Verdict(
        "not-ready",
        f"{transition.way}: its contents are not ready for that",
        f"needs: {', '.join([*missing[:_SHOWN], *more])}",
    )


def _missing(transition: Transition, context: GuardContext) -> Iterator[tuple[str, str]]:
    """What the record still lacks for its next status: a key for each, and the text for people."""
    policy = context.policy
    for need in policy.rules.needs(transition.kind, str(transition.becomes)):
        for name in need.of:
            kind = policy.kinds[name]
            found = list(context.after.below(transition.rid, (name,)))
            if not found:
                shown = kind.file if kind.slot is None else f"at least one {name}"
                yield name, f"{shown} {need.status} (there is none)".replace("  ", " ")
            for node in found:
                if not is_at(node, need.status):
                    shown = path_below(node.label, transition.path) or a(name)
                    yield node.rid, f"{shown} {need.status} (is {node.status})"
