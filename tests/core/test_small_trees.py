"""Every small tree: a chapter and two sessions, whatever each side did to them, pushed and pulled.

What a run would do to a tree is worked out from the deltas alone, so that all trees can be looked at.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement, product

import pytest

from studio_sync.core.history.merge_base import BaseResolution
from studio_sync.core.plan.contest import (
    DATABASE_SIDE,
    FILES_SIDE,
    ContestSide,
    with_contests,
    with_kept_below,
)
from studio_sync.core.plan.holding import hold
from studio_sync.core.plan.placement import Role
from studio_sync.core.plan.reconcile import Action, Delta, Standing, gravest, reconcile
from studio_sync.core.plan.whole import with_dependents
from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.record import Version, digests
from studio_sync.kinds import KINDS

CHAPTER, SESSION = KINDS["chapter"], KINDS["session"]
DEEDS = ("same", "edited", "stepped", "moved", "deleted")
"""What a side may do to a session that both had; to a chapter as well, but for a step in status."""
NEW = [("new", "absent"), ("absent", "new"), ("absent", "absent")]
"""What the sides did to a record that neither had before."""
ELSEWHERE = {"chapter": "program-2", "session": "chapter-2"}


@cache
def version(rid: str, deed: str, side: str) -> Version | None:
    """A record as a side has it after its deed."""
    if deed in ("deleted", "absent"):
        return None
    kind = CHAPTER if rid == "chapter" else SESSION
    home = "program" if kind is CHAPTER else "chapter"
    values = {f.name: None for f in kind.fields} | {"title": side if deed == "edited" else "base"}
    if kind.flow:
        values[STATUS] = kind.flow[deed == "stepped"]
    parent = ELSEWHERE[kind.name] if deed == "moved" else home
    slot = f"{parent}.{rid}" if deed == "moved" else rid
    return Version(rid, kind.name, parent, slot, digests(kind, values))


@cache
def delta(rid: str, here: str, there: str) -> Delta | None:
    """One record; None where both sides agree."""
    kind = CHAPTER if rid == "chapter" else SESSION
    base = None if "new" in (here, there) else version(rid, "same", "")
    local, remote = version(rid, here, "files"), version(rid, there, "database")
    if local == remote or (local is None and remote is None):
        return None
    return reconcile(kind, base, local, remote)


@dataclass(frozen=True)
class World:
    """What each side did: to the chapter, and to the two sessions."""

    chapter: tuple[str, str]
    sessions: tuple[tuple[str, str], ...]

    def tree(self, side: int) -> dict[str, str]:
        """The parent of each record that a side has."""
        found = {}
        for rid, deeds in zip(("chapter", "a", "b"), (self.chapter, *self.sessions), strict=True):
            there = version(rid, deeds[side], "")
            if there is not None:
                found[rid] = there.parent
        return found

    @property
    def possible(self) -> bool:
        """Whether each side has the parent of everything that it has."""
        trees = [self.tree(0), self.tree(1)]
        known = "new" in self.chapter and any(deeds not in NEW for deeds in self.sessions)
        return not known and all("chapter" in tree or "chapter" not in tree.values() for tree in trees)

    @property
    def deltas(self) -> list[Delta]:
        """What differs, as a comparison finds it."""
        records = zip(("chapter", "a", "b"), (self.chapter, *self.sessions), strict=True)
        return [d for rid, deeds in records if (d := delta(rid, *deeds)) is not None]


def worlds() -> Iterator[World]:
    """All of them, but for which of the two sessions is which."""
    of_chapter = [(x, y) for x, y in product(DEEDS, DEEDS) if "stepped" not in (x, y)] + NEW[:2]
    of_session = [*product(DEEDS, DEEDS), *NEW]
    for chapter in of_chapter:
        for sessions in combinations_with_replacement(of_session, 2):
            world = World(chapter, sessions)
            if world.possible:
                yield world


WORLDS = [(world, *with_contests(world.deltas)) for world in worlds()]
"""Each world, what a comparison finds in it, and what is contested."""


def role(d: Delta, side: ContestSide, *, delete: bool, refused: Collection[str]) -> Role:
    """What a push (side FILES) or a pull (side DATABASE) does about a record, before anything waits."""
    sends = d.standing is side.ahead or side.ahead in d.fields.values()
    if side is DATABASE_SIDE:
        sends = sends or Standing.DIVERGED in d.fields.values()
    if d.standing is Standing.CONFLICT or d.rid in refused:
        return Role.STUCK
    if side is FILES_SIDE and d.standing is Standing.DIVERGED:
        return Role.STUCK
    if sends and d.action is Action.DELETE and not delete:
        return Role.STUCK
    return Role.PLANNED if sends else Role.IDLE


def run(
    world_deltas: list[Delta],
    before: Mapping[str, str],
    side: ContestSide,
    *,
    delete: bool,
    refused: Collection[str],
    partial: bool = True,
) -> tuple[dict[str, str], set[str], set[str]]:
    """The other side's tree after the run; what was deleted, and what stays stuck.

    A push without `partial` writes nothing where anything is refused; a deletion that nobody confirmed is not
    refused, it is held.
    """
    other = DATABASE_SIDE if side is FILES_SIDE else FILES_SIDE
    placements = [other.place(d, role(d, side, delete=delete, refused=refused)) for d in world_deltas]
    found = hold(placements)
    tree = dict(before)
    gone = set()
    away = [d for d in world_deltas if d.action is Action.DELETE and d.standing is side.ahead]
    unsure = set() if delete else {d.rid for d in away if d.rid not in refused}
    waits = {p.rid for p in placements if p.role is Role.STUCK or p.rid in found}
    stops = {rid for rid in waits if (found[rid].origin if rid in found else rid) not in unsure}
    for p in placements:
        if p.role is not Role.PLANNED or p.rid in found or (stops and not partial):
            continue
        if p.after is None:
            del tree[p.rid]
            gone.add(p.rid)
        else:
            tree[p.rid] = p.after
    return tree, gone, waits


def whole(tree: Mapping[str, str]) -> bool:
    return "chapter" in tree or "chapter" not in tree.values()


@pytest.mark.parametrize("delete", [False, True])
def test_a_push_without_partial_is_what_one_with_it_is_or_nothing(delete: bool) -> None:
    nothing = 0
    for world, deltas, _ in WORLDS:
        before = world.tree(1)
        for refused in ((), ("chapter",), ("a",)):
            part, gone, waits = run(deltas, before, FILES_SIDE, delete=delete, refused=refused)
            all_or_none = run(deltas, before, FILES_SIDE, delete=delete, refused=refused, partial=False)
            tree, deleted, _ = all_or_none
            assert whole(tree), (world, refused)
            assert (tree, deleted) in ((part, gone), (before, set())), (world, refused)
            if any(d.standing is Standing.CONFLICT or d.rid in refused for d in deltas):
                assert tree == before, (world, refused)
                nothing += part != before
            if not waits:
                assert tree == part, (world, refused)
    assert nothing > 0, "somewhere the two differ"


@pytest.mark.parametrize("delete", [False, True])
@pytest.mark.parametrize("side", [FILES_SIDE, DATABASE_SIDE], ids=["push", "pull"])
def test_no_run_tears_a_tree(side: ContestSide, delete: bool) -> None:
    target = 1 if side is FILES_SIDE else 0
    for world, deltas, _ in WORLDS:
        before = world.tree(target)
        for refused in ((), ("chapter",), ("a",)):
            tree, gone, stuck = run(deltas, before, side, delete=delete, refused=refused)
            assert whole(tree), (world, refused)
            if "chapter" in stuck:
                assert not {rid for rid in gone if before[rid] == "chapter"}, (world, refused)
            if not delete:
                assert not gone


@pytest.mark.parametrize("side", [FILES_SIDE, DATABASE_SIDE], ids=["push", "pull"])
def test_only_what_was_deleted_by_itself_goes_below_what_stays(side: ContestSide) -> None:
    source = 0 if side is FILES_SIDE else 1
    for world, deltas, _ in WORLDS:
        before, wish = world.tree(1 - source), world.tree(source)
        tree, gone, _ = run(deltas, before, side, delete=True, refused=())
        if "chapter" in tree:
            assert all("chapter" in wish for rid in gone if before[rid] == "chapter"), world


def decided(deltas: list[Delta], keep: ContestSide) -> list[Delta]:
    """The deltas once everything in conflict is kept as one side has it."""
    standing = Standing.AHEAD if keep is FILES_SIDE else Standing.BEHIND
    found = {d.rid: d for d in deltas}
    fields = []
    for d in deltas:
        if d.standing is not Standing.CONFLICT:
            continue
        fields.append(d.rid)
        if d.fields:
            told = {n: standing if s is Standing.CONFLICT else s for n, s in d.fields.items()}
            found[d.rid] = Delta(d.kind, d.rid, d.base, d.local, d.remote, told, gravest(told), d.action)
        else:
            there = d.local if keep is FILES_SIDE else d.remote
            action = Action.CREATE if there is not None else Action.DELETE
            found[d.rid] = Delta(d.kind, d.rid, d.base, d.local, d.remote, {}, standing, action)
    found |= {taken.delta.rid: taken.delta for taken in with_dependents(list(found.values()), fields)}
    return [found[d.rid] for d in deltas]


@pytest.mark.parametrize("keep", [FILES_SIDE, DATABASE_SIDE], ids=["files", "database"])
def test_one_decision_settles_the_whole_and_both_sides_come_to_rest(keep: ContestSide) -> None:
    for world, compared, contests in WORLDS:
        deltas = decided(compared, keep)
        assert not with_contests(deltas)[1], world
        database, _, _ = run(deltas, world.tree(1), FILES_SIDE, delete=True, refused=())
        files, _, _ = run(deltas, world.tree(0), DATABASE_SIDE, delete=True, refused=())
        assert files == database, (world, files, database)
        # A contested folder is there as the side has it that was kept.
        if "chapter" in contests:
            assert ("chapter" in files) == ("chapter" in world.tree(0 if keep is FILES_SIDE else 1)), world


def test_an_older_file_is_in_conflict_where_a_decision_would_make_it_again_and_nowhere_else() -> None:
    last = version("a", "edited", "database")
    assert last is not None
    found = 0
    for world, plain, _ in WORLDS:
        deltas, contests = with_contests(world.deltas, {"a": BaseResolution(last)})
        before, now = (next((d for d in some if d.rid == "a"), None) for some in (plain, deltas))
        if (
            before is None
            or now is None
            or not FILES_SIDE.deleted(next(d for d in world.deltas if d.rid == "a"))
        ):
            assert deltas == plain, world
        elif now.outdated:
            found += 1
            assert (now.standing, now.base) == (Standing.CONFLICT, last), world
            assert "chapter" in contests or before.standing is Standing.CONFLICT, world
        else:
            assert decided(deltas, FILES_SIDE)[deltas.index(now)].action is Action.DELETE, world
        assert whole(run(decided(deltas, FILES_SIDE), world.tree(1), FILES_SIDE, delete=True, refused=())[0])
    assert found > 0


@pytest.mark.parametrize("side", [FILES_SIDE, DATABASE_SIDE], ids=["files", "database"])
def test_nothing_is_deleted_below_what_the_other_side_brings(side: ContestSide) -> None:
    above = Version("c", CHAPTER.name, "p", "1", b"")
    below = Version("s", SESSION.name, "c", "1.1", b"")
    local, remote = (1, 0) if side is FILES_SIDE else (0, 1)
    brought = Delta(CHAPTER, "c", None, *(above if n else None for n in (local, remote)), {}, side.ahead,
                    Action.CREATE)  # fmt: skip
    deleted = Delta(SESSION, "s", below, *(below if n else None for n in (local, remote)), {}, side.behind,
                    Action.DELETE)  # fmt: skip
    assert [d.standing for d in with_kept_below([brought, deleted])] == [side.ahead, Standing.CONFLICT]
    assert with_kept_below([deleted]) == [deleted]
