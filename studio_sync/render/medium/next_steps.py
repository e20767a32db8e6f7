"""The commands that send or bring what differs: every command that names one takes it from here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.record import Rid
from studio_sync.render.medium.phrasing import is_held


class Step(StrEnum):
    """A command that goes on from a difference, in the order in which they are printed."""

    DIFF = "studio diff"
    PUSH = "studio push"
    PULL = "studio pull"
    DELETE = "studio push --delete"


_SENTENCES: Mapping[Step, str] = {
    Step.DIFF: "`studio diff` shows both sides of a conflict",
    Step.PUSH: "`studio push` writes your changes to the database",
    Step.PULL: "`studio pull` writes changes from the database into the files",
    Step.DELETE: "`studio push --delete` deletes the rows whose deletion is held",
}
_BY_CI: Mapping[Step, str] = {
    Step.PUSH: "commit your changes and open a pull request: CI pushes after the merge",
    Step.DELETE: "CI deletes the rows whose deletion is held, if a commit says `Studio-Delete: PATH`",
}
"""The sentences that differ where a target takes pushes from CI alone."""
_COUNTED: Mapping[Step, tuple[str, str]] = {
    Step.PUSH: ("record", "push"),
    Step.PULL: ("record", "pull"),
    Step.DELETE: ("deletion", "push"),
}


def next_steps(deltas: Iterable[Delta], stopped: Collection[Rid] = ()) -> Mapping[Step, Sequence[Delta]]:
    """The differences by the command that takes them; a push would refuse those in `stopped`."""
    found: dict[Step, list[Delta]] = {step: [] for step in Step}
    for delta in deltas:
        if delta.standing is Standing.CONFLICT:
            found[Step.DIFF].append(delta)
        elif delta.standing is Standing.DIVERGED:
            found[Step.PULL].append(delta)
        elif is_held(delta):
            found[Step.DELETE].append(delta)
        else:
            if _has(delta, Standing.AHEAD) and delta.rid not in stopped:
                found[Step.PUSH].append(delta)
            if _has(delta, Standing.BEHIND):
                found[Step.PULL].append(delta)
    return {step: some for step, some in found.items() if some}


def step_sentences(steps: Iterable[Step], *, by_ci: bool) -> list[str]:
    """A sentence for each of these commands; `by_ci`: the target takes pushes from CI alone."""
    return [(_BY_CI if by_ci else {}).get(step, _SENTENCES[step]) for step in steps]


def look_and_send(*, by_ci: bool) -> str:
    """How to go on where files were changed that a person may want to look at first."""
    sends = "CI pushes it after the merge" if by_ci else "`studio push` sends it"
    return f"`studio diff` shows what that changes, {sends}"


def step_counts(steps: Mapping[Step, Sequence[Delta]], wanted: Collection[Step], *, by_ci: bool) -> list[str]:
    """``1 record to push: run `studio push` `` for each command in `wanted` that takes something.

    `by_ci`: the target takes pushes from CI alone.
    """
    return [
        f"{counted(len(some), _COUNTED[step][0])} to {_COUNTED[step][1]}:"
        f" {_BY_CI[step] if by_ci and step in _BY_CI else f'run `{step}`'}"
        for step, some in steps.items()
        if step in wanted
    ]


def _has(delta: Delta, standing: Standing) -> bool:
    return delta.standing is standing or bool(delta.having(standing))
