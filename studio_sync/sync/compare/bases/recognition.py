"""Recognizing a database: which saved bases and tokens still hold for the database at an address.

| the database | the merge bases | the rows' tokens |
|---|---|---|
| is as it was left | stay | stay |
| its server restarted | stay | are dropped |
| has another name or timeline (restored, failed over) | stay if confirmed | are dropped |
| lacks the newest known run, or transactions | stay if confirmed; a warning is printed | are dropped |
| lost a push from here by a failover | become what it replaced, if the row is that again | are dropped |
| has a new address, and the newest known run of another one | are copied if confirmed | none yet |

A base is confirmed if the ledger has its content under its number, or if the row equals it now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from studio_sync.core.plan.reconcile import unchanged
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Rid, Version, assembled, known_digests
from studio_sync.database.values.store_facts import ServerHistory
from studio_sync.errors import UnavailableError
from studio_sync.files.memory.entries import Base
from studio_sync.files.memory.last_pushes import replaced_since, unanswered
from studio_sync.files.memory.memory import Memory

if TYPE_CHECKING:
    from studio_sync.core.history.known_versions import RecordHistory
    from studio_sync.database.store import Store
    from studio_sync.database.store_ledger import StoreLedger

_AT_ONCE = 2_000
_WENT_BACK = "the database went back in time: it lacks what this workspace last wrote into it or saw there"
_ANOTHER = "this address has another database, or an older copy of the former one"


@dataclass(frozen=True, slots=True)
class LastSeen:
    """A database as this workspace last saw it: its name, transaction counter, and newest run in the ledger.

    Read it before the transaction that reads the database: meanwhile another studio in this workspace may
    save what that transaction doesn't see yet.
    """

    name: str
    horizon: int
    run: str

    @classmethod
    def of(cls, memory: Memory, address: str) -> "LastSeen | None":
        """The last known state of the database at an address; None if it is new."""
        known = memory.known_database(address)
        return cls(known[1], known[2], memory.last_run(known[0])) if known else None


@dataclass(frozen=True, slots=True)
class Recognition:
    """Decides which saved data holds; `label` names the database for people, `address` in the memory."""

    store: "Store"
    kinds: Kinds
    memory: Memory
    ledger: "StoreLedger"
    history: ServerHistory
    label: str
    address: str

    def database(self, before: LastSeen | None, *, remember: bool) -> int:
        """The number of the database in the memory, after dropping all saved data that no longer holds.

        Without `remember` the drop is a trial, until `forget_trial`.
        Raises UnavailableError on a standby that lacks what this workspace last wrote or saw: only the
        primary can tell whether the standby lags or the primary lost it.
        """
        memory, history = self.memory, self.history
        lost = hold_replayed(self.store, self.ledger, history, before, self.label)
        with memory.changing():
            db = memory.number_of(self.address)
        other = before is not None and bool(
            before.name and history.database and before.name != history.database
        )
        back = (
            before is not None
            and not (history.standby or other)
            and 0 < history.horizon < before.horizon  # 0: the server doesn't tell it
        )
        unlike = before is None or lost or other or back or self._forked(db)
        if unlike and not remember:
            memory.begin_trial()
        with memory.changing():
            if remember:
                name, horizon = history.database, history.horizon
                if before is not None:
                    name = name or before.name
                    horizon = before.horizon if history.standby else horizon  # a standby lags
                memory.see_database(db, name, horizon)
            if before is None:
                self._adopt(db)
            elif unlike:
                self._review(db, before, lost=lost, other=other, back=back)
            if memory.history(db) != history.mark or not history.mark:
                memory.drop_tokens(db)
                memory.set_history(db, history.mark)
            return db

    def _review(self, db: int, before: LastSeen, *, lost: bool, other: bool, back: bool) -> None:
        """Check the saved data against a database that is not as it was left."""
        memory = self.memory
        memory.drop_tokens(db)
        # Whoever restores an earlier state on purpose wants to have it: nothing is pushed again by itself.
        failed_over = lost and not other and self._forked(db) and not self.history.restored
        dropped, again = self._drop_unconfirmed(db, failed_over=failed_over)
        # A role with grants may lose sight of a run by row-level security; that is no sign of its loss.
        sure = dropped or again or not self.ledger.bounded
        if (lost and sure) or back or (other and dropped and not before.run):
            memory.tell_set_back(db, _ANOTHER if other else _WENT_BACK + _to_push_again(again))
        if dropped or again or lost or back or other:
            from studio_sync.files.memory.record_memory import begin_era

            begin_era(memory, db)
        if lost or other:
            memory.set_last_run(db, self.ledger.newest_run())
        if lost and other:
            self._adopt(db)

    def _forked(self, db: int) -> bool:
        """Whether the server is on another timeline than when the tokens were saved."""
        _, old, _ = (*self.memory.history(db).split(), "", "", "")[:3]
        return old not in ("", "standby", self.history.timeline) and bool(self.history.timeline)

    def _drop_unconfirmed(self, db: int, *, failed_over: bool) -> tuple[bool, int]:
        """Drop unconfirmed bases; return whether the ledger knows one of their records.

        Where a failover lost pushes of this workspace, what they replaced is the base again; return of how
        many records.
        """
        memory = self.memory
        before = {base.version.rid: base for base in memory.bases_where(db, "true")}
        lost_in = db if failed_over else None
        after = {base.version.rid: base for base in self._confirmed(list(before.values()), lost_in)}
        deleted = memory.deleted(db)
        dropped = (before.keys() - after.keys()) | (deleted.keys() - self._deleted(deleted).keys())
        memory.forget(db, dropped)
        memory.put_bases(db, [base for rid, base in after.items() if base != before[rid]])
        again = sum(base.version != before[rid].version for rid, base in after.items())
        return bool(dropped and self.ledger.latest(dropped)), again

    def _adopt(self, db: int) -> None:
        """Copy the bases of the same database at another address, or of the database it is a copy of.

        The source is the one with the newest known ledger entry in common. From then on the two are separate.
        """
        memory = self.memory
        others = memory.other_databases(db)
        newest = self.ledger.newest_of(set(others.values())) if self.ledger.readable else ""
        found = next((number for number, run in others.items() if run == newest), None)
        if not newest or found is None:
            return
        bases = [replace(base, token=None) for base in memory.bases_where(found, "true")]
        memory.put_bases(db, self._confirmed(bases))
        memory.put_deleted(db, self._deleted(memory.deleted(found)))
        memory.set_last_run(db, newest)
        from studio_sync.files.memory.recorded_approvals import use_up_alike

        use_up_alike(memory, found, db)

    def _confirmed(self, bases: Sequence[Base], lost_in: int | None = None) -> Iterator[Base]:
        """The bases that the ledger or their row confirms; the latter get the newest number.

        `lost_in`: the number of the database, if a failover lost pushes of this workspace there.
        """
        rows = self.store.rows(tokens=False)
        for some in chunks(bases, _AT_ONCE):
            histories = self.ledger.histories([base.version.rid for base in some])
            doubtful: dict[str, dict[bytes, Base]] = {}
            for base in some:
                version, history = base.version, histories.get(base.version.rid)
                if history is not None and history.confirms(version, base.number, base.places):
                    yield base
                else:
                    doubtful.setdefault(version.kind, {})[base.row_id] = base
            for name, by_row in doubtful.items():
                kind = self.kinds[name]
                for row in rows.read(kind, by_row):
                    base = by_row[UUID(row.id).bytes]
                    current = (
                        row.version() if row.values is not None and row.rid == base.version.rid else None
                    )
                    history = histories.get(base.version.rid)
                    if current is None:
                        continue
                    if unchanged(kind, base.version, current):
                        yield replace(base, number=history.latest if history else 0, places={}, token=None)
                    elif (
                        history is not None
                        and lost_in is not None
                        and self._is_replaced(current, history, lost_in)
                    ):
                        yield _on_replaced(kind, base, current, history)

    def _is_replaced(self, current: Version, history: "RecordHistory", db: int) -> bool:
        """Whether a row is the ledger's newest version, which a push of this workspace had replaced."""
        number = history.latest
        replaced = replaced_since(self.memory, db, current.rid, number)
        return history.versions.get(number) == current and current in replaced

    def _deleted(self, deleted: Mapping[Rid, int]) -> dict[Rid, int]:
        """Those of the deleted records that the ledger has as deleted, too."""
        latest: Mapping[Rid, tuple[int, Version | None]] = self.ledger.latest(deleted) if deleted else {}
        return {rid: at for rid, at in deleted.items() if rid in latest and latest[rid][1] is None}


