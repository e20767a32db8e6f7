"""A conflict on the page: base, files, database, who changed it, and the command that resolves it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from studio_sync.core.merge.json_diff import NO_VALUE
from studio_sync.core.merge.parts import PartKind, Record, RecordConflict
from studio_sync.core.plan.reconcile import Action, Delta, Standing, reconcile
from studio_sync.core.values.kind import Field, FieldPlace, Kind, Naming, Slot, Type
from studio_sync.core.values.record import Version, digests
from studio_sync.database.values.ledger_past import Author
from studio_sync.render.conflicts.conflict_page import ConflictSite, show_conflict
from studio_sync.render.medium.paint import Paint, Screen
from studio_sync.render.medium.terminal import columns

PLAIN, COLOUR = Paint(enabled=False), Paint(enabled=True)
PATH = "content/acme/article.md"
AT = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
BODY = Field(name="content", place=FieldPlace.BODY)
STATUS = Field(name="status")
JSON = Field(name="questions", type=Type.JSON)


def versions(field, base, local, remote):
    return field, (base, local, remote)


def conflict_of(*fields):
    """A record in which exactly these fields are in conflict."""
    kind = Kind(name="page", table="pages", file="page.md", fields=tuple(field for field, _ in fields))
    records = [
        Record({}, {field.name: sides[k] for field, sides in fields if sides[k] is not NO_VALUE})
        for k in range(3)
    ]
    standings = {field.name: Standing.CONFLICT for field, _ in fields}
    some = Version("r", "page", "", "", b"")
    delta = Delta(kind, "r", some, some, some, standings, Standing.CONFLICT, Action.UPDATE)
    return RecordConflict(delta, *records)


def page(*fields, change=None, paint=PLAIN, width=0, full=False, begins=0):
    conflict = conflict_of(*fields)
    site = ConflictSite(PATH, begins=begins)
    found = show_conflict(conflict, conflict.parts, change, site, Screen(paint, width, full))
    assert all("\n" not in line and line == line.rstrip() for line in found.lines)
    return found


def shown(*fields, **options):
    return list(page(*fields, **options).lines)


def whole(*fields, **options):
    """Whether every part was shown whole."""
    return list(page(*fields, **options).whole) == list(conflict_of(*fields).parts)


def below(*fields, **options):
    """What stands between the header and the way out."""
    return shown(*fields, **options)[1:-1]


def test_a_paragraph_is_shown_as_all_three_have_it_at_its_line():
    base = "One.\n\nWait for three seconds."
    local, remote = base.replace("three", "five"), "New.\n\n" + base.replace("three", "ten")
    assert shown(versions(BODY, base, local, remote), begins=8) == [
        "! content/acme/article.md  (conflict)",
        "  content, line 10:",
        "    base      Wait for three seconds.",
        "    files     Wait for five seconds.",
        "    database  Wait for ten seconds.",
        "  resolve it: studio resolve content/acme/article.md --keep files|database|both",
    ]


def test_only_what_does_not_merge_is_shown():
    base = "One.\n\nTwo.\n\nThree."
    lines = below(versions(BODY, base, "Uno.\n\nZwei.\n\nThree.", "One.\n\nDue.\n\nTre."))
    assert lines == [
        "  content, line 3 of the text:", "    base      Two.", "    files     Zwei.", "    database  Due."
    ]  # fmt: skip


def test_each_place_of_a_text_is_shown():
    base = "One.\n\nTwo.\n\nThree."
    lines = below(versions(BODY, base, "A.\n\nTwo.\n\nB.", "C.\n\nTwo.\n\nD."))
    assert [line for line in lines if line.endswith(":")] == ["  content:", "  content, line 5 of the text:"]


def test_a_removed_passage_and_one_that_was_not_there_are_said():
    base = "One.\n\nTwo and a half.\n\nThree."
    lines = below(versions(BODY, base, "One.\n\nThree.", base.replace("half", "bit")))
    assert "    files     (removed)" in lines
    assert below(versions(BODY, "One.", "One.\n\nA.", "One.\n\nB."))[1] == "    base      (nothing)"


def test_words_are_marked_against_the_base():
    given = versions(BODY, "Wait for three seconds.", "Wait for five seconds.", "Wait for ten seconds.")
    assert below(given, width=80)[1:] == [
        "    base      Wait for [-three-] seconds.",
        "    files     Wait for {+five+} seconds.",
        "    database  Wait for {+ten+} seconds.",
    ]
    assert "\x1b[7mfive" in "".join(below(given, paint=COLOUR, width=80)).replace("\x1b[32m", "")


def test_a_long_paragraph_is_folded_and_what_stayed_is_shortened():
    words = " ".join(f"word{k}" for k in range(200))
    lines = below(versions(BODY, f"{words} old", f"{words} new", f"{words} own"), width=60)
    assert lines.pop() == "  shortened here; see it whole first: studio diff --full content/acme/article.md"
    assert all(columns(line) <= 60 for line in lines)
    assert any("[…]" in line for line in lines)
    assert len(lines) < 40


def test_a_long_passage_is_cut_unless_all_is_asked_for():
    base, local, remote = ("\n".join(f"{who} {k}" for k in range(40)) for who in ("base", "file", "row"))
    assert below(versions(BODY, base, local, remote)).count(f"{' ' * 14}… and 28 more lines") == 3
    assert len(below(versions(BODY, base, local, remote), full=True)) == 1 + 3 * 40


def test_a_value_is_shown_in_a_line_each():
    assert shown(versions(STATUS, "draft", "review", "approved")) == [
        "! content/acme/article.md  (conflict)",
        "  status:",
        "    base      draft",
        "    files     review",
        "    database  approved",
        "  resolve it: studio resolve content/acme/article.md --keep files|database",
    ]


def test_numbers_and_missing_values_are_shown_without_offering_both():
    field = Field(name="minutes", type=Type.INTEGER)
    assert shown(versions(field, None, 10, 15))[1:] == [
        "  minutes:",
        "    base      (no value)",
        "    files     10",
        "    database  15",
        "  resolve it: studio resolve content/acme/article.md --keep files|database",
    ]


def test_json_is_shown_by_path():
    base = [{"id": "q1", "question": "Why?", "answer": "a"}]
    local, remote = [{**base[0], "answer": "b"}], [{**base[0], "answer": "c"}]
    assert below(versions(JSON, base, local, remote)) == [
        "  questions[id=q1].answer:", '    base      "a"', '    files     "b"', '    database  "c"',
    ]  # fmt: skip


def test_a_list_that_merges_whole_is_shown_as_all_three_have_it():
    field = Field(name="learning_objectives", type=Type.JSON)
    assert below(versions(field, ["one", "two"], ["one", "zwei"], ["one", "two", "three"])) == [
        "  learning_objectives:",
        '    base      ["one", "two"]',
        '    files     ["one", "zwei"]',
        '    database  ["one", "two", "three"]',
    ]


def test_a_long_list_is_shown_by_what_each_side_changed_in_it_until_all_is_asked_for():
    field = Field(name="learning_objectives", type=Type.JSON)
    base = [f"objective {k}" for k in range(20)]
    given = versions(field, base, [*base[:-1], "mine"], [*base[:-1], "theirs"])
    assert below(given) == [
        "  learning_objectives:",
        "    files",
        '      ~ learning_objectives[19]: "objective 19" → "mine"',
        "    database",
        '      ~ learning_objectives[19]: "objective 19" → "theirs"',
        "  shortened here; see it whole first: studio diff --full content/acme/article.md",
    ]
    assert len(below(given, full=True)) == 1 + 3 * 22
    assert not whole(given)
    assert whole(given, full=True)


def test_the_order_of_items_is_shown_by_their_ids():
    one, two, three = ({"id": name} for name in ("q1", "q2", "q3"))
    assert below(versions(JSON, [one, two, three], [two, one, three], [one, three, two])) == [
        "  questions, the order:",
        '    base      ["q1", "q2", "q3"]',
        '    files     ["q2", "q1", "q3"]',
        '    database  ["q1", "q3", "q2"]',
    ]


def test_without_a_base_only_the_two_sides_are_shown():
    assert below(versions(BODY, NO_VALUE, "One.\n\nTwo words here.", "One.\n\nTwo signs here.")) == [
        "  content, line 3 of the text:", "    files     Two words here.", "    database  Two signs here."
    ]  # fmt: skip


def test_a_part_is_shown_only_if_nothing_of_it_was_cut():
    words = " ".join(f"word{k}" for k in range(200))
    long_line = versions(BODY, f"{words} old", f"{words} new", f"{words} own")
    many_lines = versions(BODY, *("\n".join(f"{who} {k}" for k in range(40)) for who in "bfd"))
    value = versions(JSON, "a", "b" * 50, 1)
    for given in (long_line, many_lines, value):
        assert whole(given, width=60, full=True)
        assert not whole(given, width=60) or given is value
    assert whole(long_line)
    assert not whole(many_lines)
    assert whole(value, width=40)  # folded


SESSION = Kind(
    name="session",
    table="sessions",
    file="session.md",
    parent="chapter",
    slot=Slot(column="number", naming=Naming.NUMBERED),
    identified=True,
    flow=("draft", "review"),
    fields=(Field(name="status"), Field(name="text", place=FieldPlace.BODY)),
)


def of_session(*sides):
    """A session's conflict, each side given as (parent, number, status, text), or None."""
    records = [
        side and Record({"parent": side[0], "number": side[1]}, {"status": side[2], "text": side[3]})
        for side in sides
    ]
    found = [
        side and Version("r", "session", side[0], side[1], digests(SESSION, record.values))
        for side, record in zip(sides, records, strict=True)
    ]
    return RecordConflict(reconcile(SESSION, *found), *records)


