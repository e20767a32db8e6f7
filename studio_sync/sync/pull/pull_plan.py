"""The plan of a pull: the changes that only the database made, as edits of files."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from posixpath import dirname

from studio_sync.core.plan.placement import Placement, Role, in_files
from studio_sync.core.plan.plan import Change, Plan, Refusal
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.status.guards import mass_deletion
from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.names import MAX_NAME_BYTES, twin
from studio_sync.core.values.record import PARENT, Rid, Version, blend
from studio_sync.errors import RefusedError
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.comparison import Comparison
from studio_sync.sync.compare.holds import Holds
from studio_sync.sync.options import PullOptions
from studio_sync.sync.pull.places_taken import places_taken


class _SeenNames:
    """Names met so far. A closure that calls itself would hold all of them to the end of the pull."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._folders: dict[str, str] = {"": ""}

    def first_twin(self, name: str) -> str:
        """The name that came first and is a twin of this one or of a folder above; "" if none is.

        Each folder is asked once, not once for each file below it.
        """
        above = name.rpartition("/")[0]
        if above not in self._folders:
            self._folders[above] = self.first_twin(above)
        first = self._names.setdefault(twin(name), name)
        return self._folders[above] or (first if first != name else "")


def _placement(changes: Mapping[Rid, Change], delta: Delta, role: Role) -> Placement:
    """The placement of a record's file; one whose place is not written stays."""
    found, change = in_files(delta, role), changes.get(delta.rid)
    if change is None or change.action is not Action.UPDATE:
        return found
    found = replace(found, keeps_place=not change.moves)
    return found if PARENT in change.fields else replace(found, after=found.before)


