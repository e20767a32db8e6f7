"""A database at work: how it is reached, and what its refusals mean for a run."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.values.kind import Kinds
from studio_sync.errors import UnavailableError
from studio_sync.kinds import KINDS
from studio_sync.sync.stages import no_step

if TYPE_CHECKING:
    from psycopg import Connection

    from studio_sync.core.history.known_versions import Note
    from studio_sync.database.postgres.ledger.ledger import Entry, Run
    from studio_sync.database.postgres.write import Written


@dataclass(frozen=True, slots=True)
class Source:
    """A database to work with: its label for people, its address without secrets, how to connect to it.

    `imports` says that it takes new records at any status, `embedded` that studio starts and stops its
    server itself.
    """

    label: str
    address: str
    connect: "Callable[[], Connection[Any]]"
    imports: bool = False
    embedded: bool = False


class LostError(UnavailableError):
    """The connection broke while writing: only the rows can tell whether that was before or after."""


@contextmanager
def connected(source: Source) -> "Iterator[Connection[Any]]":
    """A connection, with whatever the driver raises in words for people.

    Raises RefusedError where a stranger's code would run.
    """
    import psycopg

    from studio_sync.database.postgres.connect import explain
    from studio_sync.database.postgres.misread import MISREAD, explain_misread
    from studio_sync.database.postgres.ownership import hold_trusted
    from studio_sync.database.postgres.waiting import holders

    connection = source.connect()
    try:
        hold_trusted(connection, KINDS, source.label)
        yield connection
    except psycopg.errors.LockNotAvailable as error:
        with suppress(psycopg.Error):
            if who := holders(connection, KINDS):
                raise UnavailableError(
                    f"{source.label}: somebody else's transaction holds what is needed: {who}",
                    "try again when it has ended; who runs the database can end it:"
                    " SELECT pg_terminate_backend(PROCESS)",
                ) from None
        raise explain(error, source.label) from error
    except psycopg.Error as error:
        raise explain(error, source.label) from error
    except MISREAD as error:
        told = explain_misread(error, source.label)
        if told is None:
            raise
        raise told from error
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Journal:
    """What goes into the ledger in a push's own transaction, once it is known what was written."""

    run: "Run"
    entries: "Callable[[Written], Iterable[Entry]]"
    notes: "Callable[[Written], Iterable[tuple[str, Note]]]"


def write(
    connection: "Connection[Any]",
    kinds: Kinds,
    plan: Plan,
    content: Callable[[Change], bytes],
    journal: Journal,
    step: Callable[[int], None],
    *,
    singly: bool = False,
) -> "Written":
    """Write a plan in one transaction; what the driver says of a race becomes a StaleError.

    Where the database refuses a value, it is done again `singly`, row by row, to find which one.
    """
    from psycopg import errors

    from studio_sync.database.postgres.ledger import append as ledger_append
    from studio_sync.database.postgres.ledger import ledger
    from studio_sync.database.postgres.waiting import bound_waiting
    from studio_sync.database.postgres.write import REFUSED, StaleError, Writer

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
            ledger.note(connection, journal.run, notes, granted=writer.granted)
            return written
    except REFUSED:
        if singly:
            raise
        return write(connection, kinds, plan, content, journal, no_step, singly=True)
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
        if error.sqlstate is not None:
            raise
        raise LostError(
            "the connection was lost while writing; it is not known whether the push arrived",
            "run `studio status`: it reads the rows again and tells",
        ) from None
