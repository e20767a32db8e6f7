"""What files said when somebody decided to make their deleted rows again: an edit since is made on that."""

from studio_sync.core.values.record import Rid
from studio_sync.files.memory.bases import Bases


def note_made_again(memory: Bases, db: int, rid: Rid, at: int, digests: bytes) -> None:
    """Save the content that a record is to be made again with; `at`: when its row was found deleted."""
    memory.set_fact(_name(db, rid), f"{at} {digests.hex()}")


def made_again_with(memory: Bases, db: int, rid: Rid, at: int) -> bytes | None:
    """The digests of that content; None without such a decision about the deletion found at this time."""
    found, _, digests = memory.fact(_name(db, rid)).partition(" ")
    return bytes.fromhex(digests) if found == str(at) else None


def decision_to_make_again(memory: Bases, db: int, rid: Rid) -> str:
    """That decision, as it is saved, "" if there is none."""
    return memory.fact(_name(db, rid))


def save_decision_to_make_again(memory: Bases, db: int, rid: Rid, decision: str) -> None:
    """Save it as it was."""
    if decision_to_make_again(memory, db, rid) != decision:
        memory.set_fact(_name(db, rid), decision)


def _name(db: int, rid: Rid) -> str:
    return f"again:{db}:{rid}"