class PullPlanner:
    """Makes the plan of a pull from a comparison."""

    def __init__(self, compared: Compared, content: Path, options: PullOptions) -> None:
        self._compared, self._content, self._options = compared, content, options
        self._memory, self._db = compared.sides.base.memory, compared.sides.base.db
        self._layout = compared.sides.files.layout
        self._out: Comparison = compared.out
        self._changes: dict[Rid, Change] = {}
        # Not a method: a planner that holds itself would stay to the end of the pull, with all it has found.
        self._holds = Holds(compared, "pull", "files", partial(_placement, self._changes))
        self._resolved: Mapping[Rid, frozenset[str]] = {}
        self._folders: dict[str, bool] = {}

    def plan(self, deltas: Sequence[Delta], resolved: Mapping[Rid, frozenset[str]] | None = None) -> Plan:
        """The plan for these deltas, which the caller has limited to a scope.

        `resolved` are the fields, by record, whose conflict was resolved just now.
        """
        self._resolved = resolved or {}
        refused: dict[Rid, Refusal] = {}
        changes = self._changes
        changes.clear()
        twins = self._twins(deltas)
        for delta in deltas:
            refusal = self._refusal(delta, twins)
            change = self._change(delta) if refusal is None else None
            if refusal is not None:
                refused[delta.rid] = refusal
            elif change is not None:
                changes[delta.rid] = change
        asked = sum(1 for c in changes.values() if c.action is Action.DELETE)
        waits = self._waits([*changes.values()])
        others = chain(self._left_out(changes), self._held_holders(waits))
        for rid, hold in self._holds.find(changes.keys(), refused.keys(), others, waits).items():
            refused[rid] = self._holds.refusal(self._by_rid[rid], hold, refused)
            del changes[rid]
        deleted = [c for c in changes.values() if c.action is Action.DELETE]
        if not self._options.resolve_only and (deleted or not asked):
            self._check_deletions(deleted, asked)
        return Plan(
            [changes[d.rid] for d in deltas if d.rid in changes],
            [refused[d.rid] for d in deltas if d.rid in refused],
        )

    @cached_property
    def _by_rid(self) -> Mapping[Rid, Delta]:
        return {d.rid: d for d in self._out.deltas}

    def _left_out(self, changes: Mapping[Rid, Change]) -> Iterator[Placement]:
        """Files that exist though they are no deltas."""
        for rid, apart in self._out.apart.items():
            # Nothing comes below a folder whose own file is missing.
            there = not apart.held or os.path.lexists(self._content / self._compared.places.path(rid))
            here = apart.local if there else None
            yield Placement(rid, here, here, Role.STUCK if apart.held else Role.IDLE)
        deleted = [c for c in changes.values() if c.action is Action.DELETE and c.kind.folder]
        folders = {dirname(change.path): change.rid for change in deleted}
        for path in self._compared.files.held:
            folder = dirname(path.rstrip("/"))
            while folder:
                if folder in folders:
                    own = folders[folder]
                    yield Placement(path, own, own, Role.STUCK)
                folder = dirname(folder)

    def _waits(self, changes: Sequence[Change]) -> dict[Rid, Rid]:
        """Maps each record that takes another one's place in the files to that other record."""
        if not changes:
            return {}
        taking = [c for c in changes if c.moves or c.action is Action.CREATE]
        held = {c.rid: path for c in taking if c.after and (path := self._held_at(c.kind, c.after))}
        return {**held, **places_taken(taking, self._by_rid).holders}

    def _held_at(self, kind: Kind, version: Version) -> str:
        """The held file at a place, "" if there is none: it may be anybody's, and it stays there."""
        if not self._compared.files.held or not kind.identified:
            return ""
        above = self._compared.places.path(version.parent) if version.parent else ""
        where = "parent = ? AND kind = ? AND slot = ?"
        beside = self._memory.files_where(where, above, version.kind, version.slot)
        return next((e.path for e in beside if self._compared.files.holds(e.path)), "")

    def _held_holders(self, waits: Mapping[Rid, Rid]) -> Iterator[Placement]:
        for rid, holder in waits.items():
            after = self._changes[rid].after
            if after is not None and self._compared.files.holds(holder):
                yield Placement(holder, after.parent, after.parent, Role.STUCK)

    def _refusal(self, delta: Delta, twins: Mapping[str, str]) -> Refusal | None:
        path = self._out.paths[delta.rid]
        unsure = self._out.unsure.get(delta.rid)
        if unsure is not None:
            return Refusal(delta, unsure.code, unsure.message, unsure.hint)
        if delta.standing is Standing.CONFLICT:
            return None if delta.rid in self._resolved else self._holds.conflict(delta)
        if delta.standing not in (Standing.BEHIND, Standing.DIVERGED):
            return None
        for problem in self._out.blocked.get(delta.rid, ()):
            if problem.code == "duplicate-place":
                return Refusal(delta, problem.code, problem.message, problem.hint)
        if delta.local is not None or delta.remote is None:
            return None
        if path in twins:
            return Refusal(
                delta,
                "twin-names",
                f"some file systems can't tell {path} from {twins[path]}",
                "rename one of the two in the database",
            )
        whole = path.encode()
        if len(whole) > MAX_NAME_BYTES and any(len(part) > MAX_NAME_BYTES for part in whole.split(b"/")):
            return Refusal(
                delta, "bad-name", "its name is too long for a file system", "shorten it in the database"
            )
        if self._is_there(path.rpartition("/")[0]) and os.path.lexists(f"{self._content}/{path}"):
            return Refusal(
                delta,
                "in-the-way",
                "the database has this record, but an unrelated file is in its place",
                "give the file the database's content, or move it away; then pull",
            )
        return None

    def _is_there(self, folder: str) -> bool:
        """Whether a folder of the tree exists: below one that doesn't, no file needs to be looked for."""
        if folder not in self._folders:
            self._folders[folder] = os.path.lexists(f"{self._content}/{folder}")
        return self._folders[folder]

    def _twins(self, deltas: Sequence[Delta]) -> dict[str, str]:
        """Maps each new path to an existing one that some file system would take for the same."""
        new = [
            self._out.paths[d.rid]
            for d in deltas
            if d.standing is Standing.BEHIND and d.local is None and d.remote is not None
        ]
        if not new:
            return {}
        seen = _SeenNames()
        existing = dict.fromkeys(self._memory.paths())
        for path in existing:
            seen.first_twin(path)
        return {path: first for path in new if path not in existing and (first := seen.first_twin(path))}

    def _change(self, delta: Delta) -> Change | None:
        kind, out = delta.kind, self._out
        path = out.paths[delta.rid]
        if delta.remote is None:
            if delta.standing is not Standing.BEHIND:
                return self._reset_status(delta)
            return Change(kind, delta.rid, "", Action.DELETE, (), delta.local, None, None, (), path)
        if delta.local is None:
            if delta.standing is not Standing.BEHIND:
                return None
            after = delta.remote
            return Change(kind, delta.rid, "", Action.CREATE, kind.names, None, after, None, (), path)
        behind = (*delta.having(Standing.BEHIND), *delta.having(Standing.DIVERGED))
        if self._options.resolve_only:
            behind = tuple(n for n in behind if n in self._resolved.get(delta.rid, ()))
        if not behind:
            return None
        after = blend(kind, delta.local, delta.remote, behind)
        return Change(kind, delta.rid, "", Action.UPDATE, behind, delta.local, after, None, (), path)

    def _reset_status(self, delta: Delta) -> Change | None:
        """The change of a file back to the first status, if its row is created again without its status."""
        entry, local = self._out.entries.get(delta.rid), delta.local
        if delta.rid not in self._resolved or entry is None or local is None or entry.digests is None:
            return None
        before = replace(local, digests=entry.digests)
        if before == local:
            return None
        path = self._out.paths[delta.rid]
        return Change(delta.kind, delta.rid, "", Action.UPDATE, (STATUS,), before, local, None, (), path)

    def _check_deletions(self, doomed: list[Change], asked: int) -> None:
        """Hold deletions that nobody confirmed: `asked` were requested; `doomed` of them need not wait."""
        decision = self._options.delete
        if decision is not None and decision >= 0:
            if decision not in (len(doomed), asked):
                raise RefusedError(
                    f"this pull would delete {len(doomed)} files, not {decision}; nothing was changed",
                    f"look at `studio diff`, then confirm with --delete={len(doomed)}",
                )
            return
        reason = mass_deletion(
            [(d.kind.name, d.before.parent) for d in doomed if d.before],
            self._memory.count_bases_by(self._db, "kind"),
            self._memory.count_bases_by(self._db, "parent"),
        )
        if reason:
            raise RefusedError(
                f"this pull would delete {len(doomed)} files: {reason}; nothing was changed",
                f"if the rows were really deleted, confirm it with --delete={len(doomed)}",
            )
