"""An item that moves in a list takes its own lines along: comments, quotes, folding, key order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.values.value import same
from studio_sync.files.yaml.splice.item_pairs import item_pairs
from studio_sync.files.yaml.splice.splice import edit_mapping, replace_value
from studio_sync.files.yaml.yaml_entries import comments_of
from studio_sync.files.yaml.yaml_reader import read_yaml
from tests.files.strategies import written

FIRST = """\
  # about the first
  - id: illusion   # the first one
    question: 'Which?'
    options:
      - { text: "One", correct: true }   # yes
      - text: 'Two'
        # not this
        correct: false
"""
SECOND = """\
  - type: open   # a comment in the item
    question: >-
      Think of a patient
      of yours.
    id: own-sentence
    answer: "One I'm worried about"
    # below the second
"""
THIRD = """\
  # about the third,
  # in two lines
  - question: Why?
    id: third
"""


def quiz(*questions):
    """A quiz of these questions, between other keys."""
    return "status: draft\nquestions:\n" + "".join(questions) + "# about the metadata\nmetadata: {a: 1}\n"


def reordered(text, *order, name="questions"):
    """The text with the items of a list in another order."""
    value = read_yaml(text)
    value[name] = [value[name][i] for i in order]
    after = edit_mapping(text, {name: value[name]}, order=list(value))
    assert same(read_yaml(after), value)
    return after


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_question_moves_with_its_lines(order, newline):
    parts = FIRST, SECOND, THIRD
    text = quiz(*parts).replace("\n", newline)
    assert reordered(text, *order) == quiz(*(parts[i] for i in order)).replace("\n", newline)


def test_an_item_that_moves_and_changes_is_edited_in_its_lines():
    text = quiz(FIRST, SECOND, THIRD)
    value = read_yaml(text)["questions"]
    value[1]["answer"], value[0]["options"] = "Another", value[0]["options"][::-1]
    new = [value[1], value[2], value[0]]
    turned = FIRST.splitlines(keepends=True)
    expected = quiz(
        SECOND.replace("One I'm worried about", "Another"), THIRD, *turned[:4], *turned[5:], turned[4]
    )
    assert edit_mapping(text, {"questions": new}, order=["questions"]) == expected


def test_items_come_and_go_while_others_move():
    text = quiz(FIRST, SECOND, THIRD)
    one, two, three = read_yaml(text)["questions"]
    new = [three, {"id": "new", "question": "New?"}, one]
    after = edit_mapping(text, {"questions": new}, order=["questions"])
    added = "  - id: new\n    question: New?\n"
    assert after == quiz(THIRD, added, FIRST, "  # below the second\n")
    assert same(read_yaml(after)["questions"], new)
    with_two = edit_mapping(
        text, {"questions": [two, one, {"id": "new", "question": "New?"}, three]}, order=[]
    )
    assert with_two == quiz(SECOND, FIRST, added, THIRD)


@pytest.mark.parametrize(
    ("before", "order", "after"),
    [
        ("- a\n\n- b   # bee\n\n- 'c'\n", (2, 0, 1), "- 'c'\n\n- a\n\n- b   # bee\n"),
        ("- a\n\n- b   # bee\n\n- 'c'\n", (1, 2, 0), "- b   # bee\n\n- 'c'\n\n- a\n"),
        ("- a\n- b\n\n# part two\n\n- c\n- d\n", (3, 0, 1, 2), "- d\n- a\n- b\n\n# part two\n\n- c\n"),
        ("- a\n- b\n\n# part two\n\n- c\n- d\n", (0, 2, 1, 3), "- a\n- c\n- b\n\n# part two\n\n- d\n"),
        ("- a\n- b # no line break", (1, 0), "- b # no line break\n- a"),
        ("- 'a' # A\n- |", (1, 0), "- |\n- 'a' # A"),
        ("- - b: 1\n  # own\n  - |\n- a", (1, 0), "- a\n- - b: 1\n  # own\n  - |"),
        ("- a\n- b\n# of c\n- c\n# the end\n", (2, 0, 1), "# of c\n- c\n- a\n- b\n# the end\n"),
        ("- - a\n  - b # bee\n- c\n", (1, 0), "- c\n- - a\n  - b # bee\n"),
        (
            "- |\n  two\n  lines\n- >\n  folded\n  text\n",
            (1, 0),
            "- >\n  folded\n  text\n- |\n  two\n  lines\n",
        ),
        ("# of a\n- a # A\n- a # B\n- x\n", (2, 0, 1), "- x\n# of a\n- a # A\n- a # B\n"),
        ("[a, 'b', {c: 1}]  # flow\n", (2, 0, 1), "[{c: 1}, a, 'b']  # flow\n"),
        ("[ a,\n  'b', c ] # flow\n", (1, 0, 2), "[ 'b',\n  a, c ] # flow\n"),
        (
            "[\n  # of a\n  a,   # A\n  'b', # B\n  {c: 1}   # C\n]\n",
            (2, 1, 0),
            "[\n  {c: 1},   # C\n  'b', # B\n  # of a\n  a   # A\n]\n",
        ),
        ("[\n  a,   # A\n  'b', # B\n]\n", (1, 0), "[\n  'b', # B\n  a,   # A\n]\n"),
    ],
)
def test_a_moved_item_leaves_all_else_where_it_is(before, order, after):
    value = read_yaml(before)
    assert replace_value(before, [value[i] for i in order]) == after


def test_a_block_without_a_line_end_below_a_change_is_left_as_it_is():
    text = "a: 1 # one\nb: |\n  x"
    assert replace_value(text, {"a": 2, "b": "x"}) == text.replace("a: 1", "a: 2")


def test_inner_lists_move_in_their_lines():
    text = "- - a\n  - b # bee\n- c\n"
    assert replace_value(text, [["b", "a"], "c"]) == "- - b # bee\n  - a\n- c\n"


def test_objectives_change_and_move_at_once():
    first = "  # first of all\n  - 'Name three risks of a handover'   # R\n"
    text = f"goals:\n{first}  - Explain why it fails   # E\n"
    new = ["Explain why they fail", "Name three great risks of a handover"]
    assert edit_mapping(text, {"goals": new}, order=[]) == (
        "goals:\n  - Explain why they fail   # E\n" + first.replace("three", "three great")
    )


def test_a_new_id_is_one_changed_line():
    text = "- id: a   # A\n  text: 'The same words as before'\n- id: b\n  text: other\n"
    value = read_yaml(text)
    value[0]["id"] = "new"
    assert replace_value(text, value) == text.replace("id: a", "id: new")


def test_an_anchor_may_move_behind_its_alias():
    text = "- id: 1   # one\n  text: &t 'Why?'\n- id: 2   # two\n  text: *t   # again\n- id: 3\n  text: *t\n"
    one, two, three = read_yaml(text)
    assert replace_value(text, [two, one, three]) == (
        "- id: 2   # two\n  text: 'Why?'   # again\n- id: 1   # one\n  text: &t 'Why?'\n- id: 3\n  text: *t\n"
    )
    assert replace_value(text, [one, three, two]) == (
        "- id: 1   # one\n  text: &t 'Why?'\n- id: 3\n  text: *t\n- id: 2   # two\n  text: *t   # again\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "pairs", "moved"),
    [
        ("abc", "cab", [(2, 0), (0, 1), (1, 2)], {2}),
        ("axa", "xa", [(1, 0), (2, 1)], set()),
        ("abc", "azc", [(0, 0), (1, 1), (2, 2)], set()),
        ("ab", "xyz", [(0, 0), (1, 1)], set()),
    ],
)
def test_equal_items_are_paired_and_the_fewest_move(old, new, pairs, moved):
    found = item_pairs(list(old), list(new))
    assert list(found.pairs) == pairs
    assert found.moved == moved


@st.composite
def shuffled(draw, value):
    """`value` with every list in it in another order."""
    if isinstance(value, dict):
        return {key: draw(shuffled(item)) for key, item in value.items()}
    if isinstance(value, list):
        return draw(st.permutations([draw(shuffled(item)) for item in value]))
    return value


@settings(max_examples=60, deadline=None)
@given(written(), st.data())
def test_another_order_loses_no_comment_and_no_style(form, data):
    new = data.draw(shuffled(read_yaml(form.text)))
    after = replace_value(form.text, new)
    assert same(read_yaml(after), new)
    assert not comments_of(form.text) - comments_of(after)
    if "*" not in form.text and "+" not in form.text and "[" not in form.text and "{" not in form.text:
        assert sorted(after.split()) == sorted(form.text.split())


@pytest.mark.parametrize("value", ["['b', 'x']", "['x', 'b']"])
@pytest.mark.parametrize("indent", ["", "  # deep\n"])
def test_lists_in_another_order_at_two_levels_keep_the_comments_of_both(value, indent):
    text = f"- a\n- # own\n{indent}  - b # told\n  - | # block\n    x"
    new = [read_yaml(value), "a"]
    after = replace_value(text, new)
    assert same(read_yaml(after), new)
    assert comments_of(after) == comments_of(text)


@pytest.mark.parametrize("header", ["|", ">-", "|+"])
def test_what_comes_below_a_block_without_a_line_break_loses_no_comment(header):
    text = f"- # own\n  - b # told\n  - {header} # block\n    x"
    for new in ([["b", "x"], "c"], [["b", "x", "c"]], [["x", "b"], "c"], ["c", ["b", "x"]]):
        after = replace_value(text, new)
        assert same(read_yaml(after), new)
        assert comments_of(after) == comments_of(text), new


def test_a_keeping_block_beside_a_last_block_without_a_line_break_moves_with_its_comments():
    text = "- a\n- # own\n  - |+\n    x\n\n- > # told\n  y"
    new = [["x\n\n"], "a", "y"]
    after = replace_value(text, new)
    assert same(read_yaml(after), new)
    assert comments_of(after) == comments_of(text)


@pytest.mark.parametrize("header", ["|", "|-", "|+", ">-", "|2-"])
def test_a_block_text_at_the_end_of_a_file_without_a_line_break_moves_with_its_lines(header):
    first = "  - id: a # the first\n    text: 'x'\n"
    text = f"questions:\n{first}  # the last\n  - id: b\n    text: {header} # told\n      some words"
    after = reordered(text, 1, 0)
    chomped = f"{header.rstrip('+-')}-"
    said = f"  # the last\n  - id: b\n    text: {chomped} # told\n      some words\n"
    assert after == f"questions:\n{said}{first.removesuffix(chr(10))}"
