"""The merge of a record's file for git: by the rules of a pull, and with every comment of both sides."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_sync.core.merge.field import merge_value
from studio_sync.core.merge.json_diff import NO_VALUE
from studio_sync.core.values.record import OMITTED
from studio_sync.core.values.value import same
from studio_sync.files.tree import codec
from studio_sync.files.yaml.yaml_entries import comments_of
from studio_sync.kinds import KINDS
from studio_sync.schemas import Schemas
from studio_sync.sync.git_merge.merge_file import Labels, merge_file
from studio_sync.sync.git_merge.merged_record import merge_files, written
from tests.harness import S1, TREE

SCHEMAS = Schemas()
SESSION, QUIZ, KNOWLEDGE = KINDS["session"], KINDS["quiz"], KINDS["client_knowledge"]
TEXT = """\
---
# who opens this
id: 44444444-4444-4444-8444-444444444444
title: "Why leaders listen" # keep it short
hook: Nobody told her.
learning_objectives:
  - Listen
  - Ask
estimated_minutes: 20
status: draft
# below all
---

A session about listening.

It has two paragraphs.
"""
QUESTIONS = TREE[f"{S1}/quiz.yaml"]
CONTEXT = TREE["acme-bank/knowledge/business_context.yaml"]


def merge(base, ours, theirs, kind=SESSION, *, style=None, size=7):
    """The merged text and the number of conflicts; None where git is to merge it."""
    found = merge_file(
        kind, base.encode(), ours.encode(), theirs.encode(), Labels("HEAD", "topic", style), size, SCHEMAS
    )
    return found and (found.data.decode(), found.conflicts)


def changed(text, *pairs):
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_two_fields_beside_each_other_merge_where_git_conflicts():
    ours = changed(TEXT, ("Why leaders", "When leaders"), ("A session", "One session"))
    theirs = changed(TEXT, ("Nobody told", "None told"), ("two paragraphs", "three paragraphs"))
    both = changed(ours, ("Nobody told", "None told"), ("two paragraphs", "three paragraphs"))
    assert merge(TEXT, ours, theirs) == (both, 0)
    assert merge(TEXT, theirs, ours) == (both, 0)


def test_comments_that_either_side_added_at_one_field_are_kept():
    ours = changed(TEXT, ("title: ", "# ours\ntitle: "), ("minutes: 20", "minutes: 25 # at most"))
    theirs = changed(
        TEXT, ("# keep it short", "# keep it very short"), ("minutes: 20", "# theirs\nestimated_minutes: 20")
    )
    theirs = theirs.replace("estimated_# theirs", "# theirs")
    text, conflicts = merge(TEXT, ours, theirs)
    assert conflicts == 0
    assert {"# ours", "# keep it very short", "# at most", "# theirs", "# below all"} <= set(
        comments_of(text.split("---\n")[1])
    )
    assert "estimated_minutes: 25" in text


def test_a_comment_beside_the_sign_of_a_text_of_lines_stands_once():
    lined = changed(TEXT, ("hook: Nobody told her.", "hook: |\n  One.\n  Two."))
    for base, commented, other in (
        (TEXT, ("her.\n", "her. # short\n"), ("Nobody told her.", "|\n  One.\n  Two.")),
        (lined, ("hook: |", "hook: | # short"), ("hook: |\n  One.\n  Two.", 'hook: "One."')),
        (lined, ("hook: |", "hook: | # short"), ("  Two.", "  Three.")),
    ):
        ours, theirs = changed(base, commented), changed(base, other)
        for sides in ((ours, theirs), (theirs, ours)):
            text, conflicts = merge(base, *sides)
            assert (conflicts, text.count("# short")) == (0, 1), text


def test_a_comment_stays_where_the_other_side_took_its_key_away():
    ours = changed(TEXT, ("hook: Nobody told her.\n", ""))
    theirs = changed(TEXT, ("hook: Nobody", "# why not?\nhook: Nobody"))
    text, conflicts = merge(TEXT, ours, theirs)
    assert (conflicts, "hook:" in text, "# why not?\n" in text) == (0, False, True)


@pytest.mark.parametrize("swap", [False, True])
def test_a_step_forward_meets_other_words_around_the_status_alone(swap):
    ours = changed(TEXT, ("status: draft", "status: content_created"), ("- Ask", "- Ask well"))
    theirs = changed(TEXT, ("about listening", "about hearing"))
    one, other = (theirs, ours) if swap else (ours, theirs)
    steps = ["status: content_created", "status: draft"][:: -1 if swap else 1]
    wanted = changed(theirs, ("- Ask", "- Ask well"), (
        "status: draft",
        f"<<<<<<< HEAD (studio)\n{steps[0]}\n=======\n{steps[1]}\n>>>>>>> topic (studio)",
    ))  # fmt: skip
    assert merge(TEXT, one, other) == (wanted, 1)


def test_the_same_step_over_words_of_both_is_a_conflict_and_over_words_of_one_is_not():
    step = changed(TEXT, ("status: draft", "status: content_created"))
    ours, theirs = changed(step, ("- Ask", "- Ask well")), changed(step, ("A session", "One session"))
    text, conflicts = merge(TEXT, ours, theirs)
    assert conflicts == 1
    assert "HEAD (studio)\nstatus: content_created\n=======\nstatus: content_created\n>>>>>>>" in text
    assert merge(TEXT, ours, step) == (ours, 0)


def test_a_step_back_merges_with_other_words():
    base = changed(TEXT, ("status: draft", "status: content_created"))
    ours, theirs = TEXT, changed(base, ("A session", "One session"))
    assert merge(base, ours, theirs) == (changed(TEXT, ("A session", "One session")), 0)


def test_both_versions_of_what_clashes_stand_between_markers_and_all_else_merges():
    ours = changed(
        TEXT, ("minutes: 20", "minutes: 25"), ("A session about", "The session of"), ("Why", "When")
    )
    theirs = changed(TEXT, ("minutes: 20", "minutes: 30"), ("A session about", "One session on"))
    text, conflicts = merge(TEXT, ours, theirs, style="base", size=9)
    assert conflicts == 2
    assert (
        "<<<<<<<<< HEAD (studio)\nestimated_minutes: 25\n||||||||| base (studio)\nestimated_minutes: 20\n"
        "=========\nestimated_minutes: 30\n>>>>>>>>> topic (studio)\n"
    ) in text
    assert (
        "<<<<<<<<< HEAD (studio)\nThe session of listening.\n||||||||| base (studio)\n"
        "A session about listening.\n=========\nOne session on listening.\n>>>>>>>>> topic (studio)\n\nIt has"
    ) in text
    assert 'title: "When leaders listen" # keep it short\n' in text


def test_an_id_never_changes_by_a_merge():
    ours = changed(TEXT, ("44444444-4444-4444-8444-444444444444", "44444444-4444-4444-8444-444444444442"))
    text, conflicts = merge(TEXT, ours, changed(TEXT, ("A session", "One session")))
    assert conflicts == 1
    assert "<<<<<<< HEAD (studio)\nid: 44444444-4444-4444-8444-444444444442\n=======\nid: " in text
    without = changed(TEXT, ("id: 44444444-4444-4444-8444-444444444444\n", ""))
    assert merge(without, TEXT, changed(without, ("A session", "One session"))) == (
        changed(TEXT, ("A session", "One session")), 0,
    )  # fmt: skip


def test_two_files_made_at_one_place_clash_in_all_that_differs():
    other = changed(
        TEXT, ("4442" if "4442" in TEXT else "-444444444444\n", "-444444444442\n"), ("Why", "When")
    )
    text, conflicts = merge("", TEXT, other)
    assert conflicts == 2
    assert text.count("hook: Nobody told her.") == 1


def test_lists_by_id_and_objects_merge_by_item_and_key():
    ours = changed(QUESTIONS, ("Who listens?", "Who listens first?"))
    theirs = changed(
        QUESTIONS, ("passing_score: 0.80", "passing_score: 0.9"), ("correct: true", "correct: yes it is")
    )
    both = changed(
        ours, ("passing_score: 0.80", "passing_score: 0.9"), ("correct: true", "correct: yes it is")
    )
    assert merge(QUESTIONS, ours, theirs, QUIZ) == (both, 0)
    ours = changed(CONTEXT, ("employees: 1200", "employees: 1300\nseat: Graz"))
    theirs = changed(
        CONTEXT, ("  - retail", "  - retail\n  - trade"), ("share: 12.50", "share: 12.50 # of all")
    )
    assert merge(CONTEXT, ours, theirs, KNOWLEDGE) == (
        changed(theirs, ("employees: 1200", "employees: 1300\nseat: Graz")), 0,
    )  # fmt: skip


def test_an_answer_that_both_changed_clashes_inside_its_question_alone():
    first = "status: draft\nquestions:\n  - id: q1\n    question: Who?\n    answer: She\n"
    base = f"{first}  - id: q2\n    question: When?\n"
    ours, theirs = changed(base, ("She", "He"), ("When?", "Why?")), changed(base, ("She", "They"))
    text, conflicts = merge(base, ours, theirs, QUIZ)
    assert conflicts == 1
    marks = "<<<<<<< HEAD (studio)\n    answer: He\n=======\n    answer: They\n>>>>>>> topic (studio)\n"
    assert text == changed(ours, ("    answer: He\n", marks))


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_line_ends_a_mark_at_the_start_and_a_missing_last_line_end_stay(ends):
    ours, theirs = changed(TEXT, ("Why", "When")), changed(TEXT, ("A session", "One session"))
    both = changed(ours, ("A session", "One session"))

    def shaped(text):
        return ("\ufeff" + text.removesuffix("\n")).replace("\n", ends)

    assert merge(shaped(TEXT), shaped(ours), shaped(theirs)) == (shaped(both), 0)
    assert merge(TEXT, ours, theirs.removesuffix("\n")) == (both.removesuffix("\n"), 0)
    assert merge(TEXT, ours, theirs.replace("\n", "\r\n")) == (both.replace("\n", "\r\n"), 0)


def with_ends(text, *ends):
    """The text, with these line ends in turn."""
    lines = text.split("\n")
    return "".join(line + ends[k % len(ends)] for k, line in enumerate(lines[:-1])) + lines[-1]


@pytest.mark.parametrize("ends", [
    ("\n", "\r\n"), ("\r\n", "\n", "\n"), (*["\n"] * 3, "\r\n", *["\n"] * 10), (*["\r\n"] * 12, "\n"),
    ("\n", "\n", "\r"),
])  # fmt: skip
def test_each_line_keeps_its_end_however_mixed_they_are(ends):
    base = with_ends(TEXT, *ends)
    ours = changed(base, ("Why", "When"), ("minutes: 20", "minutes: 25"))
    theirs = changed(base, ("A session", "One session"), ("Nobody told", "None told"))
    both = changed(ours, ("A session", "One session"), ("Nobody told", "None told"))
    assert merge(base, ours, theirs) == merge(base, theirs, ours) == (both, 0)
    theirs = changed(base, ("minutes: 20", "minutes: 30"))
    text, conflicts = merge(base, ours, theirs)
    kept = {line.strip(): line for line in base.splitlines(keepends=True) if line.strip("-\r\n")}
    assert conflicts == 1
    assert all(line == kept.get(line.strip(), line) for line in text.splitlines(keepends=True))


def test_line_ends_that_one_side_alone_changed_are_changed_and_its_lines_keep_theirs():
    base = with_ends(TEXT, "\n", "\r\n")
    ours = changed(base, ("A session", "One session"))
    assert merge(base, ours, TEXT) == (changed(TEXT, ("A session", "One session")), 0)
    theirs = changed(TEXT, ("hook: Nobody told her.\n", "hook: Nobody told her.\nwiifm: Trust\r\n"))
    assert merge(TEXT, changed(TEXT, ("A session", "One session")), theirs) == (
        changed(theirs, ("A session", "One session")), 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "broken", ["---\ntitle: [\n---\n", "---\ntitle: x\ntitle: y\n---\n", "---\nno end\n", "\udc80"]
)
def test_what_is_no_record_is_left_to_git(broken):
    data = broken.encode("utf-8", "surrogateescape")
    labels = Labels("ours", "theirs")
    for sides in (
        (data, TEXT.encode(), b"x"),
        (TEXT.encode(), data, b"x"),
        (TEXT.encode(), TEXT.encode() + b"a", data),
    ):
        assert merge_file(SESSION, *sides, labels, 7, SCHEMAS) is None


# --- laws

words = st.sampled_from(["listen", "ask", "wait", "trust", "3:10", "no", "# x", "it's"])
phrases = st.lists(words, min_size=1, max_size=6).map(" ".join)
bodies = st.lists(phrases, max_size=4).map("\n\n".join)
fields = st.fixed_dictionaries({}, optional={
    "hook": phrases, "wiifm": phrases | st.just("one\ntwo\nthree"),
    "learning_objectives": st.lists(phrases, max_size=3), "estimated_minutes": st.integers(5, 9),
    "status": st.sampled_from(SESSION.flow), "order_index": st.integers(1, 3),
})  # fmt: skip


@st.composite
def versions(draw):
    """A file, and two edits of it by field, each with comments of its own."""
    base = {"title": "t", **draw(fields)}
    body = draw(bodies)

    def text(values, below, mark):
        shown = codec.new_text(
            SESSION,
            {f.name: values.get(f.name, OMITTED if f.loose else f.default) for f in SESSION.fields}
            | {"description": below or None},
            None,
            SCHEMAS,
        )
        lines = shown.split("\n")
        keys = [k for k, line in enumerate(lines[: lines.index("---", 1)]) if line[:1].isalpha()]
        for k in sorted(draw(st.sets(st.sampled_from(keys), max_size=2)) if mark else (), reverse=True):
            if draw(st.booleans()):  # also behind a colon, and behind the sign of a block
                lines[k] += f" # {mark}{k}"
            else:
                lines.insert(k, f"# {mark}{k}")
        return "\n".join(lines)

    def edit(mark):
        values = {**base, **{k: v for k, v in draw(fields).items() if draw(st.booleans())}}
        for key in draw(st.sets(st.sampled_from(sorted(values)), max_size=1)) - {"title"}:
            del values[key]
        return text(values, draw(st.just(body) | bodies), mark)

    return text(base, body, ""), edit("l"), edit("r")


@settings(max_examples=250, deadline=None)
@given(versions())
def test_a_merge_is_a_pulls_in_each_field_and_loses_no_comment(sides):
    base, ours, theirs = sides
    found = merge_files(SESSION, *(side.encode() for side in sides), SCHEMAS)
    read = [codec.read_record(SESSION, "", "", side.encode(), SCHEMAS).document.values for side in sides]
    outcomes = [
        codec.read_record(SESSION, "", "", written(found, theirs=t).encode(), SCHEMAS).document
        for t in (False, True)
    ]
    for field in SESSION.fields:
        b, m, t = (NO_VALUE if side[field.name] is OMITTED else side[field.name] for side in read)
        merged = merge_value(field, b, m, t)
        one, other = (o.values[field.name] for o in outcomes)
        if not merged.clean:
            assert found.conflicts
        elif field.name != "status" or not found.conflicts:
            assert (
                one is other is OMITTED
                or (same(one, other) and same(one, merged.value))
                or merged.value is NO_VALUE
            )
    front = [side.split("---\n")[1] for side in (base, ours, theirs)]
    added = (comments_of(front[1]) - comments_of(front[0])) | (comments_of(front[2]) - comments_of(front[0]))
    stand = [written(found, theirs=t).split("---\n")[1].split("\n") for t in (False, True)]
    for comment, times in added.items():
        mine, other = (sum(line.endswith(comment) for line in lines) for lines in stand)
        assert mine == other == times if not found.conflicts else mine + other


@settings(max_examples=150, deadline=None)
@given(versions())
def test_what_one_side_alone_changed_is_its_file_to_the_byte(sides):
    base, ours, _ = (side.encode() for side in sides)
    assert written(merge_files(SESSION, base, ours, base, SCHEMAS)).encode() == ours
    assert written(merge_files(SESSION, base, base, ours, SCHEMAS)).encode() == ours
