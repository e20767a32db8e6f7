"""A decision takes what was shown, and no more: each conflict is decided part by part, as it was printed."""

import os
import re
import shlex
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb

from tests.harness import C1, C2, CHAPTER_2, CLIENT, S1, S2, SESSION, SESSION_2, Desk, P, unchanged

ARTICLE, SESSION_FILE, QUIZ = f"{S1}/article.md", f"{S1}/session.md", f"{S1}/quiz.yaml"
THREE = "First words here.\n\nSecond words here.\n\nThird words here."


@pytest.fixture
def three(synced: Desk) -> Desk:
    """An article of three paragraphs: the writer edits the first and the third, the web app the first."""
    head = synced.read(ARTICLE).partition("One two three.")[0]
    synced.write(ARTICLE, f"{head}{THREE}\n")
    synced.ok("push")
    synced.edit(ARTICLE, "First words", "Local beginning")
    synced.edit(ARTICLE, "Third words", "Local ending")
    web_app(synced, THREE.replace("First words", "Remote beginning"))
    return synced


def web_app(desk: Desk, content: str) -> None:
    desk.sql("UPDATE articles SET content = %s WHERE session_id = %s", content, SESSION)


def article(desk: Desk) -> str:
    found: str = desk.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    return found


def paragraphs(desk: Desk) -> list[str]:
    """The paragraphs of the file's text."""
    return desk.read(ARTICLE).split("---\n")[2].strip().split("\n\n")


def resolve(desk: Desk, keep: str, *more: str, path: str = ARTICLE):
    return desk.run("resolve", f"content/{path}", "--keep", keep, *more)


# --- hunks


@pytest.mark.parametrize(("keep", "first"), [("files", "Local beginning"), ("database", "Remote beginning")])
@pytest.mark.parametrize("how", ["resolve", "pull"])
def test_a_decision_about_one_paragraph_leaves_the_edit_of_another(three, keep, first, how):
    three.refused("pull")
    path = [f"content/{ARTICLE}"] if how == "resolve" else []
    three.ok(how, *path, "--keep", keep)
    assert paragraphs(three) == [f"{first} here.", "Second words here.", "Local ending here."]
    assert three.standings() == {ARTICLE: {"content": "ahead"}}
    three.ok("push")
    assert article(three) == f"{first} here.\n\nSecond words here.\n\nLocal ending here."


def test_the_other_sides_paragraph_comes_along_when_the_files_are_kept(three):
    web_app(three, THREE.replace("First words", "Remote beginning").replace("Second", "Remote second"))
    three.refused("pull")
    three.ok("resolve", f"content/{ARTICLE}", "--keep", "files")
    assert three.read(ARTICLE).endswith(
        "Local beginning here.\n\nRemote second words here.\n\nLocal ending here.\n"
    )


@pytest.mark.parametrize(("keep", "words"), [("files", "Local ending"), ("database", "Third words")])
def test_a_side_taken_whole_is_shown_whole_before(three, keep, words):
    three.refused("pull")
    with unchanged(three):
        first = resolve(three, keep, "--whole")
    assert first.code == 1
    assert "not-shown" in first.err
    assert "Local ending here." in first.out
    assert first.out.count("Third words here.") == 2
    assert resolve(three, keep, "--whole").code == 0
    assert words in three.read(ARTICLE)
    assert ("Local beginning" in three.read(ARTICLE)) == (keep == "files")


def test_an_edit_outside_of_the_hunks_leaves_them_shown(three):
    three.refused("pull")
    three.edit(ARTICLE, "Local ending", "Another ending")
    three.ok("resolve", f"content/{ARTICLE}", "--keep", "database")
    assert three.read(ARTICLE).endswith(
        "Remote beginning here.\n\nSecond words here.\n\nAnother ending here.\n"
    )


