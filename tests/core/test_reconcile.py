from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.plan.reconcile import Action, Standing, reconcile, stand, unchanged
from studio_sync.core.values.record import PARENT, Version
from studio_sync.core.values.value import ABSENT, DIGEST_SIZE, digest
from studio_sync.kinds import KINDS

TABLE = """
base local remote  standing action
-    -     a       behind   create
-    a     -       ahead    create
-    a     a       agreed   none
-    a     b       conflict update
a    -     -       agreed   none
a    -     a       ahead    delete
a    -     b       conflict delete
a    a     -       behind   delete
a    b     -       conflict delete
a    a     a       agreed   none
a    a     b       behind   update
a    b     a       ahead    update
a    b     b       agreed   none
a    b     c       conflict update
"""
"""What each pattern of three sides means; "-" is a side that has no such record."""

RULES = {tuple(line.split()[:3]): tuple(line.split()[3:]) for line in TABLE.strip().splitlines()[1:]}
SWAPPED = {Standing.AHEAD: Standing.BEHIND, Standing.BEHIND: Standing.AHEAD}
FIELDS = [(kind, i) for kind in KINDS for i in range(len(kind.fields))]


def pattern(sides):
    """The sides with their letters renamed in the order in which they first occur."""
    names = {"-": "-"}
    for side in sides:
        names.setdefault(side, "abc"[len(names) - 1])
    return tuple(names[side] for side in sides)


def version(kind, *, parent="p", slot="s", rid="r", **values):
    data = b"".join(
        ABSENT if values.get(f.name) is ... else digest(values.get(f.name, "same")) for f in kind.fields
    )
    return Version(rid, kind.name, parent, slot, data)


@pytest.mark.parametrize(("kind", "at"), FIELDS, ids=lambda v: getattr(v, "name", str(v)))
def test_one_field_stands_as_the_table_says(kind, at):
    field = kind.fields[at].name
    for sides in product("-abc", repeat=3):
        versions = [None if side == "-" else version(kind, **{field: side}) for side in sides]
        if sides == ("-", "-", "-"):
            with pytest.raises(ValueError, match="known to some side"):
                reconcile(kind, *versions)
            continue
        delta = reconcile(kind, *versions, wanted=[field])
        standing, action = RULES[pattern(sides)]
        assert (delta.standing, delta.action) == (standing, action), sides
        whole = "-" in sides[1:]
        assert delta.fields == ({} if whole or standing == "agreed" else {field: standing}), sides
        assert (delta.base, delta.local, delta.remote) == tuple(versions)
        assert delta.some is next(v for v in (versions[1], versions[2], versions[0]) if v)


def test_an_order_value_keeps_no_row_whose_file_is_deleted_where_rows_are_in_the_order_of_their_numbers():
    kind = KINDS["session"]
    base, row = version(kind, order_index="a"), version(kind, order_index="b")
    assert reconcile(kind, base, None, row).standing is Standing.AHEAD
    assert reconcile(kind, base, None, row, wanted=["order_index"]).standing is Standing.CONFLICT
    assert reconcile(kind, base, row, None).standing is Standing.CONFLICT, "a file that states it was edited"
    moved = version(kind, order_index="b", slot="other")
    assert reconcile(kind, base, None, moved).standing is Standing.CONFLICT


@pytest.mark.parametrize("column", [PARENT, "number"])
def test_moving_and_renumbering_stand_as_any_field_does(column):
    kind = KINDS["session"]
    for sides in product("-ab", "ab", "ab"):
        given = [{"parent" if column == PARENT else "slot": side} for side in sides]
        versions = [None if s == "-" else version(kind, **g) for s, g in zip(sides, given, strict=True)]
        delta = reconcile(kind, *versions)
        standing, action = RULES[pattern(sides)]
        assert (delta.standing, delta.action) == (standing, action)
        assert delta.fields == ({} if standing == "agreed" else {column: standing})


def test_a_record_found_by_its_parent_has_no_place_of_its_own_to_compare():
    kind = KINDS["article"]
    delta = reconcile(kind, version(kind), version(kind, parent="x"), version(kind))
    assert delta.standing is Standing.AGREED


def test_the_table_is_symmetric():
    for base, local, remote in product([None, "a", "b", "c"], "abc", "abc"):
        there, back = stand(base, local, remote), stand(base, remote, local)
        assert back is SWAPPED.get(there, there)


def test_standings_go_from_agreed_to_conflict():
    assert [s.gravity for s in Standing] == [0, 1, 2, 3, 4]
    assert [str(s) for s in Standing] == ["agreed", "ahead", "behind", "diverged", "conflict"]


