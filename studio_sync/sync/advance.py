"""Advance: write the next status into files, many at once; no database is needed."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from studio_sync.core.status.guards import Policy, judge_transitions
from studio_sync.core.status.transition import (
    NULL,
    UNKNOWN_STATUS,
    StatusNode,
    Transition,
    status_of,
    with_status,
)
from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.layout import key_of
from studio_sync.core.values.phrases import a, listed
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Version, digests, values_mark
from studio_sync.errors import StudioError, UsageError, gravest_code
from studio_sync.files.memory.entries import FileEntry, packed_stat
from studio_sync.files.memory.intended_fields import note_intended
from studio_sync.files.tree import codec
from studio_sync.files.tree.disk.file_writer import SYNC_EACH_UP_TO, FileWriter
from studio_sync.files.tree.lock import only_one
from studio_sync.files.tree.walking.listing import NO_STAT, content_or_nothing
from studio_sync.sync.advance_approvals import AdvanceApprovals, Approved
from studio_sync.sync.read.scope import in_scope

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One file's next status. `entry` is the file as read."""

    entry: FileEntry
    kind: Kind
    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Advance:
    """The steps written, the files left alone and why, and how many are already where they should be.

    `approved` are the files that get a locking status, or have it and are approved again. `failed`: the
    errors of the files that could not be written, which are among those left.
    """

    steps: Sequence[StatusStep] = ()
    approved: Sequence[Approved] = ()
    left: tuple[Problem, ...] = ()
    settled: int = 0
    failed: Sequence[StudioError] = ()

    @property
    def exit_code(self) -> int:
        """Of a run that leaves something: 3 if the system let nothing be written."""
        return 1 if self.steps else gravest_code(self.failed)


def advance(
    studio: "Studio",
    scope: tuple[str, ...],
    to: str = "",
    *,
    dry_run: bool = False,
    shown: Mapping[str, str] | None = None,
) -> Advance:
    """Write the next steps of the files below `scope`; with `dry_run` only find them. Raises UsageError.

    With `to` only steps to that status. `shown` has the marks of what a person saw, by path: a file with
    other content is left.
    """
    flows = {kind.flow for kind in studio.kinds if kind.flow}
    known = list(dict.fromkeys(status for flow in sorted(flows) for status in flow))
    if to and to not in known:
        raise UsageError(f"{to} is no status", f"the statuses are: {', '.join(known)}")
    if dry_run:
        return _Advancer(studio).plan(scope, to, shown)
    with only_one(studio.workspace.state / "lock"):
        advancer = _Advancer(studio)
        return advancer.carry_out(advancer.plan(scope, to, shown))


