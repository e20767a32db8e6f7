"""Problems for people and editors, and as annotations of a GitHub workflow."""

from collections.abc import Iterable, Iterator

from studio_sync.cli.render.paint import Paint
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.problem import Problem, Severity


def lines(problems: Iterable[Problem], paint: Paint) -> Iterator[str]:
    """Every problem once, in the order of the tree, each with its hint below it, then the summary."""
    found = _sorted(problems)
    for problem in found:
        tint = paint.error if problem.severity is Severity.ERROR else paint.warning
        place = f"{problem.path}:{problem.line}:{problem.column}" if problem.line else problem.path
        label = f"{problem.severity}[{problem.code}]"
        yield f"{paint.path(safe(place))}: {tint(safe(label))} {safe(problem.message)}"
        for k, hint in enumerate(problem.hint.splitlines()):
            yield f"  {'      ' if k else paint.dim('hint:') + ' '}{safe(hint)}"
    if found:
        yield summary(found)


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
