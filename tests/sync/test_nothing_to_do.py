"""What has nothing to do touches nothing, and a dry run never does."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.postgres.rows.row_writer import Writer
from tests.harness import C1, S1, SESSION, SESSION_2, Desk, unchanged


def memory(desk: Desk) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (desk.root / ".studio").iterdir() if p.name == "memory.db"}


def test_a_second_push_writes_no_row_and_touches_no_file(synced: Desk) -> None:
    with unchanged(synced):
        found = synced.ok("push")
        assert found.out == "nothing to push\n"


def test_a_second_pull_writes_no_row_and_touches_no_file(synced: Desk) -> None:
    synced.sql("UPDATE articles SET content = 'New.'")
    synced.ok("pull")
    with unchanged(synced):
        found = synced.ok("pull")
        assert found.out == "nothing to pull\n"


def test_the_same_for_the_example_workspace(bare: Desk) -> None:
    examples = Path(__file__).parents[2] / "examples" / "content"
    shutil.copytree(examples, bare.content, dirs_exist_ok=True)
    before = bare.files()
    bare.ok("push")
    assert bare.files() == before
    with unchanged(bare):
        bare.ok("push")
        bare.ok("pull")
        bare.ok("status", "--exit-code")
        bare.ok("validate")
    with Desk(bare.root.with_name("other"), bare.url) as other:
        other.ok("pull")
        with unchanged(other):
            other.ok("push")
            other.ok("pull")
            bare.ok("pull")


@pytest.mark.parametrize("command", [["push"], ["push", "--delete"], ["pull"], ["push", "--partial"]])
def test_a_dry_run_prints_the_plan_and_touches_nothing(synced: Desk, command: list[str]) -> None:
    synced.edit(f"{S1}/article.md", "One", "Eins")
    synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    synced.remove(f"{S1}/quiz.yaml")
    synced.sql("UPDATE sessions SET title = 'Theirs' WHERE id = %s", SESSION_2)
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'Theirs.')", SESSION_2)
    synced.sql("DELETE FROM exercises")
    with unchanged(synced):
        planned = synced.run(*command, "-n")
    assert "would be" in planned.out
    done = synced.run(*command)
    assert [line for line in done.out.splitlines() if line[0] in "+~-"] == [
        line for line in planned.out.splitlines() if line[0] in "+~-"
    ]


def test_a_dry_run_before_anything_was_remembered_leaves_no_base_behind(desk: Desk) -> None:
    with unchanged(desk):
        desk.ok("push", "-n")
        desk.ok("pull", "-n")
    desk.ok("push")
    assert desk.standings() == {}


def test_a_dry_run_on_equal_sides_does_not_adopt(synced: Desk) -> None:
    synced.forget()
    synced.ok("push", "-n")
    synced.edit(f"{S1}/article.md", "One", "Eins")
    assert synced.standings() == {f"{S1}/article.md": {"content": "conflict"}}


@pytest.mark.parametrize("command", [["status"], ["diff"], ["push", "-n"], ["pull", "-n"]], ids=" ".join)
def test_reading_does_not_adopt_what_both_sides_came_to_say(synced: Desk, command: list[str]) -> None:
    """A base that reading saved would make the file an old one, and a pull would overwrite it."""
    synced.edit(f"{S1}/article.md", "One", "Eins")
    synced.sql("UPDATE articles SET content = replace(content, 'One', 'Eins') WHERE session_id = %s", SESSION)
    synced.ok(*command)
    synced.sql("UPDATE articles SET content = replace(content, 'Eins', 'Uno') WHERE session_id = %s", SESSION)
    assert synced.standings() == {f"{S1}/article.md": {"content": "conflict"}}


def test_a_status_touches_neither_files_nor_rows(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "One", "Eins")
    synced.sql("UPDATE sessions SET title = 'Theirs' WHERE id = %s", SESSION_2)
    with unchanged(synced):
        synced.ok("status")
        synced.ok("diff")
        synced.ok("validate")


def test_only_the_columns_that_changed_are_written(synced: Desk) -> None:
    synced.sql("CREATE TABLE IF NOT EXISTS seen (columns text[])")
    try:
        synced.sql("""
            CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO seen SELECT array_agg(n.key ORDER BY n.key)
                FROM jsonb_each(to_jsonb(NEW)) n JOIN jsonb_each(to_jsonb(OLD)) o USING (key)
                WHERE n.value <> o.value;
                RETURN NEW;
            END $$
        """)
        synced.sql("CREATE TRIGGER note AFTER UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION note()")
        synced.edit(f"{S1}/session.md", "hook: Nobody", "hook: Somebody")
        synced.ok("push")
        assert synced.sql("SELECT columns FROM seen") == [(["hook", "updated_at"],)]
    finally:
        synced.sql("DROP TRIGGER IF EXISTS note ON sessions")
        synced.sql("DROP TABLE seen")


# --- which rows are looked at


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of which all rows' tokens were fetched since the list was last emptied."""
    kinds: list[str] = []
    real = Rows.tokens

    def tokens(self: Rows, names: Iterable[str]) -> dict[str, bytes]:
        wanted = list(names)
        kinds.extend(wanted)
        return real(self, wanted)

    monkeypatch.setattr(Rows, "tokens", tokens)
    return kinds


def edit_a_text(desk: Desk) -> None:
    desk.edit(f"{S1}/article.md", "One", "Eins")


def add_a_session(desk: Desk) -> None:
    desk.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")


def delete_a_quiz(desk: Desk) -> None:
    desk.remove(f"{S1}/quiz.yaml")


@pytest.mark.usefixtures("with_every_capability")
@pytest.mark.parametrize("change", [edit_a_text, add_a_session, delete_a_quiz])
def test_after_a_push_the_rows_are_known_as_it_left_them(
    synced: Desk, looked_at: list[str], change: Callable[[Desk], None]
) -> None:
    synced.standings()
    looked_at.clear()
    change(synced)
    assert synced.standings()
    synced.ok("push", "--delete")
    assert synced.standings() == {}
    assert looked_at == []
    synced.sql("UPDATE exercises SET description = 'Theirs'")
    assert synced.standings() == {f"{S1}/exercise.md": {"description": "behind"}}
    assert looked_at == ["exercise"]


def test_what_somebody_writes_while_a_push_writes_is_seen_by_the_next_run(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced.standings()
    real = Writer.apply

    def apply(self: Writer, *given: Any) -> Any:
        synced.sql("UPDATE exercises SET description = 'Theirs'")
        synced.sql("DELETE FROM quizzes")
        return real(self, *given)

    monkeypatch.setattr(Writer, "apply", apply)
    edit_a_text(synced)
    synced.ok("push")
    assert synced.standings() == {
        f"{S1}/exercise.md": {"description": "behind"},
        f"{S1}/quiz.yaml": "behind delete",
    }


def test_a_trigger_that_changes_what_a_push_writes_is_noticed(synced: Desk) -> None:
    synced.sql(
        "CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.title := upper(NEW.title); RETURN NEW; END $$"
    )
    synced.sql("CREATE TRIGGER loud BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION loud()")
    try:
        synced.standings()
        synced.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Why we listen")
        synced.ok("push")
        assert synced.standings() == {f"{S1}/session.md": {"title": "behind"}}
    finally:
        synced.sql("DROP TRIGGER loud ON sessions")
        synced.sql("DROP FUNCTION loud")
