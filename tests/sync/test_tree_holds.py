"""The tree holds together: what stays keeps what stands below it, whatever either side did to it."""

from collections.abc import Callable
from typing import Any

import pytest

from studio_sync.sync.pull.folder_renames import FolderRenames
from tests.harness import (
    C1,
    C2,
    CHAPTER,
    CHAPTER_2,
    CLIENT,
    PROGRAM,
    S1,
    S2,
    SESSION,
    SESSION_2,
    TREE,
    Desk,
    P,
    unchanged,
)
from tests.repository import clone, commit, git, new_repository

CONTENTS = ("article.md", "video.md", "quiz.yaml", "exercise.md")


def below(desk: Desk, folder: str) -> set[str]:
    """The files below a folder, as seen from there."""
    return {p.removeprefix(f"{folder}/") for p in desk.files() if p.startswith(f"{folder}/")}


def contents(desk: Desk, session: str = SESSION) -> int:
    """How many contents the database has below a session."""
    tables = ("articles", "videos", "quizzes", "exercises")
    return sum(desk.one(f"SELECT count(*) FROM {t} WHERE session_id = %s", session) for t in tables)


def at_rest(desk: Desk) -> None:
    """Neither side has anything left to bring."""
    desk.run("pull")
    desk.run("push", "--delete")
    with unchanged(desk):
        desk.ok("pull")
        desk.ok("push")
    assert desk.standings() == {}


# --- the web app deleted something, and a file of it was edited


def test_a_pull_keeps_what_stands_below_a_session_that_was_edited_here_and_deleted_there(
    synced: Desk,
) -> None:
    synced.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Why they listen")
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION)
    with unchanged(synced):
        found = synced.refused("pull")
    assert below(synced, S1) == {"session.md", *CONTENTS}
    assert f"studio resolve content/{S1} --keep files|database" in found.err


