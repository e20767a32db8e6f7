"""New folders of a pull: each is written whole or not at all (built aside, then renamed)."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby, islice, repeat
from posixpath import dirname
from typing import NamedTuple

from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Action
from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.files.tree.disk.plain_file import Stat
from studio_sync.sync.pull.new_files import NewFile


def _new_in(change: Change) -> str | None:
    """The folder of a change's new file; None for another change."""
    return change.path.rpartition("/")[0] if change.action is Action.CREATE else None


class Written(NamedTuple):
    """A new file, with its stat if it was already written together with its folder."""

    file: NewFile
    stat: Stat | None


def with_new_files(
    writer: FileWriter,
    changes: Sequence[Change],
    made: Iterator[NewFile],
    here: Callable[[str], str],
    failed: Collection[object],
) -> Iterator[tuple[Change, Written | None]]:
    """Each change with its new file, if it creates one; `made` are these files, in the order of the changes.

    The changes come folder by folder. A new folder is written at once with everything new in it. `here`
    returns the current path. `failed` grows while this runs: once a file could not be written, each further
    file is left to the caller, who knows its parent.
    """
    for folder, group in groupby(changes, _new_in):
        together = list(group)
        if folder is None:
            yield from ((change, None) for change in together)
            continue
        files = list(islice(made, len(together)))
        stats: Sequence[Stat] | None = None
        if not failed:
            paths = [here(change.path) for change in together]
            named = [(path.rpartition("/")[2], new.data) for path, new in zip(paths, files, strict=True)]
            stats = writer.create_folder(dirname(paths[0]), named)
        for change, new, stat in zip(together, files, stats or repeat(None), strict=False):
            yield change, Written(new, stat)
