"""The id of a file: its line, the identity that it gives, and the problems that it may have."""

from collections.abc import Mapping
from operator import ne
from pathlib import Path
from shlex import quote

from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import ID, Rid, rid_of
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.tree.walking.listing import content_or_nothing

_SLIP = 4
"""How many digits a slip changes at most; of two ids that were made apart, some thirty differ."""


def line_of_id(content: Path, path: str) -> int:
    """The number of the id's line, from 1; 0 if there is none, or the file can't be read."""
    lines = content_or_nothing(content, path).decode("utf-8", "replace").split("\n")
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"{ID}:")), 0)


def identity_of(entry: FileEntry, entries: Mapping[str, FileEntry], kinds: Kinds) -> Rid:
    """The identity of a file's record, "" if no file on the way up carries an id."""
    kind = kinds[entry.kind]
    if kind.identified:
        return entry.id or ""
    above = entries.get(entry.parent)
    parent = identity_of(above, entries, kinds) if above else ""
    return rid_of(kind, "", parent, entry.slot) if parent else ""


def adoption(folder: str, kind: Kind) -> str:
    """The way out for files below `folder` that have other ids in the database."""
    slot = kind.slot_column or "name"
    return (
        f"`studio pull --adopt-ids {quote(folder)}` writes the database's ids into the files (-n shows them);"
        f" if this is another {kind.name}, give its folder another {slot}"
    )


def mistyped(path: str, line: int, kind: str, message: str, owner: Rid) -> Problem:
    """The problem of a probably mistyped id, with `message` as reason, in the file of the record `owner`."""
    hint = f"put back `id: {owner}`; if this is another {kind}, give it a folder of its own"
    what = f"{message}, and the {kind} whose file this was has {owner}"
    return Problem(path, line, 1, "mistyped-id", what, hint)


def lost(path: str, kind: Kind, own: Rid, copy: str, copy_line: int) -> tuple[Problem, Problem]:
    """The problems of the file at `path` that lost its id, and of the one that has it instead."""
    slot = kind.slot_column or "name"
    return (
        Problem(
            path, 0, 0, "duplicate-id",
            f"id {own} was that of this {kind.name}, and is in {copy} now",
            f"if that is the copy: move its line `id: {own}` back into this file;"
            f" if this is the new one: give its folder another {slot}",
        ),
        Problem(
            copy, copy_line, 1, "duplicate-id",
            f"id {own} was that of {path}, which is still there without it",
            "delete the `id:` line in the copy, and put it back there",
        ),
    )  # fmt: skip


def is_slip(own: str, other: str) -> bool:
    """Whether an id is another one with a slip of the hand in it: a few digits differ, as two never do."""
    return len(own) == len(other) and sum(map(ne, own, other)) <= _SLIP