def test_a_pull_keeps_everything_of_a_folder_of_which_one_file_was_edited(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    with unchanged(synced):
        synced.refused("pull")
        synced.refused("push", "--partial", "--delete")


LEVELS: dict[str, tuple[str, str]] = {
    "session": (S1, f"DELETE FROM sessions WHERE id = '{SESSION}'"),
    "chapter": (C1, f"DELETE FROM chapters WHERE id = '{CHAPTER}'"),
    "program": (P, f"DELETE FROM programs WHERE id = '{PROGRAM}'"),
    "client": ("acme-bank", f"DELETE FROM clients WHERE id = '{CLIENT}'"),
}


def edit_article(desk: Desk) -> None:
    desk.edit(f"{S1}/article.md", "One two", "Two one")


def edit_session(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Why they listen")


def edit_both(desk: Desk) -> None:
    edit_article(desk)
    edit_session(desk)


def add_a_file(desk: Desk) -> None:
    desk.remove(f"{S1}/video.md")
    desk.ok("push", "--delete")
    desk.write(f"{S1}/video.md", TREE[f"{S1}/video.md"])


EDITS = [edit_article, edit_session, edit_both, add_a_file]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("edit", EDITS)
def test_one_command_makes_everything_again_that_was_deleted_there(
    synced: Desk, level: str, edit: Callable[[Desk], None]
) -> None:
    folder, delete = LEVELS[level]
    edit(synced)
    files = synced.files()
    synced.sql(delete)
    synced.refused("pull")
    assert synced.files() == files
    synced.ok("resolve", f"content/{folder}", "--keep", "files")
    assert synced.files() == files
    synced.ok("push")
    assert synced.files() == files
    assert contents(synced) == 4
    assert synced.one("SELECT count(*) FROM sessions WHERE id IN (%s, %s)", SESSION, SESSION_2) == 2
    at_rest(synced)
    assert synced.files() == files


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("edit", EDITS)
def test_one_command_removes_everything_that_was_deleted_there(
    synced: Desk, level: str, edit: Callable[[Desk], None]
) -> None:
    folder, delete = LEVELS[level]
    edit(synced)
    synced.sql(delete)
    synced.refused("pull")
    synced.ok("resolve", f"content/{folder}", "--keep", "database")
    assert below(synced, folder) == set()
    at_rest(synced)
    assert below(synced, folder) == set()


@pytest.mark.parametrize("level", ["session", "chapter"])
def test_naming_one_file_makes_again_what_it_needs_and_what_went_along(synced: Desk, level: str) -> None:
    edit_article(synced)
    files = synced.files()
    synced.sql(LEVELS[level][1])
    synced.refused("pull")
    synced.ok("resolve", f"content/{S1}/article.md", "--keep", "files")
    synced.ok("push")
    assert synced.files() == files
    at_rest(synced)
    assert contents(synced) == 4


def test_a_file_above_what_was_edited_is_not_dropped_alone_and_the_way_out_works(synced: Desk) -> None:
    edit_article(synced)
    synced.sql(LEVELS["session"][1])
    synced.refused("pull")
    with unchanged(synced):
        found = synced.refused("resolve", f"content/{S1}/session.md", "--keep", "database")
    assert f"studio resolve content/{S1} --keep files|database" in found.err
    assert "resolved" not in found.out
    synced.ok("resolve", f"content/{S1}", "--keep", "database")
    at_rest(synced)


def test_what_is_made_again_keeps_the_status_of_what_the_ledger_knows(own: Desk) -> None:
    for table in ("articles", "videos", "quizzes", "exercises"):
        own.sql(f"UPDATE {table} SET status = 'approved' WHERE session_id = %s", SESSION)
    own.sql("UPDATE sessions SET status = 'approved' WHERE id = %s", SESSION)
    own.ok("pull")
    edit_article(own)
    own.sql("DELETE FROM sessions WHERE id = %s", SESSION)
    own.refused("pull")
    found = own.ok("resolve", f"content/{S1}", "--keep", "files")
    assert f"content/{S1}/article.md" in found.out
    assert "status: draft" in own.read(f"{S1}/article.md")
    assert "status: approved" in own.read(f"{S1}/video.md")
    own.ok("push")
    assert own.one("SELECT status FROM articles WHERE session_id = %s", SESSION) == "draft"
    assert own.one("SELECT status FROM videos WHERE session_id = %s", SESSION) == "approved"
    assert own.one("SELECT status FROM sessions WHERE id = %s", SESSION) == "approved"
    at_rest(own)


def test_a_place_that_is_taken_meanwhile_is_left_to_mv(synced: Desk) -> None:
    edit_article(synced)
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION)
    synced.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '1.1', 'New', 1)", CHAPTER
    )
    with unchanged(synced):
        synced.refused("pull")
    synced.ok("resolve", f"content/{S1}", "--keep", "files")
    with unchanged(synced):
        found = synced.refused("push")
    assert "studio mv" in found.err
    synced.ok("mv", f"content/{S1}", "1.7")
    synced.ok("pull")
    synced.ok("push")
    at_rest(synced)
    assert synced.sql("SELECT number, title FROM sessions ORDER BY number") == [
        ("1.1", "New"),
        ("1.2", "Asking"),
        ("1.7", "Why leaders listen"),
    ]
    assert contents(synced) == 4


def test_a_place_that_is_taken_meanwhile_is_free_once_the_files_go(synced: Desk) -> None:
    edit_article(synced)
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION)
    synced.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '1.1', 'New', 1)", CHAPTER
    )
    synced.refused("pull")
    synced.ok("resolve", f"content/{S1}", "--keep", "database")
    synced.ok("pull")
    at_rest(synced)
    assert (synced.content / C1 / "1.1-new/session.md").exists()


# --- the files deleted something, and the web app changed a part of it


def change_article(desk: Desk) -> None:
    desk.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)


def rename_session(desk: Desk) -> None:
    desk.sql("UPDATE sessions SET title = 'Web title' WHERE id = %s", SESSION)


def add_knowledge(desk: Desk) -> None:
    desk.sql(
        "INSERT INTO program_knowledge (program_id, type, content) VALUES (%s, 'topic_research', 'W.')",
        PROGRAM,
    )


def add_session(desk: Desk) -> None:
    desk.sql(
        "INSERT INTO sessions (id, chapter_id, number, title, order_index) VALUES"
        " ('55555555-5555-4555-8555-555555555555', %s, '1.3', 'New', 3)",
        CHAPTER,
    )
    desk.sql(
        "INSERT INTO articles (session_id, content) VALUES ('55555555-5555-4555-8555-555555555555', 'New.')"
    )


