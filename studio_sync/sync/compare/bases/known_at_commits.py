"""The known versions of a record at each commit: what git's history knows of the ledger."""

from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import FieldVersions, RecordHistory, advance_base, newest_of_each
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Version

if TYPE_CHECKING:
    from studio_sync.files.git.edges import Edge
    from studio_sync.sync.compare.bases.trace import FilesByCommit, GitFile, Traces


def known_at_commits(
    traces: "Traces", history: RecordHistory, kind: Kind, place: Version, files: "FilesByCommit"
) -> tuple[dict[str, FieldVersions], dict[str, Version | None]]:
    """For each commit the known versions of a record, and the version of its file.

    `place` is any version of the record, `files` its file at each commit.
    """
    known: dict[str, FieldVersions] = {}
    contents: dict[str, Version | None] = {}
    for commit in reversed(traces.edges):
        edges = [e for e in traces.edges[commit] if e.parent in contents]
        here = files.get(commit)
        if len(edges) == 1 and not _touched(traces, edges[0], here, files.get(edges[0].parent)):
            known[commit], contents[commit] = known[edges[0].parent], contents[edges[0].parent]
            continue
        before = newest_of_each(known[e.parent] for e in edges)
        parents = [contents[e.parent] for e in edges]
        content = traces.version(commit, place.rid, kind, here, place.parent)
        if here is not None and content is None:
            # An unreadable file advances nothing.
            known[commit], contents[commit] = before, (parents or [None])[0]
            continue
        known[commit], contents[commit] = advance_base(history, before, parents, content), content
    return known, contents


def _touched(traces: "Traces", edge: "Edge", here: "GitFile | None", before: "GitFile | None") -> bool:
    """Whether the record may differ from the parent: its file changed, or the one above it."""
    if here is None or here != before:
        return here != before
    spot = traces.reader.layout.spot(here.path)
    return here.path in edge.changes or (spot is not None and spot.parent in edge.changes)
