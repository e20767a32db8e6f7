"""Drafts for agents: reading files, and editing them on the revision that was read (optimistic lock)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from posixpath import dirname, normpath
from typing import TYPE_CHECKING

from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.layout import TreeSpot, whole_path
from studio_sync.core.values.names import is_new_name, twin
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import OMITTED, digests
from studio_sync.database.values.role_grants import RoleGrants
from studio_sync.errors import RefusedError, StudioError, UsageError
from studio_sync.files.tree import codec
from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.files.tree.outline import Outline
from studio_sync.files.tree.walking.listing import read_content
from studio_sync.sync.read.granted_folders import is_granted
from studio_sync.sync.read.scope import in_scope

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio

_REVISION_SIZE = 12


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A record's file: its path in the workspace, its text, and its revision, which an edit must name.

    `editable`: an agent may change it, because it is a draft, or of a kind that needs no approval.
    """

    path: str
    kind: str
    text: str
    revision: str
    status: str
    editable: bool


@dataclass(frozen=True, slots=True)
class DraftEdit:
    """The whole new text of a file, based on a revision of it; "" for a new file."""

    path: str
    revision: str
    text: str


@dataclass(frozen=True, slots=True)
class DraftDesk:
    """A workspace, and the grants of an agent's role; None if it isn't bound by any."""

    studio: "Studio"
    grants: RoleGrants | None


def file_revision(data: bytes) -> str:
    """A short digest of a file's bytes."""
    return blake2b(data, digest_size=_REVISION_SIZE).hexdigest()


def read_draft(desk: DraftDesk, path: str) -> DraftFile:
    """The file at a path of the workspace. Raises UsageError if it is no record's file."""
    spot = _spot(desk, path)
    desk.studio.documents.refresh()
    data = _bytes(desk, spot)
    if data is None:
        raise UsageError(f"there is no file {path}", "`list` names all that there are")
    document = codec.read_record(spot.kind, spot.slot, path, data, desk.studio.schemas).document
    status = str(document.values.get(STATUS) or "") if document and spot.kind.flow else ""
    editable = document is not None and (not spot.kind.flow or status in ("", spot.kind.flow[0]))
    return DraftFile(path, spot.kind.name, data.decode(), file_revision(data), status, editable)


def list_drafts(desk: DraftDesk, below: str = "") -> list[Mapping[str, str]]:
    """Path and kind of each record's file at or below a path of the workspace. Raises UsageError."""
    inside = _inner(desk, below)
    desk.studio.documents.refresh()
    prefix = desk.studio.workspace.prefix
    found = list(desk.studio.memory.files_where("kind <> ''"))
    # What a role may see is asked once for each client, of which there are few.
    held = {c for c in {entry.path.partition("/")[0] for entry in found} if _is_held(desk, c)}
    return [
        {"path": prefix + entry.path, "kind": entry.kind}
        for entry in found
        if entry.path.partition("/")[0] in held and in_scope(entry.path, (inside,))
    ]


def scope_at(desk: DraftDesk, path: str) -> tuple[str, ...]:
    """A file or folder of the workspace as a scope; "" is everything. Raises UsageError."""
    inner = _inner(desk, path)
    if inner and not _is_held(desk, inner):
        raise UsageError(f"{path!r} is of a client that is not for you", "`list` names all that there are")
    return (inner,) if inner else ()


def _inner(desk: DraftDesk, path: str) -> str:
    """A path of the workspace, relative to the content folder; "" is everything. Raises UsageError."""
    prefix = desk.studio.workspace.prefix
    inner = path.strip("/").removeprefix(prefix.rstrip("/")).lstrip("/")
    if path and not f"{path.strip('/')}/".startswith(prefix):
        raise UsageError(f"{path!r} is not in the content folder", "`list` names all that there are")
    if inner and (normpath(inner) != inner or ".." in inner.split("/")):
        raise UsageError(f"{path!r} is not a path as `list` names it", "`list` names all that there are")
    return inner


def check(desk: DraftDesk, path: str, text: str) -> list[Problem]:
    """The problems that a text would have as the file at a path of the workspace."""
    spot = _spot(desk, path)
    return list(codec.read_record(spot.kind, spot.slot, path, text.encode(), desk.studio.schemas).problems)


def propose(desk: DraftDesk, edits: Sequence[DraftEdit], records: Sequence[str]) -> dict[str, str]:
    """Write all edits or none; returns each file's new revision, by path.

    `records` are the paths that the agent means to touch: exactly those of the edits. Raises RefusedError for
    an edit based on an outdated revision, for a text with errors, and for an edit that changes more than a
    draft's words: its id, status and order must stay.
    """
    paths = [edit.path for edit in edits]
    if sorted(paths) != sorted(records) or len(set(paths)) != len(paths) or not paths:
        raise RefusedError(
            "the edits are not those of the records that were declared",
            "declare each record that an edit touches, once, and no other",
        )
    with desk.studio.alone():
        desk.studio.documents.refresh()
        spots = [_spot(desk, edit.path) for edit in edits]
        before = [_held(desk, spot, edit) for spot, edit in zip(spots, edits, strict=True)]
        new = [spot for spot, old in zip(spots, before, strict=True) if old is None]
        outline = Outline(desk.studio.workspace.content, desk.studio.layout)
        for spot in new:
            _hold_free(outline, desk.studio.workspace.prefix, spot, new)
        texts = [edit.text.encode() for edit in edits]
        writer = FileWriter(desk.studio.workspace.content, desk.studio.workspace.prefix)
        _write(writer, [spot.path for spot in spots], before, texts)
    return {edit.path: file_revision(edit.text.encode()) for edit in edits}


