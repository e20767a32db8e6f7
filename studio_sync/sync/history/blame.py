"""Blame of a record's file: author, time and way of each field value and each sentence."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID

from studio_sync.core.history.field_blame import (
    UNPUSHED,
    FieldBlame,
    Sentence,
    blame_field,
    restored_versions,
)
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.layout import TreeSpot
from studio_sync.core.values.record import Omitted, Rid, rid_of
from studio_sync.core.values.value import Value
from studio_sync.database.store import Store
from studio_sync.database.values.ledger_values import AGENT_PUSH, ONLY_READ
from studio_sync.database.values.row import Row
from studio_sync.database.values.row_change import TRACKED
from studio_sync.errors import RefusedError, UsageError
from studio_sync.files.git.history.line_authors import LineAuthor, line_authors
from studio_sync.files.tree import codec
from studio_sync.files.tree.walking.listing import read_content
from studio_sync.sync.connection import DatabaseSource, connected
from studio_sync.sync.history.log import hold_readable
from studio_sync.sync.history.record_steps import record_steps, unrecorded_step
from studio_sync.sync.read.granted_folders import hold_reachable

if TYPE_CHECKING:
    from studio_sync.database.values.ledger_past import RecordRun
    from studio_sync.sync.studio import Studio

_NEVER = datetime.min.replace(tzinfo=UTC)
_OUTSIDE = "web app"
_BY = {**dict.fromkeys((*ONLY_READ, TRACKED), _OUTSIDE), AGENT_PUSH: "agent"}


@dataclass(frozen=True, slots=True)
class WriteOrigin:
    """Author, time and way of a change: push, restore, agent, web app; or file, if not pushed.

    A change by the web app has no known author: `who` is "", and `at` is the time when studio first read it.
    With change tracking `at` is the exact time, `role` the database role, and `who` the user that the
    application claims to act for. `commit` is that of the files then, or the one that introduced an unpushed
    line. `earlier`: it may be older than everything that the ledger still has.
    """

    by: str
    who: str = ""
    at: datetime | None = None
    revision: str = ""
    commit: str = ""
    message: str = ""
    earlier: bool = False
    role: str = ""


@dataclass(frozen=True, slots=True)
class Blame:
    """The fields of a file, and the origin of each."""

    path: str
    kind: Kind
    fields: tuple[FieldBlame, ...]
    values: Mapping[str, Value]
    origins: tuple[WriteOrigin, ...]
    lines: Mapping[int, LineAuthor]
    spans: Mapping[str, range]
    empty: frozenset[int]

    def origin(self, field: FieldBlame, sentence: Sentence | None = None) -> WriteOrigin:
        """The origin of a field's value or of one of its sentences; unpushed text by git's lines."""
        index = sentence.origin if sentence else field.origin
        if index != UNPUSHED:
            return self.origins[index]
        span = self.spans.get(field.name, range(0))
        if sentence and self.kind.body is not None and self.kind.body.name == field.name:
            span = span[sentence.line - 1 : sentence.line]
        authors = [self.lines[line] for line in span if line in self.lines and line not in self.empty]
        if not authors or any(author.at is None for author in authors):
            return WriteOrigin("file")
        last = max(reversed(authors), key=lambda author: author.at or _NEVER)
        return WriteOrigin("file", last.name, last.at, commit=last.commit, message=last.subject)


def blame(studio: "Studio", source: DatabaseSource, path: str) -> Blame:
    """Blame the file at a path inside the content folder.

    It reads this file, its ancestors' files, and the row and the ledger of this record alone. Raises
    UsageError if the path is no record's file.
    """
    spot = studio.layout.spot(path)
    if spot is None or spot.fault:
        shown = studio.workspace.prefix + path
        raise UsageError(f"{shown} is not the path of a record's file", "give one, such as …/session.md")
    document, data = _read(studio, spot)
    values = {name: value for name, value in document.values.items() if not isinstance(value, Omitted)}
    rid, parent = _identity(studio, spot, document)
    with connected(source, studio.kinds) as store, store.snapshot():
        ledger = store.ledger()
        hold_readable(ledger, source.label)
        hold_reachable(studio, store, (path,))
        steps = record_steps(store.past(), ledger, rid, spot.kind.name) if rid else []
        row = _row(store, spot, rid, parent) if rid else None
    if row is not None:
        steps += unrecorded_step(row, steps)
    found, versions = [step.run for step in steps], [step.values for step in steps]
    fields = [f for f in spot.kind.fields if values.get(f.name) is not None]
    by_field = {f.name: [one.get(f.name, f.default) for one in versions] for f in fields}
    blamed = tuple(blame_field(f, by_field[f.name], values[f.name]) for f in fields)
    back = restored_versions([run.digests for run in found])
    origins = tuple(_origin(run, restore=k in back, first=k == 0) for k, run in enumerate(found))
    unpushed = any(b.origin == UNPUSHED or any(s.origin == UNPUSHED for s in b.sentences) for b in blamed)
    lines = line_authors(studio.workspace.content / path) if unpushed else {}
    spans = _spans(spot.kind, data, document.keys)
    rows = enumerate(data.split(b"\n"), 1)
    empty = frozenset(number for number, row in rows if row.strip() in (b"", b"---"))
    return Blame(path, spot.kind, blamed, values, origins, lines, spans, empty)


def _spans(kind: Kind, data: bytes, keys: Collection[str]) -> dict[str, range]:
    """The range of lines of each key, up to the next key, and of the body."""
    end = data.count(b"\n") + 2
    body = codec.body_line(data) if kind.markdown else 0
    starts = [*sorted((codec.where(kind, data, key)[0], key) for key in keys), (body or end, "")]
    found = {key: range(line, after) for (line, key), (after, _) in pairwise(starts)}
    if kind.body is not None and body:
        found[kind.body.name] = range(body, end)
    if kind.whole is not None:
        found[kind.whole.name] = range(1, end)
    return found


def _read(studio: "Studio", spot: TreeSpot) -> tuple[codec.Document, bytes]:
    shown = studio.workspace.prefix + spot.path
    try:
        data = read_content(studio.workspace.content, spot.path)
    except OSError:
        raise UsageError(
            f"there is no file {shown}", "`studio log PATH` shows one that was deleted"
        ) from None
    document = codec.read_record(spot.kind, spot.slot, shown, data, studio.schemas).document
    if document is None:
        raise RefusedError(f"{shown} can't be read as a record", "`studio validate` lists the problems")
    return document, data


def _identity(studio: "Studio", spot: TreeSpot, document: codec.Document) -> tuple[Rid, Rid]:
    """The identity of a file's record, "" if it has none yet; and that of its parent, where it needs one."""
    if spot.kind.identified:
        return document.id or "", ""
    above = studio.layout.spot(spot.parent) if spot.parent else None
    parent = _identity(studio, above, _read(studio, above)[0])[0] if above else ""
    return (rid_of(spot.kind, "", parent, spot.slot) if parent else ""), parent


def _row(store: Store, spot: TreeSpot, rid: Rid, parent: Rid) -> Row | None:
    """The row of a record, None if there is none that can be read."""
    kind, own = spot.kind, rid
    if not kind.identified:
        own = store.tree.rows_below(kind, [parent]).get((parent, spot.slot), "")
    found = store.rows(tokens=False).read(kind, [UUID(own).bytes]) if own else ()
    return next((row for row in found if row.rid == rid and row.values is not None), None)


def _origin(run: "RecordRun", *, restore: bool, first: bool) -> WriteOrigin:
    by = _BY.get(run.source, "push")
    nobody = run.source in ONLY_READ
    if restore and by != _OUTSIDE:
        by = "restore"
    return WriteOrigin(
        by, "" if nobody else run.actor, run.at, run.run, run.commit, "" if nobody else run.message,
        earlier=first and run.number > 1, role=run.role,
    )  # fmt: skip
