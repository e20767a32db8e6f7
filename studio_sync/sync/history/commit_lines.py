"""Trailer lines for the next commit, with the approvals that were recorded here."""

from collections.abc import Iterator

from studio_sync.core.plan.trailers import approve_line
from studio_sync.core.status.approval import words_digest
from studio_sync.core.status.transition import status_of
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.record import Version
from studio_sync.files.git.repository import Repository
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.files.memory.recorded_approvals import recorded_approval
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.advance_approvals import identity_of
from studio_sync.sync.compare.bases.trace import Traces
from studio_sync.sync.read.reader import Reader


def commit_lines(workspace: Workspace, memory: Memory, kinds: Kinds, reader: Reader) -> list[str]:
    """A line for each staged file whose words are those that `advance` recorded, ordered by path.

    A file whose step is already committed needs none.
    """
    repository = Repository.around(workspace.content)
    if repository is None:
        return []
    return [
        approve_line(workspace.prefix + path, digest)
        for path, digest in _staged(memory, kinds, Traces(repository, reader), repository)
    ]


def _staged(
    memory: Memory, kinds: Kinds, traces: Traces, repository: Repository
) -> Iterator[tuple[str, str]]:
    entries = {entry.path: entry for entry in memory.files_where("kind <> ''")}
    asked = [e for e in entries.values() if kinds[e.kind].flow and _recorded(e, entries, memory, kinds)]
    paths = sorted(entry.path for entry in asked)
    staged = repository.blobs([f":{path}" for path in paths])
    committed = repository.blobs([f"HEAD:{path}" for path in paths])
    for path, now, then in zip(paths, staged, committed, strict=True):
        kind = kinds[entries[path].kind]
        kept = recorded_approval(memory, identity_of(entries[path], entries, kinds))
        after, before = _state(traces, kind, path, now), _state(traces, kind, path, then)
        if kept is not None and after == (kept.status, kept.words) and after != before:
            yield path, kept.words


def _recorded(entry: FileEntry, entries: dict[str, FileEntry], memory: Memory, kinds: Kinds) -> bool:
    rid = identity_of(entry, entries, kinds)
    return bool(rid) and recorded_approval(memory, rid) is not None


def _state(traces: Traces, kind: Kind, path: str, blob: str) -> tuple[str | None, str] | None:
    """(status, digest of the words) of a file in a blob; None if there is none or it can't be read."""
    content = traces.content(kind, path, blob) if blob else None
    if content is None:
        return None
    version = Version("", kind.name, "", "", content)
    return status_of(kind, version), words_digest(kind, version)
