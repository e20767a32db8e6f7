"""One record's differences as people read them, and what may reach a terminal."""

import io
import itertools
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.merge.json_diff import NO_VALUE
from studio_sync.core.merge.text_diff import line_diff
from studio_sync.core.values.escapes import safe
from studio_sync.core.values.kind import Type
from studio_sync.render.differences.record_diff import FieldChange, show_record
from studio_sync.render.medium.paint import Paint, Screen, enabled_for
from studio_sync.render.medium.terminal import columns

PLAIN, COLOUR = Paint(enabled=False), Paint(enabled=True)
PATH = "content/acme-bank/client.md"


def change(before, after, name="title", kind=Type.TEXT, *, body=False, **words):
    return FieldChange(name=name, type=kind, body=body, before=before, after=after, **words)


def shown(*fields, action="update", paint=PLAIN, width=0, full=False, words="to push"):
    lines = list(show_record(PATH, action, words, fields, Screen(paint, width, full)))
    assert all("\n" not in line for line in lines)
    return lines


def below(*fields, **options):
    return shown(*fields, **options)[1:]


def test_the_header_says_what_happens_to_which_file():
    assert shown() == ["~ content/acme-bank/client.md  (to push)"]
    assert shown(action="create", words="") == ["+ content/acme-bank/client.md"]
    assert shown(action="delete", words="held")[0].startswith("- ")


def test_the_words_go_below_a_path_that_fills_the_row():
    assert shown(width=30) == ["~ content/acme-bank/client.md", "  (to push)"]


def test_a_short_value_changes_in_one_line():
    assert below(change("Old", "New")) == ['  ~ title: "Old" → "New"']
    assert below(change(10, 15, "minutes", Type.INTEGER)) == ["  ~ minutes: 10 → 15"]
    assert below(change(Decimal("1.50"), None, "hours", Type.DECIMAL)) == ["  - hours: 1.50 → (no value)"]


def test_no_value_is_not_an_empty_text():
    assert below(change(None, "")) == ["  + title: (no value) → (empty text)"]
    assert below(change("", None)) == ["  - title: (empty text) → (no value)"]
    assert below(change(NO_VALUE, 3, "order", Type.INTEGER)) == ["  + order: 3"]


def test_a_standing_of_its_own_is_said():
    assert below(change("a", "b", standing="conflict")) == ['  ~ title: "a" → "b"  (conflict)']
    assert below(change("a", "b", standing="to push")) == ['  ~ title: "a" → "b"']


LONG = (
    "You will save an hour a week, since nobody has to explain things to you twice or three times any more."
)


def test_a_long_value_is_a_line_for_each_side():
    assert below(change(LONG, LONG.replace("an hour", "two hours"))) == [
        "  ~ title:",
        f"-{LONG}",
        f"+{LONG.replace('an hour', 'two hours')}",
    ]


def test_a_terminal_without_colour_marks_words_with_signs_and_folds_between_words():
    assert below(change(LONG, LONG.replace("an hour", "two hours")), width=60) == [
        "  ~ title:",
        "-You will save [-an hour-] a week, since nobody has to ",
        "    explain things to you twice or three times any more.",
        "+You will save {+two hours+} a week, since nobody has to ",
        "    explain things to you twice or three times any more.",
    ]


def test_a_terminal_with_colour_marks_words_with_colour():
    (line,) = below(change("Why leaders listen", "Why good leaders listen"), paint=COLOUR, width=80)
    assert "\x1b[32m\x1b[7mgood \x1b[0m" in line
    assert bare(line) == '  ~ title: "Why leaders listen" → "Why good leaders listen"'


def bare(line):
    return re.sub(r"\x1b\[[0-9;]*m", "", line)


OLD = "# Listening\n\nAsk one question.\n\nWait three seconds.\n\nSum up.\n\nEnd."
NEW = OLD.replace("three", "five")


def test_a_body_is_a_unified_diff_with_its_signs_in_the_first_column():
    assert below(change(OLD, NEW, "content", body=True)) == [
        "  ~ content:",
        "@@ -2,7 +2,7 @@",
        " ",
        " Ask one question.",
        " ",
        "-Wait three seconds.",
        "+Wait five seconds.",
        " ",
        " Sum up.",
        " ",
    ]


def test_a_body_that_comes_or_goes_says_what_was_there():
    assert below(change(None, "Text", "notes", body=True)) == ["  + notes: (no value before)", "+Text"]
    assert below(change("Text", "", "notes", body=True)) == ["  ~ notes: (empty text now)", "-Text"]


def test_what_stayed_is_shortened_on_a_terminal_only():
    far = "One word after another, and nothing of it has changed at all. " * 9
    field = change(f"{far}\n{far}old {far}", f"{far}\n{far}new {far}", "content", body=True)
    narrow = below(field, width=80)
    assert narrow[2].endswith("…")
    assert sum("[…]" in row for row in narrow) == 4
    assert any("[-old-]" in row for row in narrow)
    for rows in (below(field), below(field, full=True, width=80)):
        assert not any("[…]" in row or row.endswith("…") for row in rows)


def test_json_is_told_by_path():
    old = [{"id": "q1", "question": "Why?", "points": 1}, {"id": "q2", "question": "How?"}]
    new = [{"id": "q2", "question": "How?"}, {"id": "q1", "question": "When?", "hint": None}]
    assert below(change(old, new, "questions", Type.JSON)) == [
        "  ~ questions[id=q2]: moved from place 2 to place 1",
        '  ~ questions[id=q1].question: "Why?" → "When?"',
        "  - questions[id=q1].points: 1",
        "  + questions[id=q1].hint: null",
    ]


