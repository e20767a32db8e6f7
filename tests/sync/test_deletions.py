"""Deletion is never a side effect."""

import os
import sys
from collections.abc import Callable

import pytest

from studio_sync.files.tree.walking.listing import read_file
from tests.harness import (
    C1,
    C2,
    CHAPTER_2,
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
from tests.repository import new_repository


def counts(desk: Desk) -> dict[str, int]:
    return {t: len(r) for t, r in desk.rows().items() if r}


# --- from files to rows


def test_a_push_without_delete_holds_deletions_names_them_and_pushes_the_rest(synced: Desk) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    synced.edit(f"{S1}/video.md", "Listen now", "Listen")
    found = synced.run("push")
    assert f"content/{S1}/quiz.yaml" in found.err
    assert "--delete" in found.err
    assert found.code == 1
    assert synced.one("SELECT count(*) FROM quizzes") == 1
    assert synced.one("SELECT script FROM videos") == "NARRATOR: Listen."
    assert "deletion-held" in synced.run("push", "--json").codes


def test_a_push_with_delete_deletes_them(synced: Desk) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    synced.ok("push", "--delete")
    assert synced.one("SELECT count(*) FROM quizzes") == 0
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_a_deleted_folder_deletes_what_was_below_it_and_nothing_else(synced: Desk) -> None:
    synced.remove(S1)
    with unchanged(synced):
        assert synced.run("push").code == 1
    synced.ok("push", "--delete=5")
    assert counts(synced) == {
        "clients": 1, "client_knowledge": 1, "programs": 1, "program_knowledge": 1, "chapters": 2,
        "sessions": 1, "articles": 1,
    }  # fmt: skip


def test_the_own_file_of_a_deleted_folder_names_all_that_was_below_it(synced: Desk) -> None:
    synced.remove(S1)
    synced.edit(f"{S2}/article.md", "Ask", "Ask now")
    synced.ok("push", "--delete", f"content/{S1}/session.md")
    assert counts(synced)["sessions"] == 1
    assert synced.one("SELECT count(*) FROM articles") == 1
    assert synced.standings() == {f"{S2}/article.md": {"content": "ahead"}}


def test_the_own_file_that_is_there_names_nothing_but_itself(synced: Desk) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    synced.ok("push", "--delete", f"content/{S1}/session.md")
    assert synced.one("SELECT count(*) FROM quizzes") == 1


def test_delete_with_another_number_changes_nothing(synced: Desk) -> None:
    synced.remove(S1)
    with unchanged(synced):
        found = synced.refused("push", "--delete=4")
    assert "--delete=5" in found.err


def many(desk: Desk, count: int) -> None:
    for i in range(count):
        desk.write(f"{C2}/2.{i}-s/session.md", f"---\ntitle: S{i}\n---\n")
    desk.ok("push")


def test_a_mass_deletion_is_refused_until_the_exact_count_is_confirmed(synced: Desk) -> None:
    many(synced, 20)
    for i in range(11):
        synced.remove(f"{C2}/2.{i}-s")
    with unchanged(synced):
        found = synced.refused("push", "--delete")
    assert "--delete=11" in found.err
    assert "delete 11 records" in found.err
    synced.ok("push", "--delete=11")
    assert synced.one("SELECT count(*) FROM sessions") == 11


def test_a_quarter_below_one_parent_counts_though_it_is_little_of_the_whole(synced: Desk) -> None:
    many(synced, 12)
    for i in range(60):
        synced.write(f"{C1}/1.{i + 10}-s/session.md", f"---\ntitle: S{i}\n---\n")
    synced.ok("push")
    for i in range(11):
        synced.remove(f"{C2}/2.{i}-s")
    with unchanged(synced):
        synced.refused("push", "--delete")


def test_a_whole_side_that_is_empty_is_refused_however_small(synced: Desk) -> None:
    synced.remove("acme-bank")
    with unchanged(synced):
        found = synced.refused("push", "--delete")
        synced.run("push")
        synced.run("status")
    assert "--delete=13" in found.err
    synced.ok("push", "--delete=13")
    assert counts(synced) == {}


def test_a_whole_database_that_is_empty_deletes_no_file(synced: Desk) -> None:
    synced.sql("DELETE FROM clients")
    with unchanged(synced):
        found = synced.refused("pull")
    assert "--delete=13" in found.err
    synced.ok("pull", "--delete=13")
    assert synced.files() == {}


def test_a_few_deletions_are_no_mass(synced: Desk) -> None:
    many(synced, 20)
    for i in range(5):
        synced.remove(f"{C2}/2.{i}-s")
    synced.ok("push", "--delete")
    assert synced.one("SELECT count(*) FROM sessions") == 17


def test_a_file_that_can_not_be_deleted_blocks_nothing_else_on_pull(synced: Desk) -> None:
    synced.sql("DELETE FROM quizzes")
    synced.sql("UPDATE videos SET script = 'New.'")
    synced.ok("pull")
    assert not (synced.content / S1 / "quiz.yaml").exists()
    assert synced.read(f"{S1}/video.md").endswith("New.\n")


def test_a_row_that_came_with_a_pull_and_went_is_noticed(synced: Desk) -> None:
    """The rows are then just those of the push before: that is no sign that nothing has changed."""
    synced.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index)"
        " SELECT chapter_id, '1.9', 'New', 9 FROM sessions LIMIT 1"
    )
    synced.ok("pull")
    synced.sql("DELETE FROM sessions WHERE number = '1.9'")
    assert synced.standings() == {f"{C1}/1.9-new/session.md": "behind delete"}
    synced.ok("pull")
    assert not (synced.content / C1 / "1.9-new").exists()