def test_a_place_is_shown_as_a_whole():
    conflict = of_session(
        ("c1", "1.3", "draft", "T"), ("c1", "1.5", "draft", "T"), ("c2", "2.8", "draft", "T")
    )
    found = show_conflict(conflict, conflict.parts, None, ConflictSite(PATH), Screen(PLAIN))
    assert found.lines[1:] == (
        "  place:",
        "    base      number 1.3, below c1",
        "    files     number 1.5, below c1",
        "    database  number 2.8, below c2",
        "  resolve it: studio resolve content/acme/article.md --keep files|database",
    )


def test_a_status_step_is_shown_with_the_content_that_it_crosses():
    text = "One.\n\nTwo."
    conflict = of_session(
        ("c1", "1.3", "draft", text), ("c1", "1.3", "review", text), ("c1", "1.3", "draft", "Uno.\n\nTwo.")
    )
    found = show_conflict(conflict, conflict.parts, None, ConflictSite(PATH), Screen(PLAIN))
    assert found.lines[1:] == (
        "  status, text, together:",
        "    a status step and the other side's content are one decision: nobody has read both",
        "  status:",
        '    base      "draft"',
        '    files     "review"',
        '    database  "draft"',
        "  text:",
        "    base      One.",
        "",
        "              Two.",
        "    files     (as base)",
        "    database  Uno.",
        "",
        "              Two.",
        "  resolve it: studio resolve content/acme/article.md --keep files|database",
    )
    assert found.whole == conflict.parts


