"""What is wrong with a workspace and its database, and what to do about each: `studio doctor`."""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from studio_sync.errors import StudioError
from studio_sync.sync.connection import Source
from studio_sync.sync.doctor.files import FILE_CHECKS
from studio_sync.sync.doctor.report import Finding, Patient, State, error, ok

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio

__all__ = ["Finding", "State", "examined"]


def examined(studio: "Studio", source: Source) -> Iterator[Finding]:
    """Every finding, in the order of the checks. Nothing is changed."""
    patient = Patient(studio, source)
    for check in FILE_CHECKS:
        yield from check(patient)
    try:
        connection = source.connect()
    except StudioError as found:
        yield error("connection", found.message, found.hint)
        return
    import psycopg

    from studio_sync.database.postgres.connect import explain
    from studio_sync.database.postgres.misread import MISREAD, explain_misread
    from studio_sync.sync.doctor.database import DATABASE_CHECKS

    yield ok("connection", f"{source.label} answers")
    with closing(connection):
        for examine in DATABASE_CHECKS:
            try:
                yield from examine(patient, connection)
            except psycopg.Error as failure:
                told = explain(failure, source.label)
                yield error(examine.__name__.replace("_", " "), told.message, told.hint)
            except MISREAD as failure:
                if not (odd := explain_misread(failure, source.label)):
                    raise
                yield error(examine.__name__.replace("_", " "), odd.message, odd.hint)
            except StudioError as failure:
                yield error(examine.__name__.replace("_", " "), failure.message, failure.hint)
