"""Record memory: what the memory says about one record in one database; kept to undo a decision."""

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from studio_sync.core.values.record import Rid, Version
from studio_sync.files.memory.bases import Bases
from studio_sync.files.memory.entries import Base, base_of, base_row
from studio_sync.files.memory.intended_fields import (
    intended_fields,
    last_written,
    note_as_before,
    stat_when_read,
)
from studio_sync.files.memory.kept import bytes_digest
from studio_sync.files.memory.ledger_notes import save_withdrawn, withdrawn_notes
from studio_sync.files.memory.made_again import decision_to_make_again, save_decision_to_make_again
from studio_sync.files.memory.memory import HEAD_MOVES, Memory
from studio_sync.files.tree.disk.one_file import content
from studio_sync.files.tree.walking.listing import stat_of

_BYTES = (4, 6, 11)
"""The columns of a base that are bytes: digests, row_id and held."""
_UNDONE = "undone:{}:{}"
"""The name of that fact, by database and record."""


@dataclass(frozen=True, slots=True)
class RecordMemory:
    """What a decision about one record replaces in the memory.

    `era`: that of the database named by `label`, see `begin_era`. `path`: of the record's file, inside the
    content folder. `file`: a digest of its bytes, "" if there is none. `agrees`: whether there is one that
    said what it said when the base was saved. `gone`: when the record was found deleted on both sides.
    `intended` and `written`: see `intended_fields`. `decided`: whether it was kept after a decision, at its
    undo. `head`: a digest of HEAD's moves.
    """

    label: str
    era: str
    rid: Rid
    path: str
    file: str
    base: Base | None
    agrees: bool
    gone: int | None
    made_again: str
    withdrawn: str
    intended: tuple[str, ...]
    written: int
    decided: bool = False
    head: str = ""

    @classmethod
    def of(cls, memory: Memory, root: Path, db: int, rid: Rid, path: str) -> "RecordMemory":
        """What the memory says now; `root` is the content folder."""
        base, entry = memory.base(db, rid), memory.file(path)
        said = entry.digests if entry else None
        held = (base.held or base.version.digests) if base else None
        intended: frozenset[str] = frozenset()
        written = 0
        if entry is not None:
            stat = stat_when_read(root, entry)
            intended, written = intended_fields(memory, path, stat), last_written(memory, path, stat)
        return cls(
            memory.label_of(db), _era(memory, db), rid, path, file_digest(root / path), base,
            said is not None and said == held, memory.deleted_at(db, rid),
            decision_to_make_again(memory, db, rid), withdrawn_notes(memory, db, rid),
            tuple(sorted(intended)), written, head=_head(memory),
        )  # fmt: skip

    @classmethod
    def read(cls, data: bytes) -> "RecordMemory":
        """A record memory that was kept as `data`."""
        found = json.loads(data)
        base = found.pop("base")
        if base is not None:
            row = [bytes.fromhex(v) if i in _BYTES and v is not None else v for i, v in enumerate(base)]
            base = base_of(row)
        return cls(**{**found, "base": base, "intended": tuple(found["intended"])})

    def data(self) -> bytes:
        """The form in which it is kept."""
        found: dict[str, Any] = {**asdict(replace(self, base=None))}
        if self.base is not None:
            row = base_row(self.base, 0)
            found["base"] = [v.hex() if isinstance(v, bytes) else v for v in row]
        return json.dumps(found).encode()

    def put_back(self, memory: Memory, root: Path) -> None:
        """Make the memory say this again, in a transaction of the caller.

        The row is read again. What was found out in another era holds no more: history decides then.
        """
        with suppress(FileNotFoundError):
            note_as_before(memory, self.path, stat_of(root / self.path), self.intended, self.written)
        known = memory.known_database(self.label)
        if known is None:
            return
        db, until_now = known[0], memory.base(known[0], self.rid)
        memory.forget(db, [self.rid])
        if not self.decided:
            bases = (self.base, until_now)
            _save_undone(memory, db, self.rid, [base.version if base else None for base in bases])
        if self.era == _era(memory, db):
            if self.base is not None:
                # A file that says what it said then was not written by git, whatever was committed since.
                # What was committed before is evidence as before.
                at = 0 if self.agrees and self.head != _head(memory) else self.base.at
                base = replace(self.base, token=None, settled=False, at=at)
                memory.put_bases(db, [base], time.time_ns())
            if self.gone is not None:
                memory.put_deleted(db, {self.rid: self.gone})
        save_decision_to_make_again(memory, db, self.rid, self.made_again)
        save_withdrawn(memory, db, self.rid, self.withdrawn)


@dataclass(frozen=True, slots=True)
class UndoneBases:
    """The base that the undo of a decision put back, and the one that was decided; None for no base."""

    before: Version | None
    decided: Version | None


def undone_decision(memory: Bases, db: int, rid: Rid) -> UndoneBases | None:
    """The last decision about a record that was undone."""
    saved = memory.fact(_UNDONE.format(db, rid))
    if not saved:
        return None
    before, decided = (
        Version(rid, kind, parent, slot, bytes.fromhex(digests)) if kind else None
        for kind, parent, slot, digests in json.loads(saved)
    )
    return UndoneBases(before, decided)


def _save_undone(memory: Bases, db: int, rid: Rid, versions: Iterable[Version | None]) -> None:
    data = [(v.kind, v.parent, v.slot, v.digests.hex()) if v else ("", "", "", "") for v in versions]
    memory.set_fact(_UNDONE.format(db, rid), json.dumps(data))


def file_digest(place: Path) -> str:
    """A digest of a file's bytes, "" if there is no file."""
    with suppress(OSError):
        return bytes_digest(content(str(place)))
    return ""


def begin_era(memory: Memory, db: int) -> None:
    """Save that a database lost data, or is another one: the numbers of versions kept so far don't hold."""
    memory.set_fact(f"era:{db}", str(int(_era(memory, db)) + 1))


def _head(memory: Memory) -> str:
    return bytes_digest(memory.fact(HEAD_MOVES).encode())


def _era(memory: Memory, db: int) -> str:
    return memory.fact(f"era:{db}") or "0"