# --- from rows to files


def test_a_deleted_row_takes_its_unchanged_file_along(synced: Desk) -> None:
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    synced.ok("pull")
    assert not (synced.content / S2).exists()
    assert (synced.content / S1 / "session.md").exists()
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_a_deleted_row_leaves_what_else_stands_in_its_folder(synced: Desk) -> None:
    synced.write(f"{S2}/picture.png", b"x")
    synced.write(f"{S2}/notes.txt", b"x")
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    synced.ok("pull")
    assert {p for p in synced.files() if p.startswith(S2)} == {f"{S2}/picture.png", f"{S2}/notes.txt"}


def test_a_mass_deletion_of_files_is_refused_until_confirmed(synced: Desk) -> None:
    many(synced, 20)
    synced.sql("DELETE FROM sessions WHERE chapter_id = %s AND number < '2.19'", CHAPTER_2)
    gone = 22 - synced.one("SELECT count(*) FROM sessions")
    assert gone > 10
    with unchanged(synced):
        found = synced.refused("pull")
    assert f"--delete={gone}" in found.err
    synced.ok("pull", f"--delete={gone}")


# --- edit against delete, in all four directions


def test_a_file_deleted_here_and_a_row_changed_there_is_a_conflict(synced: Desk) -> None:
    synced.remove(f"{S1}/article.md")
    synced.sql("UPDATE articles SET content = 'New.' WHERE session_id = %s", SESSION)
    with unchanged(synced):
        found = synced.refused("push", "--delete", "--json")
        synced.refused("pull")
    assert found.codes == ["conflict"]
    assert found.json["records"][0]["standing"] == "conflict"


