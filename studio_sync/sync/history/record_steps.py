"""The steps of one record's history: its versions in the ledger, and tracked changes in between."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from studio_sync.core.values.phrases import listed
from studio_sync.core.values.record import Omitted, Rid
from studio_sync.core.values.value import Value, same
from studio_sync.database.store_ledger import StoreLedger, StorePast
from studio_sync.database.values.ledger_past import RecordRun
from studio_sync.database.values.ledger_values import ONLY_READ, PULL
from studio_sync.database.values.row import Row
from studio_sync.database.values.row_change import TRACKED, RowChange, RowSide, author_text


@dataclass(frozen=True, slots=True)
class RecordStep:
    """The values of a record after a step, and the run that made it."""

    run: RecordRun
    values: Mapping[str, Value]


def record_steps(past: StorePast, ledger: StoreLedger, rid: Rid, kind: str) -> list[RecordStep]:
    """The steps of a record, oldest first, without deletions.

    A tracked change comes before the version by which a command recorded it. The values that it replaced
    come before it, if no other step has them.
    """
    runs = past.record_runs({rid: kind}).get(rid, ())
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


def unrecorded_step(row: Row, before: Sequence[RecordStep]) -> Iterator[RecordStep]:
    """The values of a row as a step, if they are not those of the last step: no run has recorded them."""
    digests = row.version().digests
    if row.values is not None and not (before and before[-1].run.digests == digests):
        yield RecordStep(RecordRun(0, digests, "", datetime.now(UTC), "", PULL, "", ""), row.values)


def _steps(change: RowChange, before: Sequence[RecordStep]) -> Iterator[RecordStep]:
    """A tracked change as a step, after its previous values if no step has those."""
    if change.before and not (before and before[-1].run.digests == change.before.version.digests):
        yield _step(change, change.before, "", PULL)
    if change.after:
        yield _step(change, change.after, change.run, TRACKED)


def _step(change: RowChange, side: RowSide, run: str, source: str) -> RecordStep:
    actor, role = (change.actor, change.role) if run else ("", "")
    entry = RecordRun(0, side.version.digests, run, change.at, actor, source, "", "", role)
    return RecordStep(entry, side.values)


def changed_by(
    steps: Sequence[RecordStep], run: str, names: Collection[str], now: Mapping[str, Value | Omitted]
) -> str:
    """By whom one of these fields of a record was changed after a run, oldest first; "" if unknown."""
    later = steps[next((k for k, step in enumerate(steps) if step.run.run == run), len(steps)) :]
    found = [_author(new.run) for old, new in pairwise(later) if _differ(old.values, new.values, names)]
    if later and _differ(later[-1].values, now, names):
        found.append("in the file, in no push")
    return listed([*dict.fromkeys(found)], "and")


def _differ(old: Mapping[str, Value], new: Mapping[str, Value | Omitted], names: Collection[str]) -> bool:
    return any(isinstance(n := new.get(name), Omitted) or not same(old.get(name), n) for name in names)


def _author(run: RecordRun) -> str:
    if run.source in ONLY_READ:
        return "not by studio"
    who = author_text(run.actor, run.role) if run.source == TRACKED else run.actor
    return f"by {who} ({run.run[:8]})"
