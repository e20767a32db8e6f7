"""Writing a plan and its ledger entries in one transaction, with a COMMIT whose answer may be lost."""

from dataclasses import replace
from typing import Any

from psycopg import Connection, Error, errors

from studio_sync.core.values.kind import Kinds
from studio_sync.database.postgres.connection.waiting import bound_waiting
from studio_sync.database.postgres.ledger import ledger_append
from studio_sync.database.postgres.ledger.notes import enter_notes
from studio_sync.database.postgres.rows.row_writer import REFUSED, Writer
from studio_sync.database.values.failures import LostError, StaleError
from studio_sync.database.values.written import PlannedWrite, WriteResult

_ENDED = ("57P", "08")
"""SQLSTATE classes with which a server ends a connection: the last statement may have been executed."""

_INDEX_COLUMNS = """
SELECT attname
FROM pg_attribute
WHERE attrelid = to_regclass(quote_ident(%s) || '.' || quote_ident(%s)) AND attnum > 0"""
"""The columns of an index, or of the one that keeps a constraint; those of expressions have names, too."""

_SAY_RUN = "SELECT set_config('studio.run', %s, true)"
"""Tells the triggers of `db track` that the ledger gets these changes, so they need not record them."""


def write_plan(
    connection: Connection[Any], kinds: Kinds, planned: PlannedWrite, *, singly: bool = False
) -> WriteResult:
    """Write a plan in one transaction; deadlocks and serialization failures become StaleError (retry).

    If the database rejects a value, the plan is written again `singly`, row by row, to find which one.
    """
    try:
        return _committed(connection, kinds, planned, singly=singly)
    except REFUSED:
        if singly:
            raise
        return write_plan(connection, kinds, replace(planned, step=lambda _: None), singly=True)
    except errors.UniqueViolation as error:
        if not singly and not _is_of_ids_or_places(connection, kinds, error):
            return write_plan(connection, kinds, replace(planned, step=lambda _: None), singly=True)
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


def _is_of_ids_or_places(connection: Connection[Any], kinds: Kinds, error: errors.UniqueViolation) -> bool:
    """Whether the index is of ids or places, which a new plan may find free; others are rules for values."""
    diag = error.diag
    kind = next((kind for kind in kinds if kind.table == diag.table_name), None)
    if kind is None:
        return True
    order = kind.order.name if kind.order else ""
    found = connection.execute(_INDEX_COLUMNS, [diag.schema_name, diag.constraint_name]).fetchall()
    return {column for (column,) in found} <= {"id", kind.parent_column, kind.slot_column, order}


def _committed(
    connection: Connection[Any], kinds: Kinds, planned: PlannedWrite, *, singly: bool
) -> WriteResult:
    journal = planned.journal
    done: WriteResult | None = None
    try:
        with connection.transaction():
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = '60s'")
            connection.execute(_SAY_RUN, [journal.run.id])
            bound_waiting(connection)
            writer = Writer(connection, kinds, journal.run, planned.plan, singly=singly)
            written = writer.apply(planned.content, planned.step)
            ledger_append.open_run(connection, journal.run, granted=writer.granted)
            entries = written.entered_with(journal.entries(written))
            numbers = ledger_append.record(connection, journal.run, entries, granted=writer.granted)
            written = replace(written, numbers=numbers)
            notes = journal.notes(written)
            enter_notes(connection, journal.run, notes, granted=writer.granted)
            done = written
    except Error:
        # After `done` comes COMMIT. Its answer is not trusted: the ledger either has the run or not.
        if done is None:
            raise
        if not planned.has_arrived():
            if connection.closed:
                raise _lost() from None
            raise
    # A warning says that it was not waited for a synchronous standby.
    if getattr(connection, "warned", False) and not planned.has_arrived():
        raise _lost()
    return written


def _lost() -> LostError:
    return LostError(
        "the connection was lost while writing; it is not known whether the push arrived",
        "run `studio status`: it reads the rows again",
    )
