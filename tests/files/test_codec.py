from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.values.kind import FieldPlace, Type
from studio_sync.core.values.problem import Severity
from studio_sync.core.values.record import OMITTED, canonical_value, digests
from studio_sync.core.values.value import depth
from studio_sync.files.tree import codec, finding_places
from studio_sync.files.tree.line_ends import with_line_ends
from studio_sync.kinds import KINDS
from studio_sync.schemas import Schemas
from tests.files.strategies import texts, values

OWN = "11111111-2222-3333-4444-555555555555"
SCHEMAS = Schemas()
GOOD = {
    "client": f"---\nid: {OWN}\nname: Acme\nindustry: Banking\n---\n\nNotes.\n",
    "client_knowledge": "terms:\n  - trust\n",
    "program": f"---\nid: {OWN}\nname: Trust\nstatus: review\nestimated_hours: 2.5\n---\n\nText.\n",
    "program_knowledge": "---\ntitle: Brief\n---\n\nThe brief.\n",
    "chapter": f"---\nid: {OWN}\ntitle: Foundations\norder_index: 3\n---\n",
    "session": f"---\nid: {OWN}\ntitle: Why\nlearning_objectives: [one, two]\nestimated_minutes: 12\n"
    "status: approved\n---\n",
    "article": "---\nstatus: review\nsources:\n  - title: A book\n---\n\n# Title\n\nText.\n",
    "video": "---\nestimated_duration: 3 min\n---\n\nScript.\n",
    "quiz": "status: draft\nquestions:\n  - question: Why?\n    type: open\n",
    "exercise": "---\nexercise_type: role_play\ntitle: Try it\nai_mentor: {role: coach}\n---\n\nDo it.\n",
}


class Anything:
    """Schemas that take everything."""

    def valid(self, kind, value):
        return True

    def explain(self, kind, value):
        return []

    def arrange(self, kind, field, value):
        return value


def read(kind, text, checker=SCHEMAS, slot="x"):
    data = text if isinstance(text, bytes) else text.encode()
    slot = KINDS[kind].slot.known[0] if KINDS[kind].slot and KINDS[kind].slot.known and slot == "x" else slot
    return codec.read_record(KINDS[kind], slot, "f", data, checker)


def problems(kind, text, **given):
    return [(p.line, p.column, p.code) for p in read(kind, text, **given).problems]


# --- front matter to values


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_file_of_each_kind_is_read_without_a_problem(kind):
    reading = read(kind, GOOD[kind])
    assert reading.problems == ()
    assert set(reading.document.values) == {f.name for f in KINDS[kind].fields}
    assert reading.document.id == (OWN if KINDS[kind].identified else None)


@pytest.mark.parametrize("kind", [k for k in KINDS if not k.whole], ids=lambda k: k.name)
def test_a_key_left_out_means_the_columns_default(kind):
    document = read(kind.name, "---\n---\n" if kind.markdown else "{}", Anything()).document
    for field in kind.fields:
        assert document.values[field.name] is (OMITTED if field.loose else field.default)
    assert document.keys == frozenset()


@pytest.mark.parametrize("kind", [k for k in KINDS if not k.whole], ids=lambda k: k.name)
@pytest.mark.parametrize("null", ["null", "~", ""])
def test_an_explicit_null_means_null(kind, null):
    front = "".join(f"{f.name}: {null}\n" for f in kind.fields if f.place is FieldPlace.FRONT)
    document = read(kind.name, f"---\n{front}---\n" if kind.markdown else front, Anything()).document
    assert set(document.values.values()) <= {None}


def test_values_are_read_as_they_are_written():
    values = read(
        "session",
        "---\ntitle: 12:30\nhook: no\nwiifm: '1.10'\nlearning_objectives: [on, 2024-01-01]\n"
        "estimated_minutes: 7\n---\n",
    ).document.values
    assert values["title"] == "12:30"
    assert values["hook"] == "no"
    assert values["wiifm"] == "1.10"
    assert values["learning_objectives"] == ["on", "2024-01-01"]
    assert values["estimated_minutes"] == 7
    assert read("program", "---\nname: x\nestimated_hours: 2.50\n---\n").document.values[
        "estimated_hours"
    ] == Decimal("2.50")


