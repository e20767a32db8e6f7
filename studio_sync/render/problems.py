"""Rendering of problems: for people and editors, GitHub annotations, GitLab code quality."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

from studio_sync.core.values.escapes import safe
from studio_sync.core.values.phrases import counted
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.value import Value, dump_json
from studio_sync.render.medium.paint import Paint

_ANNOTATIONS = 10
"""How many annotations of one severity GitHub shows for a step."""
_SUMMARY = 1 << 20
"""The most bytes of a step's summary on GitHub."""
_FEW = 5
"""How many problems with the same cause are listed; more are counted."""
_QUOTED = re.compile(r"`[^`]*`|“[^”]*”|\"[^\"]*\"|\S*/\S*|\d+")
"""The parts that differ between messages with the same cause."""


def lines(problems: Iterable[Problem], paint: Paint, *, every: bool = False) -> Iterator[str]:
    """The problems in tree order, each with its hint below, then the summary.

    If more than a few have the same cause, they are grouped, and without `every` only the first ones are
    listed, and the rest counted. A shared hint comes after the last.
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
        yield problem_summary(found)


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
        yield f"  {'      ' if k else paint.dim('hint:') + ' '}{paint.message(safe(hint))}"


def _line(problem: Problem, paint: Paint) -> str:
    tint = paint.error if problem.severity is Severity.ERROR else paint.warning
    place = f"{problem.path}:{problem.line}:{problem.column}" if problem.line else problem.path
    label = f"{problem.severity}[{problem.code}]"
    return f"{paint.path(safe(place))}: {tint(safe(label))} {paint.message(safe(problem.message))}"


def _cause(problem: Problem) -> tuple[str, ...]:
    """What problems with the same cause have in common."""
    return (problem.severity, problem.code, _QUOTED.sub("…", problem.message))


def problem_summary(problems: Iterable[Problem]) -> str:
    """One line: "3 errors and 1 warning in 2 files"."""
    found = set(problems)
    if not found:
        return "no problems"
    errors = sum(problem.severity is Severity.ERROR for problem in found)
    numbers = {"error": errors, "warning": len(found) - errors}
    parts = [counted(number, word) for word, number in numbers.items() if number]
    return f"{' and '.join(parts)} in {counted(len({p.path for p in found}), 'file')}"


def github(problems: Iterable[Problem]) -> Iterator[str]:
    """Every problem as a workflow command that GitHub shows beside its line.

    GitHub shows ten errors and ten warnings for a step, and drops the rest: so the tenth counts the rest.
    """
    found = _sorted(problems)
    left = {severity: sum(p.severity is severity for p in found) for severity in Severity}
    room = {severity: _ANNOTATIONS - (count > _ANNOTATIONS) for severity, count in left.items()}
    for problem in found:
        if room[problem.severity]:
            room[problem.severity] -= 1
            left[problem.severity] -= 1
            yield _annotation(problem)
    for severity, count in left.items():
        if count:
            more = f"… and {counted(count, f'more {severity}')}: the job summary lists all"
            yield f"::{severity} title=studio::{_data(more)}"


def _annotation(problem: Problem) -> str:
    where = {"file": problem.path, "line": problem.line, "col": problem.column, "title": problem.code}
    named = ",".join(f"{name}={_property(str(value))}" for name, value in where.items() if value)
    text = f"{problem.message}\nhint: {problem.hint}" if problem.hint else problem.message
    return f"::{problem.severity} {named}::{_data(text)}"


def job_summary(problems: Iterable[Problem]) -> str:
    """All problems as Markdown, for the summary of a job."""
    from studio_sync.render.medium.markdown import Section, code, page

    rows = [f"- {code(str(problem))}" for problem in _sorted(problems)]
    return page("### What is wrong with the content", [Section(problem_summary(problems), rows)], _SUMMARY)


def gitlab(problems: Iterable[Problem]) -> str:
    """All problems as a GitLab code quality report, which merge requests show."""
    seen: Counter[str] = Counter()
    report: list[Value] = []
    for problem in _sorted(problems):
        cause = f"{problem.path}\0{problem.code}\0{problem.message}"
        seen[cause] += 1
        text = f"{problem.message} ({problem.hint})" if problem.hint else problem.message
        report.append(
            {
                "description": text,
                "check_name": problem.code,
                "fingerprint": blake2b(f"{cause}\0{seen[cause]}".encode(), digest_size=16).hexdigest(),
                "severity": "major" if problem.severity is Severity.ERROR else "minor",
                "location": {"path": problem.path, "lines": {"begin": max(problem.line, 1)}},
            }
        )
    return dump_json(report)


def _sorted(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(set(problems), key=lambda problem: (problem.path.split("/"), problem))


def _data(text: str) -> str:
    escaped = safe(text, keep="\r\n").replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
