"""Guard context: the policy and records that guards judge by, their verdict, and the words they share."""

from dataclasses import dataclass, field
from posixpath import dirname

from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.trailers import trailer_line
from studio_sync.core.status.rules import StatusRules
from studio_sync.core.status.transition import Forest, Transition
from studio_sync.core.values.kind import Kinds


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy that a push is judged by: kinds, rules, whether it may approve, whether it is an agent's."""

    kinds: Kinds
    rules: StatusRules = field(default_factory=StatusRules)
    no_approve: bool = False
    agent: bool = False


@dataclass(frozen=True, slots=True)
class GuardContext:
    """The result of the whole push: the relevant records and their descendants, before and after it."""

    policy: Policy
    before: Forest
    after: Forest


@dataclass(frozen=True, slots=True)
class Verdict:
    """A guard's objection to a transition, and the way out. `choice` is the decision that overrides it."""

    code: str
    message: str
    hint: str
    choice: Choice | None = None


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
