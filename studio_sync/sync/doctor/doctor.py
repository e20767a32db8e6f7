"""All checks of `studio doctor`: what is wrong with a workspace and its database, and the way out."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from studio_sync.core.checks.diagnosis import Diagnosis, error, ok
from studio_sync.database.store import Exam
from studio_sync.errors import StudioError
from studio_sync.sync.connection import DatabaseSource, open_source
from studio_sync.sync.doctor.file_exam import FILE_CHECKS

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


def examined(studio: "Studio", source: DatabaseSource) -> Iterator[Diagnosis]:
    """Every finding, in the order of the checks. Changes nothing."""
    failed: set[str] = set()
    for name, check in FILE_CHECKS:
        try:
            yield from check(studio)
        except StudioError as failure:
            if failure.message not in failed:  # one cause, one message
                yield error(name, failure.message, failure.hint)
            failed.add(failure.message)
    from studio_sync.sync.doctor.ledger_exam import ledger_exam

    with ExitStack() as stack:
        try:
            store = stack.enter_context(open_source(source, studio.kinds))
        except StudioError as found:
            yield error("connection", found.message, found.hint)
            return
        yield ok("connection", f"{source.label} answers")
        of_ledger: tuple[str, Exam] = ("ledger", partial(ledger_exam, studio, source, store))
        for name, exam in (*store.exams(), of_ledger):
            try:
                with store.explained(source.label):
                    yield from exam()
            except StudioError as failure:
                yield error(name, failure.message, failure.hint)
