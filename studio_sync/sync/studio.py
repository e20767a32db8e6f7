"""Studio: an open workspace with its files and memory, and comparisons with a database."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from sqlite3 import DatabaseError, OperationalError
from typing import TYPE_CHECKING, Self

from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.errors import UnavailableError
from studio_sync.files.memory.memory import Memory, unusable
from studio_sync.files.tree.disk.state_folder import may_write
from studio_sync.files.tree.walking.survey import BackgroundSurvey
from studio_sync.files.workspace.scaffold import refresh_schemas
from studio_sync.files.workspace.workspace import JOURNAL, Workspace
from studio_sync.kinds import KINDS
from studio_sync.sync.compare.comparison import RecordValues, new_id
from studio_sync.sync.connection import DatabaseSource, connected
from studio_sync.sync.findings import newer_ledger, reported_once, unknown_entries
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.read.documents import Documents
from studio_sync.sync.read.reader import Reader
from studio_sync.sync.read.readiness import Readiness, untranslated
from studio_sync.sync.read.scope import STOPS, CommandScope, in_scope
from studio_sync.sync.read.spool import Spool
from studio_sync.sync.read.unknown_status import UnknownStatus
from studio_sync.sync.stages import CountStep, Stages

if TYPE_CHECKING:
    from studio_sync.database.store import Store
    from studio_sync.database.values.ledger_values import Run
    from studio_sync.files.git.repository import Repository
    from studio_sync.sync.compare.compared import Compared
    from studio_sync.sync.compare.sides import ComparisonSides
    from studio_sync.sync.identity.doubts import Deletes

_FEW_FILES = 200
"""Up to this many files are read in a moment."""


class Studio:
    """An open workspace. Use it as a context manager."""

    def __init__(
        self,
        workspace: Workspace,
        stages: Stages,
        *,
        kinds: Kinds = KINDS,
        background: BackgroundSurvey | None = None,
        actor: str = "",
    ) -> None:
        """Open a workspace; `background` may already be finding its changed files.

        `actor` is the author in the ledger; without one, the user configured in git.
        """
        self.workspace, self.stages, self.kinds = workspace, stages, kinds
        self.reader = Reader(workspace.content, workspace.prefix, kinds, workspace.schemas, workspace.advice)
        self.layout, self.schemas = self.reader.layout, self.reader.schemas
        self.spool = Spool()
        self._background = background
        self._actor = actor
        self.memory = Memory.open(workspace.state)
        self.documents = Documents(workspace, self.reader, self.memory, self.spool, stages, self._background)
        if may_write(workspace.state):
            refresh_schemas(workspace.state, self.schemas.texts())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.spool.close()
        self.memory.close()
        if self._background is not None:
            self._background.close()
        if isinstance(error, OperationalError):
            raise unusable(self.workspace.state, error) from None
        if isinstance(error, DatabaseError):
            Memory.set_aside(self.workspace.state)
            raise UnavailableError(
                "the workspace's memory was damaged, and has been set aside",
                "run the command again: files and rows are compared again, and nothing was lost",
            ) from None

    @property
    def readiness(self) -> Readiness:
        """Judges records by the findings of content checks that readers would see."""
        return Readiness(self.workspace, self.memory, self.kinds, self.schemas)

    def untranslated(self, scope: tuple[str, ...]) -> list[Problem]:
        """The translations in scope that equal their sources, word for word."""
        found = untranslated(self.workspace, self.memory, self.kinds, self.schemas)
        return [p for p in found if in_scope(p.path.removeprefix(self.workspace.prefix), scope)]

    def vale(self, scope: tuple[str, ...]) -> list[Problem]:
        """Vale's findings in scope, if it is installed and enabled."""
        from studio_sync.sync.read.vale import vale_problems

        return list(vale_problems(self.workspace, self.memory, self.kinds, self.schemas, scope))

    def stopped_moves(self) -> list[Problem]:
        """A move that was stopped and is half done; also outside of a scope, for the numbers are in doubt."""
        if not (self.workspace.state / JOURNAL).exists():
            return []
        from studio_sync.sync.authoring.stopped_moves import stopped_moves

        return stopped_moves(self.workspace)

    # --- comparing

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Take the workspace lock for a run that writes, and clean up after a killed one.

        The cleanup precedes the survey: a displaced file that it puts back is not new.
        """
        from studio_sync.files.tree.lock import only_one

        with only_one(self.workspace.state / "lock"):
            self.documents.sweep()
            yield

    @contextmanager
    def comparing(
        self,
        source: DatabaseSource,
        *,
        remember: bool,
        contents: bool = False,
        deletes: "Callable[[ComparisonSides], Deletes] | None" = None,
    ) -> "Iterator[tuple[Store, Compared]]":
        """The store, and the comparison of the whole tree with one snapshot of the database.

        `remember` is for commands that write: without it, later commands give the same results as if this one
        had not run. With `contents` the rows of all differing records are read, too. `deletes` tells which
        rows the command deletes on purpose.
        """
        with connected(source, self.kinds) as store:
            try:
                compared = self._compare(store, source, remember=remember, contents=contents, deletes=deletes)
                yield store, compared
            finally:
                self.memory.forget_trial()

    def _compare(
        self,
        store: "Store",
        source: DatabaseSource,
        *,
        remember: bool,
        contents: bool,
        deletes: "Callable[[ComparisonSides], Deletes] | None",
    ) -> "Compared":
        from studio_sync.sync.compare.bases.recognition import (
            LastSeen,
            Recognition,
            arrived_problem,
            set_back_problem,
        )
        from studio_sync.sync.compare.evidence import Evidence
        from studio_sync.sync.compare.sides import BaseSide, ComparisonSides, DatabaseSide, FilesSide
        from studio_sync.sync.compare.visibility import Visibility

        state = None
        while True:
            before = LastSeen.of(self.memory, source.address)
            with store.snapshot():
                shape = store.shape()
                history = store.server_history(restarts=not source.embedded)
                ledger = store.ledger()
                db = Recognition(
                    store, self.kinds, self.memory, ledger, history, source.label, source.address
                ).database(before, remember=remember)
                visibility = Visibility(store, self.kinds, shape.secured)
                store.access.hold_visible(source.label, shape.secured, visibility.grants)
                clients = visibility.within(self.workspace.clients)
                rows = store.rows(clients, tokens=bool(history.mark) and shape.tokens)
                evidence = Evidence.of(rows, self.memory, db, self.kinds)
                # No transaction stays open while many files are read; a new one begins after that.
                # What is read on trial would be lost.
                state = state or self.documents.refresh_few(0 if self.memory.on_trial else _FEW_FILES)
                if state is not None:
                    sides = ComparisonSides(
                        self.kinds,
                        FilesSide(self.layout, state, self.workspace.prefix),
                        BaseSide(self.memory, db, ledger, self.reader),
                        DatabaseSide(
                            rows, evidence, ledger, visibility, shape.altered, bounded=clients is not None
                        ),
                    )
                    with self.stages.stage("reading rows") as step:
                        if not evidence.differs:
                            # Before the comparison, which may find a base that is no row's version.
                            self.memory.set_row_digest(db, str(evidence.digest))
                        elif remember:
                            # Bases will change: a row that comes and goes gives the old digest again.
                            self.memory.set_row_digest(db, "")
                        compared = self._compared(sides, step, remember=remember, deletes=deletes)
                    found = (set_back_problem(self.memory, db), arrived_problem(self.memory, db, ledger))
                    compared = self._blocked(compared, [problem for problem in found if problem])
                    if contents:
                        compared.fetch(compared.out.deltas)
                    return compared
            self.memory.forget_trial()
            state = self.documents.refresh()

    def _compared(
        self,
        sides: "ComparisonSides",
        step: CountStep,
        *,
        remember: bool,
        deletes: "Callable[[ComparisonSides], Deletes] | None",
    ) -> "Compared":
        """The comparison of these sides; most often nothing is of interest."""
        from studio_sync.sync.compare.compared import Compared
        from studio_sync.sync.compare.matching import Matcher
        from studio_sync.sync.compare.remote import RemoteSide

        remote, matcher = RemoteSide(sides, self.spool, step), Matcher(sides)
        rows = remote.read()
        entries = matcher.entries(rows.bases)
        if rows.are_none and not entries:
            if remember and not sides.files.state.held:
                sides.base.resolver.remember_agreed()
            return Compared.of_nothing(sides, remote, matcher)
        from studio_sync.sync.compare.compare import Comparer

        doomed = deletes(sides) if deletes else lambda *_: False
        comparer = Comparer(sides, self.documents.values, self.spool, remote, matcher)
        return comparer.compare(rows, entries, remember=remember, deletes=doomed)

    def _blocked(self, compared: "Compared", found: Sequence[Problem]) -> "Compared":
        """Add the problems `found` of the database, and problems of other files and readers."""
        out = compared.out
        if found:
            out = replace(out, problems=[*out.problems, *found])
        out = out.with_blocked(self.documents.faults_around(out))
        out = out.with_blocked(self.readiness.unready_steps(out))
        return replace(compared, out=out)

    def run(
        self,
        repository: "Repository | None",
        source: str,
        message: str = "",
        covers: Collection[str] | None = (),
    ) -> "Run":
        """The run for the ledger; `repository`: that of the workspace. `covers`: the top rows of a push."""
        from studio_sync.database.values.ledger_values import Run

        actor = self._actor or self._identity(repository) or "unknown"
        return Run(new_id(), actor, source, repository.head if repository else "", message, covers)

    def _identity(self, repository: "Repository | None") -> str:
        if repository is not None:
            return repository.identity()
        from studio_sync.files.git.identity import identity_around

        return identity_around(self.workspace.content)

    def outcome(self, compared: "Compared", scope: tuple[str, ...]) -> Outcome:
        """The outcome of a comparison, limited to a scope."""
        out, asked = compared.out, CommandScope(scope, self.workspace, self.layout.own_files)
        deltas = [d for d in out.deltas if asked.holds(out.paths[d.rid])]
        tree = {p for p in compared.files.tree_problems if asked.touches(p)}
        stops = {p for p in tree if p.code in STOPS and p.severity is Severity.ERROR}
        problems = tree | set(out.problems)
        problems.update(p for p in self.documents.other_clients() if asked.touches(p))
        problems.update(asked.missing({out.paths[d.rid] for d in deltas}))
        problems.update(unknown_entries(compared.ledger.left_out))
        if compared.ledger.is_newer:
            problems.add(newer_ledger(compared.ledger.version or 0))
        written, readiness = {out.paths[d.rid] for d in deltas if d.is_ahead}, self.readiness
        statuses = UnknownStatus(self.workspace, self.memory, self.kinds)
        for entry in self.memory.files_where("problems IS NOT NULL"):
            if asked.holds(entry.path):
                problems.update(statuses.weighed(entry, entry.faults))
                if entry.path in written:
                    problems.update(readiness.broken(entry))
                if entry.digests is None and entry.kind:
                    stops.update(p for p in entry.problems if p.severity is Severity.ERROR)
        for rid, found in out.blocked.items():
            if rid in out.paths and asked.holds(out.paths[rid]):
                problems.update(found)
        values = RecordValues(out, self.spool, self.documents.values)
        agreed = out.agreed if asked.is_all() else self._agreed(compared, asked)
        return Outcome(out, deltas, sorted(reported_once(problems)), values, agreed, frozenset(stops))

    def _agreed(self, compared: "Compared", asked: CommandScope) -> int:
        """The number of records in scope that are equal on all sides."""
        out, db = compared.out, compared.sides.base.db
        found, held = (
            (b for path in asked.paths for b in self.memory.settled_bases(db, path)),
            compared.sides.files.state,
        )
        settled = {base.version.rid for base in found if not held.holds(base.path)}
        return len(settled - out.apart.keys() - {delta.rid for delta in out.deltas})
