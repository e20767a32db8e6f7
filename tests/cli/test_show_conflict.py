"""A conflict on the page: base, files, database, who changed it, and the command that settles it."""

from datetime import UTC, datetime

import pytest

from studio_sync.cli.render.conflict import Change, Versions, show_conflict, show_deleted
from studio_sync.cli.render.diff import FieldChange
from studio_sync.cli.render.paint import Paint, columns
from studio_sync.core.merge.json_diff import ABSENT
from studio_sync.core.values.kind import Field, Place, Type

PLAIN, COLOUR = Paint(enabled=False), Paint(enabled=True)
PATH = "content/acme/article.md"
AT = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
BODY = Field(name="content", place=Place.BODY)
STATUS = Field(name="status")
JSON = Field(name="questions", type=Type.JSON)


def shown(*fields, change=None, paint=PLAIN, width=0, full=False):
    lines = list(show_conflict(PATH, fields, change, paint=paint, width=width, full=full))
    assert all("\n" not in line and line == line.rstrip() for line in lines)
    return lines


def below(*fields, **options):
    """What stands between the header and the way out."""
    return shown(*fields, **options)[1:-1]


def test_a_paragraph_is_shown_as_all_three_have_it_at_its_line():
    base = "One.\n\nWait for three seconds."
    local, remote = base.replace("three", "five"), "New.\n\n" + base.replace("three", "ten")
    assert shown(Versions(BODY, base, local, remote, line=8)) == [
        "! content/acme/article.md  (conflict)",
        "  content, line 10:",
        "    base      Wait for three seconds.",
        "    files     Wait for five seconds.",
        "    database  Wait for ten seconds.",
        "  settle it: studio resolve content/acme/article.md --keep files|database|both",
    ]


def test_only_what_does_not_merge_is_shown():
    base = "One.\n\nTwo.\n\nThree."
    lines = below(Versions(BODY, base, "Uno.\n\nZwei.\n\nThree.", "One.\n\nDue.\n\nTre."))
    assert lines == [
        "  content, line 3 of the text:", "    base      Two.", "    files     Zwei.", "    database  Due."
    ]  # fmt: skip


def test_each_place_of_a_text_is_shown():
    base = "One.\n\nTwo.\n\nThree."
    lines = below(Versions(BODY, base, "A.\n\nTwo.\n\nB.", "C.\n\nTwo.\n\nD."))
    assert [line for line in lines if line.endswith(":")] == ["  content:", "  content, line 5 of the text:"]


def test_a_removed_passage_and_one_that_was_not_there_are_said():
    base = "One.\n\nTwo and a half.\n\nThree."
    lines = below(Versions(BODY, base, "One.\n\nThree.", base.replace("half", "bit")))
    assert "    files     (removed)" in lines
    assert below(Versions(BODY, "One.", "One.\n\nA.", "One.\n\nB."))[1] == "    base      (nothing)"


def test_words_are_marked_against_the_base():
    versions = Versions(BODY, "Wait for three seconds.", "Wait for five seconds.", "Wait for ten seconds.")
    assert below(versions, width=80)[1:] == [
        "    base      Wait for [-three-] seconds.",
        "    files     Wait for {+five+} seconds.",
        "    database  Wait for {+ten+} seconds.",
    ]
    assert "\x1b[7mfive" in "".join(below(versions, paint=COLOUR, width=80)).replace("\x1b[32m", "")


def test_a_long_paragraph_is_folded_and_what_stayed_is_shortened():
    words = " ".join(f"word{k}" for k in range(200))
    lines = below(Versions(BODY, f"{words} old", f"{words} new", f"{words} own"), width=60)
    assert all(columns(line) <= 60 for line in lines)
    assert any("[…]" in line for line in lines)
    assert len(lines) < 40


def test_a_long_passage_is_cut_unless_all_is_asked_for():
    base, local, remote = ("\n".join(f"{who} {k}" for k in range(40)) for who in ("base", "file", "row"))
    assert below(Versions(BODY, base, local, remote)).count(f"{' ' * 14}… and 28 more lines") == 3
    assert len(below(Versions(BODY, base, local, remote), full=True)) == 1 + 3 * 40


