"""What tells that rows may have changed since they were remembered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio_sync.core.values.kind import Kinds
from studio_sync.database.store import StoreRows
from studio_sync.database.values.token_sum import Digest
from studio_sync.files.memory.memory import Memory


@dataclass(frozen=True, slots=True)
class Evidence:
    """What tells that a row may have changed: (id, token) of rows by kind, and those that are known.

    Both are of the kinds of which some row has changed, and may be the same; where `differs` is false, they
    are. `digest` is of all ids and tokens.
    """

    differs: bool
    digest: Digest
    present: Mapping[str, set[tuple[bytes, int]]] = field(default_factory=dict)
    known: set[tuple[bytes, int]] = field(default_factory=set)

    @classmethod
    def of(cls, rows: StoreRows, memory: Memory, db: int, kinds: Kinds) -> "Evidence":
        """The evidence as the database and the memory give it now."""
        digest, seen = rows.digest(), Digest.parse(memory.seen(db))
        if digest and seen == digest:
            return cls(False, digest)
        names = [k.name for k in kinds if not seen or seen.get(k.name) != digest.get(k.name)]
        present = {name: rows.unpacked(data) for name, data in rows.tokens(names).items()}
        known = memory.tokens(db, names)
        return cls(set().union(*present.values()) != known, digest, present, known)
