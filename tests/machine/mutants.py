"""Rules of the product, switched off one by one: each of these must be caught."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

from studio_sync.core.merge.resolution import WINS, Resolution
from studio_sync.core.plan.decision import Choice, Decision
from studio_sync.core.plan.reconcile import Action, Standing
from studio_sync.database.values.failures import StaleError

Make = Callable[[Any], Any]
"""What stands in the place of the real thing, which it gets."""


def _always(value: Any) -> Make:
    return lambda _: lambda *_, **__: value


def _constant(value: Any) -> Make:
    return lambda _: property(lambda _: value)


def _as_found(_: Any) -> Any:
    return lambda *given: given[-1]


def _whole_records(_: Any) -> Any:
    return lambda conflict, parts, winner: Resolution(dict.fromkeys(conflict.delta.fields, WINS[winner]), {})


def _taken(one: Standing, other: Standing) -> Make:
    def make(real: Any) -> Any:
        def stand(base: object, local: object, remote: object) -> Standing:
            found = real(base, local, remote)
            return other if found is one else found

        return stand

    return make


def _deletes(real: Any) -> Any:
    def decision(self: Any, choice: Choice, rid: str) -> Decision | None:
        return Decision(choice) if choice is Choice.DELETE else real(self, choice, rid)

    return decision


def _delete_wins(_: Any) -> Any:
    def whole(
        kind: Any, base: Any, local: Any, remote: Any, wanted: Any, *, known: bool
    ) -> tuple[Standing, Action]:
        if base is None and not known:
            return (Standing.AHEAD if local else Standing.BEHIND), Action.CREATE
        return (Standing.AHEAD if local is None else Standing.BEHIND), Action.DELETE

    return whole


def _by_all(real: Any) -> Any:
    return lambda *arguments, **_: real(*arguments)


def _not_joined(_: Any) -> Any:
    return lambda states, tips, *_: (states, tips)


def _never_broken(real: Any) -> Any:
    return lambda self, at: (real(self, at)[0], False)


def _merges_to_mine(real: Any) -> Any:
    def resolved(old: Any, group: Any, work: Any) -> Any:
        return group.sides(old)[0] if group.local and group.remote else real(old, group, work)

    return resolved


def _unchecked_deletion(_: Any) -> Any:
    return lambda self, change: self.read(self.here(change.path))


def _writes(_: Any) -> Any:
    def replace(self: Any, path: str, _: bytes, data: bytes) -> Any:
        target = self._target(path)
        Path(target).write_bytes(data)
        return self._placed(target)

    return replace


def _third(_: Any) -> Any:
    return lambda *about: about[2]


def _renames_another(real: Any) -> Any:
    return lambda kind, path: real(kind, path.rpartition("/")[0])


def _as_it_is(_: Any) -> Any:
    return lambda self, transition, delta: transition


def _by_token(_: Any) -> Any:
    def targets(self: Any, changes: Any) -> None:
        for kind in self._kinds:
            mine = {c.row_id: c for c in changes if c.kind is kind and c.before is not None}
            found = self._lock(kind, self._own_lock(kind), mine, "gone") if mine else {}
            if any(c.token is not None and c.token != int(found[own]) for own, c in mine.items()):
                raise StaleError("a row that would be written has changed")

    return targets


_LOCKS_OFF: tuple[tuple[str, Make], ...] = (
    ("database.postgres.rows.locks:Locks.targets", _always(None)),
    ("database.memory.memory_writer:MemoryWriter._lock_targets", _always(None)),
)
"""In each store."""

MUTANTS: Mapping[str, tuple[tuple[str, Make], ...]] = {
    # what a decision takes
    "keep without shown": (("sync.compare.conflicts.shown:ShownParts.covers", _always(value=True)),),
    "keep resolves whole records": (("sync.pull.resolving:resolve_parts", _whole_records),),
    "an undo lets a decision stand": (("files.memory.record_memory:RecordMemory.put_back", _always(None)),),
    "a note of an undone decision counts": (
        ("sync.compare.bases.base_resolution:histories_here", lambda _: lambda _, __, found: found),
        ("sync.history.decisions:tell_ledger", _always([])),
        ("sync.compare.bases.base_resolution:as_before_decision", _as_found),
    ),
    "an undone decision counts once it is committed": (
        ("sync.compare.bases.base_resolution:as_before_decision", _as_found),
    ),
    "an undone decision counts elsewhere": (("sync.history.decisions:tell_ledger", _always([])),),
    "a decision elsewhere counts for an edit": (("core.history.merge_base:advance_base", _by_all),),
    # the tree
    "subtree not held": (("sync.compare.holds:Holds.find", _always({})),),
    "a place for two": (
        ("sync.pull.pull_plan:PullPlanner._waits", _always({})),
        ("sync.compare.blocking:Blocker._collisions", _always(({}, {}))),
    ),
    "a collision names another record": (("sync.compare.blocking:renaming", _renames_another),),
    "an undo moves to a taken place": (("sync.history.undone_moves:UndoneMoves._taken", _always({})),),
    "place by halves": (("core.plan.reconcile:place_names", _always(())),),
    "deletion by absence": (("sync.push.guarding:Guarding.decision", _deletes),),
    "delete wins": (("core.plan.reconcile:_whole", _delete_wins),),
    "a deletion takes edits along": (("core.plan.reconcile:unchanged", _always(value=True)),),
    "a pull deletes what changed": (("sync.pull.deleting:Deleter.unchanged", _unchecked_deletion),),
    # approvals
    "approvals not bound": (("sync.push.approving:Approvals.asked", _as_it_is),),
    "an approval that git took apart counts": (("sync.history.approvals:joined_to_left", _not_joined),),
    "guards off": (("sync.push.push_plan:PushPlanner._guarded", lambda _: lambda _, wanted: (wanted, ())),),
    "a step merges with words": (("core.plan.reconcile:_crosses", _always(value=False)),),
    # kept first
    "rows not kept first": (
        ("database.postgres.ledger.found:FoundRows.keep_changed", _always(None)),
        ("database.memory.memory_writer:MemoryWriter._keep", _always(None)),
        *_LOCKS_OFF,
    ),
    "replaced files not kept": (("files.memory.keeper:Keeper.replaced", _always(None)),),
    "deleted files not kept": (("files.memory.keeper:Keeper.deleted", _always(None)),),
    "other tables not counted": (("sync.push.dependent_rows:OtherTables.refused", _always([])),),
    "rows of other tables not kept": (
        ("database.postgres.rows.row_writer:cascaded_rows", _always({})),
        ("database.memory.memory_writer:MemoryWriter._take_cascaded_rows", _always(None)),
    ),
    # under the lock
    "no recheck under lock": _LOCKS_OFF,
    "blind for children": (
        ("database.postgres.rows.locks:Locks.children", _always(None)),
        ("database.memory.memory_writer:MemoryWriter._hold_children", _always(None)),
    ),
    # which side changed
    "files win": (("core.plan.reconcile:stand", _taken(Standing.CONFLICT, Standing.AHEAD)),),
    "database wins": (("core.plan.reconcile:stand", _taken(Standing.CONFLICT, Standing.BEHIND)),),
    "an edit is taken for old": (("core.plan.reconcile:stand", _taken(Standing.AHEAD, Standing.BEHIND)),),
    "what is old is taken for an edit": (
        ("core.plan.reconcile:stand", _taken(Standing.BEHIND, Standing.AHEAD)),
    ),
    # what a tree stands on
    "memory trusted across git": (("sync.compare.bases.head_moves:HeadMoves.since", _never_broken),),
    "undecided off": (("sync.compare.bases.base_resolution:undecided_fields", _always(frozenset())),),
    "base whole, not by field": (
        ("sync.compare.bases.new_bases:left_behind", _always(())),
        ("sync.pull.pull:left_behind", _always(())),
    ),
    "restored backup not noticed": (("sync.compare.bases.recognition:Recognition._review", _always(None)),),
    "tokens trusted": (
        ("files.memory.bases:Bases.drop_tokens", _always(None)),
        ("database.postgres.rows.locks:Locks.targets", _by_token),
    ),
    # merging
    "a merged line drops theirs": (("core.merge.three_way:_resolved", _merges_to_mine),),
    "merge taken for the database's": (("core.plan.reconcile:judged", _always(Standing.BEHIND)),),
    "merge taken for the file's": (("core.plan.reconcile:judged", _always(Standing.AHEAD)),),
    "objects merge to the file's": (("core.merge.json_values:_Merge._objects", _third),),
    "lists merge to the file's": (("core.merge.json_values:_Merge._lists", _third),),
    "a line merges to the database's": (("core.merge.three_way:merge_words", _third),),
    # writing
    "a pull writes without looking": (("files.tree.disk.file_writer:FileWriter.replace", _writes),),
}


def breaks_postgres(name: str) -> bool:
    """Whether a mutant lacks a rule that PostgreSQL's store keeps."""
    return any(target.startswith("database.postgres") for target, _ in MUTANTS[name])


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """The product with one rule switched off."""
    with ExitStack() as stack:
        for target, make in MUTANTS[name]:
            module, _, path = target.partition(":")
            owner: Any = import_module(f"studio_sync.{module}")
            *above, attribute = path.split(".")
            for part in above:
                owner = getattr(owner, part)
            real = owner.__dict__[attribute] if isinstance(owner, type) else getattr(owner, attribute)
            stack.enter_context(mock.patch.object(owner, attribute, make(real)))
        yield
