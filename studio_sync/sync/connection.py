"""A database at work: how it is reached, and what its refusals mean for a run."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.values.kind import Kinds
from studio_sync.database.values.failures import LostError
from studio_sync.database.values.written import Journal
from studio_sync.errors import StudioError, UnavailableError
from studio_sync.kinds import KINDS
from studio_sync.sync.stages import no_step

if TYPE_CHECKING:
    from psycopg import Connection

    from studio_sync.database.values.written import WriteResult


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """A database to work with: its label for people, its address without secrets, how to connect to it.

    `replica` is where it may be read, too: it has the same address here, as it is the same database.
    `imports` says that it takes new records at any status, `embedded` that studio starts and stops its
    server itself.
    """

    label: str
    address: str
    connect: "Callable[[], Connection[Any]]"
    imports: bool = False
    embedded: bool = False
    replica: "DatabaseSource | None" = None


_PAUSES = (0, 1, 2)
"""Seconds before each time that somebody asks whether a run arrived: a server may be starting again."""
_ENDED = ("57P", "08")
"""States with which a server ends a connection: what was asked last may have been done, or not."""


@contextmanager
def connected(source: DatabaseSource) -> "Iterator[Connection[Any]]":
    """A connection, with whatever the driver raises in words for people.

    Raises RefusedError where a stranger's code would run.
    """
    from studio_sync.database.postgres.schema.ownership import hold_trusted

    with open_source(source) as connection:
        hold_trusted(connection, KINDS, source.label)
        yield connection


@contextmanager
def open_source(source: DatabaseSource) -> "Iterator[Connection[Any]]":
    """A connection as `connected` gives it, to a database of which nothing was looked at yet."""
    import psycopg

    from studio_sync.database.postgres.connection.server_errors import explained
    from studio_sync.database.postgres.connection.waiting import holders

    connection = None
    try:
        with explained(source.label):
            connection = source.connect()
            yield connection
    except StudioError as error:
        if connection is not None and isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            with suppress(psycopg.Error):
                if who := holders(connection, KINDS):
                    raise UnavailableError(
                        f"{source.label}: somebody else's transaction holds what is needed: {who}",
                        "try again when it has ended; who runs the database can end it:"
                        " SELECT pg_terminate_backend(PROCESS)",
                    ) from None
        raise
    finally:
        if connection is not None:
            connection.close()


def arrived(source: DatabaseSource, run: str) -> bool:
    """Whether the ledger has a run whose COMMIT nobody answered as one does; asked over a new connection.

    False also where nobody can tell.
    """
    from studio_sync.database.postgres.ledger.known_runs import has_run

    for pause in _PAUSES:
        time.sleep(pause)
        with suppress(StudioError), connected(source) as connection:
            return has_run(connection, run)
    return False


def write_plan(
    connection: "Connection[Any]",
    kinds: Kinds,
    plan: Plan,
    content: Callable[[Change], bytes],
    journal: Journal,
    step: Callable[[int], None],
    has_arrived: Callable[[], bool],
    *,
    singly: bool = False,
) -> "WriteResult":
    """Write a plan in one transaction; what the driver says of a race becomes a StaleError.

    `has_arrived` asks whether the ledger has the run. Where the database refuses a value, it is done again
    `singly`, row by row, to find which one.
    """
    from psycopg import errors

    from studio_sync.database.postgres.rows.row_writer import REFUSED
    from studio_sync.database.values.failures import StaleError

    try:
        return _committed(connection, kinds, plan, content, journal, step, has_arrived, singly=singly)
    except REFUSED:
        if singly:
            raise
        return write_plan(connection, kinds, plan, content, journal, no_step, has_arrived, singly=True)
    except errors.UniqueViolation as error:
        raise StaleError(
            str(error.diag.message_primary),
            "if that does not change: the id or the place may be a row's that this workspace does not see,"
            " of another client or behind row-level security",
        ) from None
    except (
        errors.ForeignKeyViolation,
        errors.DeadlockDetected,
        errors.SerializationFailure,
    ) as error:
        raise StaleError(str(error.diag.message_primary)) from None
    except errors.OperationalError as error:
        if error.sqlstate is not None and not error.sqlstate.startswith(_ENDED):
            raise
        raise _lost() from None


def _committed(
    connection: "Connection[Any]",
    kinds: Kinds,
    plan: Plan,
    content: Callable[[Change], bytes],
    journal: Journal,
    step: Callable[[int], None],
    has_arrived: Callable[[], bool],
    *,
    singly: bool,
) -> "WriteResult":
    from psycopg import Error

    from studio_sync.database.postgres.connection.waiting import bound_waiting
    from studio_sync.database.postgres.ledger import ledger, ledger_append
    from studio_sync.database.postgres.ledger.notes import enter_notes
    from studio_sync.database.postgres.rows.row_writer import Writer

    done: WriteResult | None = None
    try:
        with connection.transaction():
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = '60s'")
            bound_waiting(connection)
            writer = Writer(
                connection, kinds, journal.run, policy=plan.policy, read=plan.read,
                dependents=plan.dependents, singly=singly,
            )  # fmt: skip
            written = writer.apply(plan.changes, content, step)
            ledger.open_run(connection, journal.run, granted=writer.granted)
            entries = journal.entries(written)
            written.numbers = ledger_append.record(connection, journal.run, entries, granted=writer.granted)
            notes = journal.notes(written)
            enter_notes(connection, journal.run, notes, granted=writer.granted)
            done = written
    except Error:
        # After `done` comes COMMIT. Its answer is not believed: the ledger has the run, or it has not.
        if done is None:
            raise
        if not has_arrived():
            if connection.closed:
                raise _lost() from None
            raise
    return written


def _lost() -> LostError:
    return LostError(
        "the connection was lost while writing; it is not known whether the push arrived",
        "run `studio status`: it reads the rows again and tells",
    )
