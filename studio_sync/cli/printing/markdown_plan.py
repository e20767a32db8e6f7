"""The plan of a push as a Markdown comment on a pull request."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from studio_sync.cli.app import App
from studio_sync.cli.printing.conflict_list import conflict_page
from studio_sync.cli.printing.plan_changes import PlanChanges, word_changes_text
from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.plan.trailers import trailer_line
from studio_sync.core.values.layout import whole_path
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.errors import StudioError
from studio_sync.render.medium.markdown import Section, code, code_block, page
from studio_sync.render.medium.phrasing import did
from studio_sync.render.run_view import RunView
from studio_sync.sync.outcome import Outcome

MARK = "<!-- studio: the plan of a push -->"
"""The first line of the comment, by which a later one finds and replaces it."""

_TITLE = "### What a push would do"
_REFUSED = 1


def failed(error: StudioError) -> str:
    """The comment if there is no plan. Text that may name a host or role stays in the log."""
    if error.exit_code == _REFUSED:
        rows = [f"- {code(part)}" for part in (error.message, *error.listed, *error.hint.splitlines())]
    else:
        rows = ["The log of this run says why."]
    return page(f"{MARK}\n{_TITLE}\n\n**There is no plan**: the push would fail.", [Section("Why", rows)])


def comment(app: App, run: RunView) -> str:
    """The comment: first what needs a person, then the changes, by session."""
    view = _View(app, run.found)
    changes = run.changes
    if run.stopped:
        head = "**This push would be refused**, and nothing would be written."
    elif changes:
        head = f"**Would be pushed**: {run.tally}."
    else:
        head = "**Nothing to push.**"
    rest = [c for c in changes if not c.approves]
    word_counts = word_changes_text(*view.changes.words(rest))
    sections = [
        Section("Conflicts", list(view.conflicts())),
        Section("Refused", list(view.refused(run.problems))),
        view.missing(),
        Section("Approvals", [view.changes.row(c) for c in changes if c.approves]),
        Section("Rows of other tables", [*view.other_tables()]),
        Section(
            f"Changes: {did(c.action for c in rest)}{f', {word_counts}' if word_counts else ''}",
            list(view.changes.groups(rest)),
        ),
    ]
    head += "".join(f"\n\n{line}." for line in run.left(by_ci=app.takes_ci_only()))
    return page(f"{MARK}\n{_TITLE}\n\n{head}", sections)


class _View:
    def __init__(self, app: App, found: Outcome) -> None:
        self._app, self._found = replace(app, no_color=True), found
        self._prefix = app.workspace.prefix
        self.changes = PlanChanges(self._app, found)

    def other_tables(self) -> Iterator[str]:
        """Rows of other tables deleted or changed by cascade, and those that further deletions would."""
        plan = self._found.plan
        yield from (f"- {code(str(d))}" for d in plan.dependents)
        yield from (f"- {code(str(d))} (not deleted yet)" for d in plan.hanging)

    def refused(self, problems: Iterable[Problem]) -> Iterator[str]:
        """What stops the push, or a part of it, except conflicts and missing decisions."""
        contested = {self._path(c.delta) for c in self._found.contested}
        for problem in problems:
            if problem.severity is not Severity.ERROR:
                continue
            if problem.path in contested and problem.code == Standing.CONFLICT.value:
                continue
            place = f"{problem.path}:{problem.line}" if problem.line else problem.path
            yield "\n".join(
                (
                    f"- {code(place)} **{problem.code}** {code(problem.message)}",
                    *(f"  - {code(hint)}" for hint in problem.hint.splitlines()),
                )
            )

    def conflicts(self) -> Iterator[str]:
        """Each conflict with everything needed to decide it."""
        for contested in self._found.contested:
            yield code_block(list(conflict_page(self._app, self._found, contested).lines))

    def missing(self) -> Section:
        """The trailers that commits must carry for pending decisions."""
        wanted = [
            trailer_line(r.choice, self._path(r.delta), "why") for r in self._found.plan.refused if r.choice
        ]
        # A trailer that names a folder also covers everything below its record.
        held = {d.rid for d in self._found.plan.held}
        tops = [d for d in self._found.plan.held if d.some.parent not in held]
        wanted += [trailer_line(Choice.DELETE, whole_path(d.kind, self._path(d))) for d in tops]
        wanted += [
            trailer_line(Choice.DELETE_WITH, d.table) for d in self._found.plan.hanging if d.confirmable
        ]
        return Section(
            "Missing decisions",
            sorted(set(wanted)),
            "If that is meant, a commit of this pull request has to say so, each in a line of its own, "
            "with the reason in place of `why`:",
            fenced=True,
        )

    def _path(self, delta: Delta) -> str:
        return self._prefix + self._found.comparison.paths[delta.rid]
