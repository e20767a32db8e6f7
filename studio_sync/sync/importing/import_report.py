"""The report of an import: what could not be converted, with copies of the pages concerned."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from studio_sync.core.values.escapes import code_span, plain_markdown
from studio_sync.core.values.names import encode
from studio_sync.files.foreign.note import About, Note
from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.files.tree.disk.inside import remove_folder
from studio_sync.sync.importing.importer import Import, bytes_of

FOLDER = "imports"
"""The folder in the workspace for reports and pages that imports could not convert."""


@dataclass(frozen=True, slots=True)
class Group:
    """The notes with the same text about a tree, ordered by place."""

    about: About
    what: str
    notes: Sequence[Note]


def finding_groups(notes: Sequence[Note]) -> list[Group]:
    """The notes by text, most frequent first in each part."""
    found: dict[tuple[About, str], list[Note]] = defaultdict(list)
    for note in notes:
        found[note.about, note.what].append(note)
    made = [Group(about, what, same) for (about, what), same in found.items()]
    order = list(About)
    return sorted(made, key=lambda g: (order.index(g.about), -len(g.notes), g.what))


@contextmanager
def written_report(root: Path, made: Import) -> Iterator[str]:
    """Write the report and the kept files into a new folder of the workspace; returns its path there.

    The folder is removed if the block fails.
    """
    name = encode(made.tree.map.program or FOLDER)
    folder, number = f"{FOLDER}/{name}", 1
    while (root / folder).exists():
        number += 1
        folder = f"{FOLDER}/{name}-{number}"
    writer = FileWriter(root, sync_each=False)
    for path in made.kept:
        writer.create(f"{folder}/kept/{path}", bytes_of(made.tree.source, path))
    writer.create(f"{folder}/report.md", "".join(f"{line}\n" for line in report_lines(made)).encode())
    writer.settle()
    try:
        yield folder
    except BaseException:
        remove_folder(root, folder)
        raise


def report_lines(made: Import) -> Iterator[str]:
    """The report in Markdown, with text from the source escaped."""
    counts = ", ".join(f"{kind}: {count}" for kind, count in made.counts.items())
    yield "# What came in, and what did not"
    yield ""
    yield f"From {code_span(str(made.tree.source.root))}, read as {made.tree.dialect.name}:"
    yield f"{counts}, pictures and other files: {len(made.pictures)}."
    if made.kept:
        yield ""
        yield "The folder `kept` has each page as it was with content that is stored nowhere else."
    about: About | None = None
    for group in finding_groups(made.notes):
        if group.about is not about:
            about = group.about
            yield from ("", f"## {about.value[:1].upper()}{about.value[1:]}", "")
        yield f"- {plain_markdown(group.what)} ({len(group.notes)})"
        yield from (f"  - {code_span(_place(note))}" for note in group.notes)


def _place(note: Note) -> str:
    return f"{note.path}:{note.line}" if note.line else note.path
