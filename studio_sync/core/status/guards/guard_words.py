"""Wording shared by the guards: names of statuses and files, and ways out."""

from posixpath import dirname

from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.trailers import trailer_line
from studio_sync.core.status.transition import Transition


def why(transition: Transition, choice: Choice) -> str:
    """How to give the decision: by a flag, or by a trailer of a commit."""
    word = str(choice)
    return (
        f'if that is meant: `studio push --{word} -m "why"`\n'
        f"or in CI a commit with the line `{trailer_line(choice, transition.path, 'why')}`"
    )


def path_below(path: str, top: str) -> str:
    """A path relative to the folder of the record whose file is at `top`."""
    return path.removeprefix(dirname(top) + "/")