def test_keys_and_items_are_decided_and_the_rest_of_a_quiz_merges(synced):
    synced.edit(QUIZ, "Who listens?", "Who hears?")
    synced.edit(QUIZ, "metadata:\n", "metadata:\n  author: Ada\n")
    options = [{"text": "She", "correct": True}, {"text": "He"}]
    questions = [
        {"id": "q1", "question": "Who listens now?", "options": options},
        {"id": "q2", "question": "New?"},
    ]
    synced.sql("UPDATE quizzes SET questions = %s WHERE session_id = %s", Jsonb(questions), SESSION)
    found = synced.refused("pull")
    assert "questions[id=q1].question:" in found.out
    assert resolve(synced, "files", path=QUIZ).code == 0
    assert "Who hears?" in synced.read(QUIZ)
    assert "id: q2" in synced.read(QUIZ)
    assert "author: Ada" in synced.read(QUIZ)


def test_the_rest_of_the_record_merges_in_the_same_command(synced):
    synced.edit(SESSION_FILE, "title: Why leaders listen", "title: Local title")
    mine = "A session on listening, and on much else besides it."
    synced.edit(SESSION_FILE, "A session about listening.", mine)
    synced.sql(
        "UPDATE sessions SET title = 'Remote title', hook = 'Web hook.', description = %s WHERE id = %s",
        "A session about listening.\n\nAdded by the web app.",
        SESSION,
    )
    synced.refused("pull", "-n")
    assert resolve(synced, "files", path=SESSION_FILE).code == 0
    text = synced.read(SESSION_FILE)
    assert "title: Local title" in text
    assert "hook: Web hook." in text
    assert text.endswith(f"{mine}\n\nAdded by the web app.\n")
    assert synced.standings() == {SESSION_FILE: {"title": "ahead", "description": "ahead"}}
    synced.ok("push")


# --- status and words


@pytest.mark.parametrize("keep", ["files", "database"])
def test_an_approval_by_the_web_app_shows_the_words_that_it_would_drop(synced, keep):
    synced.edit(ARTICLE, "One two three.", "Local words here.")
    synced.sql("UPDATE articles SET status = 'review' WHERE session_id = %s", SESSION)
    found = synced.refused("pull")
    assert "Local words here." in found.out
    assert "One two three." in found.out
    assert "status, content, together:" in found.out
    assert resolve(synced, keep).code == 0
    text = synced.read(ARTICLE)
    assert ("status: draft" in text) == ("Local words here." in text) == (keep == "files")


def test_nothing_of_the_other_sides_text_comes_into_a_file_whose_step_is_not_settled(synced):
    synced.edit(ARTICLE, "status: draft", "status: review")
    web_app(synced, "Remote words.\n\nFour five.")
    synced.refused("pull")
    with unchanged(synced):
        found = resolve(synced, "both")
    assert found.code == 1
    assert "approve unread text" in found.err
    with unchanged(synced):
        synced.refused("push")
    way(synced, found.err)


def way(desk: Desk, said: str) -> None:
    """Follow the way out that is printed: one of the sides."""
    assert f"studio resolve content/{ARTICLE} --keep files|database" in said
    assert resolve(desk, "database").code == 0
    assert desk.standings() == {}


def test_what_the_same_side_changed_beside_the_step_is_of_the_part_too(synced):
    synced.edit(ARTICLE, "status: draft", "status: review")
    synced.edit(ARTICLE, "year: 2010", "year: 2011")
    web_app(synced, "Remote words.\n\nFour five.")
    assert synced.standings() == {
        ARTICLE: {"status": "conflict", "sources": "conflict", "content": "conflict"}
    }
    assert "2011" in synced.refused("pull").out
    assert resolve(synced, "database").code == 0
    assert synced.standings() == {}


# --- shown


@pytest.mark.parametrize(
    "command",
    ["pull -q", "pull -q -n", "status", "status --json", "push", "push -q"],
)
def test_what_prints_no_words_shows_nothing(three, command):
    three.run(*command.split())
    with unchanged(three):
        found = resolve(three, "database")
    assert (found.code, "not-shown" in found.err) == (1, True)


@pytest.mark.parametrize(
    "command",
    ["pull", "pull -n", "diff", "pull --json", "diff --json", "push --json"],
)
def test_what_prints_the_three_values_shows_them(three, command):
    three.run(*command.split())
    assert resolve(three, "database").code == 0


