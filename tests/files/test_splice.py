"""An edit touches what changed, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.values.value import same
from studio_sync.files.yaml.splice.splice import GONE, SpliceError, edit_mapping, replace_value
from studio_sync.files.yaml.yaml_entries import comments_of
from studio_sync.files.yaml.yaml_reader import read_yaml
from tests.files.strategies import texts, values, written

ORDER = ("id", "title", "hook", "wiifm", "goals", "quiz", "last")
TEXT = """\
# head
title: "Why"   # the title
hook: it's   me
wiifm: |
  line
  two

goals:
- a
- "b"   # bee
- c
quiz:
    - id: 1
      text: foo   # c
      options: [a, {b: c}]
    - id: 2
      text: bar
last: >-
  folded
  text

  more
"""


def changed(text=TEXT, /, **changes):
    """The lines that an edit removed and added."""
    after = edit_mapping(text, changes, order=ORDER)
    expected = {**read_yaml(text), **changes}
    assert same(read_yaml(after) or {}, {k: v for k, v in expected.items() if v is not GONE})
    old, new = text.splitlines(), after.splitlines()
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return old, new


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({"title": 'say "x"'}, ['title: "Why"   # the title'], ['title: "say \\"x\\""   # the title']),
        ({"title": None}, ['title: "Why"   # the title'], ["title: null   # the title"]),
        ({"hook": "plain"}, ["hook: it's   me"], ["hook: plain"]),
        ({"hook": "a: b"}, ["hook: it's   me"], ['hook: "a: b"']),
        ({"hook": "x\ny\n"}, ["hook: it's   me"], ["hook: |", "  x", "  y"]),
        ({"wiifm": "line\ntoo\n"}, ["  two"], ["  too"]),
        ({"wiifm": "x"}, ["wiifm: |", "  line", "  two"], ["wiifm: |-", "  x"]),
        ({"goals": ["a", "z", "c"]}, ['- "b"   # bee'], ['- "z"   # bee']),
        ({"goals": ["a", "c"]}, ['- "b"   # bee'], []),
        ({"goals": ["a", "b", "new", "c"]}, [], ["- new"]),
        ({"goals": ["new", "a", "b", "c"]}, [], ["- new"]),
        ({"goals": []}, ["goals:", "- a", '- "b"   # bee', "- c"], ["goals: []"]),
        (
            {"last": "folded text\nless"},
            ["  folded", "  text", "", "  more"],
            ["  folded text", "", "  less"],
        ),
        ({"id": 7}, [], ["id: 7"]),
        ({"hook": GONE}, ["hook: it's   me"], []),
    ],
)
def test_a_change_keeps_style_comments_and_all_other_lines(change, old, new):
    if "id" in change:
        assert edit_mapping(TEXT, change, order=ORDER) == "id: 7\n" + TEXT
        return
    assert changed(**change) == (old, new)


def test_one_answer_of_a_quiz_changes_alone():
    quiz = [{"id": 1, "text": "foo", "options": ["a", {"b": "d"}]}, {"id": 2, "text": "bar"}]
    assert changed(quiz=quiz) == (["      options: [a, {b: c}]"], ["      options: [a, {b: d}]"])


def test_questions_are_matched_by_id():
    quiz = [{"id": 2, "text": "bar", "hint": ["h"]}, {"id": 3, "text": "baz"}]
    assert changed(quiz=quiz) == (
        [
            "    - id: 1",
            "      text: foo   # c",
            "      options: [a, {b: c}]",
            "    - id: 2",
            "      text: bar",
        ],
        ["    - id: 2", "      text: bar", "      hint:", "      - h", "    - id: 3", "      text: baz"],
    )


def test_the_same_value_leaves_the_text_alone():
    assert (
        edit_mapping("a: 1.10\nb: 0x10 # c", {"a": 1.1 and read_yaml("1.1"), "b": 16, "c": GONE}, order=())
        == "a: 1.10\nb: 0x10 # c"
    )
    assert replace_value(TEXT, read_yaml(TEXT)) == TEXT


def test_a_new_key_stands_behind_the_nearest_key_before_it():
    assert (
        edit_mapping("title: x # c\nlast: y\n", {"hook": "z"}, order=ORDER)
        == "title: x # c\nhook: z\nlast: y\n"
    )
    assert edit_mapping("last: y", {"hook": "z", "other": 1}, order=ORDER) == "hook: z\nlast: y\nother: 1"
    assert (
        edit_mapping("# top\r\n", {"title": "x", "hook": "yy"}, order=ORDER)
        == "# top\r\ntitle: x\r\nhook: yy\r\n"
    )
    assert edit_mapping("", {"title": "x"}, order=ORDER, newline="\r\n") == "title: x\r\n"
    assert edit_mapping("\ufeff", {"title": "x"}, order=ORDER) == "\ufefftitle: x\n"


def test_a_mapping_in_braces_stays_one():
    assert (
        edit_mapping("{title: x, hook: 'y' } # c\n", {"hook": "z", "id": 1}, order=ORDER)
        == "{id: 1, title: x, hook: 'z' } # c\n"
    )
    assert edit_mapping("{title: x, hook: y,}\n", {"hook": GONE}, order=ORDER) == "{title: x,}\n"
    assert edit_mapping("{title: x,}\n", {"title": GONE}, order=ORDER) == "{}\n"
    assert edit_mapping("{title, hook: }", {"title": "a", "hook": "b"}, order=ORDER) == "{title: a, hook: b }"


def test_line_ends_and_a_missing_last_one_stay():
    assert edit_mapping("a: 1\r\nb: x", {"b": "p\nq"}, order=()) == "a: 1\r\nb: |-\r\n  p\r\n  q"
    assert edit_mapping("a: 1\r\nb: x", {"b": GONE}, order=()) == "a: 1"
    assert edit_mapping("a: 1\r\nb: x", {"c": "yy"}, order=()) == "a: 1\r\nb: x\r\nc: yy"


def test_an_alias_keeps_its_value_when_its_anchor_changes():
    text = "a: &x old # c\nb: *x\nc: [*x, &y 1]\nd: *y\n"
    assert edit_mapping(text, {"a": "new"}, order=()) == "a: &x new # c\nb: old\nc: [old, &y 1]\nd: *y\n"
    assert edit_mapping(text, {"a": GONE}, order=()) == "b: old\nc: [old, &y 1]\nd: *y\n"
    assert edit_mapping(text, {"b": "new"}, order=()) == "a: &x old # c\nb: new\nc: [*x, &y 1]\nd: *y\n"
    assert edit_mapping("a: &x\n  k: 1\nb: *x\n", {"a": {"k": 2}}, order=()) == "a: &x\n  k: 2\nb:\n  k: 1\n"


def test_a_block_scalar_keeps_its_indicators():
    assert (
        edit_mapping("a: |4+ # c\n      x\n\nb: 1\n", {"a": "  y\n\n\n"}, order=())
        == "a: |4+ # c\n      y\n\n\nb: 1\n"
    )
    assert edit_mapping("a: |+\n  x\n\nb: 1\n", {"a": "y\n"}, order=()) == "a: |+\n  y\nb: 1\n"
    assert (
        edit_mapping("a: | # c\n  x\nb: 1\n", {"a": "tab\t\x07"}, order=()) == 'a: "tab\\t\\x07" # c\nb: 1\n'
    )


def test_blank_lines_below_do_not_become_part_of_a_text():
    after = edit_mapping("a: 1\n\n\nb: 2\n", {"a": "x\n\n"}, order=())
    assert read_yaml(after) == {"a": "x\n\n", "b": 2}
    assert after.endswith("\n\n\nb: 2\n")


def test_a_removed_key_takes_no_comment_line_with_it():
    assert (
        edit_mapping("a: 1\n# of b\nb: 2 # own\n# of c\nc: 3\n", {"b": GONE}, order=())
        == "a: 1\n# of b\n# of c\nc: 3\n"
    )
    assert edit_mapping("a: |\n  x\nb: 1\n    # c\nc: 1\n", {"b": GONE}, order=()) == "a: |\n  x\n# c\nc: 1\n"


def test_a_text_that_is_no_mapping_is_refused():
    with pytest.raises(SpliceError):
        edit_mapping("- a\n", {"a": 1}, order=())


def test_replacing_a_whole_document_changes_what_differs():
    assert replace_value(TEXT, {**read_yaml(TEXT), "hook": "new"}) == TEXT.replace("it's   me", "new")
    assert replace_value("- a\n- b # c\n", ["a", "x"]) == "- a\n- x # c\n"
    assert replace_value("# top\n", {"a": 1}) == "# top\na: 1\n"
    assert replace_value("\ufeffa: 1\r\n", ["x"]) == "\ufeff- x\r\n"


@st.composite
def mutations(draw, value):
    """A value near `value`, as an edit of a web form makes it."""
    if isinstance(value, dict | list) and value:
        keys = sorted(value) if isinstance(value, dict) else range(len(value))
        key = draw(st.sampled_from(keys))
        action = draw(st.sampled_from(["delete", "add", "change", "change"]))
        new = value.copy()
        if action == "delete":
            del new[key]
        elif action == "change":
            new[key] = draw(mutations(value[key]))
        elif isinstance(new, dict):
            new[f"new{len(new)}"] = draw(values)
        else:
            new.insert(key, draw(values))
        return new
    if isinstance(value, str) and draw(st.booleans()):
        return value + draw(texts)
    return draw(values)


def entangled(form, name):
    """Whether another field uses an anchor or alias that the field has, too."""
    marks = {mark for f in form.fields if f.name == name for mark in f.marks}
    return any(marks & set(f.marks) for f in form.fields if f.name != name)


@settings(max_examples=60, deadline=None)
@given(written(), st.data())
def test_a_changed_field_leaves_every_other_byte(form, data):
    text, old = form.text, read_yaml(form.text)
    name = data.draw(st.sampled_from(sorted(old)))
    new = data.draw(mutations(old[name]))
    after = edit_mapping(text, {name: new}, order=list(old))
    assert same(read_yaml(after), {**old, name: new})
    before, behind = form.around(name)
    if same(new, old[name]):
        assert after == text
    elif not entangled(form, name):
        assert after.startswith(before)
        assert after.endswith(behind)
        assert len(after) >= len(before) + len(behind)


@settings(max_examples=60, deadline=None)
@given(written(), values, st.data())
def test_an_added_field_leaves_every_byte(form, new, data):
    text, old = form.text, read_yaml(form.text)
    order = list(old)
    order.insert(data.draw(st.integers(0, len(order))), "added")
    after = edit_mapping(text, {"added": new}, order=order)
    assert same(read_yaml(after), {**old, "added": new})
    more = len(after) - len(text)
    assert any(after[:i] + after[i + more :] == text for i in range(len(text) + 1))


@settings(max_examples=60, deadline=None)
@given(written(), st.data())
def test_a_removed_field_leaves_every_other_byte(form, data):
    text, old = form.text, read_yaml(form.text)
    name = data.draw(st.sampled_from(sorted(old)))
    after = edit_mapping(text, {name: GONE}, order=list(old))
    assert same(read_yaml(after) or {}, {k: v for k, v in old.items() if k != name})
    if entangled(form, name):
        return
    before, behind = form.around(name)
    if not behind and not form.final and not after.startswith(before):
        before = before.removesuffix(form.newline)
    if "+" in text or "#" in before + behind:  # what stands below a block scalar may not become part of it
        words = (before + behind).removeprefix("\ufeff").split()
        assert after.removeprefix("\ufeff").split() == words
    else:
        assert after.startswith(before)
        assert after.endswith(behind)
        assert not after[len(before) : len(after) - len(behind)].strip()


@settings(max_examples=60, deadline=None)
@given(written(), st.data())
def test_a_replaced_document_reads_as_the_new_value(form, data):
    new = data.draw(mutations(read_yaml(form.text)).flatmap(mutations))
    assert same(read_yaml(replace_value(form.text, new)), new)


@st.composite
def one_leaf_changed(draw, value):
    """`value` with one scalar of it replaced; with another id, it would be another item."""
    if isinstance(value, dict | list) and value:
        keys = sorted({*value} - {"id"} or value) if isinstance(value, dict) else range(len(value))
        key = draw(st.sampled_from(keys))
        new = value.copy()
        new[key] = draw(one_leaf_changed(value[key]))
        return new
    return draw(st.sampled_from(["new words", "9", "it's: new", "two\nlines\n", ["a", "b"], {"a": "b"}]))


@settings(max_examples=60, deadline=None)
@given(written(), st.data())
def test_a_changed_scalar_loses_no_comment_even_beside_anchors_and_aliases(form, data):
    new = data.draw(one_leaf_changed(read_yaml(form.text)))
    after = replace_value(form.text, new)
    assert same(read_yaml(after), new)
    assert not comments_of(form.text) - comments_of(after)


FLOW = '[\n  "one", # c1\n  # above two\n  "two", # c2\n  "three"{} # c3\n] # end\n'


@pytest.mark.parametrize("comma", ["", ","])
@pytest.mark.parametrize("kept", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)])
def test_an_item_that_leaves_a_list_in_brackets_takes_no_other_comment_along(comma, kept):
    names = "one", "two", "three"
    after = replace_value(FLOW.format(comma), [names[i] for i in kept])
    assert read_yaml(after) == [names[i] for i in kept]
    comments = [f"{'' if i == kept[-1] and not comma else ','} # c{i + 1}\n" for i in kept]
    lines = [f'  "{names[i]}"{comment}' for i, comment in zip(kept, comments, strict=True)]
    lines.insert(sum(i < 1 for i in kept), "  # above two\n")
    assert after == "".join(["[\n", *lines, "] # end\n"])


@pytest.mark.parametrize(
    ("text", "kept", "after"),
    [
        ('["1", "2", "3"]', (0,), '["1"]'),
        ('["1", "2", "3"]', (1, 2), '["2", "3"]'),
        ('["1",\n  "2", # c2\n  "3"]', (0, 1), '["1",\n  "2" # c2\n  ]'),
        ('["1", # c1\n  "2", "3", # c3\n  ]', (0,), '["1", # c1\n    # c3\n  ]'),
        ('["1", # c1\n  "2", "3", # c3\n  ]', (0, 2), '["1", # c1\n  "3", # c3\n  ]'),
    ],
)
def test_items_that_share_lines_leave_a_list_in_brackets_alone(text, kept, after):
    assert replace_value(text, [str(i + 1) for i in kept]) == after
