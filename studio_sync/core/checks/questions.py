"""Checks of quiz questions: text, type, options and correct answers."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from studio_sync.core.checks.content import Around, CheckedFile, Remark, Where
from studio_sync.core.checks.words import says_nothing
from studio_sync.core.values.nearest import nearest
from studio_sync.core.values.value import Value

_ONE = frozenset(("single_choice", "single", "single_select"))
_SOME = frozenset(("multiple_choice", "multiple", "multi_choice", "multiple_select", "multi_select"))
_EITHER = frozenset(("true_false", "true_or_false", "boolean"))
_FREE = frozenset(("open", "open_text", "free_text"))
_CHOICE = _ONE | _SOME
_ALL = _CHOICE | _EITHER | _FREE
_KNOWN = ("single_choice", "multiple_choice", "true_false", "open")
_RIGHT = "write `correct: true` below the option that is right"

QuizQuestion = tuple[Where, Mapping[str, Value]]


def _questions(content: CheckedFile) -> Iterator[QuizQuestion]:
    for field in content.kind.fields:
        found = content.values[field.name] if field.questions else None
        for number, question in enumerate(found if isinstance(found, list) else ()):
            if isinstance(question, dict):
                yield (field.name, number), question


def _sort(question: Mapping[str, Value]) -> str:
    question_type = question.get("type")
    return _plain_sort(question_type) if isinstance(question_type, str) else ""


@lru_cache(maxsize=256)
def _plain_sort(question_type: str) -> str:
    return question_type.strip().lower().replace("-", "_").replace(" ", "_")


def unasked_question(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Questions and options without a text."""
    for at, question in _questions(content):
        if says_nothing(question.get("question", "?")):
            yield Remark(content.at((*at, "question")), "this question asks nothing", "write what is asked")
        for number, option in enumerate(_options(question)):
            if isinstance(option, dict) and says_nothing(option.get("text", "?")):
                where = (*at, "options", number)
                place = content.at((*where, "text"))
                yield Remark(place, "this option has no text", "write its answer, or delete it")


def unknown_sort(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Unknown types of questions."""
    for at, question in _questions(content):
        sort = _sort(question)
        if not sort or sort in _ALL:
            continue
        listed = content.choices((*at, "type"))
        if question["type"] in listed:
            continue
        known = tuple(dict.fromkeys((*_KNOWN, *listed)))
        near = nearest(sort, known) or nearest(sort.replace("choise", "choice"), known)
        hint = f"did you mean `{near}`?" if near else f"known are {', '.join(known)}"
        more = "" if near else "; declare a type of your own in schemas/ (`examples` of `type`)"
        yield Remark(content.at((*at, "type")), f"`{question['type']}` is no type of question", hint + more)


def correct_options(content: CheckedFile, _: Around) -> Iterator[Remark]:
    """Questions without a correct answer, and single choices with several."""
    for at, question in _questions(content):
        yield from _answers(content, at, question)


def _options(question: Mapping[str, Value]) -> list[Value]:
    options = question.get("options")
    return options if isinstance(options, list) else []


def _answers(content: CheckedFile, at: Where, question: Mapping[str, Value]) -> Iterator[Remark]:
    sort, options = _sort(question), _options(question)
    place = (*at, "options") if "options" in question else at
    right = [i for i, o in enumerate(options) if isinstance(o, dict) and o.get("correct") is True]
    answered = question.get("answer") not in (None, "", [])
    choice = sort in _CHOICE
    if not options and (question.get("options") == [] or (choice and not answered)):
        hint = "write them below `options:`" if choice else "write them below `options:`, or delete the line"
        yield Remark(content.at(place), "this question has no options to choose from", hint)
    elif sort in _EITHER and not right and not answered:
        message = "this question doesn't say whether it is true or false"
        yield Remark(content.at(at), message, "write `answer: true` or `answer: false`")
    elif choice and not right and not answered:
        yield Remark(content.at(place), "none of this question's options is correct", _RIGHT)
    elif len(right) > 1 and sort in _ONE | _EITHER:
        way = "" if sort in _EITHER else ", or make it `type: multiple_choice`"
        yield Remark(
            content.at((*place, right[1], "correct")),
            f"a {'single choice' if sort in _ONE else 'true_false'} has one correct option,"
            f" but this one has {len(right)}",
            f"leave `correct: true` at one of them{way}",
        )
    seen: dict[str, int] = {}
    for number, option in enumerate(options):
        text = option.get("text") if isinstance(option, dict) else None
        if isinstance(text, str) and not says_nothing(text):
            first = seen.setdefault(" ".join(text.split()), number)
            if first != number:
                message = f"this option says the same as option {first + 1}"
                yield Remark(content.at((*place, number, "text")), message, "change one of the two")