sides = st.none() | st.fixed_dictionaries(
    {}, optional={f: st.sampled_from("ab") for f in ("title", "hook", "status", "parent", "slot")}
)


@settings(max_examples=300)
@given(sides, sides, sides)
def test_any_three_versions_obey_the_laws(base, local, remote):
    kind = KINDS["session"]
    b, mine, theirs = (None if s is None else version(kind, **s) for s in (base, local, remote))
    if b is None and mine is None and theirs is None:
        return
    delta = reconcile(kind, b, mine, theirs)
    swapped = reconcile(kind, b, theirs, mine)
    assert swapped.standing is SWAPPED.get(delta.standing, delta.standing) or {
        Standing.AHEAD,
        Standing.BEHIND,
    } <= set(delta.fields.values())
    assert swapped.fields == {name: SWAPPED.get(s, s) for name, s in delta.fields.items()}
    assert swapped.action is delta.action
    if delta.fields:
        assert delta.standing is max(delta.fields.values(), key=lambda s: s.gravity)
        assert delta.action is Action.UPDATE
    assert (mine == theirs) == (delta.standing is Standing.AGREED)
    assert (delta.action is Action.NONE) == (delta.standing is Standing.AGREED)
    if mine is not None and theirs is not None:
        for name in ("title", "hook", "status"):
            seen = [None if s is None else s.get(name) for s in (base, local, remote)]
            letters = [
                "-" if s is None else v or "same" for s, v in zip((base, local, remote), seen, strict=True)
            ]
            assert delta.fields.get(name, "agreed") == RULES[pattern(letters)][0]
        # The place is one: what differs of it goes one way.
        place = {delta.fields[name] for name in ("parent", "number") if name in delta.fields}
        assert len(place) <= 1
    for standing in Standing:
        assert delta.having(standing) == tuple(n for n, s in delta.fields.items() if s is standing)


def test_a_record_can_be_ahead_in_one_field_and_behind_in_another():
    kind = KINDS["session"]
    delta = reconcile(kind, version(kind), version(kind, title="new"), version(kind, hook="new"))
    assert delta.fields == {"title": "ahead", "hook": "behind"}
    assert delta.standing is Standing.BEHIND
    assert delta.having(Standing.AHEAD) == ("title",)


def test_a_records_standing_is_the_gravest_of_its_fields():
    kind = KINDS["session"]
    local, remote = version(kind, title="x", status="x"), version(kind, hook="y", status="y")
    delta = reconcile(kind, version(kind), local, remote)
    assert delta.fields == {"title": "ahead", "hook": "behind", "status": "conflict"}
    assert delta.standing is Standing.CONFLICT


# --- fields that a file may leave out


def test_a_file_that_says_nothing_of_the_order_agrees_with_any_row():
    kind = KINDS["session"]
    for base in (None, ..., "1", "2"):
        b = None if base is None else version(kind, order_index=base)
        delta = reconcile(kind, b, version(kind, order_index=...), version(kind, order_index="2"))
        assert (delta.standing, delta.fields) == (Standing.AGREED, {})


def test_a_file_that_should_tell_the_order_is_behind_until_it_does():
    kind = KINDS["session"]
    local, remote = version(kind, order_index=...), version(kind, order_index="2")
    delta = reconcile(kind, remote, local, remote, wanted=("order_index",))
    assert delta.fields == {"order_index": "behind"}
    told = reconcile(kind, remote, remote, remote, wanted=("order_index",))
    assert told.standing is Standing.AGREED


def test_an_order_that_a_file_tells_is_compared_as_any_field_is():
    kind = KINDS["session"]
    one, two = version(kind, order_index="1"), version(kind, order_index="2")
    assert reconcile(kind, one, two, one).fields == {"order_index": "ahead"}
    assert reconcile(kind, one, one, two).fields == {"order_index": "behind"}


def test_a_file_that_says_nothing_of_the_order_is_unchanged_and_can_be_deleted():
    kind = KINDS["session"]
    base = version(kind, order_index="2")
    assert unchanged(kind, base, version(kind, order_index=...))
    assert unchanged(kind, version(kind, order_index=...), base)
    assert not unchanged(kind, base, version(kind, order_index="3"))
    delta = reconcile(kind, base, version(kind, order_index=...), None)
    assert (delta.standing, delta.action) == (Standing.BEHIND, Action.DELETE)


def test_a_moved_record_is_not_unchanged():
    kind = KINDS["session"]
    assert not unchanged(kind, version(kind), version(kind, parent="x"))
    assert not unchanged(kind, version(kind), version(kind, slot="x"))


def test_an_absent_field_is_never_taken_for_null():
    assert digest(None) != ABSENT
    assert len(ABSENT) == DIGEST_SIZE
