"""Content checks: the list of checks, and how much their findings weigh. Most findings are advice.

Checks that look at one file `alone` stay valid as long as that file is unchanged. The others depend on the
file's surroundings, and must run again whenever those may have changed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from studio_sync.core.checks.characters import hidden_character
from studio_sync.core.checks.content import Around, CheckedFile, Remark
from studio_sync.core.checks.facts import odd_number, unknown_language
from studio_sync.core.checks.keys import near_key
from studio_sync.core.checks.links import (
    broken_anchor,
    broken_link,
    merge_markers,
    missing_alt,
    missing_reference,
    unclosed_code,
    unseen_file,
)  # fmt: skip
from studio_sync.core.checks.questions import correct_options, unasked_question, unknown_sort
from studio_sync.core.checks.wording import avoided_term
from studio_sync.core.checks.words import empty_text, no_instructions, placeholder
from studio_sync.core.values.kind import STATUS, FieldPlace, Kind, Type
from studio_sync.core.values.problem import Problem, Severity


def _every(_: Kind) -> bool:
    return True


def _with_questions(kind: Kind) -> bool:
    return any(field.questions for field in kind.fields)


def _with_body(kind: Kind) -> bool:
    return kind.body is not None


def _with_values(kind: Kind) -> bool:
    """Whether a file of this kind has values in YAML beside its status."""
    return any(f.place is not FieldPlace.BODY and f.name != STATUS for f in kind.fields)


def _with_json(kind: Kind) -> bool:
    return any(field.type is Type.JSON for field in kind.fields)


@dataclass(frozen=True, slots=True)
class ContentCheck:
    """A check, the code of its findings, and whether one file is enough for it.

    It is run on files of kinds for which `about` is true. A finding that `breaks` something for readers
    blocks a step forward in status, and beyond the first status it is an error, unless the workspace says
    otherwise. Without `find` the finding is made elsewhere.
    """

    code: str
    find: Callable[[CheckedFile, Around], Iterator[Remark]] | None = None
    alone: bool = False
    breaks: bool = False
    about: Callable[[Kind], bool] = _every


CHECKS = (
    ContentCheck("avoided-term", avoided_term),
    ContentCheck("broken-anchor", broken_anchor),
    ContentCheck("broken-link", broken_link),
    ContentCheck("correct-options", correct_options, alone=True, breaks=True, about=_with_questions),
    ContentCheck("empty-question", unasked_question, alone=True, breaks=True, about=_with_questions),
    ContentCheck("empty-text", empty_text, alone=True, breaks=True, about=_with_values),
    ContentCheck("hidden-character", hidden_character, alone=True, about=_with_values),
    ContentCheck("merge-markers", merge_markers, alone=True, breaks=True, about=_with_body),
    ContentCheck("missing-alt", missing_alt, alone=True, about=_with_body),
    ContentCheck("missing-reference", missing_reference, alone=True, breaks=True, about=_with_body),
    ContentCheck("near-key", near_key, alone=True, about=_with_json),
    ContentCheck("no-instructions", no_instructions, alone=True, about=_with_json),
    ContentCheck("odd-number", odd_number, alone=True, about=_with_values),
    ContentCheck("placeholder", placeholder, alone=True, breaks=True),
    ContentCheck("unclosed-code", unclosed_code, alone=True, breaks=True, about=_with_body),
    ContentCheck("unknown-language", unknown_language, alone=True, about=_with_values),
    ContentCheck("unknown-question-type", unknown_sort, alone=True, breaks=True, about=_with_questions),
    ContentCheck("unseen-file", unseen_file),
    ContentCheck("untranslated", breaks=True),
    ContentCheck("vale"),
)

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


def has_begun(kind: Kind, status: object) -> bool:
    """Whether a record with this status is on its way to readers: past draft, and not yet approved.

    An approved record was judged by a person, and changes only when it is reopened.
    """
    return status in kind.flow[1:] and status not in kind.locked


def run_checks(content: CheckedFile, around: Around, advice: Advice, *, alone: bool) -> Iterator[Problem]:
    """The findings of checks that look at one file `alone`, or of the others."""
    for code, find in _checks_about(content.kind, alone=alone):
        for found in find(content, around):
            begun = has_begun(content.kind, content.values.get(STATUS))
            weight = advice.weight(code, begun=begun)
            if weight is None:
                break
            yield Problem(content.path, *found.at, code, found.message, found.hint, weight)


@cache
def _checks_about(
    kind: Kind, *, alone: bool
) -> tuple[tuple[str, Callable[[CheckedFile, Around], Iterator[Remark]]], ...]:
    """The checks that can find something in files of a kind.

    Chosen once for each kind: asking each of twenty checks about each file took as long as parsing its YAML.
    """
    return tuple((c.code, c.find) for c in CHECKS if c.find and c.alone is alone and c.about(kind))
