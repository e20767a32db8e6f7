"""What a push or pull did, or would do: one value, which is rendered as text, Markdown and JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.plan.trailers import trailer_line
from studio_sync.core.values.layout import whole_path
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.render.json_report import outcome_of, report
from studio_sync.render.medium.next_steps import Step, next_steps, step_counts
from studio_sync.render.medium.phrasing import decided, did
from studio_sync.sync import findings
from studio_sync.sync.outcome import Outcome

_SHOWN = 3
_VERBS = {"push": "pushed", "pull": "pulled", "resolve": "written"}


@dataclass(frozen=True, slots=True)
class RunView:
    """A run of `command`, with the problems to name. `dry_run`: nothing was written.

    `blocked`: something was refused or held. `stopped`: therefore a push wrote nothing.
    """

    command: str
    database: str
    prefix: str
    found: Outcome
    problems: Sequence[Problem]
    dry_run: bool
    blocked: bool
    stopped: bool

    @property
    def changes(self) -> Sequence[Change]:
        """What was done; what would be done, if nothing was written."""
        return self.found.plan.changes if self.dry_run or self.stopped else self.found.done

    @property
    def tally(self) -> str:
        """The counts of all changes; of a push with its approvals and decisions."""
        return did(c.action for c in self.changes) + (decided(self.changes) if self.command == "push" else "")

    @property
    def summary(self) -> str:
        """One line about the whole run; empty if a page of conflicts says more."""
        if self.stopped:
            return "this push would be refused" if self.dry_run else "nothing was pushed"
        if self.changes:
            return f"{'would be ' if self.dry_run else ''}{_VERBS[self.command]}: {self.tally}"
        if self.found.resolved or self.found.contested:
            return ""
        if self.found.failed or self.found.plan.refused:
            return f"nothing {'would be' if self.dry_run else 'was'} {_VERBS[self.command]}"
        return f"nothing to {self.command}"

    @property
    def exit_code(self) -> int:
        """0 done, 1 if something was refused, held or left, 3 if the system let nothing be written."""
        failed = () if self.changes else (error.exit_code for _, error in self.found.failed)
        return max(int(self.blocked), *failed, 0)

    def left(self, *, by_ci: bool) -> Sequence[str]:
        """How many records the other direction has, with what takes them; `by_ci` as in `step_counts`."""
        wanted = (Step.PULL,) if self.command == "push" else (Step.PUSH, Step.DELETE)
        found = self.found
        deltas = found.moving if found.left is None else found.left
        if self.command != "push":
            written = {change.rid for change in self.changes}
            deltas = [_merged(delta) if delta.rid in written else delta for delta in deltas]
        steps = next_steps(deltas, found.blocked)
        back = self._back(steps.get(Step.DELETE, ())) if self.command == "pull" else []
        return [*step_counts(steps, wanted, by_ci=by_ci), *back]

    def _back(self, deleted: Sequence[Delta]) -> list[str]:
        """What brings files back whose deletion is to push; nothing where they are many."""
        gone = {delta.rid for delta in deleted}
        tops = [delta for delta in deleted if delta.some.parent not in gone]
        shown = [whole_path(d.kind, self.prefix + self.found.comparison.paths[d.rid]) for d in tops]
        return [findings.bringing_back(*sorted(shown))] if 0 < len(tops) <= _SHOWN else []

    def json(self) -> str:
        """The report for programs."""
        changes = self.dry_run and self.found.plan.changes
        outcome = outcome_of(self.exit_code) if self.exit_code else "differs" if changes else "ok"
        return report(
            self.command, outcome, database=self.database, found=self.found, problems=self.problems,
            prefix=self.prefix,
        )  # fmt: skip


def run_view(
    command: str, database: str, prefix: str, found: Outcome, *, dry_run: bool, partial: bool, every: bool
) -> RunView:
    """The view of a run; with `every`, one cause is named for each record that it stops."""
    refused = findings.refused(found, prefix, _deletion_way, every=every)
    others = findings.others(found, refused)
    errors = any(p.severity is Severity.ERROR for p in others)
    return RunView(
        command,
        database,
        prefix,
        found,
        sorted(findings.reported_once({*refused, *others})),
        dry_run,
        blocked=bool(refused) or errors or any(p.code in findings.HELD for p in others),
        stopped=command == "push" and not partial and (bool(found.plan.refused) or errors),
    )


def _merged(delta: Delta) -> Delta:
    """A record after a pull: one that was merged then is to push."""
    return replace(delta, standing=Standing.AHEAD) if delta.standing is Standing.DIVERGED else delta


def _deletion_way(path: str) -> str:
    return (
        "`studio push --delete` deletes it, and so does, in CI, a commit with the line"
        f" `{trailer_line(Choice.DELETE, path)}`; or else {findings.bringing_back(path)}"
    )