def test_a_row_deleted_there_and_a_file_changed_here_is_a_conflict(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    with unchanged(synced):
        synced.refused("push")
        found = synced.refused("pull")
    assert "deleted in the database" in found.err


def test_a_row_whose_order_a_push_shifted_is_no_row_that_changed(synced: Desk) -> None:
    synced.ok("mv", f"content/{C1}", "3")
    before = synced.one("SELECT order_index FROM chapters WHERE id = %s", CHAPTER_2)
    synced.ok("push")
    assert synced.one("SELECT order_index FROM chapters WHERE id = %s", CHAPTER_2) != before
    synced.remove(C2)
    assert {*synced.standings().values()} == {"ahead delete"}
    synced.ok("push", "--delete")
    assert not synced.sql("SELECT 1 FROM chapters WHERE id = %s", CHAPTER_2)


def test_a_row_that_somebody_put_elsewhere_among_its_siblings_has_changed(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET order_index = 70 WHERE id = %s", SESSION)
    synced.remove(S1)
    found = synced.refused("push", "--delete")
    assert f"{S1}/session.md: error[conflict] deleted in the files, and changed in the database" in found.err
    assert "order_index:" in synced.ok("diff").out


def test_a_folder_deleted_here_and_a_child_changed_there_is_refused(synced: Desk) -> None:
    synced.remove(S1)
    synced.sql("UPDATE articles SET content = 'New.' WHERE session_id = %s", SESSION)
    with unchanged(synced):
        synced.refused("push", "--delete")
    synced.refused("push", "--delete", "--partial")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == "New."


def test_a_parent_deleted_there_and_a_child_changed_here_is_refused_and_blocks_nothing_else(
    synced: Desk,
) -> None:
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION)
    synced.sql("UPDATE sessions SET title = 'Asked' WHERE id = %s", SESSION_2)
    mine = synced.read(f"{S1}/article.md")
    synced.refused("pull")
    assert synced.read(f"{S1}/article.md") == mine
    assert "Asked" in synced.read(f"{S2}/session.md")
    with unchanged(synced):
        synced.refused("push")


def test_a_folder_deleted_here_and_a_child_added_there_is_refused(synced: Desk) -> None:
    synced.remove(S2)
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'New.')", SESSION_2)
    with unchanged(synced):
        synced.refused("push", "--delete")


def test_a_parent_deleted_there_and_a_child_added_here_is_not_pushed_below_nothing(synced: Desk) -> None:
    synced.write(f"{S2}/video.md", "---\n---\n\nNew.\n")
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    synced.run("pull")
    assert synced.read(f"{S2}/video.md") == "---\n---\n\nNew.\n"
    rows = synced.rows()
    assert synced.run("push").code == 1
    assert synced.rows() == rows


def test_deleted_on_both_sides_is_agreed(synced: Desk) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    synced.sql("DELETE FROM quizzes")
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")
    assert synced.standings() == {}
    synced.write(f"{S1}/quiz.yaml", TREE[f"{S1}/quiz.yaml"])
    synced.ok("push")
    assert synced.one("SELECT count(*) FROM quizzes") == 1


def test_a_row_deleted_there_is_not_made_again_by_a_push(synced: Desk) -> None:
    synced.sql("DELETE FROM quizzes")
    with unchanged(synced):
        synced.ok("push")
    assert synced.standings() == {f"{S1}/quiz.yaml": "behind delete"}


def test_a_file_deleted_here_is_not_written_again_by_a_pull(synced: Desk) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    synced.sql("UPDATE videos SET script = 'New.'")
    synced.run("pull")
    assert not (synced.content / S1 / "quiz.yaml").exists()


# --- what looks like a deletion and is none


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{S1}/article.md", b"---\nstatus: [draft\n---\n\nOne.\n"),
        (f"{S1}/article.md", b"---\nstatus: draft\n"),
        (f"{S1}/article.md", b"\xff\xfe\x00"),
        (f"{S1}/article.md", b""),
        (f"{S1}/session.md", b"---\nid: nonsense\ntitle: X\n---\n"),
        (f"{S1}/session.md", b"---\n- a\n---\n"),
        (f"{P}/program.md", b"---\nname: 'open\n---\n"),
        ("acme-bank/client.md", b"---\nname: a\nname: b\n---\n"),
        (f"{S1}/quiz.yaml", b"questions: !!python/object:os.system x\n"),
    ],
)
def test_a_file_that_can_not_be_read_holds_its_record_out_and_deletes_nothing(
    synced: Desk, path: str, text: bytes
) -> None:
    synced.write(path, text)
    with unchanged(synced):
        found = synced.refused("push", "--delete", "--json")
        assert {p["path"] for p in found.json["problems"] if p["severity"] == "error"} == {f"content/{path}"}
        assert not [r for r in found.json["records"] if r["action"] == "delete"]
    synced.sql("UPDATE videos SET script = 'New.'")
    synced.sql("UPDATE chapters SET subtitle = 'New.' WHERE id = %s", CHAPTER_2)
    synced.run("pull")
    assert synced.content.joinpath(path).read_bytes() == text
    synced.write(path, TREE[path])
    synced.ok("pull")
    assert synced.standings() == {}
    assert "New." in synced.read(f"{S1}/video.md")


