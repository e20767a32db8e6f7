"""Evidence of changed rows: the rows' change tokens now, compared with those saved in the memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_sync.core.values.kind import Kinds
from studio_sync.database.values.token_sum import Digest
from studio_sync.files.memory.memory import Memory

if TYPE_CHECKING:
    from studio_sync.database.store import StoreRows


@dataclass(frozen=True, slots=True)
class Evidence:
    """(id, token) of the database's rows by kind (`present`), and those in the memory (`known`).

    Only kinds with a changed row are included; if `differs` is false, both are equal. `digest` covers all
    ids and tokens. Reading the rows uses both up: see `let_go`.
    """

    differs: bool
    digest: Digest
    present: Mapping[str, set[tuple[bytes, int]]] = field(default_factory=dict)
    known: set[tuple[bytes, int]] = field(default_factory=set)

    def let_go(self) -> None:
        """Empty `present` and `known`, which nobody needs once the rows are read.

        Through a first pull they would be kept to its end: 230 bytes for each row.
        """
        for found in self.present.values():
            found.clear()
        self.known.clear()

    @classmethod
    def of(cls, rows: "StoreRows", memory: Memory, db: int, kinds: Kinds) -> "Evidence":
        """Read the evidence from database and memory."""
        digest, last = rows.digest(), Digest.parse(memory.row_digest(db))
        if digest and last == digest:
            return cls(False, digest)
        names = [k.name for k in kinds if not last or last.get(k.name) != digest.get(k.name)]
        present = {name: rows.unpacked(data) for name, data in rows.tokens(names).items()}
        known = memory.tokens(db, names)
        return cls(set().union(*present.values()) != known, digest, present, known)
