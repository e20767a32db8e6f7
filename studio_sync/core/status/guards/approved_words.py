"""Guards on approval: the approved words are the record's own, and everything below it was read."""

from shlex import join, quote

from studio_sync.core.status.guards.context import GuardContext, Verdict, path_below
from studio_sync.core.status.rules import StatusRules
from studio_sync.core.status.transition import StatusNode, Transition
from studio_sync.core.values.phrases import a, listed

UNREAD_WORDS = "unread-words"
_SHOWN = 5


def approves(transition: Transition, rules: StatusRules) -> bool:
    """Whether an existing record steps forward to a status that locks it."""
    if transition.before is None or transition.after is None or transition.was == transition.becomes:
        return False
    return transition.steps >= 0 and rules.locks(transition.kind, transition.becomes)


def words_are_approved(transition: Transition, context: GuardContext) -> Verdict | None:
    """The words after the push were approved."""
    approval = transition.approval
    if approval is None or transition.after is None or not approves(transition, context.policy.rules):
        return None
    from studio_sync.core.status.approval import words_digest

    # G8: an approval is of words: those after the push were read.
    advance = f"`studio advance {quote(transition.path)}`"
    again = f"read it as it is now, then {advance} records the approval (for CI, in a commit)"
    if words_digest(transition.kind, transition.after) in approval.words:
        return None
    if approval.cut_off:
        message = f"{transition.way}: this clone has too little history to tell which words were approved"
        return Verdict(UNREAD_WORDS, message, "fetch the rest: git fetch --unshallow")
    if approval.unrecorded:
        message = f"{transition.way}: this workspace wants every approval recorded, with its digest"
        return Verdict(UNREAD_WORDS, message, again)
    return Verdict(UNREAD_WORDS, f"{transition.way}: its words are not those that were approved", again)


def all_below_is_read(transition: Transition, context: GuardContext) -> Verdict | None:
    """Everything below the record in the database is known to this tree, and no approval there is stale."""
    if not approves(transition, context.policy.rules):
        return None
    # G9: and so were the words of everything below.
    forests = (context.after, context.before)  # what this push moves in comes below it, too
    inside = list({node.rid: node for forest in forests for node in forest.below(transition.rid)}.values())
    unseen = [node for node in inside if node.unseen]
    left_out = [node for node in inside if node.left_out]
    if left_out:
        message = f"{transition.way}: something below it is left out of this tree, and not read"
        hint = (
            "take it out of .studioignore, or bring it in with `git sparse-checkout disable`; then"
            f" `studio pull`, and read: {_names(left_out, transition)}"
        )
        return Verdict("unread-below", message, hint)
    if unseen:
        message = f"{transition.way}: the database has changes below it that this tree has not pulled"
        return Verdict("unread-below", message, f"`studio pull`, and read: {_names(unseen, transition)}")
    stale = [node for node in inside if node.stale]
    if stale:
        message = f"{transition.way}: something below it was changed after its approval"
        kind, names = stale[0].kind, _names(stale, transition)
        status = context.policy.rules.open_again(kind)
        paths = [node.label for node in stale[:_SHOWN] if node.label]
        push = join(["studio", "push", *paths, "--reopen", "-m", "why"])
        hint = f"read {names}, and set `status: {status}` there; then `{push}`; then approve it again"
        return Verdict("unread-below", message, hint)
    return None


def _names(nodes: list[StatusNode], transition: Transition) -> str:
    names = [path_below(node.label, transition.path) or a(node.kind.name) for node in nodes]
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return listed([*names[:_SHOWN], *more], "and")
