"""Checks of ids without a database, from the memory and from git."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from studio_sync.core.plan.decision import Choice
from studio_sync.core.plan.reconcile import agree
from studio_sync.core.plan.trailers import grants_of
from studio_sync.core.values.kind import Kinds
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Version
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


def _changed_in_git(
    workspace: Workspace, memory: Memory, reader: Reader
) -> Iterator[tuple[str, str, str, str]]:
    """(path, kind, problem, former id) of files whose id was replaced by commits of this branch.

    If the branch point is unknown, or has no commits after it, only the last commit counts: in CI that is
    the result of the merge. A replacement is allowed if a commit's trailer says that the record is deleted.
    """
    repository = Repository.around(workspace.content)
    if repository is None:
        return
    from studio_sync.sync.compare.bases.trace import Traces

    parent, trunk = repository.branched_off()
    since = f"since this branch left {trunk}" if parent else "in the last commit"
    parent = parent or repository.commit(f"{repository.head}^1")
    former = Traces(repository, reader).replaced(parent) if parent else {}
    grants = None
    for own, path in sorted(former.items(), key=lambda found: found[1]):
        entry = memory.file(path)
        if entry is None or not entry.id or entry.id in former or memory.files_where("id = ?", own):
            continue
        if memory.remembered(entry.id):
            continue
        if grants is None:
            trailers = repository.trailers((), parent)
            grants = list(grants_of(trailers, workspace.content_name, repository.top))
        if not any(g.choice is Choice.DELETE and g.covers(workspace.prefix + path) for g in grants):
            yield path, entry.kind, f"id {entry.id} is new {since}", own