def test_a_text_in_the_front_matter_is_read_in_canonical_form():
    values = read("client", '---\nname: "\\n Acme \\n\\n"\nindustry: |\n\n  a\n\n---\n').document.values
    assert values["name"] == " Acme "
    assert values["industry"] == "a"


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: T\n---\nBody\n  of text",
        "---\ntitle: T\n---\n\n\nBody\n  of text\n\n\n",
        "---\r\ntitle: T\r\n---\r\n\r\nBody\r\n  of text\r\n",
        "\ufeff---\ntitle: T\n---\n\nBody\n  of text\n",
        "---\n# a comment\ntitle: 'T'\n---\n\nBody\n  of text\n",
    ],
)
def test_what_a_checkout_or_an_editor_changes_changes_no_record(text):
    reading = read("program_knowledge", text)
    assert reading.problems == ()
    kind = KINDS["program_knowledge"]
    wanted = {"title": "T", "content_format": "markdown", "content": "Body\n  of text"}
    assert digests(kind, reading.document.values) == digests(kind, wanted)


def test_an_id_is_read_whatever_its_case():
    assert read("client", f"---\nid: {OWN.upper()}\nname: x\n---\n").document.id == OWN
    assert read("client", "---\nname: x\n---\n").document.id is None


@pytest.mark.parametrize(
    "own", ["12", "null", "''", OWN[:-1], OWN.replace("-", ""), f"'{{{OWN}}}'", f"urn:uuid:{OWN}"]
)
def test_a_file_with_an_id_that_is_none_is_no_record_and_says_so(own):
    reading = read("client", f"---\nname: x\nid: {own}\n---\n")
    assert reading.document is None
    assert [p.line for p in reading.problems] == [3]


def test_unknown_keys_are_told_and_keep_the_file_a_record():
    reading = read("client", "---\nname: x\nindustri: y\n---\n")
    assert [(p.line, p.column) for p in reading.problems] == [(3, 1)]
    assert "industry" in reading.problems[0].hint
    assert reading.document.values["industry"] is None


# --- what is wrong


def test_an_empty_required_body_is_told_at_the_end_of_the_file():
    for kind, front in (("article", "status: draft\n"), ("video", ""), ("program_knowledge", "title: T\n")):
        for body in ("", "\n", "\n \n\t\n"):
            reading = read(kind, f"---\n{front}---\n{body}")
            assert [p.code for p in reading.problems] == ["missing-body"]
            assert reading.problems[0].line >= 3
            assert reading.document is not None
    assert problems("client", "---\nname: x\n---\n") == []


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "null\n", "---\n"])
def test_an_empty_knowledge_file_is_told(text):
    reading = read("client_knowledge", text)
    assert [(p.line, p.code) for p in reading.problems] == [(1, "missing-body")]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("12.5", ""),
        ("12.50", ""),
        ("12", ""),
        ("1.2e1", ""),
        ("12.55", "12.6"),
        ("0.04", "0.0"),
        ("1e-30", "0.0"),
        ("1.0000000000000000000000000000000000001", "1.0"),
    ],
)
def test_a_number_that_its_column_would_round_is_told_at_its_place(written, told):
    reading = read("program", f"---\nname: x\nestimated_hours: {written}\n---\n")
    assert [(p.line, p.column, p.code) for p in reading.problems] == (
        [(3, 18, "number-rounded")] if told else []
    )
    if told:
        assert f"would be rounded to {told}" in reading.problems[0].message
        assert "at most 1 digit after" in reading.problems[0].hint


@pytest.mark.parametrize(
    "written",
    ["1e30", "123456789012345678901234567890", "1e400", "999999999999999999999999999999999.5", "1000.5"],
)
def test_a_number_that_its_column_can_not_hold_is_told_and_never_a_crash(written):
    reading = read("program", f"---\nname: x\nestimated_hours: {written}\n---\n")
    assert [p.line for p in reading.problems] == [3]
    read("program", f"---\nname: x\nestimated_hours: {written}\n---\n", Anything())


