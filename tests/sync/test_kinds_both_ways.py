"""All ten kinds, from files to rows and back, with every column."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.harness import C1, CHAPTER, CLIENT, PROGRAM, S1, S2, SESSION, TABLES, TREE, Desk, P, unchanged


def test_a_push_fills_every_column(synced: Desk) -> None:
    sql = synced.sql
    assert sql("SELECT id, name, slug, industry, contact_email, notes FROM clients") == [
        (CLIENT, "Acme Bank", "acme-bank", "Banking", "learning@acme.example", "Pays late, thinks early.")
    ]
    ((client, kind, content, version),) = sql(
        "SELECT client_id, type, content, version FROM client_knowledge"
    )
    assert (client, kind, version) == (CLIENT, "business_context", 1)
    assert json.loads(content, parse_float=str) == {
        "market": ["retail", "private"],
        "employees": 1200,
        "share": "12.50",
    }
    assert sql(
        "SELECT id, client_id, name, slug, description, language, status, estimated_hours, total_sessions"
        " FROM programs"
    ) == [
        (PROGRAM, CLIENT, "Leading with trust", "leading-with-trust", "For those who lead.", "de", "draft",
         Decimal("12.5"), 2)
    ]  # fmt: skip
    assert sql("SELECT program_id, type, title, content, content_format, version FROM program_knowledge") == [
        (PROGRAM, "brief", "The brief", "What they asked for.", "plain", 1)
    ]
    assert sql(
        "SELECT id, program_id, number, title, subtitle, description, order_index FROM chapters"
        " ORDER BY number LIMIT 1"
    ) == [(CHAPTER, PROGRAM, 1, "Foundations", "Where it begins", "First things.", 1)]
    assert sql(
        "SELECT id, chapter_id, number, title, hook, description, wiifm, learning_objectives,"
        " estimated_minutes, order_index, status FROM sessions ORDER BY number LIMIT 1"
    ) == [
        (SESSION, CHAPTER, "1.1", "Why leaders listen", "Nobody told her.", "A session about listening.",
         "You hear more.", '["Listen", "Ask"]', 20, 1, "draft")
    ]  # fmt: skip
    assert sql(
        "SELECT content, word_count, sources, status FROM articles WHERE session_id = %s", SESSION
    ) == [("One two three.\n\nFour five.", 5, '[{"year": 2010, "title": "On listening"}]', "draft")]
    assert sql("SELECT session_id, script, word_count, estimated_duration, status FROM videos") == [
        (SESSION, "NARRATOR: Listen now.", 3, "3:10", "draft")
    ]
    ((session, questions, metadata, status),) = sql(
        "SELECT session_id, questions::jsonb, metadata, status FROM quizzes"
    )
    assert (session, status, metadata) == (SESSION, "draft", '{"passing_score": 0.80}')
    assert json.loads(questions)[0]["options"] == [{"text": "She", "correct": True}, {"text": "He"}]
    assert sql(
        "SELECT session_id, exercise_type, complexity, title, description, scenario, learning_anchor,"
        " ai_mentor, success_criteria, evaluation, estimated_minutes, status FROM exercises"
    ) == [
        (SESSION, "CASE_ANALYSIS", "advanced", "The case", "Read the case.", '{"setting": "A branch"}',
         '{"concept": "Listening"}', '{"role": "A colleague", "instructions": "Ask back."}',
         '["Names two"]', '{"method": "Compare"}', 25,
         "draft")
    ]  # fmt: skip


def test_what_was_pushed_is_pulled_into_an_empty_folder_byte_for_byte(synced: Desk, tmp_path: Path) -> None:
    with Desk(tmp_path / "other", synced.url) as other:
        other.ok("pull")
        assert {k: v.decode() for k, v in other.files().items()} == dict(TREE)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_of_each_kind_that_changed_is_pulled(synced: Desk, table: str) -> None:
    column, path = {
        "clients": ("industry", "acme-bank/client.md"),
        "client_knowledge": ("content", "acme-bank/knowledge/business_context.yaml"),
        "programs": ("description", f"{P}/program.md"),
        "program_knowledge": ("content", f"{P}/knowledge/brief.md"),
        "chapters": ("subtitle", f"{C1}/chapter.md"),
        "sessions": ("learning_objectives", f"{S1}/session.md"),
        "articles": ("content", f"{S1}/article.md"),
        "videos": ("estimated_duration", f"{S1}/video.md"),
        "quizzes": ("questions", f"{S1}/quiz.yaml"),
        "exercises": ("ai_mentor", f"{S1}/exercise.md"),
    }[table]
    value = {
        "learning_objectives": '["New"]',
        "questions": '[{"question": "New"}]',
        "ai_mentor": '{"role": "New"}',
    }.get(column, '{"new": "New"}' if table == "client_knowledge" else "New")
    where = (
        "WHERE number = '1.1'" if table == "sessions" else "WHERE number = 1" if table == "chapters" else ""
    )
    where = f"WHERE session_id = '{SESSION}'" if table == "articles" else where
    synced.sql(f"UPDATE {table} SET {column} = %s {where}", value)
    before = synced.files()
    synced.ok("pull")
    after = synced.files()
    assert [p for p in after if after[p] != before.get(p)] == [path]
    assert "New" in synced.read(path)
    with unchanged(synced):
        synced.ok("push")


# --- defaults and nulls


def test_a_key_left_out_means_the_default_or_null(bare: Desk) -> None:
    bare.write_all({p: TREE[p] for p in (f"{P}/program.md", "acme-bank/client.md", f"{C1}/chapter.md")})
    bare.write(f"{P}/program.md", "---\nname: Short\n---\n")
    bare.write(f"{S1}/session.md", "---\ntitle: Short\n---\n")
    bare.write(f"{S1}/exercise.md", "---\nexercise_type: REFLECTION\ntitle: T\nai_mentor: {}\n---\nDo.\n")
    bare.ok("push")
    assert bare.sql("SELECT language, status, estimated_hours, description FROM programs") == [
        ("en", "draft", None, None)
    ]
    assert bare.sql("SELECT estimated_minutes, status, learning_objectives, hook FROM sessions") == [
        (10, "draft", None, None)
    ]
    assert bare.sql("SELECT complexity, estimated_minutes, scenario FROM exercises") == [("basic", 15, None)]


def test_an_explicit_null_means_null_and_comes_back_as_null(synced: Desk) -> None:
    synced.edit(f"{P}/program.md", "language: de", "language: null")
    synced.edit(f"{S1}/session.md", "estimated_minutes: 20", "estimated_minutes:")
    synced.ok("push")
    assert synced.one("SELECT language FROM programs") is None
    assert synced.one("SELECT estimated_minutes FROM sessions WHERE number = '1.1'") is None
    with Desk(synced.root.with_name("other"), synced.url) as other:
        other.ok("pull")
        assert "\nlanguage: null\n" in other.read(f"{P}/program.md")
        assert "\nestimated_minutes: null\n" in other.read(f"{S1}/session.md")
        with unchanged(other):
            other.ok("push")


def test_a_default_is_left_as_the_writer_has_it(synced: Desk) -> None:
    synced.edit(f"{P}/program.md", "language: de", "language: en")
    synced.edit(f"{S1}/session.md", "estimated_minutes: 20\n", "")
    synced.ok("push")
    with unchanged(synced):
        synced.ok("pull")
    with Desk(synced.root.with_name("other"), synced.url) as other:
        other.ok("pull")
        assert "language" not in other.read(f"{P}/program.md")
        assert "estimated_minutes" not in other.read(f"{S1}/session.md")
        assert "status: draft" in other.read(f"{P}/program.md")


def test_removing_a_key_pushes_the_default_and_removing_a_body_pushes_null(synced: Desk) -> None:
    synced.edit(f"{P}/program.md", "language: de\n", "")
    synced.edit(f"{P}/program.md", "For those who lead.\n", "")
    synced.ok("push")
    assert synced.sql("SELECT language, description FROM programs") == [("en", None)]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace("\n", "\r\n"),
        lambda t: "\ufeff" + t,
        lambda t: t.rstrip("\n"),
        lambda t: t + "\n\n\n",
        lambda t: t.replace("---\n\n", "---\n\n\n\n", 1),
        lambda t: t.replace("title: ", "# why\ntitle:   ", 1),
    ],
    ids=["CRLF", "BOM", "no final newline", "blank lines at the end", "blank lines at the start", "comment"],
)
def test_how_a_file_is_written_makes_no_difference(synced: Desk, change) -> None:
    for path in (f"{S1}/exercise.md", f"{S1}/session.md"):
        synced.write(path, change(TREE[path]))
    assert synced.standings() == {}
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_a_text_that_a_row_has_in_another_form_stays_as_it_is(synced: Desk) -> None:
    odd = "\r\n\r\n  One two three.\r\n\r\nFour five.  \n\n"
    synced.sql("UPDATE articles SET content = %s WHERE session_id = %s", odd, SESSION)
    synced.ok("pull")
    assert synced.read(f"{S1}/article.md").endswith("---\n\n  One two three.\n\nFour five.  \n")
    with unchanged(synced):
        synced.ok("push")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == odd


# --- derived columns


def test_a_push_sets_updated_at_of_what_it_writes_and_of_nothing_else(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET updated_at = 'epoch'")
    synced.sql("UPDATE articles SET updated_at = 'epoch'")
    synced.ok("status")
    synced.edit(f"{S1}/session.md", "hook: Nobody", "hook: Somebody")
    synced.ok("push")
    assert synced.sql("SELECT updated_at > 'epoch' FROM sessions ORDER BY number") == [(True,), (False,)]
    assert synced.sql("SELECT updated_at > 'epoch' FROM articles") == [(False,), (False,)]
    assert synced.one("SELECT count(*) FROM sessions WHERE created_at > updated_at") == 1


def test_words_are_counted_anew_when_the_text_changes(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "Four five.", "Four five six — 你好世界.")
    synced.edit(f"{S1}/video.md", "Listen now.", "Listen.")
    synced.ok("push")
    words = synced.one("SELECT word_count FROM articles WHERE session_id = %s", SESSION)
    assert words == len(["One", "two", "three.", "Four", "five", "six", "—", *"你好世界", "."])
    assert synced.one("SELECT word_count FROM videos") == 2


def test_words_are_not_counted_when_only_another_field_changes(synced: Desk) -> None:
    synced.sql("UPDATE articles SET word_count = 99 WHERE session_id = %s", SESSION)
    synced.edit(f"{S1}/article.md", "year: 2010", "year: 2011")
    synced.ok("push")
    assert synced.one("SELECT word_count FROM articles WHERE session_id = %s", SESSION) == 99


def test_a_version_of_knowledge_goes_up_by_one_with_each_push(synced: Desk) -> None:
    synced.edit("acme-bank/knowledge/business_context.yaml", "1200", "1300")
    synced.edit(f"{P}/knowledge/brief.md", "asked", "begged")
    synced.ok("push")
    synced.edit("acme-bank/knowledge/business_context.yaml", "1300", "1400")
    synced.ok("push")
    assert synced.one("SELECT version FROM client_knowledge") == 3
    assert synced.one("SELECT version FROM program_knowledge") == 2


def test_the_total_of_sessions_follows_what_comes_goes_and_moves(synced: Desk) -> None:
    synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    synced.ok("push")
    assert synced.one("SELECT total_sessions FROM programs") == 3
    synced.write("acme-bank/other/program.md", "---\nname: Other\n---\n")
    synced.write("acme-bank/other/01-a/chapter.md", "---\ntitle: A\n---\n")
    synced.move(f"{C1}/1.3-new", "acme-bank/other/01-a/1.1-new")
    synced.ok("push")
    assert synced.sql("SELECT slug, total_sessions FROM programs ORDER BY slug") == [
        ("leading-with-trust", 2),
        ("other", 1),
    ]
    synced.remove("acme-bank/other/01-a/1.1-new")
    synced.ok("push", "--delete")
    assert synced.sql("SELECT slug, total_sessions FROM programs ORDER BY slug") == [
        ("leading-with-trust", 2),
        ("other", 0),
    ]
    with unchanged(synced):
        synced.ok("push")


def test_derived_columns_are_no_difference(synced: Desk) -> None:
    synced.sql("UPDATE programs SET total_sessions = 77, created_at = now() + '1 h', updated_at = now()")
    synced.sql("UPDATE articles SET word_count = 77")
    synced.sql("UPDATE client_knowledge SET version = 77")
    assert synced.standings() == {}
    with unchanged(synced):
        synced.ok("pull")
        synced.ok("push")


def test_a_type_and_a_status_that_nobody_knows_are_pulled_with_a_warning(synced: Desk) -> None:
    synced.sql(
        "INSERT INTO program_knowledge (program_id, type, content) VALUES (%s, 'tone', 'Calm.')", PROGRAM
    )
    synced.sql("UPDATE sessions SET status = 'on_hold' WHERE number = '1.2'")
    synced.ok("pull")
    assert synced.read(f"{P}/knowledge/tone.md") == "---\n---\n\nCalm.\n"
    assert "status: on_hold" in synced.read(f"{S2}/session.md")
    found = synced.json("status")
    assert found["records"] == []
    assert {(p["code"], p["severity"]) for p in found["problems"]} == {
        ("unknown-type", "warning"),
        ("unknown-status", "warning"),
    }
    with unchanged(synced):
        synced.ok("push")


# --- names


def test_names_that_no_path_can_hold_travel_encoded_both_ways(synced: Desk) -> None:
    slugs = [
        "../../etc/passwd",
        "/etc/passwd",
        "a/b",
        "..",
        ".git",
        "CON",
        "100%",
        "knowledge",
        "a b",
        "ü",
        "-x",
        "",
    ]
    for slug in slugs:
        synced.sql("INSERT INTO programs (client_id, name, slug) VALUES (%s, 'N', %s)", CLIENT, slug)
    numbers = ["1-2", "a/b", "1.10", "1.1", "%"]
    for i, number in enumerate(numbers, 5):
        synced.sql(
            "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, %s, 'T', %s)",
            "33333333-3333-4333-8333-333333333332", number, i,
        )  # fmt: skip
    before = set(synced.root.parent.rglob("*"))
    synced.ok("pull")
    assert all(p.is_relative_to(synced.root) for p in set(synced.root.parent.rglob("*")) - before)
    with unchanged(synced):
        synced.ok("push")
    synced.empty()
    synced.forget()
    synced.ok("push")
    assert sorted(s for (s,) in synced.sql("SELECT slug FROM programs")) == sorted(
        [*slugs, "leading-with-trust"]
    )
    found = synced.sql(
        "SELECT number FROM sessions WHERE chapter_id = '33333333-3333-4333-8333-333333333332'"
    )
    assert sorted(n for (n,) in found) == sorted(numbers)


def test_a_new_record_whose_name_some_file_systems_take_for_another_is_not_pushed(synced: Desk) -> None:
    for slug in ("caf\u00e9", "cafe\u0301", "NEW", "new"):
        synced.write(f"acme-bank/{slug}/program.md", "---\nname: N\n---\n")
    with unchanged(synced):
        found = synced.refused("push")
    assert found.err.count("error[twin-names]") == 2, "the folders, and not again what is in them"
    assert "(the same letters, encoded otherwise)" in found.err
    assert "(upper and lower case)" in found.err
    synced.remove("acme-bank/NEW")
    synced.remove("acme-bank/cafe\u0301")
    synced.ok("push")


def test_twins_that_some_file_systems_would_merge_are_held_back_with_an_error(synced: Desk) -> None:
    for slug in ("Cafe", "cafe", "e\u0301", "\u00e9"):
        synced.sql("INSERT INTO programs (client_id, name, slug) VALUES (%s, 'N', %s)", CLIENT, slug)
    synced.sql("INSERT INTO programs (client_id, name, slug) VALUES (%s, 'N', %s)", CLIENT, "x" * 300)
    found = synced.refused("pull", "--json")
    assert sorted(found.codes) == ["bad-name", "twin-names", "twin-names"]
    made = {p.split("/")[1] for p in synced.files() if p.endswith("program.md")}
    assert len(made & {"Cafe", "cafe"}) == 1
    assert len(made & {"e\u0301", "\u00e9"}) == 1
    with unchanged(synced):
        synced.refused("pull")
        synced.ok("push")