def test_a_file_that_can_not_be_read_whose_row_was_deleted_stays(synced: Desk) -> None:
    synced.write(f"{S1}/article.md", "---\nstatus: [draft\n---\n\nMy words.\n")
    synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    with unchanged(synced):
        synced.run("pull")
        synced.run("push", "--delete")


def test_a_folder_without_its_own_file_matches_writes_and_deletes_nothing_below(synced: Desk) -> None:
    synced.remove(f"{S1}/session.md")
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    with unchanged(synced):
        found = synced.refused("push", "--delete", "--json")
        synced.refused("push", "--delete", "--partial")
    assert "no-own-file" in found.codes
    assert not [r for r in found.json["records"] if r["path"].startswith(f"content/{S1}")]
    synced.sql("UPDATE videos SET script = 'New.'")
    with unchanged(synced):
        synced.run("pull")


@pytest.mark.parametrize("what", ["moved", "new"])
def test_nothing_comes_below_a_folder_without_its_own_file(synced: Desk, what: str) -> None:
    text = synced.read(f"{C2}/chapter.md")
    synced.write(f"{C2}/2.1-one/session.md", "---\ntitle: One\n---\n")
    synced.ok("push")
    synced.remove(f"{C2}/chapter.md")
    if what == "moved":
        synced.sql(
            "UPDATE sessions SET chapter_id = %s, number = '2.6', order_index = 0 WHERE id = %s",
            CHAPTER_2,
            SESSION,
        )
    else:
        synced.sql(
            "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '2.6', 'New', 0)",
            CHAPTER_2,
        )
    with unchanged(synced):
        found = synced.refused("pull")
    assert "error[no-own-file]" in found.err
    if what == "moved":
        assert "error[parent-first]" in found.err
        assert f"mend content/{C2}/ (bring it back: studio restore content/{C2}/chapter.md; or" in found.err
    synced.write(f"{C2}/chapter.md", text)
    synced.ok("pull")
    assert synced.standings() == {}


def test_a_place_below_a_chapter_that_is_held_is_decided_once_that_is_mended(synced: Desk) -> None:
    text = synced.read(f"{C2}/chapter.md")
    synced.write(f"{C2}/chapter.md", "---\ntitle: [\n---\n")
    (synced.content / S2).rename(synced.content / C1 / "1.7-asking")
    change = "UPDATE sessions SET chapter_id = %s, number = '2.6', order_index = 0 WHERE id = %s"
    synced.sql(change, CHAPTER_2, SESSION_2)
    said = synced.refused("push").err
    assert f"shows both sides; mend content/{C2}/chapter.md first; the next run then says how" in said
    assert "studio resolve" not in said + synced.run("diff").out
    synced.write(f"{C2}/chapter.md", text)
    path = f"content/{C1}/1.7-asking/session.md"
    assert f"resolve it: studio resolve {path} --keep files|database\n" in synced.refused("push").err
    synced.run("diff")
    synced.ok("resolve", path, "--keep", "database")
    assert synced.standings() == {}


def test_a_folder_that_lost_its_own_file_can_have_it_back(synced: Desk) -> None:
    synced.remove(f"{C1}/chapter.md")
    synced.refused("push")
    synced.write(f"{C1}/chapter.md", TREE[f"{C1}/chapter.md"])
    with unchanged(synced):
        synced.ok("push")
    assert synced.standings() == {}