def test_a_refused_decision_shows_what_it_is_about_and_passes_when_it_is_taken_again(three):
    with unchanged(three):
        found = resolve(three, "database")
    assert found.code == 1
    for words in ("First words here.", "Local beginning here.", "Remote beginning here."):
        assert words in found.out
    assert "run the command again" in found.err
    assert resolve(three, "database").code == 0


def test_a_refused_decision_shows_nothing_with_q_and_says_so(three):
    for _ in range(2):
        found = resolve(three, "database", "-q")
        assert found.code == 1
        assert "without -q" in found.err
        assert not found.out
    assert resolve(three, "database").code == 1
    assert resolve(three, "database", "-q").code == 0


def test_a_part_that_was_cut_is_shown_whole_by_the_decision_that_is_refused(synced):
    head = synced.read(ARTICLE).partition("One two three.")[0]
    base, local, remote = ("\n".join(f"{who} {k}" for k in range(30)) for who in ("base", "file", "row"))
    synced.write(ARTICLE, f"{head}{base}\n")
    synced.ok("push")
    synced.write(ARTICLE, f"{head}{local}\n")
    web_app(synced, remote)
    found = synced.refused("pull")
    assert "… and 18 more lines" in found.out
    again = resolve(synced, "files")
    assert again.code == 1
    assert all(f"{who} 29" in again.out for who in ("base", "file", "row"))
    assert resolve(synced, "files").code == 0


def test_the_command_that_a_shortened_conflict_names_shows_it_whole(synced):
    head = synced.read(ARTICLE).partition("One two three.")[0]
    synced.write(ARTICLE, head + "\n".join(f"file {k}" for k in range(30)) + "\n")
    web_app(synced, "\n".join(f"row {k}" for k in range(30)))
    found = synced.refused("pull")
    command = re.search(r"whole first: studio (.*)", found.out)[1]
    synced.ok(*shlex.split(command))
    assert resolve(synced, "files").code == 0


def test_a_closed_pipe_shows_nothing(three):
    read, write = os.pipe()
    os.close(read)
    program = "import sys; from studio_sync.cli.main import main; sys.argv = ['studio', 'diff']; main()"
    with open(write, "wb") as gone:
        subprocess.run(
            ["python", "-c", program],
            cwd=three.root,
            env=three.environment(),
            stdout=gone,
            check=False,
            timeout=60,
        )
    assert resolve(three, "database").code == 1


def test_a_change_of_any_value_of_a_part_makes_it_one_that_was_not_shown(three):
    three.refused("pull")
    three.edit(ARTICLE, "Local beginning", "Another beginning")
    assert resolve(three, "database").code == 1
    web_app(three, THREE.replace("First words", "Yet another beginning"))
    assert resolve(three, "database").code == 1
    assert resolve(three, "database").code == 0


# --- places


def test_a_place_is_shown_and_settled_as_one(synced):
    synced.move(S2, f"{C1}/1.5-asking")
    synced.sql("UPDATE sessions SET chapter_id = %s, number = '2.8' WHERE id = %s", CHAPTER_2, SESSION_2)
    found = synced.refused("pull")
    page = [line.strip() for line in found.out.splitlines()]
    assert f"base      number 1.2, below {C1}" in page
    assert f"files     number 1.5, below {C1}" in page
    assert f"database  number 2.8, below {C2}" in page
    synced.ok("resolve", f"content/{C1}/1.5-asking/session.md", "--keep", "files")
    assert synced.standings()[f"{C1}/1.5-asking/session.md"] == {"parent": "ahead", "number": "ahead"}
    synced.ok("push")
    assert synced.sql("SELECT number, chapter_id::text FROM sessions WHERE id = %s", SESSION_2)[0][0] == "1.5"
    assert synced.one("SELECT chapter_id::text FROM sessions WHERE id = %s", SESSION_2) != CHAPTER_2


