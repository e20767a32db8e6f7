"""Pull: bring what only the database changed into the files, each edit as small as it can be."""

import os
from collections.abc import Mapping
from pathlib import Path
from posixpath import dirname

from studio_sync.core.plan.plan import Change, Plan, Refusal, conflict
from studio_sync.core.plan.reconcile import Action, Delta, Standing
from studio_sync.core.status.guards import bereft, mass_deletion
from studio_sync.core.values.layout import Layout
from studio_sync.core.values.names import MAX_NAME_BYTES, twin
from studio_sync.core.values.record import PARENT, Rid, blend
from studio_sync.errors import RefusedError
from studio_sync.files.memory.memory import Memory
from studio_sync.sync.compare.compare import Comparer
from studio_sync.sync.compare.comparison import Comparison
from studio_sync.sync.options import PullOptions


class PullPlanner:
    """Turns a comparison into the plan of a pull."""

    def __init__(
        self, comparer: Comparer, memory: Memory, db: int, layout: Layout, content: Path, options: PullOptions
    ) -> None:
        self._comparer, self._memory, self._db = comparer, memory, db
        self._layout, self._content, self._options = layout, content, options
        self._out: Comparison = comparer.out
        self._settled: Mapping[Rid, frozenset[str]] = {}

    def plan(self, deltas: list[Delta], settled: Mapping[Rid, frozenset[str]] | None = None) -> Plan:
        """The plan for these deltas, which the caller has narrowed to a scope.

        `settled` are fields, by record, in which a conflict was settled just now.
        """
        self._settled = settled or {}
        planned: dict[Rid, Refusal | Change | None] = {}
        # Records without a file; those that get one are taken out, parents before children, and before
        # what moves below them.
        lost = {d.rid for d in self._out.deltas if d.local is None}
        twins = self._twins(deltas)
        doomed = {d.rid for d in deltas if d.remote is None and d.standing is Standing.BEHIND}
        kept = bereft(self._out.deltas, doomed)
        for delta in sorted(deltas, key=lambda d: d.local is not None):
            planned[delta.rid] = found = self._refusal(delta, lost, twins, kept) or self._change(delta)
            if isinstance(found, Change):
                lost.discard(delta.rid)
        changes = [c for d in deltas if isinstance(c := planned[d.rid], Change)]
        refused = [r for d in deltas if isinstance(r := planned[d.rid], Refusal)]
        self._check_deletions([c for c in changes if c.action is Action.DELETE])
        return Plan(changes, refused)

    def _refusal(
        self, delta: Delta, lost: set[Rid], twins: Mapping[str, str], kept: frozenset[Rid]
    ) -> Refusal | None:
        path = self._out.paths[delta.rid]
        unsure = self._out.unsure.get(delta.rid)
        if unsure is not None:
            return Refusal(delta, unsure.code, unsure.message, unsure.hint)
        if delta.standing is Standing.CONFLICT:
            return None if delta.rid in self._settled else conflict(delta)
        if delta.standing not in (Standing.BEHIND, Standing.DIVERGED):
            return None
        for problem in self._out.blocked.get(delta.rid, ()):
            if problem.code == "duplicate-place":
                return Refusal(delta, problem.code, problem.message, problem.hint)
        if delta.rid in kept:
            return Refusal(
                delta,
                "conflict",
                "deleted in the database, and files below it are new or have changed since",
                "move what you want to keep below another folder; then pull",
            )
        comes = delta.local is None or PARENT in delta.having(Standing.BEHIND)
        if comes and delta.remote is not None and delta.remote.parent in lost:
            return Refusal(
                delta,
                "parent-first",
                "the record above it has no file, and this pull does not write one",
                "pull the folder above it, too",
            )
        if delta.local is not None or delta.remote is None:
            return None
        if path in twins:
            return Refusal(
                delta,
                "twin-names",
                f"some file systems can't tell {path} from {twins[path]}",
                "rename one of the two in the database",
            )
        if any(len(part.encode()) > MAX_NAME_BYTES for part in path.split("/")):
            return Refusal(
                delta, "bad-name", "its name is too long for a file system", "shorten it in the database"
            )
        if os.path.lexists(f"{self._content}/{path}"):
            return Refusal(
                delta,
                "in-the-way",
                "the database has this record, and an unrelated file stands in its place",
                "make the file say what the database says, or move it out of the way; then pull",
            )
        return None

    def _twins(self, deltas: list[Delta]) -> dict[str, str]:
        """New paths that some file system would take for another one, with that other one."""
        new = [
            self._out.paths[d.rid]
            for d in deltas
            if d.standing is Standing.BEHIND and d.local is None and d.remote is not None
        ]
        if not new:
            return {}
        names: dict[str, str] = {}
        existing = {path: path for path in self._memory.paths()}
        found: dict[str, str] = {}
        for path in (*existing, *new):
            name = path
            while name:
                other = names.setdefault(twin(name), name)
                if other != name and path not in existing:
                    found[path] = other
                name = dirname(name)
        return found

    def _change(self, delta: Delta) -> Change | None:
        kind, out = delta.kind, self._out
        key, path = out.keys[delta.rid], out.paths[delta.rid]
        if delta.remote is None:
            if delta.standing is not Standing.BEHIND:
                return None
            return Change(kind, delta.rid, "", Action.DELETE, (), delta.local, None, None, (), key, path)
        if delta.local is None:
            if delta.standing is not Standing.BEHIND:
                return None
            names = tuple(f.name for f in kind.fields)
            return Change(kind, delta.rid, "", Action.CREATE, names, None, delta.remote, None, (), key, path)
        behind = (*delta.having(Standing.BEHIND), *delta.having(Standing.DIVERGED))
        if self._options.settle_only:
            behind = tuple(n for n in behind if n in self._settled.get(delta.rid, ()))
        if not behind:
            return None
        after = blend(kind, delta.local, delta.remote, behind)
        return Change(kind, delta.rid, "", Action.UPDATE, behind, delta.local, after, None, (), key, path)

    def _check_deletions(self, doomed: list[Change]) -> None:
        wish = self._options.delete
        if wish is not None and wish >= 0:
            if wish != len(doomed):
                raise RefusedError(
                    f"this pull would delete {len(doomed)} files, not {wish}; nothing was changed",
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
