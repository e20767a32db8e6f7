"""Approvals that `studio advance` recorded in this workspace: record, status and words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from studio_sync.core.values.record import Omitted, Rid
from studio_sync.core.values.value import Value, json_bytes, load_json
from studio_sync.files.memory.memory import Memory

_PREFIX = "approval:"


@dataclass(frozen=True, slots=True)
class RecordedApproval:
    """The words with which a record was advanced to `status`: their digest, and their values by field.

    `pushed`: the numbers of the databases to which the step was pushed; there it is used up.
    """

    status: str
    words: str
    values: Mapping[str, Value]
    pushed: tuple[int, ...] = ()


def recorded_approval(memory: Memory, rid: Rid) -> RecordedApproval | None:
    """The last recorded approval of a record, None if there is none, or it was withdrawn."""
    return _approval(memory, rid, withdrawn=False)


def withdrawn_approval(memory: Memory, rid: Rid) -> RecordedApproval | None:
    """The last recorded approval of a record, if it was withdrawn."""
    return _approval(memory, rid, withdrawn=True)


def _approval(memory: Memory, rid: Rid, *, withdrawn: bool) -> RecordedApproval | None:
    text = memory.fact(_name(rid))
    if not text:
        return None
    found = load_json(text)
    if not isinstance(found, Mapping) or (found.get("withdrawn") is True) is not withdrawn:
        return None
    values, pushed = found["values"], found["pushed"]
    known = tuple(n for n in pushed if isinstance(n, int)) if isinstance(pushed, list) else ()
    return RecordedApproval(
        str(found["status"]), str(found["words"]), values if isinstance(values, Mapping) else {}, known
    )


def record_approval(memory: Memory, rid: Rid, approval: RecordedApproval) -> None:
    """Save it, replacing the one recorded before."""
    _save(memory, rid, approval, withdrawn=False)


def _save(memory: Memory, rid: Rid, approval: RecordedApproval, *, withdrawn: bool) -> None:
    entry: dict[str, Value] = {
        "status": approval.status,
        "words": approval.words,
        "values": dict(approval.values),
        "pushed": list(approval.pushed),
        "withdrawn": withdrawn,
    }
    memory.set_fact(_name(rid), json_bytes(entry).decode())


def is_any_recorded(memory: Memory) -> bool:
    """Whether `advance` ever recorded an approval here."""
    return bool(memory.facts_of(_PREFIX))


def withdraw_approval(memory: Memory, rid: Rid) -> None:
    """Withdraw it: the step was taken back before any push. It is kept for whoever takes that back."""
    found = recorded_approval(memory, rid)
    if found is not None:
        _save(memory, rid, found, withdrawn=True)


def use_up(memory: Memory, db: int, rids: Collection[Rid]) -> None:
    """Save that the steps of these records were pushed to a database."""
    for rid in rids:
        found = recorded_approval(memory, rid)
        if found is not None and db not in found.pushed:
            record_approval(memory, rid, replace(found, pushed=(*found.pushed, db)))


def use_up_alike(memory: Memory, source: int, copy: int) -> None:
    """Copy the pushed marks of one database to another that got its bases."""
    recorded = {rid: recorded_approval(memory, rid) for rid in memory.facts_of(_PREFIX)}
    use_up(memory, copy, [rid for rid, found in recorded.items() if found and source in found.pushed])


def stated_values(values: Mapping[str, Value | Omitted]) -> dict[str, Value]:
    """The values without omitted fields."""
    return {name: value for name, value in values.items() if not isinstance(value, Omitted)}


def _name(rid: Rid) -> str:
    return f"{_PREFIX}{rid}"
