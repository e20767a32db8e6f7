"""Intended fields: those that a command wrote, which count as edits even if git has the same content."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import part_names
from studio_sync.core.plan.reconcile import place_names
from studio_sync.files.memory import intended_fields
from studio_sync.files.tree.walking.listing import stat_of

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


def record_intent(studio: "Studio", written: Mapping[str, Iterable[str]]) -> None:
    """Save that these fields of files, with their current values, are intended.

    `written` gives the fields by path inside the content folder.
    """
    with studio.memory.changing():
        for path, fields in written.items():
            with suppress(FileNotFoundError):
                stat = stat_of(studio.workspace.content / path)
                intended_fields.note_intended(studio.memory, path, stat, fields)


def record_place_intent(studio: "Studio", folders: Iterable[str]) -> None:
    """The same for the places of the records whose folders these are."""
    own = (f"{folder}/{name}" for folder in folders for name in studio.layout.own_files)
    spots = ((path, studio.layout.spot(path)) for path in own)
    record_intent(studio, {path: place_names(spot.kind, {}) for path, spot in spots if spot is not None})


def record_whole_intent(studio: "Studio", paths: Iterable[str]) -> None:
    """The same for all fields of these files, and for their paths."""
    spots = ((path, studio.layout.spot(path)) for path in paths)
    record_intent(studio, {path: part_names(spot.kind) for path, spot in spots if spot is not None})
