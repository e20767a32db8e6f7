"""How much the findings of content checks weigh, by the checks' codes. Most findings are advice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_sync.core.values.problem import Problem, Severity

if TYPE_CHECKING:
    from studio_sync.core.values.kind import Kind


@dataclass(frozen=True, slots=True)
class ContentCheck:
    """The code of a check's findings, and whether one file is enough for it.

    A finding that `breaks` something for readers blocks a step forward in status, and beyond the first status
    it is an error, unless the workspace says otherwise.
    """

    code: str
    alone: bool = False
    breaks: bool = False


CHECKS = (
    ContentCheck("avoided-term"),
    ContentCheck("broken-anchor"),
    ContentCheck("broken-link"),
    ContentCheck("correct-options", alone=True, breaks=True),
    ContentCheck("empty-question", alone=True, breaks=True),
    ContentCheck("empty-text", alone=True, breaks=True),
    ContentCheck("hidden-character", alone=True),
    ContentCheck("merge-markers", alone=True, breaks=True),
    ContentCheck("missing-alt", alone=True),
    ContentCheck("missing-reference", alone=True, breaks=True),
    ContentCheck("near-key", alone=True),
    ContentCheck("no-instructions", alone=True),
    ContentCheck("odd-number", alone=True),
    ContentCheck("placeholder", alone=True, breaks=True),
    ContentCheck("unclosed-code", alone=True, breaks=True),
    ContentCheck("unknown-language", alone=True),
    ContentCheck("unknown-question-type", alone=True, breaks=True),
    ContentCheck("unseen-file"),
    ContentCheck("untranslated", breaks=True),
    ContentCheck("vale"),
)
"""The functions that find most of them stand in `content_checks`: a run that reads no file loads none."""

CODES = tuple(check.code for check in CHECKS)
_BREAKING = frozenset(check.code for check in CHECKS if check.breaks)


def is_advice(problem: Problem) -> bool:
    """Whether a problem was found by a check, and blocks nothing."""
    return problem.code in CODES and problem.severity is Severity.WARNING


@dataclass(frozen=True, slots=True)
class Advice:
    """A workspace's settings for checks, the weight of each finding (None: off), and for assets.

    `assets` is where readers find files that are no records, "" for nowhere.
    """

    weights: Mapping[str, Severity | None] = field(default_factory=dict)
    assets: str = ""

    def weight(self, code: str, *, begun: bool = False) -> Severity | None:
        """The weight of a finding with this code, about a record that has `begun` its way to readers."""
        usual = Severity.ERROR if begun and code in _BREAKING else Severity.WARNING
        return self.weights.get(code, usual)

    def holds(self, problem: Problem) -> bool:
        """Whether a problem blocks its record's step forward in status."""
        return problem.severity is Severity.ERROR or (
            problem.code in _BREAKING and problem.code not in self.weights
        )

    def holds_up(self) -> bool:
        """Whether a finding about a file's surroundings may be an error."""
        return any(not c.alone and self.weight(c.code) is Severity.ERROR for c in CHECKS)

    def fingerprint(self) -> str:
        """A digest of the settings: findings about single files stay valid while it is the same."""
        return " ".join(f"{c.code}:{self.weights.get(c.code, '-') or ''}" for c in CHECKS if c.alone)


def has_begun(kind: "Kind", status: object) -> bool:
    """Whether a record with this status is on its way to readers: past draft, and not yet approved.

    An approved record was judged by a person, and changes only when it is reopened.
    """
    return status in kind.flow[1:] and status not in kind.locked
