"""The view of a record: what learners see, and separately what only authors see."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from studio_sync.core.values.kind import STATUS, Field, FieldPlace, Kind, Type
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value
from studio_sync.core.values.word_count import count_words
from studio_sync.serve.lesson import LessonPart, title_of
from studio_sync.serve.lesson_markdown import LinkAddress, blocks, inline
from studio_sync.serve.paragraph_blame import PartBlame

WORDS_A_MINUTE = 130
"""The speed of speaking a script."""
_MINUTE = 60
_KINDS_OF_CHOICE = {"multiple_choice": "many", "open": "open"}

ViewNote = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """The data of one part for its template."""

    word: str
    kind: str
    path: str
    title: str
    status: str
    exists: bool
    readable: bool
    facts: Sequence[Mapping[str, Any]]
    text: Sequence[Mapping[str, Any]]
    questions: Sequence[Mapping[str, Any]]
    asked: str
    opening: str
    time: str
    words: int
    authors: Sequence[tuple[str, Value]]
    notes: Sequence[ViewNote]
    mark: str


def shown(
    part: LessonPart,
    address: Callable[[str], LinkAddress],
    label: Callable[[Kind, str], str],
    written: PartBlame | None = None,
) -> Shown:
    """The view of a part. `address` makes URLs for links of its file, `label` names a field.

    `written` has the authors of each paragraph and field, if requested.
    """
    values = part.values or {}
    left = list(part.problems)
    text: list[dict[str, Any]] = []
    questions: list[dict[str, Any]] = []
    facts: list[dict[str, Any]] = []
    authors: list[tuple[str, Value]] = []
    opening, time, words, asked = "", "", 0, ""
    for field in part.kind.fields:
        value = values.get(field.name)
        if value is None or isinstance(value, Omitted) or field.name in (STATUS, part.kind.heading):
            continue
        if field.place is FieldPlace.BODY and isinstance(value, str):
            text = list(_text(value, part.text, address(part.path), left))
            if written:
                text = [b | {"who": written.paragraph(field.name, *b["lines"])} for b in text]
            words = count_words(value)
            time = _running_time(words) if field.spoken else ""
        elif field.questions and isinstance(value, list):
            lines = (part.items or {}).get(field.name, ())
            questions = [_question(n, q, _of_item(left, lines, n)) for n, q in enumerate(value)]
            asked = written.field(field.name) if written else ""
        elif field.shown or field.type is not Type.JSON:
            who = written.field(field.name) if written else ""
            facts.append({"name": label(part.kind, field.name), "value": value, "who": who})
        else:
            opening = opening or _opening(field, value)
            authors.append((label(part.kind, field.name), value))
    status = values.get(STATUS)
    return Shown(
        word=part.kind.name.replace("_", " ").capitalize(), kind=part.kind.name, path=part.path,
        title=title_of(part.kind, part.values), status=status if isinstance(status, str) else "",
        exists=part.exists, readable=part.values is not None, facts=facts, text=text, questions=questions,
        asked=asked, opening=opening, time=time, words=words, authors=authors,
        notes=[_note(p) for p in left], mark=part.mark,
    )  # fmt: skip


def _text(value: str, line: int, address: LinkAddress, left: list[Problem]) -> Iterator[dict[str, Any]]:
    """The blocks of a body, each with its problems."""
    found = blocks(value, line, address)
    for number, block in enumerate(found):
        end = found[number + 1].first if number + 1 < len(found) else block.last + 1
        lines = (block.first, max(end - 1, block.last))
        yield {"html": block.html, "notes": _taken(left, lines[0], lines[1] + 1), "lines": lines, "who": ""}


def _of_item(left: list[Problem], lines: Sequence[int], number: int) -> list[ViewNote]:
    """The problems of one list item, by the lines where the items begin."""
    return _taken(left, lines[number], [*lines, inf][number + 1]) if number < len(lines) else []


def _taken(left: list[Problem], first: int, end: float) -> list[ViewNote]:
    """The problems in these lines, which are taken out of `left`."""
    here = [p for p in left if first <= p.line < end]
    for problem in here:
        left.remove(problem)
    return [_note(p) for p in here]


def _question(number: int, given: Value, notes: list[ViewNote]) -> dict[str, Any]:
    """An interactive question: its kind of answer, feedback for each answer, explanation."""
    question = given if isinstance(given, Mapping) else {}
    options = question.get("options")
    answer = question.get("answer")
    how = _KINDS_OF_CHOICE.get(str(question.get("type")), "one")
    choices = [_choice(option) for option in options] if isinstance(options, list) else []
    if not choices and isinstance(answer, bool):
        choices = [
            {"html": word, "right": answer is truth, "feedback": ""}
            for word, truth in (("True", True), ("False", False))
        ]
    if not choices:
        how = "open"
    return {
        "number": number + 1,
        "how": how,
        "html": inline(str(question.get("question") or "")),
        "choices": choices,
        "answer": inline(answer) if isinstance(answer, str) else "",
        "explanation": inline(str(question.get("explanation") or "")),
        "notes": notes,
    }


def _choice(option: Value) -> dict[str, Any]:
    choice = option if isinstance(option, Mapping) else {"text": option}
    return {
        "html": inline(str(choice.get("text") or "")),
        "right": choice.get("correct") is True,
        "feedback": inline(str(choice.get("feedback") or "")),
    }


def _opening(field: Field, value: Value) -> str:
    opening = value.get(field.opening) if field.opening and isinstance(value, Mapping) else None
    return opening if isinstance(opening, str) else ""


def _running_time(words: int) -> str:
    seconds = round(words * _MINUTE / WORDS_A_MINUTE)
    return f"{seconds // _MINUTE}:{seconds % _MINUTE:02}"


def _note(problem: Problem) -> ViewNote:
    return {
        "level": "bad" if problem.severity is Severity.ERROR else "warn",
        "text": problem.message,
        "hint": problem.hint,
        "code": problem.code,
        "line": problem.line,
    }
