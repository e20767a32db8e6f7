"""The content checks: the function of each, and the kinds of files that it is about.

Checks that look at one file `alone` stay valid as long as that file is unchanged. The others depend on the
file's surroundings, and must run again whenever those may have changed.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeAlias

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
from studio_sync.core.checks.weights import CHECKS, Advice, has_begun
from studio_sync.core.checks.wording import avoided_term
from studio_sync.core.checks.words import empty_text, no_instructions, placeholder
from studio_sync.core.values.kind import STATUS, Field, FieldPlace, Kind, Type
from studio_sync.core.values.problem import Problem


def _every(_: Kind) -> bool:
    return True


def _with(about: Callable[[Field], bool]) -> Callable[[Kind], bool]:
    """Whether the check is about some field of a kind."""
    return lambda kind: any(map(about, kind.fields))


_WITH_QUESTIONS = _with(lambda field: field.questions)
_WITH_BODY = _with(lambda field: field.place is FieldPlace.BODY)
_WITH_VALUES = _with(lambda field: field.place is not FieldPlace.BODY and field.name != STATUS)
_WITH_JSON = _with(lambda field: field.type is Type.JSON)
_WITH_INSTRUCTIONS = _with(lambda field: bool(field.tells))
_WITH_NUMBERS = _with(lambda field: field.type in (Type.INTEGER, Type.DECIMAL) and not field.loose)
_WITH_LANGUAGE = _with(lambda field: field.language)

Find: TypeAlias = Callable[[CheckedFile, Around], Iterator[Remark]]

FINDERS: dict[str, tuple[Find, Callable[[Kind], bool]]] = {
    "avoided-term": (avoided_term, _every),
    "broken-anchor": (broken_anchor, _every),
    "broken-link": (broken_link, _every),
    "correct-options": (correct_options, _WITH_QUESTIONS),
    "empty-question": (unasked_question, _WITH_QUESTIONS),
    "empty-text": (empty_text, _WITH_VALUES),
    "hidden-character": (hidden_character, _WITH_VALUES),
    "merge-markers": (merge_markers, _WITH_BODY),
    "missing-alt": (missing_alt, _WITH_BODY),
    "missing-reference": (missing_reference, _WITH_BODY),
    "near-key": (near_key, _WITH_JSON),
    "no-instructions": (no_instructions, _WITH_INSTRUCTIONS),
    "odd-number": (odd_number, _WITH_NUMBERS),
    "placeholder": (placeholder, _every),
    "unclosed-code": (unclosed_code, _WITH_BODY),
    "unknown-language": (unknown_language, _WITH_LANGUAGE),
    "unknown-question-type": (unknown_sort, _WITH_QUESTIONS),
    "unseen-file": (unseen_file, _every),
}
"""By code: a check, which runs on files of the kinds for which the second function is true.

Findings of the codes that are missing here are made elsewhere.
"""


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
def _checks_about(kind: Kind, *, alone: bool) -> tuple[tuple[str, Find], ...]:
    """The checks that can find something in files of a kind.

    Chosen once for each kind: asking each of twenty checks about each file took as long as parsing its YAML.
    """
    chosen = ((c.code, FINDERS[c.code]) for c in CHECKS if c.alone is alone and c.code in FINDERS)
    return tuple((code, find) for code, (find, about) in chosen if about(kind))