@pytest.mark.parametrize(
    ("folder", "change"),
    [
        (S1, change_article),
        (S1, rename_session),
        (C1, change_article),
        (C1, rename_session),
        (C1, add_session),
        (P, rename_session),
        (P, add_session),
        (P, add_knowledge),
    ],
)
class TestDeletedHereChangedThere:
    def test_a_push_keeps_everything_below(
        self, synced: Desk, folder: str, change: Callable[[Desk], None]
    ) -> None:
        synced.remove(folder)
        change(synced)
        with unchanged(synced):
            found = synced.refused("push", "--delete", "--partial")
            synced.refused("pull")
        assert f"studio resolve content/{folder} --keep files|database" in found.err
        assert "keeps changing" not in found.err

    def test_keeping_the_files_deletes_the_whole(
        self, synced: Desk, folder: str, change: Callable[[Desk], None]
    ) -> None:
        synced.remove(folder)
        change(synced)
        synced.refused("pull")
        synced.ok("resolve", f"content/{folder}", "--keep", "files")
        found = synced.run("push", "--delete")
        if found.code:
            number = found.err.partition("--delete=")[2].split()[0].strip(",;.")
            synced.ok("push", f"--delete={number}")
        assert contents(synced) == 0
        at_rest(synced)
        assert below(synced, folder) == set()

    def test_keeping_the_database_brings_the_whole_back(
        self, synced: Desk, folder: str, change: Callable[[Desk], None]
    ) -> None:
        files = synced.files()
        synced.remove(folder)
        change(synced)
        synced.refused("pull")
        synced.ok("resolve", f"content/{folder}", "--keep", "database")
        assert synced.files().keys() >= files.keys()
        assert contents(synced) == 4
        at_rest(synced)


def test_a_folder_deleted_here_and_renamed_there_keeps_its_contents_in_a_partial_push(synced: Desk) -> None:
    synced.remove(S1)
    rename_session(synced)
    synced.edit(f"{S2}/article.md", "Ask.", "Ask again.")
    synced.refused("push", "--delete", "--partial")
    assert contents(synced) == 4
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "Ask again."


# --- what is deleted by itself goes


def test_what_was_deleted_by_itself_goes_though_what_is_above_it_was_edited(synced: Desk) -> None:
    edit_session(synced)
    synced.sql("DELETE FROM quizzes")
    synced.ok("pull")
    assert below(synced, S1) == {"session.md", "article.md", "video.md", "exercise.md"}
    synced.remove(f"{S1}/video.md")
    synced.ok("push", "--delete")
    assert synced.one("SELECT count(*) FROM videos") == 0
    at_rest(synced)


def test_a_deletion_below_a_conflict_waits_for_it(synced: Desk) -> None:
    edit_session(synced)
    rename_session(synced)
    synced.sql("DELETE FROM quizzes")
    synced.remove(f"{S1}/video.md")
    with unchanged(synced):
        synced.refused("pull")
        synced.refused("push", "--delete", "--partial")
    synced.ok("resolve", f"content/{S1}/session.md", "--keep", "files")
    synced.ok("pull")
    synced.ok("push", "--delete")
    assert below(synced, S1) == {"session.md", "article.md", "exercise.md"}
    assert contents(synced) == 2
    at_rest(synced)


def test_both_sides_may_delete_different_halves(synced: Desk) -> None:
    synced.remove(f"{S1}/video.md")
    synced.sql("DELETE FROM quizzes")
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    at_rest(synced)
    assert below(synced, C1) == {
        "chapter.md",
        *(f"1.1-why-leaders-listen/{n}" for n in ("session.md", "article.md", "exercise.md")),
    }


def test_different_halves_of_a_folder_that_both_deleted(synced: Desk) -> None:
    synced.remove(S2)
    synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    edit_article(synced)
    synced.refused("pull")
    synced.ok("resolve", f"content/{C1}", "--keep", "files")
    synced.ok("push")
    assert synced.one("SELECT count(*) FROM sessions") == 1
    at_rest(synced)


# --- moves


