"""Questions: a choice has the answers that it needs."""

from collections.abc import Iterator, Mapping

from studio_sync.core.checks.content import Around, Content, Remark
from studio_sync.core.values.value import Value

_ONE = frozenset(("single_choice", "single", "single_select"))
_SOME = frozenset(("multiple_choice", "multiple", "multi_choice", "multiple_select", "multi_select"))
_RIGHT = "write `correct: true` below the option that is right"


def correct_options(content: Content, _: Around) -> Iterator[Remark]:
    """Single choices without exactly one correct option, and multiple ones without any."""
    for field in content.kind.fields:
        questions = content.values[field.name] if field.questions else None
        if not isinstance(questions, list):
            continue
        for number, question in enumerate(questions):
            if isinstance(question, Mapping):
                yield from _question(content, (field.name, number), question)


def _question(content: Content, at: tuple[str, int], question: Mapping[str, Value]) -> Iterator[Remark]:
    sort = question.get("type")
    sort = sort.strip().lower().replace("-", "_").replace(" ", "_") if isinstance(sort, str) else ""
    if sort not in _ONE | _SOME:
        return
    options = question.get("options")
    options = options if isinstance(options, list) else []
    right = [i for i, o in enumerate(options) if isinstance(o, Mapping) and o.get("correct") is True]
    if not right and question.get("answer") not in (None, "", []):
        return  # the answer is told apart from the options
    place = (*at, "options") if "options" in question else at
    if not options:
        yield Remark(
            content.at(place), "this question has no options to choose from", "write them below `options:`"
        )
    elif not right:
        yield Remark(content.at(place), "none of this question's options is correct", _RIGHT)
    elif len(right) > 1 and sort in _ONE:
        yield Remark(
            content.at((*place, right[1], "correct")),
            f"a single choice has one correct option, but this one has {len(right)}",
            "leave `correct: true` at one of them, or make it `type: multiple_choice`",
        )
