"""Holds of a push or pull: the changes that must wait for other records, as refusals in words."""

from collections.abc import Callable, Collection, Container, Iterator, Mapping
from dataclasses import dataclass
from shlex import quote

from studio_sync.core.history.known_versions import kept_when_deleted
from studio_sync.core.plan.contest import FILES_SIDE
from studio_sync.core.plan.holding import Cause, Hold, hold
from studio_sync.core.plan.placement import Placement, Role
from studio_sync.core.plan.plan import Refusal, conflict
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.plan.resolve_command import resolve_command
from studio_sync.core.plan.whole import wholes
from studio_sync.core.values.layout import renaming, whole_path
from studio_sync.core.values.record import PARENT, Rid
from studio_sync.sync.compare.compared import Compared


@dataclass(frozen=True)
class Holds:
    """Finds the changes that must wait in one run, whose `command` writes one side.

    `side` is that side's name. `place` returns a record's placement there; `apart` are the placements of the
    records that the comparison left out.
    """

    compared: Compared
    command: str
    side: str
    place: Callable[[Delta, Role], Placement]

    def find(
        self,
        planned: Container[Rid],
        stuck: Container[Rid],
        others: Iterator[Placement],
        waits: Mapping[Rid, Rid],
        deleted: Collection[Rid] = (),
    ) -> dict[Rid, Hold]:
        """The changes of `planned` that must wait; a conflict is stuck in every scope.

        `deleted` are records that this side lost, and that are made again only as a whole.
        """
        deltas, apart = self.compared.out.deltas, list(others)
        if not (waits or apart or deleted) and all(
            d.action is Action.CREATE and d.rid in planned for d in deltas
        ):
            return {}  # as in a first push or pull: nothing stays as it is, so nothing waits for it
        placements = [
            self.place(
                d,
                Role.PLANNED
                if d.rid in planned
                else Role.STUCK
                if d.rid in stuck or d.standing is Standing.CONFLICT
                else Role.IDLE,
            )
            for d in deltas
        ]
        parts = wholes(deltas, deleted)
        return hold([*placements, *apart], self._above, waits, parts)

    def _above(self, rid: Rid) -> Rid:
        version = self.compared.places.version(rid)
        return version.parent if version is not None else ""

    # --- in words

    def path(self, rid: Rid) -> str:
        """The path of a record's file, or of a held one, for people."""
        if self.compared.files.holds(rid):
            return self.compared.sides.files.prefix + rid
        places = self.compared.places
        return self.compared.shown(rid) if places.path(rid) else places.key(rid)

    def whole(self, delta: Delta) -> str:
        """The path at which people decide about a record and everything below it: its folder."""
        return whole_path(delta.kind, self.path(delta.rid))

    def conflict(self, delta: Delta) -> Refusal:
        """The refusal of a record in conflict."""
        contest = self.compared.out.contests.get(delta.rid)
        place = self.path(delta.rid) if delta.fields else self.whole(delta)
        first, where = self.compared.out.done_first(delta), self.compared.out.contested_where(delta)
        along = self.compared.out.decided_with(delta)
        if contest is None:
            return conflict(delta, place, done_first=first, along=along)
        if contest.top != delta.rid:
            return conflict(delta, place, where, contest.top, done_first=first)
        return conflict(delta, place, where, noted=self._was_decided(contest.top), done_first=first)

    def _was_decided(self, top: Rid) -> bool:
        """Whether somebody decided to make again some record of a deletion that is contested here."""
        out, histories = self.compared.out, self.compared.resolver.histories
        of_it = {rid for rid, contest in out.contests.items() if contest.top == top}
        return any(
            d.rid in of_it and d.local is not None and kept_when_deleted(histories.get(d.rid), d.local)
            for d in out.deltas
        )

    def refusal(self, delta: Delta, held: Hold, refused: Container[Rid]) -> Refusal:
        """The refusal of a change that must wait; records in `refused` print their own way out."""
        origin = held.origin if held.origin in refused else ""
        contest = self.compared.out.contests.get(origin)
        follows = contest.top if contest else origin
        by, first = self.path(held.by), self.path(held.origin)
        what = "file" if self.side == "files" else "row"
        way = f"resolve {first} first; then {self.command} again" if origin else self._way(delta, held)
        match held.cause:
            case Cause.BELOW | Cause.ABOVE:
                where = "below" if held.cause is Cause.BELOW else "above"
                text = f"its {what} stays, as {by} {where} it does"
                return Refusal(delta, "held", text, way, follows=follows)
            case Cause.PART:
                text = f"its {what} is made again with everything below it, and {by} is not made again"
                return Refusal(delta, "held", text, way, follows=follows)
            case Cause.PARENT:
                # What holds the one above it is said there.
                follows = follows or (held.by if held.by != held.origin else "")
                message = f"{by} above it is not in the {self.side}, and this {self.command} does not make it"
                return Refusal(delta, "parent-first", message, way, follows=follows)
            case Cause.PLACE:
                column = delta.kind.slot_column or "place"
                message = f"its {column} is still that of {by} in the {self.side}"
                follows = follows or (held.by if held.by in refused else "")
                return Refusal(delta, "collision", message, self._room(delta, held, way), follows=follows)

    def _way(self, delta: Delta, held: Hold) -> str:
        """The way out for a change that waits for a record which this run itself says nothing about."""
        origin = next((d for d in self.compared.out.deltas if d.rid == held.origin), None)
        if origin is None:
            apart = self.compared.out.apart.get(held.origin)
            held_up = apart.held if apart is not None else self.compared.files.holds(held.origin)
            mend = "mend" if held_up else "let the workspace hold, by studio.yaml and .studioignore,"
            return f"{mend} {self._held_file(held.origin)}; then {self.command} again"
        if origin.standing is Standing.CONFLICT:
            if first := self.compared.out.done_first(origin):
                return f"{first}; then {self.command} again"
            if held.cause is Cause.BELOW:
                return f"resolve both at once: {resolve_command(self.whole(delta))}"
            place = self.compared.sides.files.prefix + self.compared.out.resolved_at(origin)
            if along := self.compared.out.decided_with(delta):
                return f"resolve them at once: {resolve_command(self.path(delta.rid), *along)}"
            return f"resolve {place} first: {resolve_command(place)}; then {self.command} again"
        if held.cause is Cause.PART:
            top = self._topmost(delta)
            return f"`studio {self.command} {quote(self.whole(top))}` takes it as a whole"
        if held.cause is Cause.PARENT:
            return f"`studio {self.command} {quote(self.whole(origin))}` takes it as a whole"
        return f"both go together: `studio {self.command}` of the whole"

    def _room(self, delta: Delta, held: Hold, way: str) -> str:
        """The way out for a change to a place that another record has; `way` is the one if that leaves it."""
        column = delta.kind.slot_column or PARENT
        holder = next((d for d in self.compared.out.deltas if d.rid == held.by), None)
        moves = Standing.BEHIND if self.side == "files" else Standing.AHEAD
        leaves = holder is not None and (
            holder.standing is Standing.CONFLICT or moves in map(holder.fields.get, (PARENT, column))
        )
        if self.compared.files.holds(held.by):
            return f"mend {self._held_file(held.by)}; then {self.command} again"
        if self.side == "files":
            other = whole_path(delta.kind, self.path(held.by))
            return (
                way if leaves else f"give that one another {column}: {renaming(delta.kind, other)}; then pull"
            )
        free = f"give it another {column}: {renaming(delta.kind, self.whole(delta))}; then push"
        return f"{free}; or {way}" if leaves else free

    def _topmost(self, delta: Delta) -> Delta:
        """The topmost record above this one that only the files have, or itself."""
        above = [*FILES_SIDE.above(delta, {d.rid: d for d in self.compared.out.deltas})]
        return above[-1] if above else delta

    def _held_file(self, rid: Rid) -> str:
        """What is held and is a record's file, or may have it; or that path, where nothing is held."""
        apart, prefix = self.compared.out.apart.get(rid), self.compared.sides.files.prefix
        held = apart.held if apart is not None else rid if self.compared.files.holds(rid) else ""
        return self.compared.files.to_mend(held, prefix) if held else self.path(rid)
