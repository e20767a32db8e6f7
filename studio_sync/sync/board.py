"""The board: the status of every record in the database, as an overview for people."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.status.guards import Policy
from studio_sync.core.status.guards.context import GuardContext
from studio_sync.core.status.guards.ready import all_below_is_ready, required_fields_are_set
from studio_sync.core.status.transition import NULL, Forest, StatusNode, Transition, status_of, with_status
from studio_sync.core.values.kind import STATUS, Kind, Kinds
from studio_sync.core.values.names import rank
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.row_summary import Last, RowSummary
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.read.scope import in_scope
from studio_sync.sync.replica import read

if TYPE_CHECKING:
    from studio_sync.sync.studio import Studio


@dataclass(frozen=True, slots=True)
class BoardShape:
    """The shape of a board: pages of groups of lines of cells, each for a kind of record.

    A line is a record with 1:1 contents, which are its cells. A page is its topmost ancestor with a status of
    its own; groups are the kinds in between.
    """

    page: Kind
    between: tuple[Kind, ...]
    line: Kind
    cells: tuple[Kind, ...]

    @classmethod
    def of(cls, kinds: Kinds) -> "BoardShape":
        """The shape derived from the declarations of kinds."""
        ones = {kind.name: tuple(k for k in kinds.children(kind.name) if k.slot is None) for kind in kinds}
        line = max(kinds, key=lambda kind: len(ones[kind.name]))
        above = kinds.ancestors(line)
        page = next((kind for kind in reversed(above) if kind.flow), above[-1] if above else line)
        between = tuple(reversed(above[: above.index(page)])) if page in above else ()
        return cls(page, between, line, ones[line.name])


@dataclass(frozen=True, slots=True)
class Card:
    """One record on the board.

    `row` is None if there is none; then `wanted` says whether it is required. `lacks`: what its next status
    requires. `after`: that status, "" at the end of the flow. `stale_approvals`: what changed since its
    approval. `delta`: its difference to its file, None if they agree. `broken`: the number of findings in the
    file that readers would see. `exists`: whether there is a file.
    """

    kind: Kind
    row: RowSummary | None
    key: str = ""
    path: str = ""
    after: str = ""
    lacks: str = ""
    stale_approvals: str = ""
    wanted: bool = False
    last: Last | None = None
    delta: Delta | None = None
    broken: int = 0
    exists: bool = False


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A record and its contents."""

    card: Card
    cells: tuple[Card, ...]

    @property
    def words(self) -> int:
        """The words of all its contents."""
        return sum(c.row.words or 0 for c in self.cells if c.row)

    @property
    def cards(self) -> tuple[Card, ...]:
        """The record and its existing contents."""
        return (self.card, *(c for c in self.cells if c.row))


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Lines grouped by the records between page and line."""

    above: tuple[Card, ...]
    lines: tuple[BoardLine, ...]


@dataclass(frozen=True, slots=True)
class BoardPage:
    """A record with a status, and all groups below it. `above` are its ancestors."""

    card: Card
    above: tuple[Card, ...]
    groups: tuple[LineGroup, ...]

    @property
    def lines(self) -> tuple[BoardLine, ...]:
        """All its lines."""
        return tuple(line for group in self.groups for line in group.lines)


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the board. `files` counts the files by standing."""

    shape: BoardShape
    pages: tuple[BoardPage, ...]
    files: Mapping[Standing, int]
    read_from: str = ""
    """The label of the database, or of its replica."""


def board(studio: "Studio", source: DatabaseSource, scope: tuple[str, ...]) -> Board:
    """The board of a workspace, or of a scope in it."""
    found, where = read(source, lambda one: _board(studio, one, scope), will_do=lambda _: True)
    return replace(found, read_from=where.label)


def _board(studio: "Studio", source: DatabaseSource, scope: tuple[str, ...]) -> Board:
    from studio_sync.sync.compare.approval_audit import StaleApprovalFinder

    with studio.comparing(source, remember=False) as (store, compared):
        outcome = studio.outcome(compared, scope)
        versions = {v.rid: v for v in studio.memory.versions_where(compared.sides.base.db, "1 = 1")}
        for delta in compared.out.deltas:
            versions.pop(delta.rid, None)
            if delta.remote is not None:
                versions[delta.rid] = delta.remote
        policy = Policy(studio.kinds, studio.workspace.rules)
        finder = StaleApprovalFinder(policy.rules, compared)
        stale_approvals = {u.rid: str(u) for u in finder.find()}
        with store.snapshot():
            found = list(store.rows(studio.workspace.clients).summaries())
            last = store.past().last_changes(versions) if compared.ledger.readable else {}
        deltas = {d.rid: d for d in compared.out.deltas}
        broken = {
            e.path: len(studio.readiness.broken(e)) for e in studio.memory.files_where("problems IS NOT NULL")
        }
        content, cards = os.fspath(studio.workspace.content), dict[Rid, Card]()
        for row in found:
            path = compared.places.path(row.rid)
            cards[row.rid] = Card(
                row.kind, row, compared.places.key(row.rid), studio.workspace.prefix + path,
                stale_approvals=stale_approvals.get(row.rid, ""), delta=deltas.get(row.rid),
                last=last.get(row.rid) or Last(row.updated_at), broken=broken.get(path, 0),
                exists=os.path.lexists(f"{content}/{path}"),
            )  # fmt: skip
        maker = _Maker(policy, cards, versions)
        visible = {row.rid for row in found if in_scope(compared.places.path(row.rid), scope)}
        counts = Counter(d.standing for d in outcome.deltas)
        counts[Standing.AGREED] = outcome.agreed
        return Board(maker.shape, tuple(maker.pages(visible)), counts)


