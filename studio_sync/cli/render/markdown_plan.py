"""The plan of a push as a comment on a pull request."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from studio_sync.cli.app import App
from studio_sync.cli.render.contested import conflict_page
from studio_sync.cli.render.markdown import Section, block, code, page
from studio_sync.cli.render.words import change_words, decided, did, number
from studio_sync.core.merge.word_changes import words_changed
from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.plan.trailers import trailer_line
from studio_sync.core.values.kind import STATUS, Type
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Omitted
from studio_sync.core.values.value import Value
from studio_sync.errors import StudioError
from studio_sync.sync.outcome import Outcome

MARK = "<!-- studio: the plan of a push -->"
"""Begins the comment, so that a later one finds it and takes its place."""

_TITLE = "### What a push would do"
_REFUSED = 1


def failed(error: StudioError) -> str:
    """The comment where there is no plan. What may name a host or a role stays in the log."""
    if error.exit_code == _REFUSED:
        rows = [f"- {code(part)}" for part in (error.message, *error.hint.splitlines())]
    else:
        rows = ["The log of this run says why."]
    return page(f"{MARK}\n{_TITLE}\n\n**There is no plan**: the push would fail.", [Section("Why", rows)])


def comment(app: App, found: Outcome, problems: Sequence[Problem], *, stopped: bool) -> str:
    """The comment: approvals first, then what else would be done, what would not, and what is missing."""
    view = _View(app, found)
    changes = found.plan.changes
    if stopped:
        head = "**This push would be refused**, and nothing would be written."
    elif changes:
        head = f"**Would be pushed**: {did(c.action for c in changes)}{decided(changes)}."
    else:
        head = "**Nothing to push.**"
    sections = [
        Section("Approvals", [view.change(c) for c in changes if c.approves]),
        view.action("Created", Action.CREATE),
        view.action("Changed", Action.UPDATE),
        view.action("Deleted", Action.DELETE),
        Section("Rows of other tables", [*view.other_tables()]),
        Section("Refused", list(view.refused(problems))),
        Section("Conflicts", list(view.conflicts())),
        view.missing(),
    ]
    behind = sum(1 for d in found.deltas if d.standing is Standing.BEHIND or d.having(Standing.BEHIND))
    if behind:
        head += f"\n\n{number(behind, 'record')} changed in the database only: a pull brings that."
    return page(f"{MARK}\n{_TITLE}\n\n{head}", sections)


class _View:
    def __init__(self, app: App, found: Outcome) -> None:
        self._app, self._found = replace(app, no_color=True), found
        self._prefix = app.workspace.prefix
        paths = found.comparison.paths
        self._deltas = {paths[d.rid]: d for d in found.deltas}

    def action(self, heading: str, action: Action) -> Section:
        """All changes of one sort; those that approve stand elsewhere."""
        given = [c for c in self._found.plan.changes if c.action is action and not c.approves]
        rows = [self.change(c) for c in given]
        came, went = (sum(n) for n in zip(*map(self._words, given), strict=True)) if given else (0, 0)
        told = _count(came, went)
        return Section(f"{heading}: {number(len(rows), 'record')}{f', {told}' if told else ''}", rows)

    def change(self, change: Change) -> str:
        """A row that says what becomes of one record."""
        words, told = change_words(change), _count(*self._words(change))
        parts = [code(self._prefix + change.path), code(words) if words else "", told]
        return f"- {' · '.join(part for part in parts if part)}"

    def other_tables(self) -> Iterator[str]:
        """What goes along in other tables, and what would if more was deleted."""
        plan = self._found.plan
        yield from (f"- {code(str(d))}" for d in plan.dependents)
        yield from (f"- {code(str(d))} (not deleted yet)" for d in plan.hanging)

    def refused(self, problems: Iterable[Problem]) -> Iterator[str]:
        """What stops the push, or a part of it; conflicts and missing decisions stand elsewhere."""
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
        """Each conflict with all that one needs to decide it."""
        for contested in self._found.contested:
            yield block(list(conflict_page(self._app, self._found, contested).lines))

    def missing(self) -> Section:
        """The lines that commits have to carry for what only a person can decide."""
        wanted = [
            trailer_line(r.choice, self._path(r.delta), "why") for r in self._found.plan.refused if r.choice
        ]
        wanted += [trailer_line(Choice.DELETE, self._path(d)) for d in self._found.plan.held]
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

    def _words(self, change: Change) -> tuple[int, int]:
        delta, values = self._deltas.get(change.path), self._found.values
        if delta is None or values is None:
            return 0, 0
        old = values.remote(delta.rid) if change.before else {}
        new = values.local(delta.rid) if change.after else {}
        names = [
            field.name
            for field in change.kind.fields
            if field.name != STATUS
            and field.type in (Type.TEXT, Type.JSON)
            and (field.name in change.fields or change.action is not Action.UPDATE)
        ]
        return words_changed((_said(old.get(name)), _said(new.get(name))) for name in names)


def _said(value: Value | Omitted) -> Value:
    return None if isinstance(value, Omitted) else value


def _count(came: int, went: int) -> str:
    """`+12 -3 words`; nothing where no word differs."""
    parts = [f"{sign}{count:,}" for sign, count in (("+", came), ("-", went)) if count]
    return f"{' '.join(parts)} word{'' if came + went == 1 else 's'}" if parts else ""