def test_a_value_is_shown_in_a_line_each():
    assert shown(Versions(STATUS, "draft", "review", "approved")) == [
        "! content/acme/article.md  (conflict)",
        "  status:",
        "    base      draft",
        "    files     review",
        "    database  approved",
        "  settle it: studio resolve content/acme/article.md --keep files|database",
    ]


def test_numbers_and_missing_values_are_shown_without_offering_both():
    field = Field(name="minutes", type=Type.INTEGER)
    assert shown(Versions(field, None, 10, 15))[1:] == [
        "  minutes:",
        "    base      (no value)",
        "    files     10",
        "    database  15",
        "  settle it: studio resolve content/acme/article.md --keep files|database",
    ]


def test_json_is_shown_by_path():
    base = [{"id": "q1", "question": "Why?", "answer": "a"}]
    local, remote = [{**base[0], "answer": "b"}], [{**base[0], "answer": "c"}]
    assert below(Versions(JSON, base, local, remote)) == [
        "  questions[id=q1].answer:", '    base      "a"', '    files     "b"', '    database  "c"',
    ]  # fmt: skip


def test_a_list_that_merges_whole_is_shown_by_what_each_side_changed_in_it():
    field = Field(name="learning_objectives", type=Type.JSON)
    assert below(Versions(field, ["one", "two"], ["one", "zwei"], ["one", "two", "three"])) == [
        "  learning_objectives:",
        "    files",
        '      ~ learning_objectives[1]: "two" → "zwei"',
        "    database",
        '      + learning_objectives[2]: "three"',
    ]


def test_without_a_base_only_the_two_sides_are_shown():
    assert below(Versions(BODY, ABSENT, "One.\n\nTwo words here.", "One.\n\nTwo signs here.")) == [
        "  content, line 3 of the text:", "    files     Two words here.", "    database  Two signs here."
    ]  # fmt: skip


def test_a_reason_that_the_values_do_not_show_is_said():
    why = "the database approved it, and the file has other words"
    assert below(Versions(STATUS, "review", "review", "approved", why))[-1] == f"    {why}"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            Change(AT, "Ada <ada@example.com>", "shorter\n\nmore"),
            'changed in the database by Ada <ada@example.com>, 2026-03-01 14:05 UTC: "shorter"',
        ),
        (Change(AT), "changed in the database outside studio, at 2026-03-01 14:05 UTC"),
        (Change(AT, "Eve\x1b[0m"), r"changed in the database by Eve\x1b[0m, 2026-03-01 14:05 UTC"),
    ],
)
def test_who_changed_the_row_and_when_is_said(change, words):
    assert below(Versions(STATUS, "a", "b", "c"), change=change)[0] == f"  {words}"


def test_several_fields_are_settled_together_or_one_by_one():
    assert shown(Versions(STATUS, "a", "b", "c"), Versions(BODY, "a", "b", "c"))[-1] == (
        "  settle it: studio resolve content/acme/article.md --keep files|database|both"
        "   (one field: --field status)"
    )


def test_a_row_that_changed_below_a_deleted_file_shows_what_would_be_lost():
    change = FieldChange(name="status", type=Type.TEXT, body=False, before="draft", after="review")
    lines = list(show_deleted(PATH, [change], Change(AT, "Ada"), in_database=False, paint=PLAIN, width=0))
    assert lines == [
        "! content/acme/article.md  (conflict)",
        "  the file is deleted, and the row has changed since both sides last agreed:",
        "  changed in the database by Ada, 2026-03-01 14:05 UTC",
        '  ~ status: "draft" → "review"',
        "  settle it: studio resolve content/acme/article.md --keep files|database",
    ]


def test_a_file_that_changed_above_a_deleted_row_says_who_deleted_it():
    lines = list(
        show_deleted("content/a b.md", [], Change(AT, "Ada"), in_database=True, paint=PLAIN, width=0)
    )
    assert lines[1] == "  deleted in the database by Ada, 2026-03-01 14:05 UTC"
    assert lines[-1] == "  settle it: studio resolve 'content/a b.md' --keep files|database"
