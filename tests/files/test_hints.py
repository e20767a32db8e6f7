"""What a hint tells people to type gives back what they meant, to the character."""

import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.files.yaml.faults.cut_texts import cut_texts
from studio_sync.files.yaml.yaml_reader import read_yaml
from tests.files.strategies import yaml_faults
from tests.harness import C1, S1, S2, Desk


def told(hint: str, start: str = "title:") -> str:
    """The line that a hint tells to type, "" where it tells none."""
    line = hint[hint.index(start) :] if start in hint else ""
    return line.partition("; a comment has")[0].rstrip("`")


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ('title: Listening: "a start"', 'Listening: "a start"'),
        ('title: "Listening": a start', '"Listening": a start'),
        ('title: "a" b "c"', '"a" b "c"'),
        ("title: 'a' b: c", "'a' b: c"),
        ('title: "She said "hi" to me"', 'She said "hi" to me'),
        ("title: 'it's me'", "it's me"),
        ("title: 'it''s his's'", "it's his's"),
        ('title: "Listening" is a start', '"Listening" is a start'),
        ("title: 'tis the season's end", "'tis the season's end"),
        ("title: \u201cQuote\u201d: x", "\u201cQuote\u201d: x"),
        ("title: \u201cWhy: because\u201d", "Why: because"),
        ("title: \u201eWarum: darum\u201c", "Warum: darum"),
        ("title: a: b #1", "a: b #1"),
        ("title: a: b # a note", "a: b"),
        ("title: C#: a start", "C#: a start"),
        ("title: @home #1", "@home #1"),
        ('title: `x` "y"', '`x` "y"'),
        ("title: a\\b: c", "a\\b: c"),
        ("title: a\\b: \"c\" 'd'", "a\\b: \"c\" 'd'"),
        ("title: x: y: z", "x: y: z"),
        ("title: {a} b", "{a} b"),
        ("title: - a: b", "- a: b"),
    ],
)
def test_a_line_that_is_no_yaml_is_told_as_it_was_meant(line: str, meant: str):
    for start in ("", "- "):
        (fault, *_) = yaml_faults(f"{start}{line}\n")
        shown = told(fault.hint, f"{start}title:")
        assert shown, fault
        found = read_yaml(f"{shown}\n")
        assert found == ([{"title": meant}] if start else {"title": meant})


def test_a_comment_stays_behind_the_line():
    (fault,) = yaml_faults("title: a: b # a note\n")
    assert fault.hint.endswith('title: "a: b" # a note')


QUOTES = "\"'\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a"


@settings(max_examples=300)
@given(st.text(alphabet=[*"ab1 :#'\"\\-@`%*&![]{},?|>\t", "\u201c", "\u201d", "ü"], min_size=1, max_size=12))
def test_whatever_a_hint_tells_to_type_keeps_every_character(value: str):
    for fault in yaml_faults(f"title: {value}\n"):
        shown = told(fault.hint)
        if not shown:
            continue
        found = read_yaml(f"{shown}\n")
        assert isinstance(found, dict)
        assert found["title"] in set(meanings(value)), shown


def meanings(value: str) -> Iterator[str]:
    """What somebody can have meant: all of it but a comment, or what stands between its outer quotes."""
    text = re.sub(r"[ \t]+#([ \t].*)?$", "", value).strip()
    for said in (text, text[1:-1] if text[:1] in QUOTES and text[-1:] in QUOTES else text):
        yield from (said, said.strip(), said.replace("''", "'"))


@pytest.mark.parametrize(
    "line",
    [f"title: x{' ' * 40_000}: y", f"title: x: y{' ' * 40_000}#z", f"title: {'a: ' * 20_000}",
     f"title: 'x{' ' * 40_000}'y z", f"title:x{' ' * 40_000}: y", "title: a: b" + " #" * 20_000],
    ids=["blanks", "blanks before a #", "colons", "behind a quote", "no space", "comments"],
)  # fmt: skip
def test_a_long_line_is_told_at_once(line: str):
    begun = time.perf_counter()
    assert yaml_faults(line)
    assert time.perf_counter() - begun < 1


