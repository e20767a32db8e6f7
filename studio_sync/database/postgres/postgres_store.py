"""The PostgreSQL implementation of `Store`, over one connection.

What only writes or examines is imported where it is used: a status is shorter by it.
"""

import select
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg import Connection, sql

from studio_sync.core.values.kind import Kinds
from studio_sync.database.access.grants import PostgresAccess
from studio_sync.database.postgres.connection import server_history, waiting
from studio_sync.database.postgres.connection.capabilities import capabilities
from studio_sync.database.postgres.connection.server_errors import explained
from studio_sync.database.postgres.ledger import known_runs
from studio_sync.database.postgres.ledger.ledger import Ledger
from studio_sync.database.postgres.postgres_tree import PostgresTree
from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.postgres.schema import ownership, schema_shape
from studio_sync.database.values.store_facts import ServerHistory, StoreShape
from studio_sync.errors import StudioError, UsageError

if TYPE_CHECKING:
    from studio_sync.core.history.known_versions import LedgerNote
    from studio_sync.database.postgres.tracking.tracked_runs import TrackedRuns
    from studio_sync.database.store import Exam, Store
    from studio_sync.database.values.ledger_values import EnteredRows, PulledVersion, Run
    from studio_sync.database.values.written import PlannedWrite, WriteResult


class PostgresStore:
    """Implements `Store`. Use its `connection` for what only PostgreSQL has."""

    def __init__(self, connection: Connection[Any], kinds: Kinds) -> None:
        self.connection, self.kinds = connection, kinds
        self.tree, self.access = PostgresTree(connection, kinds), PostgresAccess(connection, kinds)

    @property
    def role(self) -> str:
        """The name of the connected role."""
        return self.connection.info.user

    @property
    def closed(self) -> bool:
        """Whether the connection is closed."""
        return bool(self.connection.closed)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A read-only transaction on one snapshot, with a lock timeout."""
        with self.connection.transaction():
            self.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            waiting.bound_waiting(self.connection)
            yield

    @contextmanager
    def together(self) -> Iterator[None]:
        """A transaction, with a lock timeout; large results are fetched by a cursor, which lives in one."""
        with self.connection.transaction():
            waiting.bound_waiting(self.connection)
            yield

    @contextmanager
    def explained(self, label: str) -> Iterator[None]:
        """Turn exceptions of the driver in the block into StudioErrors; a lock timeout names the holders."""
        try:
            with explained(label):
                yield
        except StudioError as error:
            reason = waiting.held_up(self.connection, self.kinds, label, error)
            if reason is error:
                raise
            raise reason from None

    def hold_trusted(self, label: str) -> None:
        """Raise RefusedError, naming foreign objects, if a stranger's code would run here."""
        ownership.hold_trusted(self.connection, self.kinds, label)

    def shape(self) -> StoreShape:
        """The shape of the tables. Raises UnavailableError if studio can't work with them."""
        tables = schema_shape.check_shape(self.connection, self.kinds).tables
        return StoreShape(
            frozenset(name for name, table in tables.items() if table.secured),
            frozenset(name for name, table in tables.items() if table.triggers),
            capabilities(self.connection).xmin and all(table.xmin for table in tables.values()),
        )

    def server_history(self, *, restarts: bool = True) -> ServerHistory:
        """The server history that xmin values belong to."""
        return server_history.read_history(self.connection, restarts=restarts)

    def rows(self, clients: Sequence[str] | None = None, *, tokens: bool = True) -> Rows:
        """The rows of these clients, None: of all."""
        return Rows(self.connection, self.kinds, clients, tokens=tokens)

    def ledger(self) -> Ledger:
        """The ledger, with what this role may do with it now."""
        return Ledger(self.connection, self.kinds)

    def past(self) -> "TrackedRuns":
        """The ledger as a history, with tracked changes."""
        from studio_sync.database.postgres.tracking.tracked_runs import TrackedRuns

        return TrackedRuns(self.connection, self.kinds)

    def holders(self) -> str:
        """Who has transactions open on the tables."""
        return waiting.holders(self.connection, self.kinds)

    def exams(self) -> Sequence[tuple[str, "Exam"]]:
        """The checks of `studio doctor`."""
        from studio_sync.database.postgres.database_exams import database_exams

        return database_exams(self.connection, self.kinds)

    def listen(self) -> bool:
        """Listen to what change tracking announces, if that works.

        Behind a pooler another session would receive it.
        """
        from studio_sync.database.postgres.connection.server_info import examine
        from studio_sync.database.postgres.tracking.change_triggers import CHANNEL
        from studio_sync.database.postgres.tracking.tracking_exam import is_tracked

        server = examine(self.connection)
        if server.pooled or server.standby or not is_tracked(self.connection):
            return False
        self.connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        return True

    def heard(self, seconds: float) -> bool:
        """Whether something was announced since the last call; waits for that so long."""
        if not select.select([self.connection.pgconn.socket], [], [], seconds)[0]:
            return False
        self.connection.pgconn.consume_input()
        found = False
        while self.connection.pgconn.notifies() is not None:
            found = True
        return found

    def write(self, planned: "PlannedWrite") -> "WriteResult":
        """Write a plan and its ledger entries, in one transaction."""
        from studio_sync.database.postgres.rows.write_plan import write_plan

        return write_plan(self.connection, self.kinds, planned)

    def has_run(self, run: str) -> bool:
        """Whether the ledger has a run."""
        return known_runs.has_run(self.connection, run)

    def run_lasts(self, run: str) -> bool:
        """Whether the ledger has a run, and synchronous standbys have it, too."""
        return known_runs.run_lasts(self.connection, run)

    def record_pulled(self, run: "Run", versions: Iterable["PulledVersion"]) -> "EnteredRows":
        """Enter versions that their rows still have."""
        from studio_sync.database.postgres.ledger import pull_entries

        return pull_entries.record_pulled(self.connection, self.kinds, run, versions)

    def record_notes(self, run: "Run", notes: "Iterable[tuple[str, LedgerNote]]") -> bool:
        """Enter notes; returns whether there were any and the role may."""
        from studio_sync.database.postgres.ledger import pull_entries

        return pull_entries.record_notes(self.connection, self.kinds, run, notes)


@contextmanager
def open_postgres(
    connect: "Callable[[], Connection[Any]]", label: str, kinds: Kinds
) -> Iterator[PostgresStore]:
    """Open a store over a connection made by `connect`; it is closed at the end.

    Exceptions of the driver in the block become StudioErrors; a lock timeout names the lock holders.
    """
    with explained(label):
        connection = connect()
    store = PostgresStore(connection, kinds)
    try:
        with store.explained(label):
            yield store
    finally:
        connection.close()


def connection_of(store: "Store") -> Connection[Any]:
    """The connection of a store, for what only PostgreSQL has: its schema and roles."""
    if not isinstance(store, PostgresStore):
        raise UsageError("this works with PostgreSQL alone", "give the address of a PostgreSQL database")
    return store.connection
