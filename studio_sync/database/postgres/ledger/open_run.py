"""Entering a run into the ledger, before its versions."""

import re
from typing import TYPE_CHECKING, Any

from studio_sync.database.values.ledger_values import Run

if TYPE_CHECKING:
    from psycopg import Connection

_ACTOR, _MESSAGE = 1_000, 100_000
"""The most characters of these in the ledger."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_OPEN_RUN = (
    "INSERT INTO studio_sync.runs (id, actor, source, git_commit, message, reach)"
    " VALUES (%s, %s, %s, nullif(%s, ''), nullif(%s, ''), %s::uuid[]) ON CONFLICT (id) DO NOTHING"
)
_ENTER_RUN = "SELECT studio_sync.enter_run(%s, %s, %s, nullif(%s, ''), nullif(%s, ''), %s::uuid[])"


def open_run(connection: "Connection[Any]", run: Run, *, granted: bool = False) -> None:
    """Enter a run, inside the transaction that writes; one that exists already stays.

    A role bound to clients (`granted`) does it through a function, which limits what the run covers.
    """
    commit = run.commit if _COMMIT.fullmatch(run.commit) else ""
    covers = None if run.covers is None else sorted(run.covers)
    given = (run.id, run.actor[:_ACTOR], run.source, commit, run.message[:_MESSAGE], covers)
    connection.execute(_ENTER_RUN if granted else _OPEN_RUN, given)
