"""Findings of a push or pull: refusals, failures and held deletions, as problems with a place."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from shlex import join

from studio_sync.core.plan.plan import Refusal
from studio_sync.core.values.layout import whole_path
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Rid
from studio_sync.errors import UPGRADE
from studio_sync.sync.outcome import Outcome

HELD = frozenset(("elsewhere",))
"""Codes of warnings about records left alone that somebody must decide about."""


def _by_hand(path: str) -> str:
    return f"`studio push --delete` deletes the row; or else {bringing_back(path)}"


def bringing_back(*paths: str) -> str:
    """What brings these files or folders back, which were deleted while their rows stayed."""
    return f"`{join(['studio', 'restore', *paths])}` brings {'it' if len(paths) == 1 else 'them'} back"


def refused(
    found: Outcome, prefix: str, way: Callable[[str], str] = _by_hand, *, every: bool = True
) -> list[Problem]:
    """The refusals, write failures and held deletions of a run.

    `way` returns the way out for a deleted file whose row is kept, given its path. Without `every`, refusals
    caused by another refusal are counted there.
    """
    problems = [refusal_problem(r, prefix, found) for r in found.plan.refused]
    if not every:
        problems = _grouped(found.plan.refused, prefix, found)
    problems += [
        Problem(prefix + c.path, 0, 0, "failed", error.message, error.hint) for c, error in found.failed
    ]
    problems += _held(found, prefix, way, every=every)
    return problems


def _held(found: Outcome, prefix: str, way: Callable[[str], str], *, every: bool) -> Iterator[Problem]:
    """Held deletions; without `every`, those below a folder are counted there."""
    parents = {d.rid: d.some.parent for d in found.plan.held}
    below: Counter[Rid] = Counter()
    for rid in parents:
        top = rid
        while parents.get(top) in parents:
            top = parents[top]
        below[top] += 1
    for delta in found.plan.held:
        if not every and delta.rid not in below:
            continue
        path = prefix + found.comparison.paths[delta.rid]
        message, count = "deleted in files; the row is kept", below[delta.rid] - 1
        if count > 0 and not every:
            rest = "more record" if count == 1 else "more records"
            message = f"folder deleted in files; its row is kept, with {count} {rest} below it"
        way_out = way(whole_path(delta.kind, path))
        yield Problem(path, 0, 0, "deletion-held", message, way_out, Severity.WARNING)


def _grouped(refusals: Sequence[Refusal], prefix: str, found: Outcome) -> list[Problem]:
    """One finding for each cause, which counts what waits for it."""
    causes = {r.delta.rid for r in refusals}
    waiting = Counter(r.follows for r in refusals if r.follows in causes)
    grouped: list[Problem] = []
    for refusal in refusals:
        rid = refusal.delta.rid
        if refusal.follows in causes:
            continue
        problem = refusal_problem(refusal, prefix, found)
        count = waiting.pop(rid, 0)
        if count:
            wait = "more record waits" if count == 1 else "more records wait"
            problem = replace(problem, message=f"{problem.message} ({count} {wait} for this)")
        grouped.append(problem)
    return grouped


def others(found: Outcome, shown: list[Problem]) -> list[Problem]:
    """The problems in scope that are not among `shown`.

    Problems of records that the run would neither write nor refuse are warnings, because they block nothing.
    """
    known = {(p.path, p.code) for p in shown}
    refused = {p.path for p in shown if p.severity is Severity.ERROR}
    return [
        p if p in found.stops or p.path in refused else replace(p, severity=Severity.WARNING)
        for p in found.problems
        if (p.path, p.code) not in known
    ]


def reported_once(problems: Collection[Problem]) -> set[Problem]:
    """The problems without collisions that another problem reports: a number that two folders have.

    Both begin with that number. A collision about the number that a row would bring is another problem.
    """
    doubled = {(p.path, _subject(p)) for p in problems if p.code.startswith("duplicate-")}
    return {p for p in problems if p.code != "collision" or (p.path, _subject(p)) not in doubled}


def _subject(problem: Problem) -> str:
    return problem.message.partition(" is ")[0]


def refusal_problem(refusal: Refusal, prefix: str, found: Outcome) -> Problem:
    """A refusal of a plan as a finding about the record's file."""
    path = prefix + found.comparison.paths[refusal.delta.rid]
    return Problem(path, refusal.line, refusal.column, refusal.code, refusal.message, refusal.hint)


def newer_ledger(version: int) -> Problem:
    """The warning about a ledger of a newer version of studio, which this version ignores."""
    return Problem(
        "studio_sync", 0, 0, "newer-ledger",
        f"the ledger was made by a newer studio (version {version}): it is not read, and nothing is pushed",
        UPGRADE,
        Severity.WARNING,
    )  # fmt: skip


def unknown_entries(kinds: Collection[str]) -> Iterator[Problem]:
    """The warning about unknown entries in the ledger; `kinds` are the kinds that they name."""
    if kinds:
        named = ", ".join(sorted(kinds))
        yield Problem(
            "studio_sync", 0, 0, "unknown-entries",
            f"entries of the ledger are no versions of what they name ({named}): left out",
            "a role may have written them, or a newer studio; `studio doctor` counts them",
            Severity.WARNING,
        )  # fmt: skip