@pytest.mark.parametrize("written", ["2147483648", "1e10", "99999999999999999999", "1.5", "'7'"])
def test_a_whole_number_that_its_column_can_not_hold_is_told(written):
    assert [
        p.line for p in read("session", f"---\ntitle: x\nestimated_minutes: {written}\n---\n").problems
    ] == [3]
    assert [p.line for p in read("session", f"---\ntitle: x\norder_index: {written}\n---\n").problems] == [3]


@pytest.mark.parametrize("kind", [k for k in KINDS if k.flow], ids=lambda k: k.name)
def test_an_unknown_status_is_a_warning_and_is_kept(kind):
    text = GOOD[kind.name]
    text = (
        text.replace("status: ", "status: x", 1)
        if "status: " in text
        else text.replace("---\n", "---\nstatus: x\n", 1)
    )
    reading = read(kind.name, text)
    assert [(p.code, p.severity) for p in reading.problems] == [("unknown-status", Severity.WARNING)]
    assert reading.document.values["status"].startswith("x")
    assert ", ".join(kind.flow) in reading.problems[0].hint


def test_an_unknown_type_of_knowledge_is_a_warning_and_is_kept():
    reading = read("client_knowledge", "a: b\n", slot="odd")
    assert [(p.line, p.code, p.severity) for p in reading.problems] == [(0, "unknown-type", Severity.WARNING)]
    assert reading.document.values["content"] == {"a": "b"}


@pytest.mark.parametrize(
    ("data", "place", "code"),
    [
        (b"---\nname: caf\xe9\n---\n", (2, 10), "not-utf8"),
        ("---\nname: ü\n---\n\nab\0c\n".encode(), (5, 3), "nul"),
        (b"---\nname: x\n", (1, 1), ""),
        (b"---\nname: x\nname: y\n---\n", (3, 1), ""),
        (b"\xef\xbb\xbf---\r\nname: x\r\nname: y\r\n---\r\n", (3, 1), ""),
        (b"---\nname: !x y\n---\n", (2, 7), ""),
    ],
)
def test_a_file_that_can_not_be_understood_is_no_record_and_says_where(data, place, code):
    reading = read("client", data)
    assert reading.document is None
    assert (reading.problems[0].line, reading.problems[0].column) == place
    assert code in reading.problems[0].code


@pytest.mark.parametrize("text", ["---\n- a\n---\n", "---\njust words\n---\n", "---\n12\n---\n"])
def test_front_matter_that_is_no_mapping_is_told(text):
    reading = read("client", text)
    assert reading.document is None
    assert reading.problems


def test_a_file_of_absurd_size_is_told(monkeypatch):
    monkeypatch.setattr(codec, "MAX_BYTES", 100)
    reading = read("client", "---\nname: x\n---\n\n" + "y" * 100)
    assert reading.document is None
    assert [p.code for p in reading.problems] == ["too-large"]


@given(st.binary(max_size=60) | texts.map(str.encode), st.sampled_from(list(GOOD)))
def test_any_bytes_give_a_record_or_problems(data, kind):
    for start in (b"", b"---\n", b"---\ntitle: x\nname: y\n---\n"):
        reading = read(kind, start + data)
        assert reading.document is not None or reading.problems


# --- values to a new file


@pytest.mark.parametrize("kind", GOOD)
def test_a_new_file_of_a_good_record_reads_back_the_same(kind):
    document = read(kind, GOOD[kind]).document
    text = codec.new_text(KINDS[kind], document.values, document.id, SCHEMAS)
    again = read(kind, text)
    assert again.problems == ()
    assert again.document.id == document.id
    assert digests(KINDS[kind], again.document.values) == digests(KINDS[kind], document.values)


def test_a_new_file_is_written_in_the_settled_style():
    values = {
        "title": "Why: leaders",
        "hook": "yes",
        "wiifm": None,
        "learning_objectives": ["one", "two"],
        "estimated_minutes": 10,
        "order_index": OMITTED,
        "status": "draft",
        "description": "First.\n\n---\n\nSecond.",
    }
    assert codec.new_text(KINDS["session"], values, OWN, SCHEMAS) == (
        f'---\nid: {OWN}\ntitle: "Why: leaders"\nhook: "yes"\nlearning_objectives:\n'
        "  - one\n  - two\nstatus: draft\n---\n"
        "\nFirst.\n\n---\n\nSecond.\n"
    )


