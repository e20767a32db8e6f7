"""Somebody else at the same time: nothing is overwritten, nobody waits for ever."""

import os
import time
from collections.abc import Callable

import pytest

from studio_sync.database.postgres.ledger import ledger_append
from studio_sync.database.postgres.rows.row_writer import Writer
from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.sync.pull.write_files import Puller
from tests.harness import C1, CHAPTER, S1, S2, SESSION, SESSION_2, Desk, unchanged


@pytest.fixture
def before_writing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Let something happen between the plan of a push and its first statement."""

    def arm(happen: Callable[[], object], *, times: int = 1) -> list[int]:
        real, calls = Writer.apply, []

        def apply(self, *rest, **more):
            calls.append(1)
            if len(calls) <= times:
                happen()
            return real(self, *rest, **more)

        monkeypatch.setattr(Writer, "apply", apply)
        return calls

    return arm


def edited(desk: Desk) -> None:
    desk.edit(f"{S1}/article.md", "One two three.", "Local words.")


# --- between a push's plan and its writing


def test_a_row_edited_between_plan_and_write_is_planned_anew_and_never_overwritten(
    synced: Desk, before_writing
) -> None:
    edited(synced)
    calls = before_writing(
        lambda: synced.sql("UPDATE articles SET content = 'Remote words.' WHERE session_id = %s", SESSION)
    )
    found = synced.refused("push", "--json")
    assert found.codes == ["conflict"]
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == "Remote words."
    assert len(calls) == 1


def test_another_field_edited_meanwhile_is_kept(synced: Desk, before_writing) -> None:
    edited(synced)
    calls = before_writing(
        lambda: synced.sql("""UPDATE articles SET sources = '["New"]' WHERE session_id = %s""", SESSION)
    )
    synced.ok("push")
    assert synced.sql("SELECT content, sources FROM articles WHERE session_id = %s", SESSION) == [
        ("Local words.\n\nFour five.", '["New"]')
    ]
    assert synced.standings() == {f"{S1}/article.md": {"sources": "behind"}}
    assert len(calls) == 2


def test_the_same_edit_made_meanwhile_is_adopted(synced: Desk, before_writing) -> None:
    edited(synced)
    before_writing(
        lambda: synced.sql(
            "UPDATE articles SET content = E'Local words.\\n\\nFour five.' WHERE session_id = %s", SESSION
        )
    )
    assert synced.ok("push").out == "nothing to push\n"
    assert synced.standings() == {}


def test_a_row_that_was_only_touched_meanwhile_is_written_all_the_same(synced: Desk, before_writing) -> None:
    edited(synced)
    calls = before_writing(lambda: synced.sql("UPDATE articles SET content = content, updated_at = now()"))
    synced.ok("push")
    assert len(calls) == 1
    assert synced.standings() == {}


def test_a_row_deleted_meanwhile_is_a_conflict_not_a_new_row(synced: Desk, before_writing) -> None:
    edited(synced)
    before_writing(lambda: synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION))
    assert synced.refused("push", "--json").codes == ["conflict"]
    assert synced.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION) == 0


def test_a_parent_deleted_meanwhile_takes_no_orphan(synced: Desk, before_writing) -> None:
    synced.write(f"{S2}/video.md", "---\n---\n\nNew.\n")
    before_writing(lambda: synced.sql("DELETE FROM sessions WHERE id = %s", SESSION_2))
    assert synced.run("push").code == 1
    assert synced.one("SELECT count(*) FROM videos") == 1


def test_a_child_added_meanwhile_keeps_its_parent(synced: Desk, before_writing) -> None:
    synced.remove(S2)
    before_writing(
        lambda: synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'New.')", SESSION_2)
    )
    synced.refused("push", "--delete")
    assert synced.one("SELECT count(*) FROM videos WHERE session_id = %s", SESSION_2) == 1
    assert synced.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION_2) == 1


def test_a_child_changed_meanwhile_keeps_its_parent(synced: Desk, before_writing) -> None:
    synced.remove(S2)
    before_writing(
        lambda: synced.sql("UPDATE articles SET content = 'New.' WHERE session_id = %s", SESSION_2)
    )
    synced.refused("push", "--delete")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "New."


def test_a_place_taken_meanwhile_is_a_collision(synced: Desk, before_writing) -> None:
    synced.write(f"{C1}/1.3-mine/session.md", "---\ntitle: Mine\n---\n")
    before_writing(
        lambda: synced.sql(
            "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '1.3', 'Theirs', 3)",
            CHAPTER,
        )
    )
    assert "collision" in synced.refused("push", "--json").codes
    assert synced.sql("SELECT title FROM sessions WHERE number = '1.3'") == [("Theirs",)]


def test_a_one_to_one_record_made_meanwhile_is_a_conflict(synced: Desk, before_writing) -> None:
    synced.write(f"{S2}/video.md", "---\n---\n\nMine.\n")
    before_writing(
        lambda: synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'Theirs.')", SESSION_2)
    )
    assert synced.refused("push", "--json").codes == ["conflict"]
    assert synced.one("SELECT script FROM videos WHERE session_id = %s", SESSION_2) == "Theirs."


def test_a_database_that_never_stands_still_ends_the_push_with_a_word(synced: Desk, before_writing) -> None:
    edited(synced)
    calls = before_writing(
        lambda: synced.sql("UPDATE articles SET sources = to_jsonb(ARRAY[random()::text])"), times=99
    )
    content = "SELECT content FROM articles ORDER BY id"
    before = synced.sql(content)
    found = synced.refused("push")
    assert "keeps changing" in found.err
    assert synced.sql(content) == before
    assert 1 < len(calls) < 10


def test_a_file_edited_while_it_is_pushed_stays_ahead(synced: Desk, before_writing) -> None:
    edited(synced)
    synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")

    def type_on() -> None:
        synced.edit(f"{S1}/article.md", "Local words.", "Later words.")
        synced.edit(f"{C1}/1.3-new/session.md", "New", "Newer")

    before_writing(type_on)
    synced.ok("push")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith(
        "Local words."
    )
    assert synced.standings() == {
        f"{S1}/article.md": {"content": "ahead"},
        f"{C1}/1.3-new/session.md": {"title": "ahead"},
    }
    own = synced.one("SELECT id FROM sessions WHERE number = '1.3'")
    assert f"id: {own}\n" in synced.read(f"{C1}/1.3-new/session.md")


# --- processes


def waits(desk: Desk) -> bool:
    return bool(
        desk.one(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


def until(happens: Callable[[], object]) -> None:
    give_up = time.monotonic() + 20
    while not happens():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_an_edit_that_is_not_yet_committed_is_waited_for_and_not_overwritten(synced: Desk) -> None:
    edited(synced)
    with Desk(synced.root.with_name("somebody"), synced.url) as somebody:
        with somebody.connection.transaction():
            somebody.sql("UPDATE articles SET content = 'Remote words.' WHERE session_id = %s", SESSION)
            push = synced.spawn("push")
            until(lambda: waits(synced))
        out, err = push.communicate(timeout=30)
    assert push.returncode == 1, (out, err)
    assert "error[conflict]" in err
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == "Remote words."


def test_two_pushes_at_once_from_two_clones_count_every_session(synced: Desk) -> None:
    with synced.clone() as other:
        other.ok("status")
        for i in range(8):
            synced.write(f"{C1}/1.{i + 10}-mine/session.md", f"---\ntitle: Mine {i}\n---\n")
            other.write(f"{C1}/1.{i + 20}-hers/session.md", f"---\ntitle: Hers {i}\n---\n")
        pushes = [desk.spawn("push") for desk in (synced, other)]
        for push in pushes:
            out, err = push.communicate(timeout=60)
            assert push.returncode == 0, (out, err)
    assert synced.one("SELECT total_sessions FROM programs") == 18
    numbers = [n for (n,) in synced.sql("SELECT number FROM sessions ORDER BY order_index")]
    assert len(set(synced.sql("SELECT order_index FROM sessions"))) == 18
    assert sorted(numbers, key=lambda n: int(n.split(".")[1])) == numbers


def test_two_pushes_at_once_in_one_workspace_take_turns(synced: Desk) -> None:
    edited(synced)
    synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    pushes = [synced.spawn("push") for _ in range(3)]
    said = [push.communicate(timeout=60) for push in pushes]
    assert [push.returncode for push in pushes] == [0, 0, 0], said
    assert sorted(out.splitlines()[-1] for out, _ in said) == [
        "nothing to push",
        "nothing to push",
        "pushed: 1 created, 1 updated",
    ]
    assert synced.one("SELECT count(*) FROM sessions WHERE title = 'New'") == 1


# --- an editor at work while a pull writes


def test_an_editor_that_saves_during_a_pull_keeps_its_text_and_the_file_is_named(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced.sql("UPDATE articles SET content = 'Remote words.'")
    real = FileWriter.replace

    def replace(self, path: str, before: bytes, data: bytes):
        if path == f"{S1}/article.md":
            edited(synced)
        return real(self, path, before, data)

    monkeypatch.setattr(FileWriter, "replace", replace)
    found = synced.refused("pull")
    assert f"{S1}/article.md" in found.err
    assert "changed meanwhile" in found.err
    assert "Local words." in synced.read(f"{S1}/article.md")
    assert "Remote words." in synced.read(f"{S2}/article.md")
    monkeypatch.undo()
    assert synced.standings() == {f"{S1}/article.md": {"content": "conflict"}}


@pytest.mark.parametrize(
    ("happen", "standing"),
    [
        (edited, {"content": "conflict"}),
        (
            lambda d: d.edit(f"{S1}/article.md", "year: 2010", "year: 2011"),
            {"content": "behind", "sources": "ahead"},
        ),
        (lambda d: d.remove(f"{S1}/article.md"), "conflict delete"),
    ],
)
def test_what_happens_to_a_file_after_the_plan_is_left_alone(
    synced: Desk, monkeypatch: pytest.MonkeyPatch, happen: Callable[[Desk], None], standing: object
) -> None:
    synced.sql("UPDATE articles SET content = 'Remote words.' WHERE session_id = %s", SESSION)
    real = Puller.apply
    seen: list[dict[str, bytes]] = []

    def apply(self, *rest):
        happen(synced)
        seen.append(synced.files())
        return real(self, *rest)

    monkeypatch.setattr(Puller, "apply", apply)
    found = synced.refused("pull")
    assert f"{S1}/article.md" in found.err
    assert synced.files() == seen[0]
    monkeypatch.undo()
    assert synced.standings() == {f"{S1}/article.md": standing}


def test_a_file_that_appears_where_a_pull_would_make_one_stays(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'Theirs.')", SESSION_2)
    real = Puller.apply

    def apply(self, *rest):
        synced.write(f"{S2}/video.md", "---\n---\n\nMine.\n")
        return real(self, *rest)

    monkeypatch.setattr(Puller, "apply", apply)
    synced.refused("pull")
    assert synced.read(f"{S2}/video.md") == "---\n---\n\nMine.\n"
    monkeypatch.undo()
    with unchanged(synced):
        synced.refused("pull")
        synced.refused("push")


def test_a_file_whose_deletion_is_pulled_and_that_was_edited_meanwhile_stays(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    real = FileWriter.remove

    def remove(self, path: str, before: bytes):
        edited(synced)
        return real(self, path, before)

    monkeypatch.setattr(FileWriter, "remove", remove)
    synced.refused("pull")
    assert "Local words." in synced.read(f"{S1}/article.md")
    monkeypatch.undo()
    assert synced.standings() == {f"{S1}/article.md": "conflict delete"}


def test_a_file_that_can_not_be_removed_stays_known(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    synced.sql("DELETE FROM quizzes")

    real = os.rename

    def rename(path, to, **more):
        if str(path).endswith("quiz.yaml"):
            raise PermissionError(1, "Operation not permitted", str(path))
        return real(path, to, **more)

    monkeypatch.setattr(os, "rename", rename)
    found = synced.run("pull")
    assert (found.code, "quiz.yaml" in found.err) == (3, True)
    monkeypatch.undo()
    assert synced.standings() == {f"{S1}/quiz.yaml": "behind delete"}
    assert synced.one("SELECT count(*) FROM quizzes") == 0


def test_an_edit_of_the_same_size_in_the_same_moment_is_seen(synced: Desk) -> None:
    place = synced.content / S1 / "article.md"
    info = place.stat()
    synced.ok("push")
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    os.utime(place, ns=(info.st_atime_ns, info.st_mtime_ns))
    synced.ok("push")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith("Two one")


# --- two that enter the same records into the ledger


def test_versions_are_entered_in_the_order_of_their_records_so_that_nobody_waits_in_a_circle(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered: list[list[str]] = []
    real = ledger_append.record

    def record(connection, run, entries, **more):
        given = list(entries)
        entered.append([entry.rid for entry in given])
        return real(connection, run, given, **more)

    monkeypatch.setattr(ledger_append, "record", record)
    desk.ok("push")
    desk.sql("UPDATE sessions SET title = title || '!'")
    desk.sql("UPDATE articles SET content = content || ' More.'")
    desk.sql("UPDATE chapters SET title = title || '!'")
    desk.ok("pull")
    pushed, pulled = entered
    assert pushed == sorted(pushed)
    assert pulled == sorted(pulled)
    assert min(len(pushed), len(pulled)) > 3


def test_a_file_saved_while_a_pull_deletes_keeps_the_folders_above_it(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    real = FileWriter.remove

    def remove(self: FileWriter, path: str, before: bytes) -> None:
        if path == f"{S2}/article.md":
            synced.edit(path, "Ask.", "Ask her.")
        real(self, path, before)

    monkeypatch.setattr(FileWriter, "remove", remove)
    assert f"it stays, as content/{S2}/article.md does" in synced.refused("pull").err
    assert "Ask her." in synced.read(f"{S2}/article.md")
    assert {f"{S2}/session.md", f"{C1}/chapter.md"} <= synced.files().keys()