def test_a_place_names_a_parent_that_was_deleted_since(desk):
    """It was named by its UUID once a pull had forgotten it."""
    for slug, own in (("beta", CLIENT[:-1] + "2"), ("gamma", CLIENT[:-1] + "3")):
        desk.write(f"{slug}/client.md", f"---\nid: {own}\nname: {slug}\n---\n")
    desk.ok("push")
    desk.sql("UPDATE programs SET client_id = (SELECT id FROM clients WHERE slug = 'beta')")
    desk.sql("DELETE FROM clients WHERE slug = 'acme-bank'")
    desk.move(P, "gamma/leading-with-trust")
    desk.refused("pull")
    for name in ("acme-bank", "(unknown)"):
        page = desk.refused("pull").out
        assert f"base      slug leading-with-trust, below {name}\n" in page
        assert "files     slug leading-with-trust, below gamma\n" in page
        desk.sql("DELETE FROM studio_sync.versions WHERE rid = %s", CLIENT)
    desk.ok("resolve", "content/gamma/leading-with-trust", "--keep", "files")


@pytest.mark.parametrize("narrowed", [[], ["--field", "number"], ["--field", "parent"]])
def test_the_databases_place_is_taken_whole(synced, narrowed):
    synced.move(S2, f"{C1}/1.5-asking")
    synced.sql("UPDATE sessions SET chapter_id = %s, number = '2.8' WHERE id = %s", CHAPTER_2, SESSION_2)
    synced.refused("pull")
    synced.ok("resolve", f"content/{C1}/1.5-asking", "--keep", "database", *narrowed)
    assert (synced.content / C2 / "2.8-asking/session.md").exists()
    assert not [p for p in synced.standings() if p.endswith("session.md")]


def test_half_a_place_moved_here_and_half_there_is_a_conflict(synced):
    synced.move(S2, f"{C1}/1.5-asking")
    synced.sql("UPDATE sessions SET chapter_id = %s WHERE id = %s", CHAPTER_2, SESSION_2)
    found = synced.refused("pull")
    assert "  place:" in found.out
    assert (synced.content / C1 / "1.5-asking/session.md").exists()


# --- both


def test_after_both_the_ways_out_that_are_printed_work(three):
    three.refused("pull")
    said = resolve(three, "both")
    text = three.read(ARTICLE)
    assert text.count("<<<<<<<") == 1
    assert "Local ending here." in text
    assert "Local ending" not in text.partition("<<<<<<<")[2].partition(">>>>>>>")[0]
    assert "keep what is right, delete the marker lines, then push" in said.err
    command = re.search(r"studio (resolve \S+ --keep )files\|database", said.err)
    assert command
    three.ok(*command[1].split(), "database")
    assert three.read(ARTICLE).endswith(
        "Remote beginning here.\n\nSecond words here.\n\nLocal ending here.\n"
    )
    three.ok("validate")
    three.ok("push")
    assert article(three) == "Remote beginning here.\n\nSecond words here.\n\nLocal ending here."


def test_after_both_the_marks_may_be_edited_away(three):
    three.refused("pull")
    resolve(three, "both")
    text = three.read(ARTICLE)
    head, rest = text.partition("<<<<<<<")[0], text.partition(">>>>>>> database (studio)\n")[2]
    three.write(ARTICLE, f"{head}Ours and theirs.\n{rest}")
    assert three.standings() == {ARTICLE: {"content": "ahead"}}
    assert resolve(three, "files").code == 0
    three.ok("push")
    assert article(three) == "Ours and theirs.\n\nSecond words here.\n\nLocal ending here."


def test_marks_whose_words_were_never_shown_are_shown_before_a_side_is_taken(three):
    three.refused("pull")
    resolve(three, "both")
    with closing(sqlite3.connect(three.root / ".studio/memory.db")) as memory, memory:
        memory.execute("DELETE FROM shown_parts")
    found = resolve(three, "files")
    assert found.code == 1
    assert "Remote beginning here." in found.out
    assert "nothing to resolve" not in found.out
    assert resolve(three, "files").code == 0
    assert "<<<<<<<" not in three.read(ARTICLE)


