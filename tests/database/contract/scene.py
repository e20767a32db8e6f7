"""A small tree of rows, and plans that change it, made by hand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.json_row import digests_and_row, json_row
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.record import Rid, Version, rid_of
from studio_sync.core.values.value import Value
from studio_sync.database.store import Store
from studio_sync.database.values.ledger_values import WHOLE_PUSH, Entry, Run
from studio_sync.database.values.row import Row
from studio_sync.database.values.written import Journal, PlannedWrite, WriteResult
from studio_sync.kinds import KINDS
from tests.database.contract.backends import Backend

(
    CLIENT_KIND, KNOWLEDGE_KIND, PROGRAM_KIND, BRIEF_KIND, CHAPTER_KIND, SESSION_KIND, ARTICLE_KIND,
) = (KINDS[name] for name in (
    "client", "client_knowledge", "program", "program_knowledge", "chapter", "session", "article",
))  # fmt: skip


def uid(number: int) -> str:
    """An id that stays the same."""
    return f"{number:08}-0000-4000-8000-000000000000"


CLIENT, OTHER, PROGRAM, CHAPTER, CHAPTER_2, ONE, TWO, ARTICLE = (uid(n) for n in range(1, 9))
NEW = uid(20)


def fill(backend: Backend) -> None:
    """Two clients; a program with two chapters, and in the first of them two sessions."""
    backend.insert(CLIENT_KIND, CLIENT, "", "mine", {"name": "Mine"})
    backend.insert(CLIENT_KIND, OTHER, "", "others", {"name": "Others"})
    backend.insert(PROGRAM_KIND, PROGRAM, CLIENT, "p", {"name": "P", "language": "en", "status": "draft"})
    for number, own in ((1, CHAPTER), (2, CHAPTER_2)):
        chapter = {"title": "C", "order_index": number}
        backend.insert(CHAPTER_KIND, own, PROGRAM, str(number), chapter)
    for number, own in ((1, ONE), (2, TWO)):
        session = {"title": "S", "order_index": number, "status": "draft", "estimated_minutes": 10}
        backend.insert(SESSION_KIND, own, CHAPTER, f"1.{number}", session)
    backend.insert(ARTICLE_KIND, ARTICLE, ONE, "", {"content": "One two", "status": "draft"})


ABOVE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "client": (),
    "client_knowledge": (("client", CLIENT),),
    "program": (("client", CLIENT),),
    "chapter": (("client", CLIENT), ("program", PROGRAM)),
    "session": (("client", CLIENT), ("program", PROGRAM), ("chapter", CHAPTER)),
    "article": (("client", CLIENT), ("program", PROGRAM), ("chapter", CHAPTER), ("session", ONE)),
}


def row_of(store: Store, kind: Kind, own: str) -> Row:
    """A row as the store has it now."""
    with store.together():
        (found,) = [row for row in store.rows().read(kind) if row.id == own]
    return found


@dataclass
class Writing:
    """A plan that comes together change by change; `write` has a store write it."""

    changes: list[Change] = field(default_factory=list)
    values: dict[Rid, dict[str, Value]] = field(default_factory=dict)
    notes: list[tuple[str, LedgerNote]] = field(default_factory=list)
    decisions: dict[Rid, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    """What else the plan says."""

    def create(self, kind: Kind, own: str, parent: str, slot: str, **values: Value) -> "Writing":
        """A new row."""
        said = {f.name: values.get(f.name, f.default) for f in kind.fields if not f.loose}
        self._add(kind, own, None, self._version(kind, own, parent, slot, said), said, Action.CREATE)
        return self

    def update(self, row: Row, *, parent: str = "", slot: str = "", **values: Value) -> "Writing":
        """Another word, or another place, for a row as it was read."""
        said = {**(row.values or {}), **values}
        after = self._version(row.kind, row.id, parent or row.parent, slot or row.slot, said)
        places = [("parent", parent), (row.kind.slot.column if row.kind.slot else "", slot)]
        fields = (*values, *(name for name, given in places if given))
        self._add(row.kind, row.id, row.version(), after, said, Action.UPDATE, fields)
        return self

    def delete(self, row: Row) -> "Writing":
        """A row goes."""
        self._add(row.kind, row.id, row.version(), None, {}, Action.DELETE)
        return self

    def _version(self, kind: Kind, own: str, parent: str, slot: str, said: dict[str, Value]) -> Version:
        known = {f.name: said.get(f.name) for f in kind.fields}
        rid = rid_of(kind, own, parent, slot)
        return Version(rid, kind.name, parent, slot, digests_and_row(kind, known)[0])

    def _add(
        self, kind: Kind, own: str, before: Version | None, after: Version | None, said: dict[str, Value],
        action: Action, fields: tuple[str, ...] | None = None,
    ) -> None:  # fmt: skip
        some = after or before
        assert some is not None
        rid = some.rid
        self.values[rid] = said
        names = fields if fields is not None else tuple(f.name for f in kind.fields)
        above = ABOVE[kind.name]
        if after is not None and kind.parent and (kind.parent, after.parent) not in above:
            above = (*above, (kind.parent, after.parent))
        self.changes.append(
            Change(
                kind, rid, own, action, names, before, after, None, above, f"{rid}.md",
                top=CLIENT if kind.parent else own,
            )
        )  # fmt: skip

    def write(
        self, store: Store, run: Run | None = None, *, arrived: Callable[[], bool] = lambda: False
    ) -> WriteResult:
        """Have it written."""
        return store.write(
            PlannedWrite(
                Plan(changes=self.changes, **self.more),
                lambda change: self._text(change.kind, change.rid),
                Journal(run or run_now(), self._entries, lambda _: self.notes),
                lambda _: None,
                arrived,
            )
        )

    def _text(self, kind: Kind, rid: Rid) -> bytes:
        said = self.values[rid]
        return json_row(kind, {f.name: said.get(f.name) for f in kind.fields if not f.loose} | _omitted(kind))

    def _entries(self, _: WriteResult) -> Iterable[Entry]:
        for c in sorted(self.changes, key=lambda c: c.rid):
            some = c.after or c.before
            assert some is not None
            document = (lambda c=c: self._text(c.kind, c.rid)) if c.after else None
            yield Entry(
                c.rid, c.kind.name, c.top, c.row_id, some.parent, some.slot, some.digests if c.after else b"",
                document, self.decisions.get(c.rid),
            )  # fmt: skip


def _omitted(kind: Kind) -> dict[str, Any]:
    from studio_sync.core.values.record import OMITTED

    return {f.name: OMITTED for f in kind.fields if f.loose}


def run_now(source: str = WHOLE_PUSH, **more: Any) -> Run:
    """A run that nobody entered yet."""
    return Run(str(uuid4()), "Ada <ada@example.org>", source, **more)
