"""What a comparison found that must stay as it is, whatever a command wants."""

from studio_sync.core.problem import Problem, Severity
from studio_sync.core.reconcile import Standing
from studio_sync.core.record import Rid, Version
from studio_sync.files.memory import Memory
from studio_sync.sync.comparison import Comparison
from studio_sync.sync.local import LocalState


class Blocker:
    """Notes which deltas may not be written: faulty files, copies, collisions."""

    def __init__(self, memory: Memory, db: int, local: LocalState, prefix: str, out: Comparison) -> None:
        self._memory, self._db, self._local = memory, db, local
        self._prefix, self._out = prefix, out

    def block(self) -> None:
        """Note which deltas must stay as they are: copies, collisions, places that a file holds."""
        out = self._out
        kept = []
        for delta in out.deltas:
            path = out.paths[delta.rid]
            entry = out.entries.get(delta.rid)
            if entry is not None:
                errors = [p for p in entry.problems if p.severity is Severity.ERROR]
                if errors:
                    out.blocked.setdefault(delta.rid, []).extend(errors)
            if delta.local is None and self._local.outside(path):
                continue
            if delta.local is None and self._local.holds(path):
                out.held += 1
                continue
            kept.append(delta)
        out.deltas = kept
        self._collisions()

    def _collisions(self) -> None:
        """A place that another row keeps is a collision, never a merge."""
        leaving = {
            d.rid
            for d in self._out.deltas
            if d.local is None or (d.remote is not None and _where(d.local) != _where(d.remote))
        }
        held: dict[tuple[str, str, str], Rid] = {}
        for delta in self._out.deltas:
            if delta.remote is not None:
                held[_where(delta.remote)] = delta.rid
        for delta in self._out.deltas:
            mine = delta.local
            if mine is None or not delta.kind.identified or delta.standing is not Standing.AHEAD:
                continue
            if delta.remote is not None and _where(delta.remote) == _where(mine):
                continue
            holder = held.get(_where(mine))
            if holder is None:
                found = self._memory.bases_where(
                    self._db, "parent = ? AND kind = ? AND slot = ?", mine.parent, mine.kind, mine.slot
                )
                holder = found[0].version.rid if found else None
            if holder is None or holder == delta.rid or holder in leaving:
                continue
            column = delta.kind.slot.column if delta.kind.slot else "place"
            self._out.blocked.setdefault(delta.rid, []).append(
                Problem(
                    self._prefix + self._out.paths[delta.rid],
                    0,
                    0,
                    "collision",
                    f"{column} {mine.slot} is another {delta.kind.name}'s in the database",
                    f"give this one its own {column} with `studio mv`, or by renaming its folder; then push",
                )
            )


def _where(version: Version) -> tuple[str, str, str]:
    return (version.parent, version.kind, version.slot)
