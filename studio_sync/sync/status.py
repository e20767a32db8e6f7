"""Status and diff: which records differ between files and database, and how."""

from collections.abc import Sequence
from dataclasses import replace
from posixpath import dirname

from studio_sync.core.plan.plan import Refusal
from studio_sync.core.plan.reconcile import Standing
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.errors import UnavailableError, UsageError
from studio_sync.files.tree.walking.listing import read_content
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.replica import read
from studio_sync.sync.studio import Studio


def status(studio: Studio, source: DatabaseSource, scope: tuple[str, ...]) -> Outcome:
    """The differences, and what a push would refuse of them by the rules of status."""
    found, where = read(source, lambda one: _status(studio, one, scope), will_do=_is_sure)
    return replace(found, read_from=where.label)


def diff(studio: Studio, source: DatabaseSource, scope: tuple[str, ...], *, texts: bool = False) -> Outcome:
    """The result of `status`, with the rows' contents for every record in scope.

    With `texts` also the whole files on each side.
    """
    found, where = read(source, lambda one: _diff(studio, one, scope, texts=texts), will_do=_is_sure)
    return replace(found, read_from=where.label)


def _is_sure(found: Outcome) -> bool:
    """Whether a replica can know this: a change that it lacks may be on its way to it."""
    return all(delta.standing is Standing.BEHIND for delta in found.deltas)


def _status(studio: Studio, source: DatabaseSource, scope: tuple[str, ...]) -> Outcome:
    from studio_sync.sync.compare.approval_audit import StaleApprovalFinder, problems_of

    with studio.comparing(source, remember=False) as (store, compared):
        found = studio.outcome(compared, scope)
        refused: Sequence[Refusal] = ()
        if any(d.is_ahead for d in found.deltas):
            from studio_sync.sync.push.push import foreseen

            refused = foreseen(studio, store, source, compared, found)
        finder = StaleApprovalFinder(studio.workspace.rules, compared)
        prefix = studio.workspace.prefix
        stale = list(problems_of(finder.find(), compared.places, prefix, scope))
        unsure = [p for d in found.deltas if (p := compared.out.unsure.get(d.rid))]
        problems = sorted({*found.problems, *unsure})
        return replace(found, problems=problems, foreseen=refused, stale_approvals=stale)


def _diff(studio: Studio, source: DatabaseSource, scope: tuple[str, ...], *, texts: bool) -> Outcome:
    from studio_sync.sync.compare.conflicts.contested import contested, with_contesting
    from studio_sync.sync.compare.conflicts.shown import ShownParts

    with studio.comparing(source, remember=False, contents=True) as (store, compared):
        found = studio.outcome(compared, scope)
        found = replace(found, deltas=with_contesting(found.deltas, compared.out))
        in_conflict = contested(store, compared, found.deltas, found.values)
        found = replace(found, contested=in_conflict, shown=ShownParts(compared.sides.base))
        if not texts:
            return found
        from studio_sync.sync.compare.conflicts.side_texts import side_texts

        return replace(found, texts=side_texts(studio.reader, compared, found.deltas, found.values))


def side_text(studio: Studio, source: DatabaseSource, path: str, side: str) -> str | None:
    """The file at a path below the content folder as on one side; None if that side has no such record.

    Raises UsageError if neither a file nor a row has that path, and UnavailableError if the two can't be
    compared: a role that can't see the row, or a file that can't be taken up.
    """
    found = diff(studio, source, (path,), texts=True)
    for delta in found.deltas:
        if found.comparison.paths[delta.rid] == path:
            return found.texts[delta.rid].of(side)
    shown, entry = studio.workspace.prefix + path, studio.memory.file(path)
    if entry is None or not entry.kind:
        raise UsageError(f"there is no record at {shown}", "give the path of a record's file")
    # What is not compared differs nowhere either, and its file says nothing about the other sides.
    left_out = next((p for p in found.problems if _leaves_out(p, shown)), None)
    if left_out is not None and side != "files":
        raise UnavailableError(f"{shown} was not compared: {left_out.message}", left_out.hint)
    return read_content(studio.workspace.content, path).decode()  # all sides are equal


def folder_diff(studio: Studio, source: DatabaseSource, folder: str) -> Outcome:
    """The differences below a folder. Raises UnavailableError if the role was not granted its client."""
    found, shown = diff(studio, source, (folder,)), studio.workspace.prefix + folder
    for problem in found.problems:
        if problem.code == "no-access" and _leaves_out(problem, shown):
            raise UnavailableError(f"{shown} was not compared: {problem.message}", problem.hint)
    return found


def _leaves_out(problem: Problem, path: str) -> bool:
    """Whether a problem keeps the file at a path from being compared with its row."""
    grave = problem.severity is Severity.ERROR or problem.code == "no-access"
    folder = dirname(problem.path) if problem.code != "no-access" else problem.path
    return grave and (problem.path == path or path.startswith(f"{folder}/"))