def test_status_is_always_written_and_other_defaults_only_where_the_row_differs():
    values = read("exercise", GOOD["exercise"]).document.values
    shown = codec.front_of(KINDS["exercise"], values, None, SCHEMAS)
    assert shown["status"] == "draft"
    assert "complexity" not in shown
    assert "estimated_minutes" not in shown
    shown = codec.front_of(
        KINDS["exercise"], {**values, "complexity": None, "estimated_minutes": 5}, None, SCHEMAS
    )
    assert (shown["complexity"], shown["estimated_minutes"]) == (None, 5)


def test_an_order_is_written_only_if_it_is_told():
    values = read("chapter", GOOD["chapter"]).document.values
    assert "order_index: 3\n" in codec.new_text(KINDS["chapter"], values, OWN, SCHEMAS)
    assert "order_index" not in codec.new_text(
        KINDS["chapter"], {**values, "order_index": OMITTED}, OWN, SCHEMAS
    )


def test_a_record_without_an_id_gets_no_id_line():
    assert "id:" not in codec.new_text(
        KINDS["client"], read("client", GOOD["client"]).document.values, None, SCHEMAS
    )
    assert "id:" not in codec.new_text(
        KINDS["video"], read("video", GOOD["video"]).document.values, OWN, SCHEMAS
    )


def column(field):
    """Anything that the field's column may hold, in canonical form."""
    if field.type is Type.TEXT:
        found = (st.none() if not field.required else st.nothing()) | texts.map(
            lambda t: canonical_value(field, t)
        )
        return found if field.place is not FieldPlace.BODY else found | st.sampled_from(BODIES)
    if field.type is Type.INTEGER:
        return st.integers(-(2**31), 2**31 - 1) | (st.just(OMITTED) if field.loose else st.none())
    if field.type is Type.DECIMAL:
        return st.none() | st.decimals(-999, 999, places=1)
    return (values if not field.required else values.filter(lambda v: v is not None)).filter(
        lambda v: depth(v) < 50
    )


BODIES = [
    "---",
    "---\ntitle: x\n---\n\nmore",
    "----",
    "+++",
    "...",
    "--- \nx",
    "text\n---",
    "   indented",
    "\ttab\n  two  ",
    "# no comment\nkey: value",
    "```yaml\n---\na: b\n---\n```",
    "long " * 500,
    "a\u2028b\x85c\x0bd",
    "\ufeffx".strip("\ufeff") + "\ufeff",
    "<<<<<<< a lesson\n=======\n>>>>>>> about merging",
]


@settings(max_examples=350, deadline=None)
@given(st.data(), st.sampled_from(list(KINDS)))
def test_a_new_file_of_any_canonical_record_reads_back_the_same(data, kind):
    record = {f.name: data.draw(column(f), label=f.name) for f in kind.fields}
    own = OWN if kind.identified else None
    for checker in (Anything(), SCHEMAS):
        text = codec.new_text(kind, record, own, checker)
        reading = read(
            kind.name, text, Anything(), slot=kind.slot.known[0] if kind.slot and kind.slot.known else "x"
        )
        assert reading.document is not None, (text, reading.problems)
        assert reading.document.id == own
        assert digests(kind, reading.document.values) == digests(kind, record), text
        assert "\r" not in text.replace("\\r", "")
        assert text.endswith("\n")


# --- edits


def test_an_edit_changes_its_field_and_nothing_else():
    text = GOOD["session"].replace("title: Why", "title: 'Why'  # a note") + "\nBody\n"
    document = read("session", text).document
    for changes, old, new in [
        ({"title": "How"}, "'Why'", "'How'"),
        ({"status": "published"}, "status: approved", "status: published"),
        ({"description": "Other"}, "Body", "Other"),
        ({"hook": "New"}, "learning_objectives", "hook: New\nlearning_objectives"),
        ({"learning_objectives": ["one", "three"]}, "two", "three"),
    ]:
        assert codec.edited_text(KINDS["session"], text, document, changes, SCHEMAS) == text.replace(old, new)


