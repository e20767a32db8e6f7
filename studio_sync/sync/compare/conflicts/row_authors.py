"""Authors of what differs in rows: where no command made a row's version, of the fields that differ."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.values.record import Rid, known_digests
from studio_sync.database.store_ledger import StorePast
from studio_sync.database.values.ledger_past import Author, RecordRun
from studio_sync.database.values.ledger_values import ONLY_READ


def row_authors(
    past: StorePast, deltas: Collection[Delta], standings: Collection[Standing]
) -> dict[Rid, Author]:
    """Who made the rows' current versions, by record; omitted where nobody did it with studio.

    A row's newest version may be one that a pull saw, or that nobody has seen: somebody changed the row
    without studio. Then the author is who last pushed what it has in one of the fields with these standings.
    """
    remote = {delta.rid: delta.remote for delta in deltas}
    known = past.authors(remote.keys())
    found = {rid: author for rid, author in known.items() if author.version == remote[rid]}
    left = [d for d in deltas if d.remote is not None and d.rid not in found and _names(d, standings)]
    runs = past.record_runs({d.rid: d.kind.name for d in left}) if left else {}
    for delta in left:
        author = _author(delta, _names(delta, standings), runs.get(delta.rid, ()))
        if author is not None:
            found[delta.rid] = author
    return found


def _names(delta: Delta, standings: Collection[Standing]) -> set[str]:
    fields = {field.name for field in delta.kind.fields}
    return {name for standing in standings for name in delta.having(standing)} & fields


def _author(delta: Delta, names: Collection[str], runs: Sequence[RecordRun]) -> Author | None:
    makers = list(_makers(delta, names, runs))
    pushed = [run for run in makers if run is not None and run.source not in ONLY_READ]
    if not pushed:
        return None
    last = max(pushed, key=lambda run: run.number)
    afterwards = any(run is None or (run.source in ONLY_READ and run.number > last.number) for run in makers)
    return Author(delta.remote, last.at, last.actor, last.message, afterwards)


def _makers(delta: Delta, names: Collection[str], runs: Sequence[RecordRun]) -> Iterator[RecordRun | None]:
    """For each field the run that introduced its value; None if none did. Unknown ones are omitted."""
    if delta.remote is None:
        return
    now = known_digests(delta.kind, delta.remote)
    versions = [(run, known_digests(delta.kind, replace(delta.remote, digests=run.digests))) for run in runs]
    for name in names:
        maker = None
        for run, known in reversed(versions):
            if known.get(name) != now.get(name):
                break
            maker = run
        first = runs[0] if runs else None
        if maker is None or maker is not first or maker.number == 1:  # older ones may have been pruned
            yield maker