def _on_replaced(kind: Kind, base: Base, row: Version, history: "RecordHistory") -> Base:
    """The base of a file whose last push is lost: the row is again what that had replaced.

    A field in which the file was older than that stays so, if the ledger has its version.
    """
    old = known_digests(kind, base.version)
    kept = {n: at for n, at in base.places.items() if n in old and at in history.numbers_with(n, old[n])}
    now = known_digests(kind, row)
    values = {n: now[n] for n in old.keys() - base.places.keys() if n in now} | {n: old[n] for n in kept}
    return replace(
        base, version=assembled(kind, row.rid, values, row), number=history.latest, places=kept, token=None,
        settled=False, held=base.held or base.version.digests,
    )  # fmt: skip


def _to_push_again(records: int) -> str:
    """What a failover lost of this workspace's pushes, as the end of a sentence."""
    if not records:
        return ""
    what = "1 record that was pushed is" if records == 1 else f"{records:,} records that were pushed are"
    return f"; {what} to push again"


def hold_replayed(
    store: "Store",
    ledger: "StoreLedger",
    history: ServerHistory,
    before: LastSeen | None,
    label: str,
) -> bool:
    """Whether the ledger lacks the newest run known `before`.

    Raises UnavailableError on a standby that lacks it, or transactions known before.
    """
    run = before.run if before and ledger.readable else ""
    lost = bool(run) and not store.has_run(run)
    late = before is not None and 0 < history.horizon < before.horizon
    if history.standby and (lost or late):
        raise UnavailableError(
            f"{label}: this standby is behind what this workspace last wrote into the database or saw there",
            "wait until it has caught up, or give the primary's address: that one can tell whether it was"
            " lost",
        )
    return lost


def set_back_problem(memory: Memory, db: int) -> Problem | None:
    """The warning about a database that lost data, until a push or pull has printed it."""
    message = memory.set_back(db)
    if not message:
        return None
    return Problem(
        "studio_sync", 0, 0, "set-back", message,
        "`studio diff` shows what differs now; files whose version it lost are compared by content,"
        " nothing is deleted or overwritten on old evidence, and a push restores what you keep",
        Severity.WARNING,
    )  # fmt: skip


def arrived_problem(memory: Memory, db: int, ledger: "StoreLedger") -> Problem | None:
    """The note that a push of which nobody knew it has arrived, until a push has printed it."""
    runs = unanswered(memory, db)
    found = ledger.newest_of(runs) if runs and ledger.readable else ""
    if not found:
        return None
    return Problem(
        "studio_sync", 0, 0, "push-arrived",
        f"the push of which it was not known whether it arrived has arrived: revision {found[:8]}",
        f"`studio show {found[:8]}` shows what it wrote; it need not be pushed again",
        Severity.WARNING,
    )  # fmt: skip
