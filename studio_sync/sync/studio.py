"""The use cases of one workspace: status, diff, push, pull. They return values and print nothing."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from sqlite3 import DatabaseError, OperationalError
from typing import TYPE_CHECKING, Any, Self

from studio_sync.core.kind import Kinds
from studio_sync.core.plan import Change
from studio_sync.core.problem import Severity
from studio_sync.core.reconcile import Action
from studio_sync.errors import RefusedError, UnavailableError
from studio_sync.files.memory import Memory
from studio_sync.files.scaffold import refresh_schemas
from studio_sync.files.survey import Ahead
from studio_sync.files.workspace import Workspace
from studio_sync.files.write import only_one
from studio_sync.kinds import KINDS
from studio_sync.sync.connection import LostError, Source, connected, write
from studio_sync.sync.documents import Documents, in_scope, inner
from studio_sync.sync.local import LocalState
from studio_sync.sync.outcome import Outcome, Values
from studio_sync.sync.reader import Reader
from studio_sync.sync.spool import Spool
from studio_sync.sync.stages import Stages

if TYPE_CHECKING:
    from psycopg import Connection

    from studio_sync.sync.compare import Comparer
    from studio_sync.sync.pull import PullOptions
    from studio_sync.sync.push import PushOptions

_ATTEMPTS = 4
_FEW_FILES = 200
"""So many files are read in a moment."""
_STOPS = frozenset(("no-own-file", "symlink", "unreadable", "bad-name", "duplicate-id"))
"""Problems of the tree after which it isn't known what a push would leave out or write twice."""