def _write(
    writer: FileWriter, paths: Sequence[str], before: Sequence[bytes | None], texts: Sequence[bytes]
) -> None:
    """Write all files. If one can't be written, those before it get their former content back."""
    done: list[tuple[str, bytes | None, bytes]] = []
    try:
        for path, old, data in zip(paths, before, texts, strict=True):
            if old is None:
                writer.create(path, data)
            elif old != data:
                writer.replace(path, old, data)
            done.append((path, old, data))
        writer.settle()
    except BaseException:
        for path, old, data in reversed(done):
            with suppress(StudioError):  # somebody saved it since: theirs stays, and what it replaced is kept
                if old is None:
                    writer.remove(path, data)
                else:
                    writer.replace(path, data, old)
        raise


def _spot(desk: DraftDesk, path: str) -> TreeSpot:
    """A record's place by its path in the workspace, as listed. Raises UsageError for any other path."""
    prefix = desk.studio.workspace.prefix
    inner = path.removeprefix(prefix)
    spot = desk.studio.layout.spot(inner) if path.startswith(prefix) and normpath(inner) == inner else None
    if spot is None or spot.fault:
        raise UsageError(f"{path!r} is not the path of a record's file", "`list` names all that there are")
    if not _is_held(desk, inner):
        raise UsageError(
            f"{path!r} is of a client that this workspace does not hold, or that the role was not granted",
            "`list` names all that there are",
        )
    return spot


def _is_held(desk: DraftDesk, inner: str) -> bool:
    """Whether a path belongs to a client that the workspace holds and the role may see."""
    clients, folder = desk.studio.workspace.clients, inner.partition("/")[0]
    return (clients is None or folder in clients) and is_granted(desk.grants, desk.studio, folder)


def _bytes(desk: DraftDesk, spot: TreeSpot) -> bytes | None:
    """A file's bytes; None if there is no file. Raises RefusedError for an ignored or unreadable file."""
    try:
        data = read_content(desk.studio.workspace.content, spot.path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RefusedError(f"{spot.path} can't be read: {error.strerror}", "leave it to a person") from None
    if desk.studio.memory.file(spot.path) is None:
        raise RefusedError(f"{spot.path} is not among the workspace's files", "leave it to a person")
    return data


def _held(desk: DraftDesk, spot: TreeSpot, edit: DraftEdit) -> bytes | None:
    """The file's current bytes, if the edit is allowed. Raises RefusedError."""
    old = _bytes(desk, spot)
    if (file_revision(old) if old is not None else "") != edit.revision:
        raise RefusedError(
            f"{edit.path} is not at revision {edit.revision or '(new)'} any more",
            "read it again, and edit the current revision",
        )
    read = partial(codec.read_record, spot.kind, spot.slot, edit.path, checker=desk.studio.schemas)
    reading = read(edit.text.encode())
    errors = [p for p in reading.problems if p.severity is Severity.ERROR]
    if reading.document is None or errors:
        reason = errors[0].message if errors else "it can't be read as a record"
        raise RefusedError(f"{edit.path}: {reason}", "`validate` lists all problems")
    known = read(old).document if old is not None else None
    if old is not None and known is None:
        raise RefusedError(f"{edit.path} can't be read as a record", "leave it to a person")
    if old is None and not all(map(is_new_name, spot.path.split("/"))):
        raise RefusedError(
            f"{edit.path} has a name that no new folder or file gets", "take letters, digits and hyphens"
        )
    if old is None and spot.parent and desk.studio.memory.file(spot.parent) is None:
        raise RefusedError(f"there is no {spot.parent} above {edit.path}", "write that one first")
    _hold_words_only(spot, edit.path, known, reading.document)
    return old


def _hold_free(outline: Outline, prefix: str, spot: TreeSpot, new: Sequence[TreeSpot]) -> None:
    """Raise RefusedError for a new file whose place another has: on disk, or one of the `new`.

    That is the same number or slug, or a name that some file system takes for the same. Otherwise an agent
    could make a file of somebody else invalid.
    """
    place = whole_path(spot.kind, spot.path)
    folder, _, name = place.rpartition("/")
    others = [*outline.beside(spot.kind, dirname(spot.parent)), *(s for s in new if s.parent == spot.parent)]
    taken = [s.path for s in others if s.kind is spot.kind and s.slot == spot.slot and s.path != spot.path]
    taken += [
        f"{folder}/{n}".lstrip("/") for n in outline.names(folder) if n != name and twin(n) == twin(name)
    ]
    taken += [s.path for s in new if s.path != spot.path and twin(s.path) == twin(spot.path)]
    if taken:
        raise RefusedError(
            f"{prefix}{spot.path} has the number or name of {prefix}{taken[0]}", "take one that is free"
        )


def _hold_words_only(spot: TreeSpot, path: str, before: codec.Document | None, after: codec.Document) -> None:
    """Raise RefusedError unless the edit changes the words of a draft, and nothing else."""
    kind = spot.kind
    first = kind.flow[0] if kind.flow else None
    for document in (before, after):
        if document is not None and first is not None and document.values[STATUS] not in (None, first):
            raise RefusedError(
                f"{path} is no draft, or would be none: only {first} is one", "leave it to a person"
            )
    own = before.id if before else None
    if after.id != own:
        raise RefusedError(f"{path}: an edit can't give a file another id", "leave the line `id:` as it is")
    if kind.order is not None:
        name = kind.order.name
        was = before.values[name] if before else OMITTED
        if digests(kind, {**after.values, name: was}) != digests(kind, after.values):
            raise RefusedError(f"{path}: an edit can't change the order", f"leave {name} as it is")