def test_a_chapter_whose_session_moved_out_with_a_typo_stays_and_the_rest_is_pushed(synced: Desk) -> None:
    synced.move(S1, f"{C2}/2.1-why")
    synced.edit(f"{C2}/2.1-why/session.md", "title: Why leaders listen", "title: [Why")
    synced.remove(C1)
    synced.edit("acme-bank/client.md", "Pays late", "Pays early")
    found = synced.refused("push", "--partial", "--delete")
    assert "keeps changing" not in found.err
    assert f"content/{C2}/2.1-why/session.md" in found.err
    assert synced.one("SELECT notes FROM clients") == "Pays early, thinks early."
    assert synced.one("SELECT count(*) FROM sessions") == 2
    assert contents(synced) == 4
    synced.edit(f"{C2}/2.1-why/session.md", "title: [Why", "title: Why leaders listen")
    synced.ok("push", "--delete")
    assert synced.sql("SELECT number, chapter_id::text FROM sessions") == [("2.1", CHAPTER_2)]
    at_rest(synced)


def test_a_chapter_whose_session_moved_out_and_may_not_stays(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET status = 'approved' WHERE id = %s", SESSION)
    synced.ok("pull")
    synced.move(S1, f"{C2}/2.1-why")
    synced.remove(C1)
    synced.edit("acme-bank/client.md", "Pays late", "Pays early")
    found = synced.refused("push", "--partial", "--delete")
    assert "renumber-needed" in found.err
    assert "keeps changing" not in found.err
    assert synced.one("SELECT notes FROM clients") == "Pays early, thinks early."
    assert synced.one("SELECT count(*) FROM sessions") == 2
    synced.ok("push", "--delete", "--renumber", "-m", "Moved to practice.")
    assert synced.one("SELECT count(*) FROM chapters") == 1
    at_rest(synced)


def test_a_session_moved_into_a_chapter_that_is_not_pushed_stays_where_it_is(synced: Desk) -> None:
    synced.write(f"{P}/03-new/chapter.md", "---\ntitle: [New\n---\n")
    synced.move(S1, f"{P}/03-new/3.1-why")
    synced.remove(C1)
    with unchanged(synced):
        found = synced.refused("push", "--partial", "--delete")
    assert "keeps changing" not in found.err
    synced.write(f"{P}/03-new/chapter.md", "---\ntitle: New\n---\n")
    synced.ok("push", "--delete")
    at_rest(synced)


@pytest.mark.parametrize("keep", ["files", "database"])
def test_a_session_moved_here_into_a_chapter_that_was_deleted_there(synced: Desk, keep: str) -> None:
    synced.move(S1, f"{C2}/2.1-why")
    synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER_2)
    with unchanged(synced):
        synced.refused("pull")
        synced.refused("push", "--partial")
    synced.ok("resolve", f"content/{C2}", "--keep", keep)
    at_rest(synced)
    chapter = CHAPTER_2 if keep == "files" else CHAPTER
    assert synced.one("SELECT chapter_id::text FROM sessions WHERE id = %s", SESSION) == chapter
    assert contents(synced) == 4
    assert synced.one("SELECT count(*) FROM chapters") == (2 if keep == "files" else 1)


@pytest.mark.parametrize("keep", ["files", "database"])
def test_a_session_moved_there_into_a_chapter_that_was_deleted_here(synced: Desk, keep: str) -> None:
    synced.remove(C2)
    synced.sql("UPDATE sessions SET chapter_id = %s, number = '2.4' WHERE id = %s", CHAPTER_2, SESSION)
    with unchanged(synced):
        synced.refused("pull")
        synced.refused("push", "--partial", "--delete")
    synced.ok("resolve", f"content/{P}", "--keep", keep)
    at_rest(synced)
    chapter = CHAPTER if keep == "files" else CHAPTER_2
    assert synced.one("SELECT chapter_id::text FROM sessions WHERE id = %s", SESSION) == chapter
    assert contents(synced) == 4
    assert synced.one("SELECT count(*) FROM chapters") == (1 if keep == "files" else 2)


def test_what_moved_out_there_of_a_chapter_that_was_deleted_there_follows(synced: Desk) -> None:
    edit_article(synced)
    synced.sql("UPDATE sessions SET chapter_id = %s, number = '2.1' WHERE id = %s", CHAPTER_2, SESSION)
    synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    synced.ok("pull")
    assert below(synced, C1) == set()
    assert "Two one" in synced.read(f"{C2}/2.1-why-leaders-listen/article.md")
    at_rest(synced)


