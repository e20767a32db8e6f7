"""Fields that were committed without what had been pulled: git had put the old file back before that.

Digests can't tell it from an edit of what was pulled, values can: the edit has what was pulled in it.
"""

from collections.abc import Sequence

from studio_sync.core.merge.field import merge_value
from studio_sync.core.merge.json_diff import NoValue
from studio_sync.core.values.kind import Field
from studio_sync.core.values.record import (
    OMITTED,
    Omitted,
    Version,
    canonical_value,
    field_digests,
    known_digests,
)
from studio_sync.core.values.value import Value, digest
from studio_sync.database.store_ledger import StoreLedger
from studio_sync.sync.compare.bases.differing import Differing
from studio_sync.sync.compare.bases.trace import GitFile, Traces


def written_on_old(
    record: Differing,
    committed: frozenset[str],
    states: Sequence[Version | None],
    files: tuple[GitFile, GitFile],
    traces: Traces,
    ledger: StoreLedger,
) -> frozenset[str]:
    """Those of the `committed` fields in which nobody can tell whether what was pulled was meant to go.

    `states` are those of the file in git, the old one first; `files` the old one and the one at HEAD. What
    was pulled is in the record's base; once some commit has it, it is known.
    """
    base, kind = record.base, record.kind
    if base is None or record.local is None or states[0] is None:
        return frozenset()
    then, now = known_digests(kind, base.version), field_digests(kind, record.local)
    there = [field_digests(kind, state) for state in states if state is not None]
    names = committed & then.keys() & {field.name for field in kind.fields}
    # B18: what no commit has may be missing because git had put the old file back.
    pulled = [n for n in names if all(state[n] != then[n] for state in there) and now[n] != there[0][n]]
    if not pulled or any(traces.repository.filtered(file.path) for file in files):
        return frozenset()  # what a filter makes of a blob is not what the file was
    at = {name: (record.rid, base.places.get(name, base.number)) for name in pulled}
    values = [traces.values(kind, file) or {} for file in files]
    said = ledger.documents(set(at.values()))
    sides = {n: [found.get(n, OMITTED) for found in (*values, said.get(at[n], {}))] for n in pulled}
    return frozenset(n for n, (old, new, other) in sides.items() if _lacks(kind.field(n), old, new, other))


def _lacks(field: Field, old: Value | Omitted, committed: Value | Omitted, pulled: Value | Omitted) -> bool:
    """Whether the two changes of the old value merge, and give something else than was committed."""
    if isinstance(old, Omitted) or isinstance(committed, Omitted) or isinstance(pulled, Omitted):
        return False
    base, mine = canonical_value(field, old), canonical_value(field, committed)
    merged = merge_value(field, base, mine, pulled)
    if merged.conflicts or isinstance(merged.value, NoValue):
        return False
    return digest(merged.value) != digest(mine)
