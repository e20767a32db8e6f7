"""Ledger entries of a pull: versions that the ledger lacks, and notes on files."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Self

from studio_sync.core.history.known_versions import LedgerNote
from studio_sync.core.plan.plan import Plan
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.record import Rid, Version, field_digests, with_digests
from studio_sync.core.values.value import digest
from studio_sync.database.values.ledger_values import Entry, PulledVersion
from studio_sync.database.values.row import uuid_text
from studio_sync.files.memory.entries import Base
from studio_sync.sync.compare.bases.new_bases import current_version, is_noted, pulled_base
from studio_sync.sync.pull.deciding import Decided
from studio_sync.sync.read.spool import Spool

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class _Latest:
    """The numbers of newest versions, and the records whose newest version is not the row's.

    No more is held: the versions of 30,000 sessions would be 50 MB.
    """

    numbers: Mapping[Rid, int]
    others: AbstractSet[Rid]


class PullLedger:
    """Finds the entries and notes of one pull."""

    def __init__(
        self,
        spool: Spool,
        decided: Decided,
        plan: Plan,
        unrecorded: Collection[Base],
        before: Self | None = None,
    ) -> None:
        """`unrecorded` are agreed records that the ledger lacks; `before` is for more records to pull."""
        self.unrecorded = unrecorded
        self._spool, self._compared, self._out = spool, decided.compared, decided.compared.out
        self._plan = plan
        self._deltas = {d.rid: d for d in decided.deltas}
        self._histories = decided.compared.resolver.histories
        self._resolved = decided.fields
        if before is not None:
            self._latest = before._latest  # noqa: SLF001 (of the same class)

    @cached_property
    def _latest(self) -> _Latest:
        """The newest versions of records whose history was not asked for: no file says anything of them."""
        numbers: dict[Rid, int] = {}
        others: set[Rid] = set()
        for some in chunks([rid for rid in self._deltas if rid not in self._histories], _AT_ONCE):
            latest = self._compared.ledger.latest(some)
            known = [rid for rid in some if rid in latest]
            numbers |= {rid: latest[rid][0] for rid in known}
            others.update(rid for rid in known if latest[rid][1] != self._deltas[rid].remote)
        return _Latest(numbers, others)

    def versions(self) -> Iterator[PulledVersion]:
        """The versions that the pull knows and the ledger lacks."""
        planned = {change.rid for change in self._plan.changes}
        for rid, delta in self._deltas.items():
            if delta.remote is None:
                continue
            history = self._histories.get(rid)
            if history is not None:
                recorded = history.versions.get(history.latest) == delta.remote
            else:
                recorded = rid in self._latest.numbers and rid not in self._latest.others
            if not recorded and (rid in planned or delta.local is not None):
                yield self._pulled(delta.remote)
        for some in chunks([b for b in self.unrecorded if b.version.rid not in self._deltas], _AT_ONCE):
            unread = [base for base in some if f"row:{base.version.rid}" not in self._spool]
            if unread:
                self._compared.remote.fetch_rows(
                    {
                        kind: {base.row_id for base in unread if base.version.kind == kind}
                        for kind in {base.version.kind for base in unread}
                    }
                )
            for base in some:
                yield self._pulled(base.version, base)
        yield from self._vanished()
        for change in self._plan.changes:
            if change.action is Action.DELETE and change.rid in self._histories:
                yield from self._gone(self._deltas[change.rid])
        deleted = {c.rid for c in self._plan.changes if c.action is Action.DELETE}
        refused = {r.delta.rid for r in self._plan.refused}
        for rid in self._resolved.keys() - deleted - refused:
            if self._deltas[rid].remote is None:
                yield from self._gone(self._deltas[rid])

    def _pulled(self, version: Version, base: Base | None = None) -> PulledVersion:
        facts = self._out.facts.get(version.rid)
        own = base.row_id if base else facts.row_id if facts else b""
        token = base.token if base else facts.token if facts else None
        if f"row:{version.rid}" not in self._spool:
            self._compared.remote.fetch_rows({version.kind: {own}})
        entry = Entry(
            version.rid, version.kind, self.top(version), uuid_text(own), version.parent, version.slot,
            version.digests, partial(self._spool.text, f"row:{version.rid}"),
        )  # fmt: skip
        return PulledVersion(entry, version, token)

    def _vanished(self) -> Iterator[PulledVersion]:
        """Deletions of records that exist on neither side, where the ledger still has them."""
        for rid, (_, version) in self._compared.ledger.latest(self._out.vanished).items():
            facts = self._out.facts.get(rid)
            if version is not None and facts is not None:
                own = uuid_text(facts.row_id)
                entry = Entry(rid, version.kind, self.top(version), own, version.parent, version.slot)
                yield PulledVersion(entry, None, None)

    def _gone(self, delta: Delta) -> Iterator[PulledVersion]:
        history, facts, some = self._histories.get(delta.rid), self._out.facts.get(delta.rid), delta.some
        own = uuid_text(facts.row_id) if facts else delta.rid if delta.kind.identified else ""
        if own and history is not None and history.versions.get(history.latest) is not None:
            entry = Entry(delta.rid, delta.kind.name, self.top(some), own, some.parent, some.slot)
            yield PulledVersion(entry, None, None)

    def top(self, version: Version) -> str:
        """The id of the topmost row above a record."""
        while version.parent:
            above = self._compared.places.version(version.parent)
            if above is None:
                return version.parent
            version = above
        return version.rid

    def notes(self, decided: Sequence[Base], numbers: Mapping[Rid, int]) -> Iterator[tuple[str, LedgerNote]]:
        """Notes on files that will be merged or resolved, or that have unpushed edits.

        `decided` are the bases of files that were resolved unchanged, `numbers` those of new versions.
        """
        changes = {c.rid: c for c in self._plan.changes}
        bases = {b.version.rid: b for b in (*self._coming(), *decided)}
        for rid, delta in self._deltas.items():
            content = current_version(delta, bases.get(rid), changes.get(rid))
            history = self._histories.get(rid)
            number = numbers.get(rid) or (history.latest if history else 0)
            if rid in self._resolved:
                fields = self._resolved[rid] or frozenset(field_digests(delta.kind, delta.some))
            elif (
                content is None
                or delta.remote is None
                or not (delta.fields and (rid in bases or delta.standing is Standing.AHEAD))
            ):
                continue
            else:
                # B14: where it says what the row says, an older commit may have said the same.
                there = field_digests(delta.kind, delta.remote)
                edited = {n for n, value in field_digests(delta.kind, content).items() if value != there[n]}
                fields = frozenset(edited.difference(delta.having(Standing.CONFLICT)))
            if content is None:
                continue
            note = LedgerNote(content, fields, number)
            # A known version needs no note, unless somebody decided to restore it.
            known = history is not None and content.digests and history.numbers_of(content)
            if not number or not fields or (known and rid not in self._resolved):
                continue
            if not is_noted(history.notes if history else (), delta.kind, note):
                yield self.top(delta.some), note

    def withdrawals(self) -> Iterator[tuple[str, LedgerNote]]:
        """Notes that take back those of decisions undone here of which the ledger could not be told then."""
        for delta in self._compared.out.deltas:
            history = self._histories.get(delta.rid)
            for note in history.hidden if history is not None else ():
                yield self.top(delta.some), note.withdrawal

    def _coming(self) -> Iterator[Base]:
        """The new bases of the files that the plan will edit."""
        for change in self._plan.changes:
            delta = self._deltas[change.rid]
            if change.action is Action.UPDATE and change.after is not None and delta.remote is not None:
                merged = delta.having(Standing.DIVERGED)
                values = self._spool.get(f"merge:{change.rid}") if merged else {}
                new = {n: digest(values[n]) for n in merged if n in change.fields}
                data = with_digests(change.kind, change.after.digests, new)
                yield pulled_base(change, delta, self._out, change.path, data)

    def numbered(self, numbers: Mapping[Rid, int], base: Base) -> Base:
        """A base of a pulled or agreed record, with its version number in the ledger."""
        rid = base.version.rid
        history = self._histories.get(rid)
        number = numbers.get(rid) or (
            history.latest if history else self._latest.numbers.get(rid, base.number)
        )
        return base.numbered(number, self._compared.resolver.at)
