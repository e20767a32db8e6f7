"""What a status asks for before a record steps up to it: of the record itself, and of what stands below."""

from collections.abc import Iterator

from studio_sync.core.status.guards.context import Case, Verdict
from studio_sync.core.status.guards.words import below
from studio_sync.core.status.transition import Passage, is_at, is_empty

_SHOWN = 5


def what_must_be_said_is(passage: Passage, case: Case) -> Verdict | None:
    """The fields that the workspace asks for say something."""
    if passage.before is None or passage.after is None or passage.steps != 1:
        return None
    wanted = case.terms.rules.filled(passage.kind, str(passage.becomes))
    empty = [name for name in wanted if is_empty(passage.kind, passage.after, name)]
    if not empty:
        return None
    return Verdict(
        "not-ready",
        f"{passage.way}: this workspace wants {', '.join(empty)} said before that",
        f"needs: {', '.join(empty)}",
    )


def all_below_is_ready(passage: Passage, case: Case) -> Verdict | None:
    """What the status needs below the record is there, and far enough, once the push is done."""
    if passage.before is None or passage.after is None or passage.steps != 1:
        return None
    # A later status asks for more of the same records: what it asks is said.
    missing = list(dict(_missing(passage, case)).values())
    if not missing:
        return None
    more = [f"and {len(missing) - _SHOWN} more"] if len(missing) > _SHOWN else []
    return Verdict(
        "not-ready",
        f"{passage.way}: what stands below it is not ready for that",
        f"needs: {', '.join([*missing[:_SHOWN], *more])}",
    )


def _missing(passage: Passage, case: Case) -> Iterator[tuple[str, str]]:
    """What a record still lacks for its next status: a name for each, and how people are told."""
    terms = case.terms
    for need in terms.rules.needs(passage.kind, str(passage.becomes)):
        for name in need.of:
            kind = terms.kinds[name]
            found = list(case.after.below(passage.rid, (name,)))
            if not found:
                shown = kind.file if kind.slot is None else f"at least one {name}"
                yield name, f"{shown} {need.status} (there is none)".replace("  ", " ")
            for node in found:
                if not is_at(node, need.status):
                    shown = below(node.label, passage.path) or f"a {name}"
                    yield node.rid, f"{shown} {need.status} (is {node.status})"