def test_a_value_that_becomes_null_is_left_out_unless_there_is_a_default():
    text = "---\ntitle: T\nhook: H\nestimated_minutes: 12\nstatus: draft\n---\n"
    document = read("session", text).document
    edited = codec.edited_text(
        KINDS["session"], text, document, {"hook": None, "estimated_minutes": None}, SCHEMAS
    )
    assert edited == "---\ntitle: T\nestimated_minutes: null\nstatus: draft\n---\n"
    again = read("session", edited).document
    assert again.values["hook"] is None
    assert again.values["estimated_minutes"] is None


def test_a_default_that_nobody_wrote_is_not_written_and_one_that_is_there_stays():
    plain = "---\ntitle: T\n---\n"
    document = read("session", plain).document
    assert codec.edited_text(KINDS["session"], plain, document, {"estimated_minutes": 10}, SCHEMAS) == plain
    told = "---\ntitle: T\nestimated_minutes: 12\n---\n"
    document = read("session", told).document
    assert codec.edited_text(
        KINDS["session"], told, document, {"estimated_minutes": 10}, SCHEMAS
    ) == told.replace("12", "10")


def test_an_order_that_is_no_longer_told_is_taken_out():
    document = read("chapter", GOOD["chapter"]).document
    edited = codec.edited_text(KINDS["chapter"], GOOD["chapter"], document, {"order_index": OMITTED}, SCHEMAS)
    assert edited == GOOD["chapter"].replace("order_index: 3\n", "")


def test_an_id_is_one_new_line_and_never_replaces_one():
    text = "---\n# who\nname: Acme\n---\n"
    document = read("client", text).document
    assert codec.edited_text(KINDS["client"], text, document, {}, SCHEMAS, OWN) in (
        f"---\nid: {OWN}\n# who\nname: Acme\n---\n",
        f"---\n# who\nid: {OWN}\nname: Acme\n---\n",
    )
    document = read("client", GOOD["client"]).document
    other = OWN.replace("1", "9")
    assert codec.edited_text(KINDS["client"], GOOD["client"], document, {}, SCHEMAS, other) == GOOD["client"]


def test_a_whole_file_is_edited_where_it_changed():
    text = "# terms\nterms:\n  - trust # first\n  - care\n"
    document = read("client_knowledge", text).document
    edited = codec.edited_text(
        KINDS["client_knowledge"], text, document, {"content": {"terms": ["trust", "hope"]}}, SCHEMAS
    )
    assert edited == text.replace("care", "hope")


@settings(max_examples=30, deadline=None)
@given(st.data(), st.integers(1, 5))
def test_lines_that_an_edit_does_not_touch_keep_their_ends_however_mixed(data, count):
    """The whole text took the first line's end, so git had changes, and conflicts, on lines of nobody."""
    old = [f"Old {k}." for k in range(count)]
    lines = ["---", "hook: |", "  One.", "  Two.", "title: T", "---", "", *"\n\n".join(old).split("\n"), ""]
    text = "".join(line + data.draw(st.sampled_from(["\n", "\r\n"])) for line in lines)
    document = read("session", text).document
    k, added = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, 2))
    new = [*old[:k], *[f"New {n}." for n in range(added)], *old[k + 1 :]]
    changes = {"description": "\n\n".join(new), "hook": "One.\nThree.\n"}
    edited = codec.edited_text(KINDS["session"], text, document, changes, SCHEMAS)
    assert read("session", edited).document.values["description"] == ("\n\n".join(new) or None)
    if added == 1:
        assert edited == text.replace("Two.", "Three.").replace(f"Old {k}.", "New 0.")
    kept = {line.strip(): line for line in text.splitlines(keepends=True) if line.strip(" -\r\n")}
    assert all(line == kept.get(line.strip(), line) for line in edited.splitlines(keepends=True))


