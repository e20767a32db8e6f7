"""What steps to a status that locks was read: its own words, and everything below it."""

from studio_sync.core.status.approval import words_digest
from studio_sync.core.status.guards.context import Case, Verdict
from studio_sync.core.status.guards.words import below, listed
from studio_sync.core.status.rules import Rules
from studio_sync.core.status.transition import Node, Passage

UNREAD_WORDS = "unread-words"
_SHOWN = 5


def approves(passage: Passage, rules: Rules) -> bool:
    """Whether an old record steps forward to a status that locks it."""
    if passage.before is None or passage.after is None or passage.was == passage.becomes:
        return False
    return passage.steps >= 0 and rules.locks(passage.kind, passage.becomes)


def words_are_approved(passage: Passage, case: Case) -> Verdict | None:
    """The words after the push are words that were approved."""
    approval = passage.approval
    if approval is None or passage.after is None or not approves(passage, case.terms.rules):
        return None
    again = f"read it as it is now, then `studio advance {passage.path}` records the approval"
    if words_digest(passage.kind, passage.after) in approval.words:
        return None
    if approval.cut_off:
        message = f"{passage.way}: this clone has too little history to tell which words were approved"
        return Verdict(UNREAD_WORDS, message, "fetch the rest: git fetch --unshallow")
    if approval.unrecorded:
        message = f"{passage.way}: this workspace wants every approval recorded, and this one is not"
        return Verdict(UNREAD_WORDS, message, again)
    return Verdict(UNREAD_WORDS, f"{passage.way}: its words are not those that were approved", again)


def all_below_is_read(passage: Passage, case: Case) -> Verdict | None:
    """Nothing below the record says in the database what this tree has not seen, or what nobody approved."""
    if not approves(passage, case.terms.rules):
        return None
    inside = list(case.before.below(passage.rid))
    unseen = [node for node in inside if node.unseen]
    if unseen:
        message = f"{passage.way}: below it the database says something that this tree has not seen"
        return Verdict("unread-below", message, f"`studio pull`, and read: {_names(unseen, passage)}")
    stale = [node for node in inside if node.stale]
    if stale:
        message = f"{passage.way}: something below it was changed after its approval"
        return Verdict(
            "unread-below",
            message,
            f"reopen it, read it and approve it anew: {_names(stale, passage)}",
        )
    return None


def _names(nodes: list[Node], passage: Passage) -> str:
    names = [below(node.label, passage.path) or f"a {node.kind.name}" for node in nodes]
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return listed([*names[:_SHOWN], *more], "and")