def test_a_field_without_a_known_version_is_shown_by_what_differs_beside_one_that_has_one():
    one, other = (f"{first}\n\n" + "\n\n".join(f"Line {n}." for n in range(30)) for first in ("One.", "Uno."))
    conflict = of_session(
        ("c1", "1.3", "draft", ""), ("c1", "1.3", "review", one), ("c1", "1.3", "draft", other)
    )
    conflict = replace(conflict, base=Record({"parent": "c1", "number": "1.3"}, {"status": "draft"}))
    lines = show_conflict(conflict, conflict.parts, None, ConflictSite(PATH), Screen(PLAIN)).lines
    assert "    files → database" in lines
    assert [line for line in lines if line.lstrip().startswith(("-", "+"))] == ["    -One.", "    +Uno."]
    assert "(left out)" not in "".join(lines)


def test_of_long_values_the_unchanged_side_is_as_base():
    text = "One.\n\n" + "\n\n".join(f"Line {n}." for n in range(30))
    conflict = of_session(
        ("c1", "1.3", "draft", text), ("c1", "1.3", "review", text), ("c1", "1.3", "draft", f"{text}\n\nUno.")
    )
    lines = show_conflict(conflict, conflict.parts, None, ConflictSite(PATH), Screen(PLAIN)).lines
    assert "    files     (as base)" in lines


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            Author(None, AT, "Ada <ada@example.com>", "shorter\n\nmore"),
            'changed in the database by Ada <ada@example.com>, 2026-03-01 14:05 UTC: "shorter"',
        ),
        (
            Author(None, AT, "Ada", "shorter", afterwards=True),
            'changed in the database by Ada, 2026-03-01 14:05 UTC, and later not by studio: "shorter"',
        ),
        (Author(None, AT), "changed in the database after 2026-03-01 14:05 UTC, not by studio"),
        (Author(None, AT, "Eve\x1b[0m"), r"changed in the database by Eve\x1b[0m, 2026-03-01 14:05 UTC"),
    ],
)
def test_who_changed_the_row_and_when_is_said(change, words):
    assert below(versions(STATUS, "a", "b", "c"), change=change)[0] == f"  {words}"