@pytest.mark.parametrize(("old", "new", "edited"), [
    ("a\r\nb\nc\r\n", "a\r\nb\r\nc\r\nd\r\n", "a\r\nb\nc\r\nd\r\n"),
    ("a\nb\r\nc", "a\nb\nc\nd", "a\nb\r\nc\r\nd"),
    ("a\nx\ny\r\n", "new\na\nx\ny\n", "new\na\nx\ny\r\n"),
    ("a\nb\nc\r\nd\r\ne\n", "a\nc\nd\nx\nb\ne\n", "a\nc\r\nd\r\nx\r\nb\ne\n"),
    ("a\nb\r\nc\nd\ne\n", "a\nc\nd\nb\ne\n", "a\nc\nd\nb\r\ne\n"),
    ("a\rb\n\nc\r\n", "a\r\rc\r", "a\r\rc\r\n"),
    ("a\r\nb\r\n", "x\n", "x\n"),
    ("a\n\r\n", "", ""),
])  # fmt: skip
def test_a_line_that_is_new_ends_as_its_neighbour(old, new, edited):
    assert with_line_ends(old, new) == edited


@settings(max_examples=120, deadline=None)
@given(st.data(), st.sampled_from(list(KINDS)))
def test_an_edited_file_reads_as_the_new_record(data, kind):
    before = {f.name: data.draw(column(f), label=f.name) for f in kind.fields}
    after = {f.name: data.draw(st.just(before[f.name]) | column(f), label=f.name) for f in kind.fields}
    text = codec.new_text(kind, before, None, SCHEMAS)
    document = read(kind.name, text, Anything()).document
    changes = {n: v for n, v in after.items() if v is not before[n]}
    edited = codec.edited_text(kind, text, document, changes, SCHEMAS)
    again = read(kind.name, edited, Anything()).document
    assert again is not None, edited
    assert digests(kind, again.values) == digests(kind, after), edited


# --- conflict markers

MARKED = (
    "<<<<<<< files (studio)\nOne.\n||||||| base (studio)\nTwo.\n=======\nThree.\n>>>>>>> database (studio)\n"
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_body_with_markers_of_a_conflict_is_refused_at_its_line(newline):
    text = f"---\nstatus: draft\n---\n\nAbove.\n\n{MARKED}\nBelow.\n".replace("\n", newline)
    (problem,) = read("article", text).problems
    assert (problem.line, problem.column, problem.code) == (7, 1, "conflict-markers")
    assert "studio resolve f --keep files|database" in problem.hint


def test_front_matter_with_markers_of_a_conflict_is_refused_at_its_line():
    hook = "".join(f"  {line}\n" for line in MARKED.splitlines())
    text = f"---\nid: {OWN}\ntitle: Why\nhook: |\n{hook}---\n\nBody.\n"
    assert [(line, code) for line, _, code in problems("session", text)] == [(5, "conflict-markers")]


def test_a_text_inside_json_with_markers_of_a_conflict_is_refused():
    quoted = MARKED.replace("\n", "\\n")
    text = f'status: draft\nquestions:\n  - question: "{quoted}"\n    type: open\n'
    assert [(line, code) for line, _, code in problems("quiz", text)] == [(3, "conflict-markers")]


def test_a_lesson_about_merge_conflicts_is_content():
    lesson = (
        MARKED.replace(" (studio)", "")
        + "    <<<<<<< files (studio)\nIn studio, see `>>>>>>> database (studio)`.\n"
    )
    assert problems("article", f"---\nstatus: draft\n---\n\n{lesson}") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\nstatus: draft\n---\n\nText.\n", 5), ("---\nstatus: draft\n---\n", 0), ("Text.\n", 1),
        ("---\r\na: b\r\n---\r\n\r\n\r\n  Text.\r\n", 6), ("---\nnever closed\n", 0),
    ],
)  # fmt: skip
def test_the_line_on_which_a_text_begins_is_found(text, line):
    assert codec.body_line(text.encode()) == line


@pytest.mark.parametrize("value", [None, "", "approved", 7, Decimal("1234567.12345"), [], {}])
def test_fields_without_limits_have_no_problem_of_their_column(value):
    for kind in KINDS:
        for field in kind.fields:
            if field not in finding_places._with_limits(kind):
                assert finding_places._column_problems(kind, field, value, None) == []
