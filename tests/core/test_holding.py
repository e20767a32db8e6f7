"""What must wait so that a tree stays whole: the laws of `hold`, on random trees and on small ones."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.plan.holding import Cause, Hold, hold
from studio_sync.core.plan.placement import Placement, Role

Tree = dict[str, str]
"""The parent of each record that is there, "" at the top."""


def planned(rid: str, before: str | None, after: str | None) -> Placement:
    return Placement(rid, before, after, Role.PLANNED)


def stuck(rid: str, before: str | None) -> Placement:
    return Placement(rid, before, before, Role.STUCK)


def idle(rid: str, before: str | None) -> Placement:
    return Placement(rid, before, before, Role.IDLE)


def causes(found: Mapping[str, Hold]) -> dict[str, Cause]:
    return {rid: held.cause for rid, held in found.items()}


@pytest.mark.parametrize(
    ("placements", "expected"),
    [
        # What nobody minds goes.
        ([planned("p", "", None), planned("x", "p", None)], {}),
        ([planned("p", None, ""), planned("x", None, "p")], {}),
        ([planned("p", "", None), planned("x", "p", "q")], {}),
        ([idle("p", ""), planned("x", "p", None)], {}),
        # A child that stays keeps its parent, and with it its brothers and sisters.
        ([planned("p", "", None), idle("x", "p")], {"p": Cause.BELOW}),
        (
            [planned("g", "", None), planned("p", "g", None), planned("y", "p", None), stuck("x", "p")],
            {"p": Cause.BELOW, "g": Cause.BELOW, "y": Cause.ABOVE},
        ),
        # A parent that is stuck keeps what is below it, however far.
        ([stuck("p", ""), planned("x", "p", None)], {"x": Cause.ABOVE}),
        ([stuck("g", ""), planned("x", "p", None)], {"x": Cause.ABOVE}),
        ([stuck("g", ""), idle("p", "g"), planned("x", "p", None)], {"x": Cause.ABOVE}),
        # What needs a parent waits for it, and so does what it would leave.
        ([idle("p", None), planned("x", None, "p")], {"x": Cause.PARENT}),
        (
            [stuck("q", None), planned("p", "", None), planned("x", "p", "q")],
            {"x": Cause.PARENT, "p": Cause.BELOW},
        ),
        ([planned("p", "", None), planned("x", None, "p")], {"p": Cause.BELOW}),
        # A move out of what is stuck is a wish of its own.
        ([stuck("p", ""), planned("x", "p", "q")], {}),
    ],
)
def test_what_waits_for_what(placements: list[Placement], expected: dict[str, Cause]) -> None:
    above = {"p": "g"}
    assert causes(hold(placements, lambda rid: above.get(rid, ""))) == expected


def test_a_place_is_taken_only_when_it_is_free() -> None:
    swapped = [planned("x", "p", "p"), planned("y", "p", "p")]
    waits = {"x": "y", "y": "x"}
    assert hold(swapped, waits=waits) == {}
    assert causes(hold([planned("x", "p", "p"), stuck("y", "p")], waits=waits)) == {"x": Cause.PLACE}
    stays = Placement("y", "p", "p", Role.PLANNED, keeps_place=True)
    assert causes(hold([planned("x", "p", "p"), stays], waits={"x": "y"})) == {"x": Cause.PLACE}
    third = [planned("x", None, "p"), planned("y", "p", None), planned("z", "y", None), idle("w", "y")]
    assert set(hold(third, waits={"x": "y"})) == {"x", "y", "z"}


def test_what_was_deleted_is_created_again_whole_or_not_at_all() -> None:
    again = [planned("g", None, ""), planned("p", None, "g"), planned("x", None, "p")]
    wholes = {"x": ["p", "g"], "p": ["g"], "y": ["p", "g"]}
    assert hold(again, wholes=wholes) == {}
    found = hold([*again, planned("z", "", None), stuck("y", None)], wholes=wholes)
    assert causes(found) == {"p": Cause.PART, "g": Cause.PART, "x": Cause.PARENT}
    assert {held.origin for held in found.values()} == {"y"}


def test_a_hold_names_the_record_that_it_goes_back_to() -> None:
    found = hold([planned("g", "", None), planned("p", "g", None), planned("y", "g", None), stuck("x", "p")])
    assert {rid: held.origin for rid, held in found.items()} == {"g": "x", "p": "x", "y": "x"}
    assert found["g"].by == "p"


# --- the laws

_LEVELS = ("a", "b", "c")


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Placement], Tree]:
    """Placements over a tree of three levels, and the tree as it is; what is not placed stays."""
    there: Tree = {}
    after: dict[str, str | None] = {}
    here: list[list[str]] = [[""]]
    placements: list[Placement] = []
    for level in _LEVELS:
        names = [f"{level}{i}" for i in range(draw(st.integers(1, 4)))]
        above = here[-1]
        for name in names:
            parents = [p for p in above if p == "" or p in there]
            before = draw(st.sampled_from([*parents, None])) if parents else None
            targets = [p for p in above if p == "" or after.get(p) is not None or p not in after]
            if before is not None:
                there[name] = before
            now = draw(st.sampled_from([*targets, None])) if targets else None
            role = draw(st.sampled_from(Role))
            keeps = before == now and before in there and draw(st.booleans())
            after[name] = before if keeps else now
            if before is None and now is None:
                continue
            if not keeps:
                placements.append(Placement(name, before, now, role))
        here.append([n for n in names if n in there or after.get(n) is not None] or [""])
    return placements, there


def applied(there: Tree, placements: list[Placement], held: Mapping[str, Hold]) -> Tree:
    """The tree once what is not held is done."""
    tree = dict(there)
    for p in placements:
        if p.role is Role.PLANNED and p.rid not in held:
            if p.after is None:
                tree.pop(p.rid, None)
            else:
                tree[p.rid] = p.after
    return tree


def above_all(tree: Tree, rid: str) -> list[str]:
    chain = []
    while rid := tree.get(rid, ""):
        chain.append(rid)
    return chain


@settings(max_examples=600)
@given(worlds())
def test_the_laws_hold_on_every_tree(world: tuple[list[Placement], Tree]) -> None:
    placements, there = world
    found = hold(placements, lambda rid: there.get(rid, ""))
    tree = applied(there, placements, found)
    roles = {p.rid: Role.STUCK if p.rid in found else p.role for p in placements}
    # Every record has its parent.
    assert all(not parent or parent in tree for parent in tree.values())
    # Nothing below what is stuck is deleted.
    for p in placements:
        if p.role is Role.PLANNED and p.after is None and p.rid not in found:
            assert all(roles.get(up) is not Role.STUCK for up in above_all(there, p.rid)), p
    # Each hold follows from a record that stays, and is one of its kind.
    by_rid = {p.rid: p for p in placements}
    for rid, held in found.items():
        assert by_rid[rid].role is Role.PLANNED
        if held.cause is Cause.BELOW:
            assert by_rid[rid].after is None
            assert tree.get(held.by) == rid or by_rid[held.by].after == rid
        elif held.cause is Cause.ABOVE:
            assert by_rid[rid].after is None
            assert held.by in above_all(there, rid)
        else:
            assert held.cause is Cause.PARENT
            assert by_rid[rid].after == held.by
            assert held.by not in tree
    # Settled at once.
    again = [Placement(p.rid, p.before, p.after, roles[p.rid]) for p in placements]
    assert hold(again, lambda rid: there.get(rid, "")) == {}
