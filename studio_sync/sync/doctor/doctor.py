"""What is wrong with a workspace and its database, and what to do about each: `studio doctor`."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from studio_sync.errors import StudioError
from studio_sync.sync.connection import DatabaseSource, open_source
from studio_sync.sync.doctor.file_exam import FILE_CHECKS
from studio_sync.sync.doctor.report import Diagnosis, Patient, State, error, ok

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio

__all__ = ["Diagnosis", "State", "examined"]


def examined(studio: "Studio", source: DatabaseSource) -> Iterator[Diagnosis]:
    """Every finding, in the order of the checks. Nothing is changed."""
    patient = Patient(studio, source)
    for check in FILE_CHECKS:
        yield from check(patient)
    from studio_sync.database.postgres.connection.server_errors import explained
    from studio_sync.sync.doctor.database_exam import DATABASE_CHECKS

    with ExitStack() as stack:
        try:
            connection = stack.enter_context(open_source(source))
        except StudioError as found:
            yield error("connection", found.message, found.hint)
            return
        yield ok("connection", f"{source.label} answers")
        for examine in DATABASE_CHECKS:
            try:
                with explained(source.label):
                    yield from examine(patient, connection)
            except StudioError as failure:
                yield error(examine.__name__.replace("_", " "), failure.message, failure.hint)