class _Maker:
    """Puts cards in their places on the board, each with its next status."""

    def __init__(self, policy: Policy, cards: Mapping[Rid, Card], versions: Mapping[Rid, Version]) -> None:
        self._cards, self._versions = cards, versions
        self.shape = BoardShape.of(policy.kinds)
        rows = self._rows = {rid: card.row for rid, card in cards.items() if card.row}
        self._below: dict[Rid, list[RowSummary]] = {}
        for row in rows.values():
            self._below.setdefault(row.parent, []).append(row)
        for siblings in self._below.values():
            siblings.sort(key=lambda row: (row.order is None, row.order or 0, rank(row.slot), row.kind.name))
        labels = {rid: row.kind.file if row.kind.slot is None else row.slot for rid, row in rows.items()}
        forest = Forest([StatusNode(r.rid, r.kind, r.parent, r.status, labels[r.rid]) for r in rows.values()])
        self._case = GuardContext(policy, forest, forest)
        line = self.shape.line
        needs = policy.rules.needs(line, line.flow[-1]) if line.flow else ()
        self._wanted = {name for need in needs for name in need.of}

    def pages(self, visible: set[Rid]) -> Iterator[BoardPage]:
        """The non-empty pages, in tree order."""
        rows = [r for r in self._rows.values() if r.kind is self.shape.page]
        for row in sorted(rows, key=lambda r: tuple(map(rank, self._cards[r.rid].key.split("/")))):
            groups = tuple(
                group
                for group in self._groups(row, (), visible)
                if group.lines or any(card.row and card.row.rid in visible for card in group.above)
            )
            if groups or row.rid in visible:
                yield BoardPage(self._card(row), tuple(self._above(row)), groups)

    def _above(self, row: RowSummary) -> Iterable[Card]:
        found: list[Card] = []
        while (parent := self._rows.get(row.parent)) is not None:
            row = parent
            found.insert(0, self._card(row))
        return found

    def _groups(self, row: RowSummary, above: tuple[Card, ...], visible: set[Rid]) -> Iterator[LineGroup]:
        below = self._below.get(row.rid, ())
        lines = [self._line(r) for r in below if r.kind is self.shape.line and self._any(r, visible)]
        if row.kind is self.shape.line:
            lines = [self._line(row)]
        if lines or above:
            yield LineGroup(above, tuple(lines))
        for child in below:
            if child.kind in self.shape.between:
                yield from self._groups(child, (*above, self._card(child)), visible)

    def _any(self, row: RowSummary, visible: set[Rid]) -> bool:
        return row.rid in visible or any(r.rid in visible for r in self._below.get(row.rid, ()))

    def _line(self, row: RowSummary) -> BoardLine:
        below = {r.kind.name: self._card(r) for r in self._below.get(row.rid, ())}
        cells = (below.get(k.name) or Card(k, None, wanted=k.name in self._wanted) for k in self.shape.cells)
        return BoardLine(self._card(row), tuple(cells))

    def _card(self, row: RowSummary) -> Card:
        after, lacks = self._next(row)
        return replace(self._cards[row.rid], after=after, lacks=lacks)

    def _next(self, row: RowSummary) -> tuple[str, str]:
        """The next status, and what is missing for it, if anything."""
        version = self._versions.get(row.rid)
        flow = (NULL, *row.kind.flow)
        status = str(status_of(row.kind, version))
        if version is None or status not in flow or status == flow[-1]:
            return "", ""
        after = flow[flow.index(status) + 1]
        transition = Transition(row.kind, row.rid, version, with_status(row.kind, version, after), (STATUS,))
        found = [guard(transition, self._case) for guard in (required_fields_are_set, all_below_is_ready)]
        return after, "; ".join(v.hint.removeprefix("needs: ") for v in found if v is not None)
