"""What guards look at beside one record's transition, and what they say."""

from dataclasses import dataclass, field

from studio_sync.core.plan.decision import Choice
from studio_sync.core.status.rules import StatusRules
from studio_sync.core.status.transition import Forest
from studio_sync.core.values.kind import Kinds


@dataclass(frozen=True, slots=True)
class Policy:
    """What a push is judged by: the kinds, the rules, whether it may approve, whether it's an agent's."""

    kinds: Kinds
    rules: StatusRules = field(default_factory=StatusRules)
    no_approve: bool = False
    agent: bool = False


@dataclass(frozen=True, slots=True)
class GuardContext:
    """All that a push would do, at once: the records below those that matter, before and after it."""

    policy: Policy
    before: Forest
    after: Forest


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a guard has against a transition, and the way out. `choice` is the decision that sets it aside."""

    code: str
    message: str
    hint: str
    choice: Choice | None = None
