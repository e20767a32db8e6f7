"""Saving the result of a comparison in the memory: settled records, and merge bases of those that differ.

1. A record that agrees gets a settled base, with its version number in the ledger.
2. A record that differs keeps the base that was found, unless the history is cut off or nobody can tell
   who changed it: then the saved base stays, and the fields are noted.
3. On trial nothing is kept but the tokens of unchanged rows, which no later result depends on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.bounds import chunks
from studio_sync.files.memory.entries import Base
from studio_sync.files.memory.memory import Memory
from studio_sync.files.memory.undecided import note_undecided
from studio_sync.sync.compare.comparison import Comparison
from studio_sync.sync.compare.sides import ComparisonSides
from studio_sync.sync.compare.stage_values import DividedRecords, KnownRecords, ReconciledRecords

_AT_ONCE = 5_000
_UNRECORDED = "unrecorded:{}"
"""The fact, by database, that the ledger lacks versions of agreed records; only a pull enters them."""


@dataclass(frozen=True, slots=True)
class RememberedRecords:
    """The number of records that agree, and those of them whose version the ledger lacks."""

    agreed: int
    unrecorded: Sequence[Base]


def remember_compared(
    sides: ComparisonSides,
    known: KnownRecords,
    divided: DividedRecords,
    found: ReconciledRecords,
    *,
    for_good: bool,
) -> RememberedRecords:
    """Save settled records, and the bases of those that differ; without `for_good` on trial."""
    memory, db = sides.base.memory, sides.base.db
    bases = known.bases
    apart = sum(1 for d in found.deltas if (b := bases.get(d.rid)) and b.settled)
    apart += sum(1 for rid in divided.hidden if bases[rid].settled)
    unrecorded: Sequence[Base] = ()
    if for_good and not found.files.held:
        others = chain((d.rid for d in found.deltas), divided.apart, found.apart, divided.hidden)
        sides.base.resolver.remember_agreed(bases[rid] for rid in others if rid in bases)
    if divided.settled or divided.forgotten or divided.differing:
        # B3: a command that only reads saves on trial, and forgets it at its end.
        if not for_good and not memory.on_trial:
            _try_out(sides, known, divided)
        settled, unrecorded = _numbered(sides, divided)
        changed = _changed(sides, known, divided, found)
        apart -= sum(before.settled for before, _ in changed)
        with memory.changing():
            sides.base.resolver.remember()
            saved = [*settled, *(now for _, now in changed)]
            memory.put_bases(db, sorted(saved, key=lambda base: base.version.rid))
            memory.drop_bases(db, divided.forgotten, sides.base.resolver.at)
            if unrecorded and for_good and not memory.fact(_UNRECORDED.format(db)):
                memory.set_fact(_UNRECORDED.format(db), "1")
            for delta in found.deltas:
                if delta.undecided and (base := known.bases.get(delta.rid)):
                    at = sides.base.resolver.at
                    note_undecided(memory, db, delta.rid, base.at, delta.undecided, at)
    # What is held is not compared, so it counts as in sync nowhere.
    held = {b.version.rid for path in found.files.held for b in memory.settled_bases(db, path.rstrip("/"))}
    apart += len(held - {d.rid for d in found.deltas} - divided.hidden)
    return RememberedRecords(memory.count_settled(db) - apart, unrecorded)


def without_entry(sides: ComparisonSides, out: Comparison) -> Sequence[Base]:
    """The agreed records whose version the ledger lacks, including those that an earlier push found."""
    memory, db, ledger = sides.base.memory, sides.base.db, sides.database.ledger
    if not memory.fact(_UNRECORDED.format(db)):
        return out.unrecorded
    found: list[Base] = []
    for some in chunks(memory.bases_where(db, "settled"), _AT_ONCE):
        latest = ledger.latest([base.version.rid for base in some])
        found += (b for b in some if latest.get(b.version.rid, (0, None))[1] != b.version)
    return found


def all_recorded(memory: Memory, db: int) -> None:
    """Save that a pull has entered what the ledger lacked, as far as it may."""
    if memory.fact(_UNRECORDED.format(db)):
        memory.set_fact(_UNRECORDED.format(db), "")


def _numbered(sides: ComparisonSides, divided: DividedRecords) -> tuple[list[Base], list[Base]]:
    """The settled bases with their ledger numbers; and those of them that the ledger lacks."""
    latest = sides.database.ledger.latest([b.version.rid for b in divided.settled])
    at = sides.base.resolver.at
    settled = [replace(b, number=latest.get(b.version.rid, (0, None))[0], at=at) for b in divided.settled]
    return settled, [b for b in settled if latest.get(b.version.rid, (0, None))[1] != b.version]


def _changed(
    sides: ComparisonSides, known: KnownRecords, divided: DividedRecords, found: ReconciledRecords
) -> list[tuple[Base, Base]]:
    """The bases of differing records that changed: (before, now)."""
    from studio_sync.sync.compare.bases.new_bases import remembered

    resolver = sides.base.resolver
    changed = []
    for delta in found.deltas:
        base = known.bases.get(delta.rid) or _unremembered(delta, known, divided)
        # B4: the saved base stays where nobody can tell (a history that is cut off, an undecided field).
        if base is None or delta.rid in resolver.cut_off or delta.undecided:
            continue
        now = remembered(base, delta, found.resolutions[delta.rid], resolver.at)
        entry = known.entries.get(delta.rid)
        if entry is not None and now is not base:
            now = replace(now, path=entry.path)
        if now != base:
            changed.append((base, now))
    return changed


def _unremembered(delta: Delta, known: KnownRecords, divided: DividedRecords) -> Base | None:
    """A base for a record without a saved one that exists on both sides; else None."""
    facts, entry = divided.facts.get(delta.rid), known.entries.get(delta.rid)
    if facts is None or entry is None or delta.remote is None or delta.base is None:
        return None
    return Base(delta.base, entry.path, facts.row_id, None, settled=False)


def _try_out(sides: ComparisonSides, known: KnownRecords, divided: DividedRecords) -> None:
    """Begin a trial in the memory, keeping only the tokens of unchanged rows."""
    memory, db = sides.base.memory, sides.base.db
    memory.begin_trial()
    found = [
        replace(base, token=now.token, settled=True)
        for now in divided.settled
        if (base := known.bases.get(now.version.rid)) is not None
        and (base.version, base.path, base.held) == (now.version, now.path, None)
    ]
    memory.keep(lambda: memory.put_bases(db, found))
