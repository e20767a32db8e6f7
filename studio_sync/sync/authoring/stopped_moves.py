"""Problems of a move that was stopped: before it is finished, and where it can't be."""

from studio_sync.core.values.problem import Problem, Severity
from studio_sync.errors import RefusedError, StudioError
from studio_sync.files.tree.lock import is_locked
from studio_sync.files.workspace.moving import Mover
from studio_sync.files.workspace.stopped_move import Reached, StoppedMove
from studio_sync.files.workspace.workspace import Workspace

_FORGET = "move what is left as you want it; then `studio mv --stopped forget`"


def refused_to_finish(stopped: StoppedMove, prefix: str) -> RefusedError:
    """The refusal to finish a move whose files were changed since: what stands where."""
    lines = (
        f"{prefix}{old} → {prefix}{new}: "
        + (" and ".join(f"there is {prefix}{place}" for place in found) or "there is neither")
        for old, new, found in stopped.standing
    )
    return RefusedError(
        "a move was stopped, and its files were changed since: nothing is moved by itself",
        _FORGET,
        listed=lines,
    )


def stopped_moves(workspace: Workspace) -> list[Problem]:
    """The problem that a move was stopped and is half done, with the command that gets out of it."""
    if is_locked(workspace.state / "lock"):
        return []  # another process is carrying it out
    try:
        found = Mover(workspace.content, workspace.state, workspace.prefix).stopped()
    except StudioError:
        return []
    if found is None or found.reached in (Reached.OLD, Reached.NEW):
        return []
    made = next(iter(found.draft.creates), "")
    old, new = next(iter(found.draft.shown), (made, made))
    place = workspace.prefix + new
    if found.reached is Reached.HALF:
        message = f"the move to {place} was stopped when it was half done"
        hint = "`studio mv --stopped finish` finishes it"
    else:
        message, hint = f"the move to {place} was stopped, and its files were changed since", _FORGET
    return [Problem(workspace.prefix + old, 0, 0, "stopped-move", message, hint, Severity.WARNING)]