def test_the_command_that_is_printed_brings_a_lost_own_file_back_with_all_it_said(synced: Desk) -> None:
    new_repository(synced)
    synced.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Why they do")
    synced.ok("push")  # neither committed, nor what the folder is called
    said = synced.read(f"{S1}/session.md")
    synced.remove(f"{S1}/session.md")
    found = synced.refused("push")
    assert "add session.md" not in found.err
    _paste(synced, found.err, "bring it back: studio ", ";")
    assert synced.read(f"{S1}/session.md") == said
    with unchanged(synced):
        synced.ok("push", "--delete")


def test_the_own_file_of_a_record_that_has_its_file_elsewhere_is_not_offered_again(synced: Desk) -> None:
    synced.move(f"{S1}/session.md", f"{C1}/1.9-x/session.md")
    assert "studio restore" not in synced.refused("push").err


@pytest.mark.parametrize("gone", [f"{S1}/article.md", S1, C1])
@pytest.mark.parametrize("command", ["push", "pull"])
def test_the_command_that_is_printed_brings_back_what_was_deleted_by_mistake(
    synced: Desk, gone: str, command: str
) -> None:
    new_repository(synced)
    synced.edit(f"{S1}/article.md", "One two", "Uno dos")
    synced.ok("push")
    before = synced.files()
    synced.remove(gone)
    _paste(synced, synced.run(command).err, "`studio restore", "`", "restore")
    assert synced.files().keys() == before.keys()
    assert "Uno dos" in synced.read(f"{S1}/article.md")
    assert synced.standings() == {}


def _paste(desk: Desk, said: str, before: str, after: str, *words: str) -> None:
    """Do what a message says."""
    desk.ok(*words, *said.partition(before)[2].partition(after)[0].split())


