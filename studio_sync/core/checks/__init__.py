"""Is this content good? Checks of one signature, in a list. What they find is advice, unless told otherwise.

Those that look at one file `alone` hold as long as that file stays as it is; the others ask what stands
around it, and have to be asked anew whenever that may have changed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from studio_sync.core.checks.content import Around, Content, Remark
from studio_sync.core.checks.links import broken_link, missing_alt, unseen_file
from studio_sync.core.checks.questions import correct_options
from studio_sync.core.checks.wording import avoided_term
from studio_sync.core.values.problem import Problem, Severity


@dataclass(frozen=True, slots=True)
class Check:
    """A check, the code of what it finds, and whether one file is enough to judge."""

    code: str
    find: Callable[[Content, Around], Iterator[Remark]]
    alone: bool = False


CHECKS = (
    Check("avoided-term", avoided_term),
    Check("broken-link", broken_link),
    Check("correct-options", correct_options, alone=True),
    Check("missing-alt", missing_alt, alone=True),
    Check("unseen-file", unseen_file),
)

CODES = tuple(check.code for check in CHECKS)


def is_advice(problem: Problem) -> bool:
    """Whether a problem is what a check found, and holds nothing up."""
    return problem.code in CODES and problem.severity is Severity.WARNING


@dataclass(frozen=True, slots=True)
class Advice:
    """What a workspace says about checks: how much a finding weighs, None for nothing; and about assets.

    `assets` is where readers find the files that are no records, "" for nowhere.
    """

    weights: Mapping[str, Severity | None] = field(default_factory=dict)
    assets: str = ""

    def weight(self, code: str) -> Severity | None:
        """How much a finding with this code weighs."""
        return self.weights.get(code, Severity.WARNING)

    def holds_up(self) -> bool:
        """Whether a finding about what stands around a file may be an error."""
        return any(not c.alone and self.weight(c.code) is Severity.ERROR for c in CHECKS)

    def fingerprint(self) -> str:
        """What was found by checks that look at one file stays right while this stays the same."""
        return " ".join(f"{c.code}:{self.weight(c.code) or ''}" for c in CHECKS if c.alone)


def judge(content: Content, around: Around, advice: Advice, *, alone: bool) -> Iterator[Problem]:
    """What the checks find that look at one file `alone`, or else what the others find."""
    for check in CHECKS:
        weight = advice.weight(check.code)
        if check.alone is alone and weight is not None:
            for found in check.find(content, around):
                yield Problem(content.path, *found.at, check.code, found.message, found.hint, weight)
