"""The words in which guards name statuses, files, and ways out."""

from posixpath import dirname

from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.trailers import trailer_line
from studio_sync.core.status.transition import Transition


def why(transition: Transition, choice: Choice) -> str:
    """How a decision is given: by a flag, or in the message of a commit."""
    word = str(choice)
    return (
        f'if that is meant: `studio push --{word} -m "why"`\n'
        f"or in CI a commit with the line `{trailer_line(choice, transition.path, 'why')}`"
    )


def path_below(path: str, top: str) -> str:
    """A path as seen from the folder of the record whose file is at `top`."""
    return path.removeprefix(dirname(top) + "/")
