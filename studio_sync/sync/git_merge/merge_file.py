"""`studio merge-file`: merges a record's file for git, or leaves the file to git's own merge."""

from dataclasses import dataclass
from pathlib import Path
from posixpath import isabs, normpath

from studio_sync.core.merge.marker_label import LABEL
from studio_sync.core.merge.three_way import Clash
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.layout import Layout
from studio_sync.errors import StudioError
from studio_sync.files.tree.finding_places import Checker
from studio_sync.files.workspace.workspace import around, load_workspace
from studio_sync.kinds import KINDS
from studio_sync.sync.git_merge.merged_record import MergedFile, finished, merge_files
from studio_sync.sync.git_merge.sheet import NoSheetError

MARKER_SIZE = 7
"""The length of git's markers, unless an attribute sets another."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of the three versions in markers; `base` is None if its lines are omitted."""

    ours: str
    theirs: str
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """The merged file, and the number of conflicts in it."""

    data: bytes
    conflicts: int


def merge_file(
    kind: Kind, base: bytes, ours: bytes, theirs: bytes, labels: Labels, size: int, checker: Checker
) -> Merge | None:
    """Merge a record's file, with markers around each conflict. None: git should merge it by line."""
    if ours in (base, theirs):
        return Merge(theirs, 0)
    if base == theirs:
        return Merge(ours, 0)
    try:
        found = merge_files(kind, base or None, ours, theirs, checker)
    except NoSheetError:
        return None
    return Merge(finished(found, marked(found, labels, size)).encode(), found.conflicts)


def marked(found: MergedFile, labels: Labels, size: int) -> str:
    """The text with markers like git's around each conflict; their labels identify studio."""
    lines: list[str] = []
    for piece in found.pieces:
        if not isinstance(piece, Clash):
            lines += piece
            continue
        lines += [f"{'<' * size} {labels.ours} {LABEL}", *piece.local.lines]
        if labels.base is not None:
            lines += [f"{'|' * size} {labels.base} {LABEL}", *piece.base.lines]
        lines += ["=" * size, *piece.remote.lines, f"{'>' * size} {labels.theirs} {LABEL}"]
    return "".join(f"{line}\n" for line in lines)


def kind_at(top: Path, path: str) -> Kind | None:
    """The kind of the record whose file has this path below `top`; None if no record has that place."""
    inner = normpath(path)
    if isabs(inner) or inner.startswith("../"):
        return None
    place = top / inner
    try:
        root = around(next(folder for folder in place.parents if folder.is_dir()))
        if root is None or not place.is_relative_to(content := load_workspace(root).content):
            return None
    except StudioError:
        return None
    spot = Layout(KINDS).spot(place.relative_to(content).as_posix())
    return spot.kind if spot else None
