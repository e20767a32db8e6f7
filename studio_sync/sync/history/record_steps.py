"""All that is known of one record's past: its versions in the ledger, and what others changed between."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from studio_sync.core.values.record import Rid
from studio_sync.core.values.value import Value
from studio_sync.database.store_ledger import StoreLedger, StorePast
from studio_sync.database.values.ledger_past import RecordRun
from studio_sync.database.values.ledger_values import PULL
from studio_sync.database.values.row_change import TRACKED, RowChange, RowSide


@dataclass(frozen=True, slots=True)
class RecordStep:
    """What a record came to say, and the run that brought it."""

    run: RecordRun
    values: Mapping[str, Value]


def record_steps(past: StorePast, ledger: StoreLedger, rid: Rid, kind: str) -> list[RecordStep]:
    """What a record said, the oldest first; deletions are left out.

    A change of others that was entered as it happened stands before the version by which a command saw it.
    What it replaced stands before it, where nothing else tells of that.
    """
    runs = past.record_runs(rid, kind)
    documents = ledger.documents({(rid, run.number) for run in runs})
    changes = list(past.changes_of([rid]).get(rid, ()))
    found: list[RecordStep] = []
    for run in runs:
        while changes and changes[0].at < run.at:
            found += _steps(changes.pop(0), found)
        found.append(RecordStep(run, documents.get((rid, run.number), {})))
    for change in changes:
        found += _steps(change, found)
    return found


def _steps(change: RowChange, before: Sequence[RecordStep]) -> Iterator[RecordStep]:
    """A change as a step, after what was there before where no step tells that."""
    if change.before and not (before and before[-1].run.digests == change.before.version.digests):
        yield _step(change, change.before, "", PULL)
    if change.after:
        yield _step(change, change.after, change.run, TRACKED)


def _step(change: RowChange, side: RowSide, run: str, source: str) -> RecordStep:
    actor, role = (change.actor, change.role) if run else ("", "")
    told = RecordRun(0, side.version.digests, run, change.at, actor, source, "", "", role)
    return RecordStep(told, side.values)
