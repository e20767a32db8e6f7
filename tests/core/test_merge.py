"""The merge of a field's value: JSON by key and id, texts by word, anything else whole."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.merge.field import merge_value
from studio_sync.core.merge.json_diff import NO_VALUE
from studio_sync.core.merge.json_values import Dispute
from studio_sync.core.merge.reversal import reversed_change
from studio_sync.core.merge.three_way import Clash
from studio_sync.core.values.kind import Field, FieldPlace, Type
from studio_sync.core.values.record import canonical_value
from studio_sync.core.values.value import json_bytes, same
from studio_sync.kinds import KINDS

many = settings(max_examples=300, deadline=None)

ARTICLE = KINDS["article"]
JSON = Field(name="questions", type=Type.JSON)
BODY = Field(name="content", place=FieldPlace.BODY)
TEXT = Field(name="hook")
NUMBER = Field(name="hours", type=Type.DECIMAL)

scalars = st.sampled_from([None, True, 1, Decimal("1.10"), "", "one two three four five six seven", "b"])
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "a", "odd key"]), inner, max_size=3),
        st.lists(
            st.fixed_dictionaries({"id": st.integers(0, 5), "a": inner}),
            max_size=4,
            unique_by=lambda i: i["id"],
        ),
    ),
    max_leaves=10,
)


def merge(base, local, remote, field=JSON):
    merged = merge_value(field, base, local, remote)
    assert merged.clean == (merged.value is not NO_VALUE)
    return merged.value


def disputed(base, local, remote):
    return [c.path for c in merge_value(JSON, base, local, remote).conflicts]


# --- laws


@many
@given(values, values)
def test_what_one_side_alone_changed_stands(base, value):
    assert same(merge(base, base, value), value)
    assert same(merge(base, value, base), value)
    assert same(merge(base, value, value), value)


@many
@given(values, values, values)
def test_the_sides_may_be_swapped(base, local, remote):
    one, other = merge_value(JSON, base, local, remote), merge_value(JSON, base, remote, local)
    assert one.clean == other.clean
    if one.clean:
        assert same(one.value, other.value)
    assert {(c.path, _told(c.local), _told(c.remote)) for c in one.conflicts} == {
        (c.path, _told(c.remote), _told(c.local)) for c in other.conflicts
    }


def _told(value):
    return "left out" if value is NO_VALUE else json_bytes(value)


names = st.lists(st.integers(0, 9), unique=True, max_size=6)
items = names.map(lambda ids: [{"id": i} for i in ids])


@many
@given(items, items, items)
def test_a_list_by_id_loses_no_item_and_brings_none_back(base, local, remote):
    value = merge(base, local, remote)
    if value is NO_VALUE:
        return
    b, m, t, found = ([item["id"] for item in side] for side in (base, local, remote, value))
    if base not in (local, remote) and local != remote:
        assert sorted(found) == sorted(set(b) & set(m) & set(t) | set(m) - set(b) | set(t) - set(b))


@pytest.mark.parametrize("field", [JSON, TEXT, NUMBER, BODY])
def test_every_pattern_of_a_scalar_merges_as_it_stands(field):
    some = [None, 1, 2] if field is NUMBER else [None, "a", "b"]
    for base, local, remote in product([NO_VALUE, *some], some, some):
        merged = merge_value(field, base, local, remote)
        if remote in (local, base):
            assert merged.value == local
        elif base == local:
            assert merged.value == remote
        else:
            assert merged.value is NO_VALUE
            assert len(merged.conflicts) == 1


# --- objects


def test_objects_merge_by_key_and_deeper_ones_too():
    base = {"role": "coach", "tone": {"voice": "warm", "pace": "slow"}, "old": 1}
    local = {"role": "coach", "tone": {"voice": "calm", "pace": "slow"}, "new": 2, "old": 1}
    remote = {"role": "mentor", "tone": {"voice": "warm", "pace": "quick"}}
    assert merge(base, local, remote) == {
        "role": "mentor", "tone": {"voice": "calm", "pace": "quick"}, "new": 2,
    }  # fmt: skip


def test_a_key_that_both_sides_changed_is_named_with_all_three_values():
    base, local, remote = {"a": {"b": 1}, "c": 1}, {"a": {"b": 2}, "c": 1}, {"a": {"b": 3}, "c": 2}
    assert merge_value(JSON, base, local, remote).conflicts == (Dispute("a.b", 1, 2, 3),)


def test_a_key_that_one_side_removed_and_the_other_changed_is_a_conflict():
    assert merge_value(JSON, {"a": 1, "b": 1}, {"b": 1}, {"a": 2, "b": 1}).conflicts == (
        Dispute("a", 1, NO_VALUE, 2),
    )


def test_a_key_that_both_sides_added_merges_only_if_it_says_the_same():
    assert merge({}, {"a": {"b": 1}, "x": 1}, {"a": {"b": 1}}) == {"a": {"b": 1}, "x": 1}
    assert disputed({}, {"a": {"b": 1}}, {"a": {"c": 1}}) == ["a"]


def test_an_object_of_which_each_side_removed_what_the_other_kept_is_a_conflict():
    assert disputed({"a": 1, "b": 2}, {"a": 1}, {"b": 2}) == [""]


# --- lists by id


def question(name, text="Why?", **more):
    return {"id": name, "question": text, **more}


Q1, Q2, Q3 = (question(f"q{k}") for k in (1, 2, 3))


def test_two_questions_edited_on_two_sides_merge():
    one, two = question("q1", "What?"), question("q2", answer="42")
    assert merge([Q1, Q2, Q3], [one, Q2, Q3], [Q1, two, Q3]) == [one, two, Q3]


def test_a_question_added_and_another_removed_merge_in_order():
    assert merge([Q1, Q2], [Q1, Q3, Q2], [Q2]) == [Q3, Q2]


def test_two_questions_added_at_one_place_both_stand_by_their_ids():
    nine, ten = question("q9"), question("q10")
    assert merge([Q1], [Q1, ten], [Q1, nine]) == [Q1, nine, ten]
    assert merge([], [ten], [nine]) == [nine, ten]


def test_a_new_order_merges_with_an_edit():
    edited = question("q3", "Who?")
    assert merge([Q1, Q2, Q3], [Q3, Q1, Q2], [Q1, Q2, edited]) == [edited, Q1, Q2]


def test_two_new_orders_are_a_conflict():
    assert disputed([Q1, Q2, Q3], [Q3, Q1, Q2], [Q2, Q1, Q3]) == [""]


def test_the_same_id_added_on_both_sides_with_different_content_is_a_conflict():
    (conflict,) = merge_value(
        JSON, {"q": [Q1]}, {"q": [Q1, Q2]}, {"q": [Q1, question("q2", "Who?")]}
    ).conflicts
    assert conflict == Dispute("q[id=q2]", NO_VALUE, Q2, question("q2", "Who?"))


def test_a_question_that_one_side_removed_and_the_other_changed_is_a_conflict():
    assert disputed([Q1, Q2], [Q1], [Q1, question("q2", "Who?")]) == ["[id=q2]"]


@pytest.mark.parametrize(
    ("base", "local", "remote"),
    [
        (["a", "b"], ["a", "b", "c"], ["a", "b", "d"]),
        (["a", "b"], ["x", "b"], ["a", "y"]),
        (["a", "b", "c"], ["b", "c", "a"], ["b", "a", "c"]),
        (["a", "b"], ["a"], ["b"]),
        (["a", {"title": "b"}], ["a", {"title": "b"}, "c"], ["x", {"title": "b"}]),
        ([Q1, {"question": "no id"}], [Q1], [{"question": "no id"}]),
        ([Q1], [Q1, Q1], [question("q1", "Who?")]),
        ({"a": 1}, ["a"], {"a": 2}),
    ],
)
def test_what_is_in_no_way_alike_merges_whole(base, local, remote):
    assert disputed(base, local, remote) == [""]


# --- lists of scalars


def test_a_list_of_scalars_merges_by_item_as_git_merges_lines():
    base = ["tell", "ask", "listen"]
    assert merge(base, ["tell", "ask", "listen", "sum up"], ["say", "ask", "listen"]) == [
        "say", "ask", "listen", "sum up",
    ]  # fmt: skip
    assert merge(base, ["ask", "listen"], ["tell", "ask", "wait"]) == ["ask", "wait"]
    assert merge({"tags": [1, True, None]}, {"tags": [2, True, None]}, {"tags": [1, True, "1"]}) == {
        "tags": [2, True, "1"]
    }


scalar_lists = st.lists(st.sampled_from(["a", "b", "c", "d", 1, None, True]), unique_by=repr, max_size=6)


@many
@given(scalar_lists, scalar_lists, scalar_lists)
def test_a_list_of_scalars_loses_no_item_and_brings_none_back(base, local, remote):
    found = merge(base, local, remote)
    if found is NO_VALUE or base in (local, remote) or local == remote:
        return
    b, m, t = (set(map(json_bytes, side)) for side in (base, local, remote))
    told = [json_bytes(item) for item in found]
    assert set(told) == (b & m & t) | (m - b) | (t - b)
    assert not {item for item in told if told.count(item) > 1} - ((m & t) - b)


# --- texts


def test_a_long_text_inside_json_merges_by_word_and_a_short_one_whole():
    base = {"feedback": "Good leaders listen first and then they ask a question.", "key": "a b"}
    local = {**base, "feedback": base["feedback"].replace("Good", "Great"), "key": "a c"}
    remote = {**base, "feedback": base["feedback"].replace("a question", "one question"), "key": "d b"}
    assert merge_value(JSON, base, local, remote).conflicts == (Dispute("key", "a b", "a c", "d b"),)
    assert merge(base, {**local, "key": "a b"}, {**remote, "key": "a b"}) == {
        "feedback": "Great leaders listen first and then they ask one question.", "key": "a b",
    }  # fmt: skip


def test_a_merged_text_is_canonical():
    value = merge(
        "One.\n\nTwo.\n\nThree.", "One.\n\nTwo.\n\nTre.\n\n", "\r\nUno.\r\n\r\nTwo.\r\n\r\nThree.", BODY
    )
    assert value == "Uno.\n\nTwo.\n\nTre."
    assert value == canonical_value(BODY, value)


def test_a_text_that_does_not_merge_tells_each_place_by_its_lines():
    base = "One.\n\nRed.\n\nThree.\n\nBlack."
    found = merge_value(
        BODY,
        base,
        base.replace("Red", "Pink").replace("Black", "Grey"),
        "New.\n\n" + base.replace("Red", "Rose").replace("Black", "White"),
    )
    assert [
        (c.base.start, c.local.start, c.remote.start, c.remote.lines)
        for c in found.conflicts
        if isinstance(c, Clash)
    ] == [(3, 3, 5, ("Rose.",)), (7, 7, 9, ("White.",))]


def test_a_text_that_one_side_emptied_and_the_other_edited_is_one_conflict():
    assert merge_value(BODY, "One.\n\nTwo.", None, "One.\n\nDue.").conflicts == (
        Dispute("", "One.\n\nTwo.", None, "One.\n\nDue."),
    )


def test_numbers_are_the_same_however_they_are_written():
    assert merge(Decimal("1.10"), Decimal("1.1"), Decimal(2), NUMBER) == Decimal(2)


TEXTS = ("A b.", "A c.", "A b.\n\nD e.", "A c.\n\nD e.", "F g.", None)


@many
@given(*[st.sampled_from(TEXTS)] * 3)
def test_a_reversal_brings_back_what_was_before_and_keeps_what_came_later(before, after, now):
    old, wrote, said = ({"content": text} for text in (before, after, now))
    found = reversed_change(ARTICLE, ["content"], old, wrote, said)
    (value,) = (found.merged | found.overlapping).values()
    if now == after:
        assert found.merged == old
    if before == after:
        assert found.merged == said
    assert reversed_change(ARTICLE, ["content"], old, None, said).overlapping == old
    assert found.overlapping or value == merge(after, now, before, BODY)


def test_a_reversal_takes_back_only_the_places_that_overlap():
    old, wrote, said = ({"content": text} for text in ("A.\n\nm\n\nB.", "C.\n\nm\n\nB.", "D.\n\nm\n\nE."))
    assert reversed_change(ARTICLE, ["content"], old, wrote, said).overlapping == {"content": "A.\n\nm\n\nE."}
