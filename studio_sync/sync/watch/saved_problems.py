"""Problems of saved files that their push does not report."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from studio_sync.core.values.problem import Problem, Severity
from studio_sync.files.tree.disk.plain_file import is_plain_file
from studio_sync.files.tree.walking.listing import NO_STAT
from studio_sync.sync.studio import Studio


def faults_above(studio: Studio, paths: Iterable[str]) -> list[Problem]:
    """The errors in the ancestors of files that could not be pushed."""
    found: dict[str, tuple[Problem, ...]] = {}
    for path in sorted(paths):
        entry = studio.memory.file(path)
        while entry is not None and entry.parent:
            entry = studio.memory.file(entry.parent)
            if entry is not None:
                found[entry.path] = entry.faults
    return [p for faults in found.values() for p in faults if p.severity is Severity.ERROR]


def advice(studio: Studio, saved: Iterable[str], reported: Iterable[Problem]) -> Iterator[Problem]:
    """The problems that `validate` reports for the saved files, without those reported already."""
    known = {(p.path, p.line, p.code) for p in reported}
    reader = replace(studio.reader, around=True)
    for path in saved:
        if is_plain_file(studio.workspace.content / path):
            found = reader.read(path, NO_STAT)
            problems = (*found[0].problems, *found[2])
            yield from (p for p in problems if (p.path, p.line, p.code) not in known)