def test_a_folder_that_can_not_be_listed_is_not_empty(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    real = os.scandir

    def denied(path):
        if str(path).endswith("1.1-why-leaders-listen"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", denied)
    os.utime(synced.content / S1)  # to lose a permission changes a folder's times
    with unchanged(synced):
        found = synced.refused("push", "--delete", "--json")
        synced.run("pull")
    assert "unreadable" in found.codes
    assert not [r for r in found.json["records"] if r["action"] == "delete"]


def test_a_file_that_can_not_be_opened_is_not_deleted(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    synced.edit(f"{S1}/article.md", "One two", "Two one")

    def denied(file):
        if file.endswith("article.md") and "1.1" in file:
            raise PermissionError(13, "Permission denied", file)
        return read_file(file)

    monkeypatch.setattr("studio_sync.sync.read.reader.read_file", denied)
    rows = synced.rows()
    found = synced.refused("push", "--delete", "--json")
    assert "unreadable" in found.codes
    assert synced.rows() == rows


def test_a_symbolic_link_in_place_of_a_file_or_folder_is_not_a_deletion(synced: Desk) -> None:
    outside = synced.root / "outside"
    (synced.content / S1).rename(outside)
    (synced.content / S1).symlink_to(outside)
    (synced.content / S2 / "article.md").rename(synced.root / "a.md")
    (synced.content / S2 / "article.md").symlink_to(synced.root / "a.md")
    with unchanged(synced):
        found = synced.refused("push", "--delete", "--json")
        synced.run("pull")
    assert found.codes.count("symlink") == 2
    assert not [r for r in found.json["records"] if r["action"] == "delete"]


def link_own_file(desk: Desk) -> None:
    (desk.content / S1 / "session.md").rename(desk.root / "session.md")
    (desk.content / S1 / "session.md").symlink_to(desk.root / "session.md")


def spell_no_number(desk: Desk) -> None:
    desk.move(C1, f"{P}/foundations")


def spell_no_name(desk: Desk) -> None:
    desk.move(S1, f"{C1}/1.1%zz")


def rename_and_copy(desk: Desk) -> None:
    desk.move(S1, f"{C1}/1.1-why")
    desk.write(f"{C1}/1.7-copy/session.md", desk.read(f"{C1}/1.1-why/session.md"))


def renumber_and_break(desk: Desk) -> None:
    desk.move(S1, f"{C1}/1.7-why")
    desk.edit(f"{C1}/1.7-why/session.md", "title: Why", "title: [Why")


def move_below_what_is_broken(desk: Desk) -> None:
    desk.move(S1, f"{C2}/2.1-why")
    desk.edit(f"{C2}/chapter.md", "title: Practice", "title: 'Practice")


@pytest.mark.parametrize(
    "happens",
    [
        link_own_file,
        spell_no_number,
        spell_no_name,
        rename_and_copy,
        renumber_and_break,
        move_below_what_is_broken,
    ],
)
def test_a_record_whose_id_stands_where_it_can_not_be_taken_up_is_not_deleted(
    synced: Desk, happens: Callable[[Desk], None]
) -> None:
    happens(synced)
    with unchanged(synced):
        found = synced.refused("push", "--delete", "--json")
        synced.run("push", "--delete", "--partial")
        synced.run("push", "--delete", "--partial", f"content/{C1}")
        synced.run("pull")
    assert not [r for r in found.json["records"] if r["action"] == "delete"]


def link_moved_folder(desk: Desk) -> None:
    (desk.content / S1).rename(desk.root / "outside")
    (desk.content / C1 / "1.7-elsewhere").symlink_to(desk.root / "outside")


def name_in_another_encoding(desk: Desk) -> None:
    os.rename(desk.content / S1, os.path.join(os.fsencode(desk.content / C1), b"1.7-\xe9t\xe9"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names, or other links")
@pytest.mark.parametrize("happens", [link_moved_folder, name_in_another_encoding])
def test_nothing_is_deleted_while_its_file_may_stand_where_nobody_can_look(
    synced: Desk, happens: Callable[[Desk], None]
) -> None:
    happens(synced)
    with unchanged(synced):
        found = synced.refused("push", "--delete", "--partial")
        synced.run("push", "--delete", "--partial", f"content/{S1}")
    assert f"may be at content/{C1}/1.7-" in found.out + found.err
    assert "which can't be looked at" in found.out + found.err


def test_what_is_deleted_beside_a_copied_record_is_deleted(synced: Desk) -> None:
    rename_and_copy(synced)
    synced.remove(f"{S2}/article.md")
    found = synced.run("push", "--delete", "--partial", "--json")
    assert [r["path"] for r in found.json["records"]] == [f"content/{S2}/article.md"]


def test_an_unsettled_record_counts_among_those_that_are_known(synced: Desk) -> None:
    many(synced, 60)
    for i in range(11):
        synced.remove(f"{C2}/2.{i}-s")
    for i in range(11, 60):
        synced.edit(f"{C2}/2.{i}-s/session.md", f"title: S{i}", f"title: T{i}")
    synced.ok("push", "--delete")
    assert synced.one("SELECT count(*) FROM sessions") == 51


def test_a_parent_that_goes_is_deleted_after_its_children_and_in_one_transaction(synced: Desk) -> None:
    synced.remove(P)
    synced.ok("push", "--delete=11")
    assert counts(synced) == {"clients": 1, "client_knowledge": 1}
    assert synced.one("SELECT count(*) FROM programs WHERE id = %s", PROGRAM) == 0


def test_a_pull_names_for_deletions_and_edits_the_pushes_that_send_them(synced: Desk) -> None:
    synced.remove(f"{S1}/video.md")
    found = synced.ok("pull")
    assert "1 deletion to push: run `studio push --delete`" in found.err
    assert "run `studio push`\n" not in found.err
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    found = synced.ok("pull")
    assert "1 record to push: run `studio push`\n" in found.err
    synced.run("push")
    assert "1 deletion to push: run `studio push --delete`" in synced.ok("pull").err
    synced.ok("push", "--delete")
    assert synced.standings() == {}


def test_a_decision_for_a_deletion_names_the_push_that_deletes(synced: Desk) -> None:
    synced.remove(S1)
    synced.sql("UPDATE sessions SET title = 'Now' WHERE id = %s", SESSION)
    synced.refused("pull")
    found = synced.ok("resolve", f"content/{S1}", "--keep", "files")
    assert "5 deletions to push: run `studio push --delete`" in found.err
    assert "run `studio push`\n" not in found.err
    synced.ok("push", "--delete")
    assert synced.standings() == {}