class _Advancer:
    """Finds the next steps of a workspace's files, as they are now, by its rules, and writes them."""

    def __init__(self, studio: "Studio") -> None:
        self._workspace, self._documents, self._memory = studio.workspace, studio.documents, studio.memory
        self._policy = Policy(studio.kinds, studio.workspace.rules)
        self._readiness = studio.readiness
        held = self._documents.refresh()
        self._files = self._memory.files_where("kind <> ''")
        self._entries = {e.path: e for e in self._files if e.digests is not None and not held.holds(e.path)}
        self._approvals = AdvanceApprovals(studio, self._entries)

    def plan(self, scope: tuple[str, ...], to: str, shown: Mapping[str, str] | None) -> Advance:
        """The allowed step of each file in scope; with `to` only steps to that status.

        Rules about other records are judged on the result: a session and its contents step together.
        """
        found: list[_Next] = []
        for entry in self._files:
            kind = self._policy.kinds[entry.kind]
            if not kind.flow or not in_scope(entry.path, scope):
                continue
            if shown is not None and values_mark(entry.digests or b"") != shown.get(entry.path):
                message, hint = "the file has changed since it was shown", "read it as it is now"
                found.append(self._left(entry, "failed", message, f"{hint}, and then take the step"))
            elif not to or to in kind.flow:
                found.append(self._next(entry, kind, to))
        left = [one for one in found if isinstance(one, Problem)]
        transitions = [one for one in found if isinstance(one, Transition)]
        nodes = [self._node(entry) for entry in self._entries.values()]
        while stopped := judge_transitions(transitions, nodes, self._policy):
            left += (
                self._left(self._entries[transition.rid], verdict.code, verdict.message, verdict.hint)
                for transition in transitions
                for verdict in stopped.get(transition.rid, ())
            )
            transitions = [t for t in transitions if t.rid not in stopped]
        steps = [
            StatusStep(self._entries[t.rid], t.kind, self._key(t.rid), str(t.was), str(t.becomes))
            for t in transitions
        ]
        locking = [step for step in steps if self._policy.rules.locks(step.kind, step.after)]
        approved = [one for one in found if isinstance(one, Approved)]
        approved += (self._approvals.first(step.entry, step.kind, step.after) for step in locking)
        return Advance(steps, approved, tuple(left), found.count(None))

    def carry_out(self, plan: Advance) -> Advance:
        """Write the steps, each as an edit of one line, and record the approvals; returns what was done."""
        writer = FileWriter(
            self._workspace.content, self._workspace.prefix, sync_each=len(plan.steps) <= SYNC_EACH_UP_TO
        )
        written: list[tuple[StatusStep, FileEntry]] = []
        failed: list[tuple[StatusStep, StudioError]] = []
        with self._documents.writing() if plan.steps else nullcontext():
            for step in plan.steps:
                try:
                    written.append((step, self._write(writer, step)))
                except StudioError as error:
                    failed.append((step, error))
            writer.settle()
        without = {step.entry.path for step, _ in failed}
        done = replace(
            plan,
            steps=[step for step, _ in written],
            approved=[one for one in plan.approved if one.entry.path not in without],
            left=(*plan.left, *(self._left(s.entry, "failed", e.message, e.hint) for s, e in failed)),
            failed=[error for _, error in failed],
        )
        with self._memory.changing():
            self._memory.put_files([entry for _, entry in written])
            for one in done.approved:
                self._approvals.record(one)
        return done

    def _write(self, writer: FileWriter, step: StatusStep) -> FileEntry:
        """Write one file; returns its new entry. Raises RefusedError if it changed since it was read."""
        entry, kind, schemas = step.entry, step.kind, self._documents.schemas
        before, document = self._documents.unchanged(entry)
        text = codec.edited_text(kind, before.decode(), document, {STATUS: step.after}, schemas)
        stat = writer.replace(entry.path, before, text.encode())
        note_intended(self._memory, entry.path, stat, (STATUS,))
        approved = digests(kind, {**document.values, STATUS: step.after})
        return replace(entry, packed=packed_stat(NO_STAT), digests=approved)

    def _next(self, entry: FileEntry, kind: Kind, to: str) -> "_Next":
        """What is next for a file by its own flow: a step, an approval anew, why neither; None if settled."""
        if entry.path not in self._entries or any(p.severity is Severity.ERROR for p in entry.problems):
            message = "this file or one above it has an error"
            return self._left(entry, "invalid", message, "`studio validate` names it")
        version = entry.version
        status = str(status_of(kind, version))
        flow = (NULL, *kind.flow)
        if self._policy.rules.locks(kind, status) and to in ("", status):
            again = self._approvals.again(entry, kind, status, version)
            if again is not None:
                return again
        if status == UNKNOWN_STATUS:
            hint = f"the statuses are: {', '.join(kind.flow)}"
            return self._left(entry, "unknown-status", f"its status is none of {a(kind.name)}'s", hint)
        at = flow.index(status)
        if at == len(flow) - 1 or (to and flow.index(to) <= at):
            return None
        after = flow[at + 1]
        if message := self._unpushed(entry, kind, version):
            hint = "`studio push` pushes it; if CI or somebody else did, `studio pull` learns that"
            return self._left(entry, "unpushed", message, hint)
        if to and to != after:
            skipped = listed(flow[at + 1 : flow.index(to)], "and")
            message = f"{status} → {to} skips {skipped}"
            return self._left(entry, "status-skipped", message, f"next legal status: {after}")
        broken = sorted(self._readiness.against(entry, kind, after))
        if broken:
            first, more = broken[0], f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
            at_line = (first.line, first.column)
            return self._left(entry, first.code, first.message + more, first.hint, at_line)
        path = self._workspace.prefix + entry.path
        return Transition(kind, entry.path, version, with_status(kind, version, after), (STATUS,), path)

    def _unpushed(self, entry: FileEntry, kind: Kind, version: Version) -> str:
        """Why no database is known here to have the file's status, "" if one has: a push takes one step."""
        if not self._memory.any_bases():
            return ""
        known = self._memory.versions_at(entry.path, kind.name)
        if not known:
            return "no push of it is known here, and a new record starts at the first status"
        if all(status_of(kind, base) != status_of(kind, version) for base in known):
            return f"no push of its step to {status_of(kind, version)} is known here"
        return ""

    def _left(
        self, entry: FileEntry, code: str, message: str, hint: str, at: tuple[int, int] = (0, 0)
    ) -> Problem:
        """Why a file is left alone; without `at`, at its status."""
        kind = self._policy.kinds[entry.kind]
        data = content_or_nothing(self._workspace.content, entry.path)
        line, column = at if any(at) else codec.where(kind, data, STATUS)
        path = self._workspace.prefix + entry.path
        return Problem(path, line, column, code, message, hint, Severity.WARNING)

    def _node(self, entry: FileEntry) -> StatusNode:
        kind = self._policy.kinds[entry.kind]
        path = self._workspace.prefix + entry.path
        return StatusNode(entry.path, kind, entry.parent, status_of(kind, entry.version), path)

    def _key(self, path: str) -> str:
        entry = self._entries.get(path)
        if entry is None:
            return ""
        return key_of(self._policy.kinds[entry.kind], self._key(entry.parent), entry.slot)


_Next: TypeAlias = Transition | Approved | Problem | None
