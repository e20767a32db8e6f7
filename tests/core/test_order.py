from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.values.names import rank
from studio_sync.core.values.order import is_in_order, order_values, settle_orders

wishes = st.lists(st.none() | st.integers(-3, 9), max_size=7)


def rises(values):
    return all(a < b for a, b in pairwise(values))


def most_that_can_stay(wanted):
    """Found by trying all: how many of the given values some rising sequence of integers can keep."""
    given_at = [i for i, v in enumerate(wanted) if v is not None]
    for count in range(len(given_at), 0, -1):
        for kept in combinations(given_at, count):
            if all(wanted[b] - wanted[a] >= b - a for a, b in pairwise(kept)):
                return count
    return 0


@settings(max_examples=300)
@given(wishes)
def test_values_rise_and_as_many_as_can_be_stay(wanted):
    values = order_values(wanted)
    assert len(values) == len(wanted)
    assert rises(values)
    stayed = sum(1 for old, new in zip(wanted, values, strict=True) if old == new)
    assert stayed == most_that_can_stay(wanted)


@given(wishes)
def test_values_that_rise_already_are_left_alone(wanted):
    values = order_values(wanted)
    assert order_values(values) == values


@pytest.mark.parametrize(
    ("wanted", "values"),
    [
        ([], []),
        ([None], [1]),
        ([None, None, None], [1, 2, 3]),
        ([1, 2, None], [1, 2, 3]),
        ([None, 1, 2], [0, 1, 2]),
        ([10, None, 20], [10, 11, 20]),
        ([1, None, 2], [0, 1, 2]),
        ([2, 1, 3], [2, 3, 4]),
    ],
)
def test_new_rows_go_between_the_old_ones(wanted, values):
    result = order_values(wanted)
    assert rises(result)
    assert len([1 for a, b in zip(wanted, result, strict=True) if a == b]) == most_that_can_stay(wanted)
    if most_that_can_stay(wanted) == sum(v is not None for v in wanted):
        assert result == values


def test_thousands_of_rows_are_settled_at_once():
    wanted = [None if i % 3 == 0 else i for i in range(20_000)]
    assert order_values(wanted) == list(range(20_000))


def test_rows_stand_in_order_only_if_their_values_rise_with_their_numbers():
    assert is_in_order([])
    assert is_in_order([("1.10", 7), ("1.2", 3), ("1.1", 1)])
    assert not is_in_order([("1.1", 2), ("1.2", 1)])
    assert not is_in_order([("1.1", 1), ("1.2", 1)])
    assert is_in_order([("-1", 0), ("1", 1)])


rows = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.tuples(st.sampled_from(["1", "2", "3", "10", "1.1", "1.10", "x"]), st.integers(-2, 8)),
    max_size=6,
)


@settings(max_examples=300)
@given(rows, st.data())
def test_rows_in_the_order_of_their_numbers_stay_so(found, data):
    slots = sorted({slot for slot, _ in found.values()}, key=rank)
    values = sorted({value for _, value in found.values()})
    count = min(len(slots), len(values))
    before = [(f"id{i}", slots[i], values[i]) for i in range(count)]
    after = {own: slot for own, slot, _ in before if data.draw(st.booleans())}
    for i, slot in enumerate(data.draw(st.lists(st.sampled_from(["0", "4", "5", "1.5", "y"]), unique=True))):
        after[f"new{i}"] = slot
    changed = settle_orders(before, after, {})
    old = {own: value for own, _, value in before}
    outcome = [(slot, changed.get(own, old.get(own))) for own, slot in after.items()]
    assert is_in_order(outcome)
    assert set(changed) <= set(after)
    assert all(old.get(own) != value for own, value in changed.items())
    assert not {own for own in after if own not in old} - set(changed)


def test_rows_that_people_ordered_otherwise_keep_their_values_and_new_ones_come_last():
    before = [("a", "1", 5), ("b", "2", 1)]
    assert settle_orders(before, {"a": "1", "b": "2", "c": "1.5"}, {}) == {"c": 6}


def test_a_value_that_a_file_states_is_taken_and_nobody_else_moves():
    before = [("a", "1", 1), ("b", "2", 2)]
    assert settle_orders(before, {"a": "1", "b": "2"}, {"a": 9}) == {"a": 9}


def test_nothing_changes_where_nothing_comes_or_goes():
    before = [("a", "1", 1), ("b", "2", 2)]
    assert settle_orders(before, {"a": "1", "b": "2"}, {}) == {}
    assert settle_orders(before, {"b": "2"}, {}) == {}
    assert settle_orders([], {}, {}) == {}


def test_rows_that_were_dragged_stand_in_the_order_of_their_numbers_once_one_was_moved_by_its_number():
    before = [("a", "1.1", 2), ("b", "1.2", 3), ("c", "1.3", 1)]
    after = {"a": "1.2", "b": "1.1", "c": "1.3"}
    assert settle_orders(before, after, {}) == {}
    assert settle_orders(before, after, {}, by_number=True) == {"b": -1, "a": 0}
    assert settle_orders(before, after, {"c": 7}, by_number=True) == {"c": 7}
