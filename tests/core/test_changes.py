"""What one side changed in a sequence, and which changes of two sides meet."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.merge.align import AlignmentBudget
from studio_sync.core.merge.changes import SideChange, applied, changes, groups

few = settings(max_examples=200, deadline=None)
lines = st.lists(st.sampled_from(["", "a", "b", "c d", "c e"]), max_size=8)


def of(base, side):
    return changes(base, side, lambda item: not item, AlignmentBudget())


@few
@given(lines, lines)
def test_the_changes_applied_to_the_base_give_the_side(base, side):
    found = of(base, side)
    assert applied(base, found, 0, len(base)) == side
    assert all(a.end < b.start for a, b in itertools.pairwise(found)), "none touches the next"


@few
@given(lines, lines, lines)
def test_each_change_of_one_side_is_in_one_group(base, local, remote):
    mine, theirs = of(base, local), of(base, remote)
    met, agreed = groups(base, mine, theirs, lambda *_: True)
    assert sorted(agreed) == sorted(set(mine) & set(theirs))
    assert [c for g in met for c in g.local] == [c for c in mine if c not in agreed]
    assert [c for g in met for c in g.remote] == [c for c in theirs if c not in agreed]
    assert all(a.end <= b.start for a, b in itertools.pairwise(met))


def test_what_was_added_among_equals_stands_as_far_down_as_it_can():
    assert of(["x", "a", "b", "a", "b", "y"], ["z", "a", "b", "a", "b", "a", "b", "w"])[1].start == 5
    assert of(["a", "a", "a"], ["a", "a"]) == [SideChange(2, 3, ())]


def test_a_passage_is_changed_block_by_block_unless_words_went_from_one_to_another():
    assert of(["one", "", "two"], ["uno", "", "due"]) == [
        SideChange(0, 1, ("uno",)),
        SideChange(2, 3, ("due",)),
    ]
    assert of(["one", "", "two three"], ["uno two", "", "three"]) == [
        SideChange(0, 3, ("uno two", "", "three"))
    ]  # fmt: skip