def test_marks_that_somebody_broke_are_edited_by_hand(three):
    three.refused("pull")
    resolve(three, "both")
    three.edit(ARTICLE, ">>>>>>> database (studio)\n", "")
    said = three.refused("validate").text
    assert "delete the marker lines, then push" in said
    assert "resolve" not in said
    text = three.read(ARTICLE)
    three.write(ARTICLE, re.sub(r"<<<<<<< files.*?=======\n", "", text, flags=re.DOTALL))
    three.ok("push")
    assert article(three).startswith("Remote beginning here.")


@pytest.mark.parametrize("way", ["both", "field"])
def test_a_record_that_one_side_deleted_is_kept_by_the_way_out_that_is_printed(synced, way):
    synced.edit(ARTICLE, "One two three.", "Local words here.")
    synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    synced.refused("pull")
    more = ["--field", "content"] if way == "field" else []
    with unchanged(synced):
        found = resolve(synced, "both" if way == "both" else "files", *more)
    assert (
        f"keep it as one side has it: studio resolve content/{ARTICLE} --keep files|database\n" in found.err
    )
    assert resolve(synced, "files").code == 0
    synced.ok("push")
    assert article(synced).startswith("Local words here.")


def test_a_field_that_is_not_in_conflict_is_said_to_be_none(three):
    three.refused("pull")
    with unchanged(three):
        found = resolve(three, "files", "--field", "sources")
    assert found.code == 1
    assert "not in conflict here: sources" in found.err
    way = re.search(r"(studio resolve \S+ --field content --keep) files\|database", found.err)
    assert way is not None
    three.ok(*shlex.split(way[1])[1:], "files")


def test_where_a_record_was_deleted_no_field_of_it_is_offered(synced):
    synced.edit(ARTICLE, "One two three.", "Local words here.")
    synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    synced.refused("pull")
    with unchanged(synced):
        found = synced.refused("resolve", "content", "--field", "questions", "--keep", "files")
    assert "in conflict as a whole: run this again without --field" in found.err
    assert "--field status" not in found.err
    assert resolve(synced, "files").code == 0


def test_a_field_that_is_in_conflict_in_another_record_is_resolved_there_alone(three):
    three.edit(SESSION_FILE, "title: Why leaders listen", "title: Local title")
    three.sql("UPDATE sessions SET title = 'Remote title' WHERE id = %s", SESSION)
    three.refused("pull")
    three.ok("resolve", "content", "--field", "title", "--keep", "database")
    assert three.standings() == {ARTICLE: {"content": "conflict"}}


@pytest.mark.parametrize(
    ("name", "hint"),
    [("tilte", "title"), ("questions[id=q1].question", "questions"), ("scenario.setting", "scenario")],
)
def test_what_is_no_field_of_any_record_is_a_mistake_of_typing(three, name, hint):
    three.refused("pull")
    found = resolve(three, "files", "--field", name)
    assert found.code == 2
    assert f"did you mean `{hint}`?" in found.err


def test_the_way_out_of_what_cannot_be_both_is_a_command_that_a_pull_may_print_too(synced):
    synced.edit(SESSION_FILE, "title: Why leaders listen", "title: Local title")
    synced.sql("UPDATE sessions SET title = 'Remote title' WHERE id = %s", SESSION)
    synced.refused("pull")
    found = synced.refused("pull", "--keep", "both")
    way = re.search(r"(studio resolve \S+ --field title --keep) files\|database", found.err)
    assert way is not None
    synced.ok(*shlex.split(way[1])[1:], "files")


def test_a_place_is_decided_by_the_name_that_is_printed(synced):
    synced.move(S2, f"{C1}/1.5-asking")
    synced.sql("UPDATE sessions SET number = '1.7' WHERE id = %s", SESSION_2)
    assert "  place:" in synced.refused("pull").out
    assert resolve(synced, "files", "--field", "place", path=f"{C1}/1.5-asking").code == 0
    synced.ok("push")
    assert synced.one("SELECT number FROM sessions WHERE id = %s", SESSION_2) == "1.5"


