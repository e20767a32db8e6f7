"""The plan of a push: the changes that only the files made, guarded and kept whole."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from posixpath import commonpath, dirname

from studio_sync.core.plan.decision import Choice, Decision
from studio_sync.core.plan.placement import Placement, Role, in_database
from studio_sync.core.plan.plan import Change, Plan, Refusal
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.plan.trailers import trailer_line
from studio_sync.core.status.guards import mass_deletion
from studio_sync.core.status.transition import Transition
from studio_sync.core.values.record import PARENT, Rid, Version, blend, rid_of
from studio_sync.core.values.value import ABSENT, DIGEST_SIZE
from studio_sync.database.values.row import uuid_text
from studio_sync.errors import RefusedError
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.comparison import PROVISIONAL, Comparison, new_id
from studio_sync.sync.compare.holds import Holds
from studio_sync.sync.options import PushOptions
from studio_sync.sync.push.guarding import Guarding
from studio_sync.sync.push.successors import unreplaced


class PushPlanner:
    """Makes the plan of a push from a comparison."""

    def __init__(self, compared: Compared, options: PushOptions, guarding: Guarding) -> None:
        self._compared, self._options, self._guarding = compared, options, guarding
        self._memory, self._db = compared.sides.base.memory, compared.sides.base.db
        self._holds = Holds(compared, "push", "database", in_database)
        self._decisions: dict[Rid, tuple[Decision, ...]] = {}
        self._out: Comparison = compared.out
        self._hidden = {rid for rid, apart in self._out.apart.items() if apart.hidden}
        self._new_ids: dict[Rid, Rid] = {}
        self._provisional: dict[Rid, Rid] = {}
        self._above: dict[Rid, tuple[tuple[str, str], ...]] = {}

    def plan(self, deltas: Sequence[Delta]) -> Plan:
        """The plan for these deltas, which the caller has limited to a scope."""
        refused: dict[Rid, list[Refusal]] = {}
        held: list[Delta] = []
        wanted: list[Delta] = []
        for delta in deltas:
            refusal = self._refusal(delta)
            if refusal is not None:
                refused[delta.rid] = [refusal]
            elif not delta.is_ahead:
                continue
            elif delta.action is Action.DELETE and self._guarding.decision(Choice.DELETE, delta.rid) is None:
                held.append(delta)
            else:
                wanted.append(delta)
        asked = sum(1 for d in wanted if d.action is Action.DELETE)
        others = self._guarding.other_tables
        while True:
            wanted = self._kept_whole(wanted, refused, held)
            wanted, guarded = self._guarded(wanted)
            elsewhere = others.refused([d for d in wanted if d.action is Action.DELETE])
            wanted = [d for d in wanted if d.rid not in {r.delta.rid for r in elsewhere}]
            for refusal in (*guarded, *elsewhere):
                refused.setdefault(refusal.delta.rid, []).append(refusal)
            if not guarded and not elsewhere:
                break
        if self._options.partial or not refused:
            self._check_deletions([d for d in wanted if d.action is Action.DELETE], asked)
        for delta in wanted:
            if delta.rid.startswith(PROVISIONAL):
                self._new_ids[delta.rid] = new = new_id()
                self._provisional[new] = delta.rid
        refusals = [r for d in deltas for r in refused.get(d.rid, ())]
        changes = [self._change(d) for d in wanted]
        going = {d.rid for d in wanted if d.action is Action.DELETE}
        dependents = others.hanging(d for d in wanted if d.rid in going)
        stays = [d for d in (*held, *(r.delta for r in refusals)) if d.action is Action.DELETE]
        hanging = others.hanging({d.rid: d for d in stays if d.rid not in going}.values())
        read = self._guarding.read
        return Plan(changes, refusals, held, self._guarding.policy, read, dependents, hanging)

    def _kept_whole(
        self, wanted: list[Delta], refused: dict[Rid, list[Refusal]], held: list[Delta]
    ) -> list[Delta]:
        """Leave out what would break the database's tree; a deletion waits for what it depends on."""
        while True:
            wanted = self._joined(wanted, refused, held)
            torn = unreplaced(self._compared, self._holds, wanted, refused)
            if not torn:
                return wanted
            refused |= {rid: [refusal] for rid, refusal in torn.items()}
            wanted = [d for d in wanted if d.rid not in torn]

    def _joined(
        self, wanted: list[Delta], refused: dict[Rid, list[Refusal]], held: list[Delta]
    ) -> list[Delta]:
        """Leave out the changes that depend on changes left out."""
        waiting = {d.rid for d in held}
        planned = {d.rid for d in wanted}
        others = self._left_out(wanted)
        stuck, out = refused.keys() | waiting, self._out
        found = self._holds.find(planned, stuck, others, out.awaiting, out.deleted)
        for delta in wanted:
            if delta.rid not in found:
                continue
            hold = found[delta.rid]
            if delta.action is Action.DELETE and hold.origin in waiting:
                held.append(delta)
            else:
                refused[delta.rid] = [self._holds.refusal(delta, hold, refused)]
        return [d for d in wanted if d.rid not in found]

    def _left_out(self, wanted: list[Delta]) -> Iterator[Placement]:
        """Rows that may exist though they are no deltas: those left out, and children of deletions."""
        for rid, apart in self._out.apart.items():
            yield Placement(rid, apart.remote, apart.remote, Role.STUCK if apart.held else Role.IDLE)
        doomed: dict[str, list[Rid]] = {}
        for delta in wanted:
            facts = self._out.facts.get(delta.rid)
            if delta.action is Action.DELETE and facts is not None:
                doomed.setdefault(delta.kind.name, []).append(uuid_text(facts.row_id))
        compared = {d.rid for d in self._out.deltas} | self._out.apart.keys()
        for node in self._guarding.tree.children(doomed):
            if node.rid not in compared:
                yield Placement(node.rid, node.parent, node.parent, Role.IDLE)

    def _refusal(self, delta: Delta) -> Refusal | None:
        """Why a push does not send a record, None if it does: each branch keeps one thing true."""
        # 1. What is in doubt, in conflict or to be merged, a person reads in the file first.
        unsure = self._out.unsure.get(delta.rid)
        if unsure is not None:
            return Refusal(delta, unsure.code, unsure.message, unsure.hint)
        if delta.standing is Standing.CONFLICT:
            return self._holds.conflict(delta)
        if delta.standing is Standing.DIVERGED:
            names = ", ".join(delta.having(Standing.DIVERGED))
            return Refusal(
                delta,
                "diverged",
                f"changed in the file and in the database, and it merges: {names}",
                "run `studio pull`: it merges into the file; read it, then push",
            )
        if not delta.is_ahead:
            return None
        # 2. A file that can't be looked at is not missing.
        unseen = self._compared.files.unseen
        if delta.action is Action.DELETE and unseen:
            return Refusal(
                delta,
                "unreadable",
                f"its file is missing, and may be at {unseen}, which can't be looked at",
                "mend that first; then push again",
            )
        # 3. What the role may not do is not tried.
        beyond = self._compared.visibility.refusal(delta, self._compared.places.version, self._hidden)
        if beyond is not None:
            return beyond
        # 4. A file with a fault, or below one, is not sent.
        blocked = self._out.blocked.get(delta.rid)
        if blocked:
            first = min(blocked)
            more = f" (and {len(blocked) - 1} more)" if len(blocked) > 1 else ""
            return Refusal(delta, first.code, first.message + more, first.hint, first.line, first.column)
        # 5. Where no id may be written, no row is made that would need one.
        if self._options.frozen and delta.rid.startswith(PROVISIONAL):
            return Refusal(
                delta,
                "missing-id",
                "this file has no id, and --frozen may not write one",
                "run `studio validate --fix` and commit the result",
            )
        return None

    def _guarded(self, wanted: list[Delta]) -> tuple[list[Delta], Sequence[Refusal]]:
        """Leave out what guards refuse, and keep the decisions about the rest."""
        judged = self._guarding.judge(wanted, self._transition)
        self._decisions = dict(judged.decisions)
        stopped = {r.delta.rid for r in judged.refused}
        return [d for d in wanted if d.rid not in stopped], judged.refused

    def foresee(self, deltas: Sequence[Delta]) -> Sequence[Refusal]:
        """The refusals that guards would give if these were pushed with all deletions."""
        wanted = [d for d in deltas if d.is_ahead and self._refusal(d) is None]
        return self._guarded(wanted)[1]

    def _transition(self, delta: Delta) -> Transition:
        if delta.action is Action.DELETE or delta.local is None:
            return Transition(delta.kind, delta.rid, delta.remote, None, ())
        if delta.remote is None:
            return Transition(delta.kind, delta.rid, None, delta.local, ())
        ahead = delta.having(Standing.AHEAD)
        after = blend(delta.kind, delta.remote, delta.local, ahead)
        return Transition(delta.kind, delta.rid, delta.remote, after, ahead)

    def _decided(self, delta: Delta) -> tuple[Decision, ...]:
        """The decisions about a change: those that guards needed, and the one to delete."""
        found = self._decisions.get(delta.rid, ())
        decision = (
            self._guarding.decision(Choice.DELETE, delta.rid) if delta.action is Action.DELETE else None
        )
        return (*found, decision) if decision else found

    def _check_deletions(self, doomed: list[Delta], asked: int) -> None:
        """Hold deletions that nobody confirmed: `asked` were requested; `doomed` of them need not wait."""
        if not doomed:
            return
        decision = self._options.delete
        if decision is None:
            decision = self._guarding.counted(d.rid for d in doomed) or -1
        if decision >= 0 and decision not in (len(doomed), asked):
            raise RefusedError(
                f"this push would delete {len(doomed)} records, not {decision}; nothing was changed",
                f"look at `studio diff`, then confirm with --delete={len(doomed)}",
            )
        reason = mass_deletion(
            [(d.kind.name, d.some.parent) for d in doomed],
            self._memory.count_bases_by(self._db, "kind"),
            self._memory.count_bases_by(self._db, "parent"),
        )
        if reason and decision < 0:
            raise RefusedError(
                f"this push would delete {len(doomed)} records: {reason}; nothing was changed",
                f"if that is what you want, confirm it with --delete={len(doomed)},"
                f" or in CI with a commit that says `{self._delete_line(doomed)}`",
            )

    def _delete_line(self, doomed: Sequence[Delta]) -> str:
        """The trailer that confirms exactly these deletions."""
        top = commonpath([dirname(self._compared.shown(d.rid)) for d in doomed])
        return trailer_line(Choice.DELETE, top, str(len(doomed)))

    def _rid(self, rid: Rid) -> Rid:
        return self._new_ids.get(rid, rid)

    def _change(self, delta: Delta) -> Change:
        kind, out = delta.kind, self._out
        path = out.paths[delta.rid]
        facts = out.facts.get(delta.rid)
        row_id = uuid_text(facts.row_id) if facts and delta.remote else ""
        if delta.action is Action.DELETE and delta.remote:
            return Change(
                kind, delta.rid, row_id, Action.DELETE, (), delta.remote, None,
                facts.token if facts else None, self._chain(delta.remote.parent), path,
                self._decided(delta), self._top(delta.remote.parent, row_id),
            )  # fmt: skip
        if delta.local is None:
            raise ValueError(f"{path} can't be pushed without its file")
        parent = self._rid(delta.local.parent)
        if delta.remote is None:
            own = self._rid(delta.rid) if kind.identified else new_id()
            rid, after = rid_of(kind, own, parent, delta.local.slot), delta.local
            if (rid, parent) == (after.rid, after.parent):
                rid = after.rid  # one text, not two: a hundred bytes less for each record
            else:
                after = Version(rid, kind.name, parent, after.slot, after.digests)
            return Change(
                kind, rid, own, Action.CREATE, kind.names, None, after, None, self._chain(parent), path,
                self._decided(delta), self._top(parent, own),
            )  # fmt: skip
        ahead = delta.having(Standing.AHEAD)
        after = blend(kind, delta.remote, delta.local, ahead)
        after = replace(after, parent=self._rid(after.parent))
        above = dict.fromkeys((*self._chain(after.parent), *self._chain(delta.remote.parent)))
        column = kind.slot_column
        by_number = not {PARENT, column}.isdisjoint(ahead) and not self._states_order(delta, after.parent)
        return Change(
            kind, delta.rid, row_id, Action.UPDATE, ahead, delta.remote, after,
            facts.token if facts else None, tuple(above), path, self._decided(delta),
            self._top(after.parent, row_id), by_number,
        )  # fmt: skip

    def _states_order(self, delta: Delta, parent: Rid) -> bool:
        """Whether some file below a parent states an order."""
        order = delta.kind.order
        if order is None:
            return False
        above = self._compared.places.path(self._provisional.get(parent, parent))
        beside = self._memory.files_where("parent = ? AND kind = ?", above, delta.kind.name)
        at = delta.kind.positions[order.name] * DIGEST_SIZE
        return any(e.digests and e.digests[at : at + DIGEST_SIZE] != ABSENT for e in beside)

    def _top(self, parent: Rid, own: str) -> str:
        chain = self._chain(parent)
        return chain[-1][1] if chain else own

    def _chain(self, parent: Rid) -> tuple[tuple[str, str], ...]:
        if not parent:
            return ()
        known = self._above.get(parent)
        if known is None:
            version = self._compared.places.version(self._provisional.get(parent, parent))
            if version is None:
                return ()
            up = self._rid(version.parent)
            self._above[parent] = known = ((version.kind, parent), *self._chain(up))
        return known