def test_several_fields_are_settled_together_or_one_by_one():
    assert shown(versions(STATUS, "a", "b", "c"), versions(BODY, "a", "b", "c"))[-1] == (
        "  resolve it: studio resolve content/acme/article.md --keep files|database|both"
        "   (one field: --field status)"
    )


def test_a_row_that_changed_below_a_deleted_file_shows_what_would_be_lost():
    conflict = of_session(("c1", "1", "draft", "T"), None, ("c1", "1", "review", "T"))
    (part,) = conflict.parts
    found = show_conflict(conflict, [part], Author(None, AT, "Ada"), ConflictSite(PATH), Screen(PLAIN))
    assert part.kind is PartKind.RECORD
    assert found.lines[:3] == (
        "! content/acme/article.md  (conflict)",
        "  the file is deleted, and the row has changed since both sides last agreed:",
        "  changed in the database by Ada, 2026-03-01 14:05 UTC",
    )
    assert found.lines[-9:-1] == (
        "  status:", '    base      "draft"', "    files     (left out)", '    database  "review"',
        "  text:", '    base      "T"', "    files     (left out)", '    database  "T"',
    )  # fmt: skip


def test_a_file_that_changed_above_a_deleted_row_says_who_deleted_it():
    conflict = of_session(("c1", "1", "draft", "T"), ("c1", "1", "review", "T"), None)
    site = ConflictSite("content/a b.md")
    found = show_conflict(conflict, conflict.parts, Author(None, AT, "Ada"), site, Screen(PLAIN))
    assert found.lines[1] == "  deleted in the database by Ada, 2026-03-01 14:05 UTC"
    assert found.lines[-1] == "  resolve it: studio resolve 'content/a b.md' --keep files|database"


ITEMS = [{"text": f"an answer that takes a good part of a line, {k}", "correct": k == 1} for k in range(4)]
QUESTION = {"id": "illusion", "question": "What is the illusion?", "options": ITEMS}


@pytest.mark.parametrize("width", [0, 80])
def test_two_options_are_shown_whole_a_line_each(width: int):
    def with_first(text: str):
        return [{**QUESTION, "options": [{"text": text, "correct": False}, *ITEMS[1:]]}]

    given = versions(JSON, with_first("One."), with_first("Two."), with_first("Three."))
    assert whole(given, width=width)
    lines = below(given, width=width)
    assert sum('"correct": true' in line for line in lines) == 3
    assert "resolve it: " in shown(given, width=width)[-1]
    assert len(lines) < 40


@pytest.mark.parametrize("full", [False, True])
def test_a_question_that_one_side_deleted_is_said_to_be_removed(full: bool):
    def page_of(question):
        other = {"id": "two", "question": "And?"}
        mine = {**question, "question": "What was the illusion?"}
        return below(versions(JSON, [question, other], [mine, other], [other]), full=full)

    assert page_of(QUESTION)[-1] == "    database  (removed)"
    many = {**QUESTION, "options": [{**ITEMS[0], "text": f"{ITEMS[0]['text']} {k}"} for k in range(20)]}
    last = [line for line in page_of(many) if "shortened" not in line][-1]
    assert last.endswith("(removed)")


@pytest.mark.parametrize("width", [0, 60, 100])
def test_a_word_in_a_paragraph_of_some_lines_is_shown_whole(width: int):
    words = " ".join(f"word{k}" for k in range(50))
    sides = (words, words.replace("word25 ", "own "), words.replace("word25 ", "other "))
    assert whole(versions(BODY, *sides), width=width)


def test_where_a_page_is_shortened_the_way_out_begins_with_the_whole():
    base, local, remote = ("\n".join(f"{who} {k}" for k in range(40)) for who in ("base", "file", "row"))
    assert shown(versions(BODY, base, local, remote))[-2:] == [
        "  shortened here; see it whole first: studio diff --full content/acme/article.md",
        "  then resolve it: studio resolve content/acme/article.md --keep files|database|both",
    ]
