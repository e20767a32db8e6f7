"""Checks of ids without a database, from the memory and from git."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.reconcile import agree
from studio_sync.core.plan.trailers import grants_of
from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Rid, Version
from studio_sync.files.git.repository import Repository
from studio_sync.files.memory.entries import FileEntry
from studio_sync.files.memory.memory import Memory
from studio_sync.files.workspace.workspace import Workspace
from studio_sync.sync.read.id_line import line_of_id, lost, mistyped
from studio_sync.sync.read.reader import Reader


def strange_ids(workspace: Workspace, memory: Memory, kinds: Kinds, reader: Reader) -> Iterator[Problem]:
    """Ids that are probably mistakes, in files at the path of another record."""
    content, prefix = workspace.content, workspace.prefix
    reported: set[str] = set()
    for path, own, owner in memory.strange_ids():
        entry, known = memory.file(path), memory.remembered(own)
        if entry is None or (not known and memory.files_where("id = ?", owner)):
            continue
        if known and (not _says(entry, memory.remembered(owner), kinds) or _says(entry, known, kinds)):
            continue
        message = (
            f"id {own} is that of another {known[0].kind}" if known else f"no row known here has the id {own}"
        )
        reported.add(path)
        yield mistyped(prefix + path, line_of_id(content, path), entry.kind, message, owner)
    for path, kind, own, copy in memory.lost_ids():
        yield from lost(prefix + path, kinds[kind], own, prefix + copy, line_of_id(content, copy))
    for path, kind, message, owner in _changed_in_git(workspace, memory, reader):
        if path not in reported:
            yield mistyped(prefix + path, line_of_id(content, path), kind, message, owner)


def _says(entry: FileEntry, known: Iterable[Version], kinds: Kinds) -> bool:
    """Whether a file equals a record's saved version, whatever their places."""
    return any(
        v.kind == entry.kind and agree(kinds[v.kind], replace(v, digests=entry.digests or b""), v)
        for v in known
    )


@dataclass(frozen=True, slots=True)
class _Former:
    """Where a file had another id: its path, and since when it has that no more."""

    path: str
    since: str


def _former_ids(repository: Repository, memory: Memory, reader: Reader) -> tuple[str, dict[Rid, _Former]]:
    """The ids that files of this branch had before, and the commit from which on its changes count.

    If the branch point is unknown, or has no commits after it, that is the last commit: in CI it is the
    result of the merge. What is not committed yet counts where the memory can't tell.
    """
    from studio_sync.sync.compare.bases.trace import Traces

    traces, (parent, trunk) = Traces(repository, reader), repository.branched_off()
    since = f"since this branch left {trunk}" if parent else "in the last commit"
    parent = parent or repository.commit(f"{repository.head}^1")
    replaced = traces.replaced(parent) if parent else {}
    found = {own: _Former(path, since) for own, path in replaced.items()}
    if not memory.any_bases():
        identified = [k.name for k in reader.layout.kinds if k.identified]
        entries = {e.path: e for e in memory.files_where("digests IS NOT NULL") if e.kind in identified}
        index = repository.rewritten(entries)
        edited = [path for path, (_, mtime) in index.items() if entries[path].stat[1] != mtime]
        blobs = repository.blobs([f"{repository.head}:{path}" for path in edited]) if edited else []
        files = [(path, blob) for path, blob in zip(edited, blobs, strict=True) if blob]
        ids = traces.read_ids(files)
        for path, blob in files:
            if (own := ids.get(blob, "")) and own != entries[path].id:
                found.setdefault(own, _Former(path, "since the last commit"))
    return parent, found


def ids_that_git_knows(workspace: Workspace, memory: Memory, reader: Reader) -> dict[str, Rid]:
    """The former id of each file of this branch that has another one now, or none, by path."""
    repository = Repository.around(workspace.content)
    if repository is None:
        return {}
    return {former.path: own for own, former in _former_ids(repository, memory, reader)[1].items()}


def _changed_in_git(
    workspace: Workspace, memory: Memory, reader: Reader
) -> Iterator[tuple[str, str, str, str]]:
    """(path, kind, problem, former id) of files whose id was replaced on this branch.

    A replacement is allowed if a commit's trailer says that the record is deleted.
    """
    repository = Repository.around(workspace.content)
    if repository is None:
        return
    parent, former = _former_ids(repository, memory, reader)
    grants = None
    for own, found in sorted(former.items(), key=lambda item: item[1].path):
        path = found.path
        entry = memory.file(path)
        if entry is None or not entry.id or entry.id in former or memory.files_where("id = ?", own):
            continue
        if memory.remembered(entry.id):
            continue
        if grants is None:
            trailers = repository.trailers((), parent)
            names = reader.layout.own_files
            grants = list(grants_of(trailers, workspace.content_name, repository.top, names))
        if not any(g.choice is Choice.DELETE and g.covers(workspace.prefix + path) for g in grants):
            yield path, entry.kind, f"id {entry.id} is new {found.since}", own