def test_a_chapter_that_was_edited_here_and_deleted_there_lets_go_of_what_moved_out(synced: Desk) -> None:
    synced.edit(f"{C1}/chapter.md", "First things.", "Second things.")
    synced.sql("UPDATE sessions SET chapter_id = %s, number = '2.1' WHERE id = %s", CHAPTER_2, SESSION)
    synced.sql("DELETE FROM chapters WHERE id = %s", CHAPTER)
    synced.refused("pull")
    synced.ok("resolve", f"content/{C1}", "--keep", "database")
    at_rest(synced)
    assert below(synced, C1) == set()
    assert synced.one("SELECT count(*) FROM sessions") == 1


# --- unreadable is not absent


@pytest.mark.parametrize(
    "path", [f"{S1}/session.md", f"{S1}/article.md", f"{C1}/chapter.md", f"{P}/knowledge/brief.md"]
)
def test_a_pull_deletes_nothing_around_a_file_that_can_not_be_read(synced: Desk, path: str) -> None:
    text = synced.read(path)
    synced.write(path, "---\ntitle: [open\n---\n")
    synced.sql("DELETE FROM programs WHERE id = %s", PROGRAM)
    with unchanged(synced):
        found = synced.refused("pull", "--delete=11")
    assert f"content/{path}" in found.err
    synced.write(path, text)
    synced.ok("pull", "--delete=11")
    assert below(synced, P) == set()


def test_a_push_deletes_nothing_below_a_file_that_can_not_be_read(synced: Desk) -> None:
    synced.write(f"{S1}/session.md", "---\ntitle: [open\n---\n")
    synced.remove(f"{S1}/video.md")
    with unchanged(synced):
        synced.refused("push", "--partial", "--delete")


def test_a_row_below_that_no_file_may_say_is_found_while_planning(synced: Desk) -> None:
    (synced.root / ".studioignore").write_text("video.md\n")
    synced.remove(S1)
    synced.edit("acme-bank/client.md", "Pays late", "Pays early")
    found = synced.refused("push", "--partial", "--delete")
    assert "keeps changing" not in found.err
    assert contents(synced) == 4
    assert synced.one("SELECT notes FROM clients") == "Pays early, thinks early."


# --- carried by somebody else's push


@pytest.mark.parametrize("edit", EDITS[:3])
@pytest.mark.parametrize("level", ["session", "program"])
def test_a_fresh_clone_pushes_the_whole_that_was_decided_to_be_made_again(
    synced: Desk, level: str, edit: Callable[[Desk], None]
) -> None:
    git(synced, "init", "-q", "-b", "main")
    git(synced, "add", "-A")
    git(synced, "commit", "-qm", "All.")
    synced.ok("push")
    edit(synced)
    synced.sql(LEVELS[level][1])
    synced.refused("pull")
    synced.ok("resolve", f"content/{LEVELS[level][0]}", "--keep", "files")
    git(synced, "commit", "-q", "--allow-empty", "-am", "Kept.")
    clone(synced, "ci").ok("push", "--frozen")
    assert contents(synced) == 4
    assert synced.one("SELECT count(*) FROM sessions") == 2
    at_rest(synced)


def test_a_file_whose_folders_are_gone_can_be_named_in_a_decision(synced: Desk) -> None:
    files = synced.files()
    synced.remove(P)
    change_article(synced)
    synced.refused("pull")
    synced.ok("resolve", f"content/{S1}/article.md", "--keep", "database")
    assert synced.files().keys() == files.keys()
    at_rest(synced)


# --- ways out


def test_a_deletion_that_waits_for_another_folder_goes_with_the_push_that_is_named(synced: Desk) -> None:
    synced.move(S1, f"{C2}/2.1-why")
    synced.remove(C1)
    with unchanged(synced):
        found = synced.refused("push", "--delete", f"content/{C1}")
    assert "error[held] its row stays" in found.err
    assert "`studio push` of the whole" in found.err
    synced.ok("push", "--delete")
    at_rest(synced)