def test_both_leaves_other_fields_unsettled_and_unwritten(synced):
    synced.edit(SESSION_FILE, "title: Why leaders listen", "title: Local title")
    synced.edit(SESSION_FILE, "A session about listening.", "Local text.")
    synced.sql(
        "UPDATE sessions SET title = 'Remote title', description = 'Remote text.' WHERE id = %s", SESSION
    )
    synced.refused("pull")
    found = resolve(synced, "both", path=SESSION_FILE)
    assert "not title" in found.err
    text = synced.read(SESSION_FILE)
    assert "title: Local title" in text
    assert "Remote title" not in text
    assert "=======\nRemote text.\n" in text
    assert synced.standings()[SESSION_FILE] == {"title": "conflict", "description": "ahead"}
    assert resolve(synced, "database", "--field", "title", path=SESSION_FILE).code == 0
    assert "title: Remote title" in synced.read(SESSION_FILE)
    assert resolve(synced, "files", path=SESSION_FILE).code == 0
    synced.ok("push")
    assert synced.sql("SELECT title, description FROM sessions WHERE id = %s", SESSION) == [
        ("Remote title", "Local text.")
    ]


# --- another program


def test_json_carries_the_parts_with_their_three_values(three):
    report = three.refused("pull", "--json").json
    (record,) = report["records"]
    (part,) = record["parts"]
    assert part == {
        "id": part["id"],
        "kind": "hunk",
        "field": "content",
        "fields": ["content"],
        "path": "content",
        "base": "First words here.",
        "files": "Local beginning here.",
        "database": "Remote beginning here.",
        "absent": [],
        "base_known": True,
        "lines": {side: {"start": 1, "count": 1} for side in ("base", "files", "database")},
    }
    assert resolve(three, "database", "--json").code == 0


def test_a_refused_decision_in_json_carries_the_parts_that_it_is_about(three):
    first = resolve(three, "files", "--whole", "--json")
    assert first.codes == ["not-shown"]
    (part,) = first.json["records"][0]["parts"]
    assert (part["kind"], part["base"], part["database"].count("Third words")) == ("value", THREE, 1)
    assert resolve(three, "files", "--whole", "--json").code == 0


def test_a_number_in_json_keeps_the_digits_that_were_written(synced):
    path = "acme-bank/knowledge/business_context.yaml"
    synced.edit(path, "share: 12.50", "share: 13.50")
    synced.sql("UPDATE client_knowledge SET content = jsonb_set(content, '{share}', '14.10')")
    found = synced.refused("pull", "--json")
    for line in ('"base": 12.50', '"files": 13.50', '"database": 14.10'):
        assert line in found.out
    assert found.json["records"][0]["parts"][0]["files"] == 13.5


def test_a_place_in_json_has_its_values(synced):
    synced.move(S2, f"{C1}/1.5-asking")
    synced.sql("UPDATE sessions SET chapter_id = %s, number = '2.8' WHERE id = %s", CHAPTER_2, SESSION_2)
    records = {r["kind"]: r for r in synced.json("diff")["records"]}
    (part,) = records["session"]["parts"]
    assert part["kind"] == "place"
    assert part["base"] == {"parent": C1, "number": "1.2"}
    assert part["files"] == {"parent": C1, "number": "1.5"}
    assert part["database"] == {"parent": C2, "number": "2.8"}


def test_the_plan_on_a_pull_request_shows_the_same_parts(three):
    found = three.run("push", "-n", "--format", "markdown")
    assert "Remote beginning here." in found.out
    assert "Local ending" not in found.out.partition("Conflicts")[2]


def test_whole_takes_one_side(three):
    found = three.run("resolve", f"content/{ARTICLE}", "--keep", "both", "--whole")
    assert found.code == 2


def test_a_record_that_one_side_deleted_is_shown_whole_before_it_goes(synced):
    synced.edit(ARTICLE, "One two three.", "Local words here.")
    synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    found = synced.refused("pull")
    for words in ("Local words here.", "One two three.", "On listening"):
        assert words in found.out
    assert P in found.out


def test_the_example_in_the_docs_is_what_is_printed(three):
    page = (Path(__file__).parents[2] / "docs/concepts/conflicts.md").read_text("utf-8")
    shown = three.refused("pull").out.splitlines()
    settled = resolve(three, "database").out.splitlines()
    for line in [*shown, *settled, *paragraphs(three)]:
        assert line in page or "not by studio" in line