def test_json_that_comes_as_a_whole_is_a_line_a_value():
    value = {
        "role": "You lead a team of nine people",
        "setting": "Monday, ten to nine, and two people are missing",
    }
    assert below(change(None, value, "scenario", Type.JSON)) == [
        "  + scenario: (no value before)",
        '    + role: "You lead a team of nine people"',
        '    + setting: "Monday, ten to nine, and two people are missing"',
    ]


def test_a_very_long_list_is_shown_in_part_unless_all_is_asked_for():
    field = change(None, [f"a text of some length, number {k}" for k in range(30)], "aims", Type.JSON)
    assert below(field)[-1] == "      … and 10 more values"
    assert len(below(field)) == 22
    assert len(below(field, full=True)) == 31


FIELDS = (
    change(None, "Why leaders listen"),
    change(None, None, "subtitle"),
    change(None, ["a", "b", "c"], "learning_objectives", Type.JSON),
    change(None, {"role": "x", "setting": "y"}, "scenario", Type.JSON),
    change(None, "\n# Listening\n\nIt pays.", "content", body=True),
)


def test_a_new_record_is_summed_up_a_line_a_field():
    assert below(*FIELDS, action="create") == [
        '    title: "Why leaders listen"',
        "    learning_objectives: 3 items",
        "    scenario: role, setting",
        '    content: 4 words, "# Listening"',
    ]


def test_a_deleted_record_is_summed_up_by_what_it_held():
    assert below(change("Old", None), change(None, None, "x"), action="delete") == ['    title: "Old"']


def test_a_new_record_is_shown_whole_when_all_is_asked_for():
    assert "+It pays." in below(*FIELDS, action="create", full=True)


def test_tabs_survive_in_a_pipe_and_are_spelled_where_they_made_the_difference():
    field = change("a b\n\tcode stays here", "a b\n\tcode stays there", "content", body=True)
    assert "-\tcode stays here" in below(field)
    assert "-    code stays [-here-]" in below(field, width=80)
    field = change("some code stays here", "some code\tstays here", "content", body=True)
    assert below(field, width=80)[-1] == r"+some code{+\t+}stays here"


STEERING = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
COLUMNS = [(Type.TEXT, False), (Type.TEXT, True), (Type.JSON, False), (Type.INTEGER, False)]
hostile = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\x07\x9b\u202e\u2066\r\n\t\u200b你 ab")), max_size=60
)
values = st.one_of(
    st.none(),
    hostile,
    st.integers(),
    st.lists(hostile, max_size=3),
    st.dictionaries(hostile, hostile, max_size=2),
)


@settings(max_examples=200, deadline=None)
@given(values, values, st.sampled_from([0, 20, 80]), st.sampled_from(COLUMNS))
def test_nothing_in_content_steers_a_terminal_or_breaks_its_row(before, after, width, column):
    kind, body = column
    if kind is Type.TEXT:
        before, after = (value if isinstance(value, str) else None for value in (before, after))
    field = change(before, after, "name", kind, body=body)
    for action, full, paint in itertools.product(("create", "update"), (False, True), (PLAIN, COLOUR)):
        for line in below(field, action=action, width=width, full=full, paint=paint):
            assert not STEERING.search(bare(line))


@settings(max_examples=200, deadline=None)
@given(hostile, hostile)
def test_rows_of_a_body_fit_the_terminal_and_lose_nothing(before, after):
    before, after = before.replace("\t", ""), after.replace("\t", "")
    rows = below(change(before, after, "name", body=True), width=30, full=True, paint=COLOUR)[1:]
    added = [line.text for hunk in line_diff(before, after) for line in hunk.lines if line.kind == "+"]
    green = [bare(row) for row in rows if "\x1b[32m" in row]
    assert all(columns(row.rstrip()) <= 30 for row in green)
    assert "".join(row[1:] for row in green) == "".join(map(safe, added))


def test_wide_characters_count_double_when_rows_are_folded():
    field = change(None, "先听别人说话" * 5, "content", body=True)
    rows = below(field, words="", width=23)[1:]
    assert rows == ["+先听别人说话先听别", "    人说话先听别人说话", "    先听别人说话先听别", "    人说话"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain é 你 🙂 👩‍🚀", "plain é 你 🙂 👩‍🚀"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b", r"\x9b"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("a\xa0b", "a\xa0b"),
    ],
)
def test_what_could_steer_or_hide_is_spelled_out(text, expected):
    assert safe(text) == expected


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "env", "no_color", "expected"),
    [
        (Terminal(), {}, False, True),
        (io.StringIO(), {}, False, False),
        (Terminal(), {}, True, False),
        (Terminal(), {"NO_COLOR": "1"}, False, False),
        (Terminal(), {"NO_COLOR": ""}, False, True),
        (Terminal(), {"TERM": "dumb"}, False, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, False, True),
        (io.StringIO(), {"CLICOLOR_FORCE": "1"}, False, True),
        (io.StringIO(), {"CLICOLOR_FORCE": "0"}, False, False),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_is_for_terminals_and_for_those_who_ask(stream, env, no_color, expected):
    assert enabled_for(stream, env, no_color=no_color) is expected


def test_a_closed_stream_has_no_colour():
    stream = Terminal()
    stream.close()
    stream.isatty = lambda: io.StringIO.isatty(stream)
    assert enabled_for(stream, {}, no_color=False) is False