class Studio:
    """One workspace at work. Use it as a context manager."""

    def __init__(
        self,
        workspace: Workspace,
        stages: Stages,
        *,
        kinds: Kinds = KINDS,
        remember: bool = True,
        ahead: Ahead | None = None,
    ) -> None:
        """With `remember` false nothing is written into the workspace's memory.

        `ahead` may already be finding which files changed.
        """
        self.workspace, self._stages, self._kinds = workspace, stages, kinds
        self.reader = Reader(workspace.content, workspace.prefix, kinds, workspace.schemas)
        self.layout, self.schemas = self.reader.layout, self.reader.schemas
        self.spool = Spool()
        self._remember = remember
        self._ahead = ahead
        self.memory = Memory.open(workspace.state)
        self.documents = Documents(workspace, self.reader, self.memory, self.spool, stages, self._ahead)
        if remember:
            refresh_schemas(workspace.state, self.schemas.texts())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.spool.close()
        self.memory.close()
        if self._ahead is not None:
            self._ahead.close()
        if isinstance(error, DatabaseError) and not isinstance(error, OperationalError):
            Memory.set_aside(self.workspace.state)
            raise UnavailableError(
                "the workspace's memory was damaged, and has been set aside",
                "run the command again: files and rows are compared anew, and nothing was lost",
            ) from None

    # --- comparing

    @contextmanager
    def _compared(
        self, connection: "Connection[Any]", source: Source, *, remember: bool, contents: bool = False
    ) -> "Iterator[tuple[Comparer, LocalState, int]]":
        """The comparison of the whole tree with the database, as one moment shows it.

        With `contents` the rows of all records that differ are read, too.
        """
        from studio_sync.database.lineage import lineage_of
        from studio_sync.database.policies import hold_visible
        from studio_sync.database.rows import Rows
        from studio_sync.database.shape import check_shape
        from studio_sync.sync.compare import Comparer
        from studio_sync.sync.remote import Evidence

        while True:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                shape = check_shape(connection, self._kinds)
                lineage, horizon = lineage_of(connection)
                tokens = all(t.xmin for t in shape.tables.values())
                with self.memory.changing():
                    db = self.memory.database(source.address, lineage, horizon)
                rows = Rows(connection, self._kinds, self.workspace.clients, tokens=tokens)
                altered = frozenset(name for name, table in shape.tables.items() if table.triggers)
                secured = frozenset(name for name, table in shape.tables.items() if table.secured)
                hold_visible(connection, source.label, secured)
                evidence = Evidence.of(rows, self.memory, db)
                # No transaction stays open while many files are read: then it begins anew.
                state = self.documents.refresh(at_most=_FEW_FILES)
                if state is not None:
                    with self._stages.stage("reading rows") as step:
                        comparer = Comparer(
                            self._kinds, self.layout, self.memory, db, rows, evidence, self.spool, state,
                            self.workspace.prefix, step, secured, altered,
                        )  # fmt: skip
                        comparer.compare(remember=remember)
                    if remember and not evidence.differs:
                        self.memory.set_seen(db, evidence.digest)
                    if contents:
                        comparer.remote.fetch(comparer.out.deltas)
                    break
            self.documents.refresh()
        yield comparer, state, db

    def status(self, source: Source, scope: tuple[str, ...]) -> Outcome:
        """What differs, and how."""
        with (
            connected(source) as connection,
            self._compared(connection, source, remember=self._remember) as (comparer, state, _),
        ):
            return self._outcome(comparer, state, scope)

    def diff(self, source: Source, scope: tuple[str, ...]) -> Outcome:
        """What `status` finds, with the rows' contents at hand for every record in scope."""
        with (
            connected(source) as connection,
            self._compared(connection, source, remember=self._remember, contents=True) as (
                comparer,
                state,
                _,
            ),
        ):
            return self._outcome(comparer, state, scope)

    def _outcome(self, comparer: "Comparer", state: LocalState, scope: tuple[str, ...]) -> Outcome:
        out = comparer.out
        deltas = [d for d in out.deltas if in_scope(out.paths[d.rid], scope)]
        tree = {p for p in state.tree_problems if in_scope(inner(p.path, self.workspace), scope)}
        stops = {p for p in tree if p.code in _STOPS}
        problems = tree | set(out.problems)
        for entry in self.memory.files_where("problems IS NOT NULL"):
            if in_scope(entry.path, scope):
                problems.update(entry.problems)
                if entry.digests is None and entry.kind:
                    stops.update(p for p in entry.problems if p.severity is Severity.ERROR)
        for rid, found in out.blocked.items():
            if rid in out.paths and in_scope(out.paths[rid], scope):
                problems.update(found)
        return Outcome(
            out,
            deltas,
            sorted(problems),
            frozenset(stops),
            values=Values(out, self.spool, self.documents.values),
        )

    # --- push

    def push(
        self, source: Source, scope: tuple[str, ...], options: "PushOptions", *, dry_run: bool = False
    ) -> Outcome:
        """Send what only the files changed. Nothing is written if anything is refused."""
        from studio_sync.database.write import StaleError

        if dry_run:
            return self._push_once(source, scope, options, dry_run=True)
        with only_one(self.workspace.state / "lock"):
            for attempt in range(_ATTEMPTS):
                try:
                    return self._push_once(source, scope, options, dry_run=False)
                except StaleError as error:
                    if attempt + 1 == _ATTEMPTS:
                        raise RefusedError(
                            f"the database keeps changing under this push: {error.message};"
                            " nothing was written",
                            error.hint or "wait a moment, then push again",
                        ) from None
                except LostError:
                    # Planned anew, from the rows as they are now: what arrived is found to be there.
                    if attempt + 1 == _ATTEMPTS:
                        raise
            raise AssertionError

    def _push_once(
        self, source: Source, scope: tuple[str, ...], options: "PushOptions", *, dry_run: bool
    ) -> Outcome:
        from studio_sync.sync.guarding import Guarding
        from studio_sync.sync.push import PushPlanner, bases_after

        with (
            connected(source) as connection,
            self._compared(connection, source, remember=self._remember and not dry_run) as (
                comparer,
                state,
                db,
            ),
        ):
            outcome = self._outcome(comparer, state, scope)
            guarding = Guarding.of(
                connection, self._kinds, self.workspace, source, comparer, self.memory, outcome, options
            )
            planner = PushPlanner(comparer, self.memory, db, options, guarding)
            outcome.plan = plan = planner.plan(outcome.deltas)
            stopped = (plan.refused or outcome.stops) and not options.partial
            if dry_run or stopped:
                return outcome
            if not options.frozen:
                self.documents.write_ids(
                    [(e, own) for e, own in comparer.without_id() if in_scope(e.path, scope)]
                )
            if not plan.changes:
                return outcome
            entries = {e.path: e for d in outcome.deltas if (e := comparer.out.entries.get(d.rid))}

            def content(change: Change) -> bytes:
                return self.documents.image(entries[change.path])

            with self._stages.stage("writing rows", len(plan.changes)) as step:
                written = write(connection, self._kinds, plan, content, step)
            new_ids = [
                (entry, change.row_id)
                for change in plan.changes
                if change.kind.identified
                and change.action is Action.CREATE
                and (entry := entries[change.path]).id is None
            ]
            with self.memory.changing():
                self.memory.put_bases(db, bases_after(plan, written, comparer.out, comparer.altered))
                self.memory.drop_bases(db, [c.rid for c in plan.changes if c.action is Action.DELETE])
                self.memory.move_tokens(db, written.touched)
            if not options.frozen:
                self.documents.write_ids(new_ids)
            outcome.done = tuple(plan.changes)
            return outcome

    # --- pull

    def pull(
        self, source: Source, scope: tuple[str, ...], options: "PullOptions", *, dry_run: bool = False
    ) -> Outcome:
        """Bring what only the database changed into the files."""
        from studio_sync.sync.pull import PullPlanner
        from studio_sync.sync.write_files import Pulled, Puller

        if not self.workspace.content.exists() and self.memory.is_blank() and not dry_run:
            self.workspace.content.mkdir(parents=True)
        if dry_run:
            lock: AbstractContextManager[None] = nullcontext()
        else:
            lock = only_one(self.workspace.state / "lock")
        with (
            lock,
            connected(source) as connection,
            self._compared(connection, source, remember=self._remember and not dry_run, contents=True) as (
                comparer,
                state,
                db,
            ),
        ):
            outcome = self._outcome(comparer, state, scope)
            planner = PullPlanner(comparer, self.memory, db, self.layout, self.workspace.content, options)
            outcome.plan = plan = planner.plan(outcome.deltas)
            if dry_run:
                return outcome
            planned = {change.path for change in plan.changes}
            self.documents.write_ids(
                [
                    (entry, own)
                    for entry, own in comparer.without_id()
                    if entry.path not in planned and in_scope(entry.path, scope)
                ]
            )
            if not plan.changes:
                return outcome
            puller = Puller(
                self._kinds, self.workspace.content, self.workspace.prefix, self.schemas, self.memory, db,
                self.spool, comparer,
            )  # fmt: skip
            with self.documents.writing(), self._stages.stage("writing files", len(plan.changes)) as step:
                pulled: Pulled = puller.apply(plan, step)
            outcome.done, outcome.failed = pulled.done, pulled.failed
            rewritten = {self.workspace.prefix + e.path for e in pulled.entries}
            found = [p for p in outcome.problems if p.path not in rewritten]
            outcome.problems = sorted({*found, *(p for e in pulled.entries for p in e.problems)})
            return outcome
