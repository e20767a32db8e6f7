"""Problems for people and editors, and as annotations of a GitHub workflow."""

import re
from collections.abc import Iterable, Iterator, Sequence

from studio_sync.cli.render.paint import Paint
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.problem import Problem, Severity

_FEW = 5
"""So many problems of one cause are listed; more are counted."""
_SAID = re.compile(r"`[^`]*`|“[^”]*”|\"[^\"]*\"|\S*/\S*|\d+")
"""What differs in messages that say the same of different files."""


def lines(problems: Iterable[Problem], paint: Paint, *, every: bool = False) -> Iterator[str]:
    """The problems in the order of the tree, each with its hint below it, then the summary.

    Where more than a few have one cause, those stand together, and without `every` only the first of them
    are listed; the rest is counted. A hint that they share stands below the last.
    """
    found = _sorted(problems)
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for problem in found:
        groups.setdefault(_cause(problem), []).append(problem)
    for problem in found:
        group = groups[_cause(problem)]
        if every or len(group) <= _FEW:
            yield _line(problem, paint)
            yield from _hint(problem, paint)
        elif problem is group[0]:
            yield from _many(group, paint)
    if found:
        yield summary(found)


def _many(group: Sequence[Problem], paint: Paint) -> Iterator[str]:
    shown = group[:_FEW]
    for problem, after in zip(shown, [*shown[1:], None], strict=True):
        yield _line(problem, paint)
        if after is None or after.hint != problem.hint:
            yield from _hint(problem, paint)
    more = f"… and {len(group) - len(shown):,} more like this; -v lists all"
    yield f"  {paint.dim(more)}"


def _hint(problem: Problem, paint: Paint) -> Iterator[str]:
    for k, hint in enumerate(problem.hint.splitlines()):
        yield f"  {'      ' if k else paint.dim('hint:') + ' '}{paint.said(safe(hint))}"


def _line(problem: Problem, paint: Paint) -> str:
    tint = paint.error if problem.severity is Severity.ERROR else paint.warning
    place = f"{problem.path}:{problem.line}:{problem.column}" if problem.line else problem.path
    label = f"{problem.severity}[{problem.code}]"
    return f"{paint.path(safe(place))}: {tint(safe(label))} {paint.said(safe(problem.message))}"


def _cause(problem: Problem) -> tuple[str, ...]:
    """What a problem has in common with others that one person would mend in one go."""
    return (problem.severity, problem.code, _SAID.sub("…", problem.message))


def summary(problems: Iterable[Problem]) -> str:
    """One line: "3 errors and 1 warning in 2 files"."""
    found = set(problems)
    if not found:
        return "no problems"
    errors = sum(problem.severity is Severity.ERROR for problem in found)
    numbers = {"error": errors, "warning": len(found) - errors}
    parts = [_count(number, word) for word, number in numbers.items() if number]
    return f"{' and '.join(parts)} in {_count(len({p.path for p in found}), 'file')}"


def github(problems: Iterable[Problem]) -> Iterator[str]:
    """Every problem once, as a workflow command that GitHub shows beside the line it is about."""
    for problem in _sorted(problems):
        where = {"file": problem.path, "line": problem.line, "col": problem.column, "title": problem.code}
        named = ",".join(f"{name}={_property(str(value))}" for name, value in where.items() if value)
        text = f"{problem.message}\nhint: {problem.hint}" if problem.hint else problem.message
        yield f"::{problem.severity} {named}::{_data(text)}"


def _sorted(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(set(problems), key=lambda problem: (problem.path.split("/"), problem))


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _data(text: str) -> str:
    escaped = safe(text, keep="\r\n").replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