# --- a blank and a # in a text


@pytest.mark.parametrize(
    ("text", "column", "meant"),
    [
        ("title: Lesson #1: why handovers fail\n", 15, {"title": "Lesson #1: why handovers fail"}),
        ("title: #1 rule\n", 8, {"title": "#1 rule"}),
        ("- a #b\n", 5, ["a #b"]),
        ("- title: a #b # note\n", 12, [{"title": "a #b # note"}]),
        ("title: a\t#b\n", 10, {"title": "a\t#b"}),
        ("title: C# and F #1\n", 17, {"title": "C# and F #1"}),
    ],
)
def test_a_text_that_a_comment_cuts_is_told_with_what_to_type(text: str, column: int, meant: object):
    (fault,) = cut_texts(text)
    assert (fault.line, fault.column, fault.code) == (1, column, "comment-in-text")
    start = text[: text.index(":") + 1] if ":" in text.partition("#")[0] else "-"
    assert read_yaml(f"{told(fault.hint, start)}\n") == meant


@pytest.mark.parametrize(
    "text",
    [
        "title: Lesson # note\n", "title: Lesson #\n", "title: C# basics\n", "title: 'a #1'\n",
        'title: "a" #b\n', "title: |\n  a #1\n", "estimated_minutes: 30 #min\n", "sources: #todo\n  - a\n",
        "# a #1\ntitle: x\n", "title: a ## note\n", "a: true #x\n", "a: ~ #x\n", "a: {} #x\n", "a: [b] #x\n",
        "a: &x b\nc: *x #1\n", "",
    ],
)  # fmt: skip
def test_what_is_a_comment_stays_quiet(text: str):
    assert not list(cut_texts(text))


def test_validate_and_push_name_it_and_nothing_is_held_up(synced: Desk):
    synced.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Lesson #1: why")
    for command in (["validate"], ["push", "-n"], ["push"]):
        found = synced.ok(*command)
        assert f"content/{S1}/session.md:3:15: warning[comment-in-text]" in found.text
        assert 'title: "Lesson #1: why"' in found.text


# --- a number where a text is wanted


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("007", "007"), ("+49", "+49"), (".5", ".5"), ("1e3", "1e3"), ("1.10", "1.10"), ("0x1F", "0x1F"),
        ("12345678901234567890", "12345678901234567890"), ("True", "True"), ("007 # a note", "007"),
        ("5 #min", "5"), ("{a: b}", ""),
    ],
)  # fmt: skip
def test_a_number_that_is_a_text_is_told_as_it_was_written(bare: Desk, value: str, meant: str):
    bare.write(f"{C1}/chapter.md", f"---\ntitle: {value}\n---\n")
    (found,) = [p for p in bare.json("validate")["problems"] if p["code"] == "schema"]
    line = told(found["hint"])
    if meant:
        assert read_yaml(f"{line}\n") == {"title": meant}


def test_a_pair_in_a_list_of_texts_is_told_as_it_was_written(desk: Desk):
    desk.edit(f"{S2}/session.md", "title: Asking", "title: x\nlearning_objectives:\n  - Know: 007")
    (found,) = [p for p in desk.json("validate")["problems"] if p["code"] == "schema"]
    assert '`- "Know: 007"`' in found["hint"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("30 min", "`estimated_minutes: 30`"),
        ("about 30", "`estimated_minutes: 30`"),
        ("1 h 30", "such as"),
        ("1.5 h", "such as"),
        ("1,000 min", "such as"),
        ("20-30", "such as"),
    ],
)
def test_a_number_is_only_offered_where_there_is_one(desk: Desk, value: str, told: str):
    desk.edit(f"{S2}/session.md", "title: Asking", f"title: x\nestimated_minutes: {value}")
    found = [p["hint"] for p in desk.json("validate")["problems"] if p["code"] == "schema"]
    assert len(found) == 1
    assert told in found[0]