def test_what_would_come_below_a_folder_that_is_not_pushed_goes_with_it(synced: Desk) -> None:
    synced.write(f"{P}/03-new/chapter.md", "---\ntitle: New\n---\n")
    synced.write(f"{P}/03-new/3.1-one/session.md", "---\ntitle: One\n---\n")
    with unchanged(synced):
        found = synced.refused("push", f"content/{P}/03-new/3.1-one")
    assert f"`studio push content/{P}/03-new` takes it as a whole" in found.err
    synced.ok("push", f"content/{P}/03-new")
    at_rest(synced)


def test_what_would_come_below_a_folder_that_is_not_pulled_comes_with_it(synced: Desk) -> None:
    synced.sql(
        "INSERT INTO chapters (program_id, number, title, order_index) VALUES (%s, 3, 'New', 3)", PROGRAM
    )
    synced.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index)"
        " SELECT id, '3.1', 'One', 1 FROM chapters WHERE title = 'New'"
    )
    with unchanged(synced):
        found = synced.refused("pull", f"content/{P}/03-new/3.1-one")
    assert f"`studio pull content/{P}/03-new` takes it as a whole" in found.err
    synced.ok("pull", f"content/{P}/03-new")
    at_rest(synced)


def test_a_deletion_around_a_file_that_is_ignored_goes_when_it_is_not(synced: Desk) -> None:
    (synced.root / ".studioignore").write_text("video.md\n")
    synced.remove(S1)
    with unchanged(synced):
        found = synced.refused("push", "--delete")
    assert f"content/{S1}/video.md" in found.err
    assert ".studioignore" in found.err
    (synced.root / ".studioignore").unlink()
    synced.ok("push", "--delete")
    at_rest(synced)


# --- while a pull is at work


def test_a_file_that_is_saved_while_its_folder_goes_keeps_the_folder(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced.sql(LEVELS["chapter"][1])
    real = FolderRenames.make_way

    def saved_meanwhile(*given: Any) -> None:
        edit_article(synced)
        real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(FolderRenames, "make_way", saved_meanwhile)
        files = synced.files()
        found = synced.refused("pull")
    assert synced.files().keys() == files.keys()
    assert "has changed meanwhile" in found.err
    synced.refused("pull")
    synced.ok("resolve", f"content/{C1}", "--keep", "files")
    at_rest(synced)
    assert contents(synced) == 4


@pytest.mark.parametrize("committed", [False, True])
def test_a_file_that_git_puts_back_where_its_session_was_keeps_the_session(
    synced: Desk, committed: bool
) -> None:
    desk = new_repository(synced)
    desk.move(S1, f"{C1}/1.7-why")
    desk.ok("push")
    if committed:
        commit(desk)
    git(desk, "checkout", "-q", f"HEAD~{committed:d}", "--", f"content/{S1}/exercise.md")
    desk.remove(f"{C1}/1.7-why")
    with unchanged(desk):
        assert "error[no-own-file]" in desk.refused("push", "--partial", "--delete").err
    desk.remove(C1)
    desk.write(f"{S1}/exercise.md", TREE[f"{S1}/exercise.md"])
    found = desk.refused("push", "--partial", "--delete")
    assert f"mend content/{S1}/ (add session.md; or" in found.err
    assert (contents(desk), desk.one("SELECT count(*) FROM chapters WHERE id = %s", CHAPTER)) == (4, 1)
    desk.remove(C1)
    desk.ok("push", "--delete")
    assert desk.standings() == {}


def test_a_file_that_git_puts_back_where_its_session_was_keeps_no_other_one(synced: Desk) -> None:
    desk = new_repository(synced)
    desk.move(S1, f"{C1}/1.7-why")
    desk.ok("push")
    git(desk, "checkout", "-q", "HEAD", "--", f"content/{S1}/exercise.md")
    desk.remove(f"{C1}/1.7-why/exercise.md")
    desk.remove(f"{C1}/1.7-why/video.md")
    desk.refused("push", "--partial", "--delete")
    assert desk.one("SELECT count(*) FROM exercises WHERE session_id = %s", SESSION) == 1
    assert desk.one("SELECT count(*) FROM videos WHERE session_id = %s", SESSION) == 0
    desk.remove(S1)
    desk.ok("push", "--delete")
    assert desk.standings() == {}
