"""An id that no row has, in the file of a row that is there: a slip of the hand, and never a deletion."""

import pytest

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
    Desk,
    P,
    unchanged,
)

WRONG = "99999999-9999-4999-8999-999999999999"
OWN_FILES = [
    (f"{S1}/session.md", SESSION),
    (f"{C1}/chapter.md", CHAPTER),
    (f"{P}/program.md", PROGRAM),
    ("acme-bank/client.md", CLIENT),
]

TABLE_OF = {
    "session.md": "sessions",
    "chapter.md": "chapters",
    "program.md": "programs",
    "client.md": "clients",
}


@pytest.mark.parametrize(("path", "own"), OWN_FILES)
def test_it_is_one_error_that_names_both_ids_and_says_which_to_put_back(
    synced: Desk, path: str, own: str
) -> None:
    synced.edit(path, f"id: {own}", f"id: {WRONG}")
    synced.edit(f"{S2}/article.md", "Ask.", "Ask them.")
    rows = synced.rows()
    for command in (["validate"], ["status"], ["push", "-n"], ["push"]):
        found = synced.run(*command)
        assert found.code == (0 if command == ["status"] else 1), (command, found)
        assert found.text.count("error[mistyped-id]") == 1, (command, found)
        assert f"content/{path}:2:1: error[mistyped-id]" in found.text
        assert WRONG in found.text
        assert f"put back `id: {own}`" in found.text
        assert "--delete" not in found.text
        assert synced.rows() == rows
    below = S2.startswith(path.rpartition("/")[0] + "/")
    synced.refused("push", "--partial")
    asked = synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2)
    assert asked == ("Ask." if below else "Ask them.")
    assert synced.refused("pull").text.count("mistyped-id") == 1
    synced.edit(path, WRONG, own)
    synced.ok("validate")
    synced.ok("push")
    assert synced.standings() == {}
    counts = {table: len(found) for table, found in synced.rows().items()}
    assert counts == {table: len(found) for table, found in rows.items()}


@pytest.mark.parametrize(("path", "own"), OWN_FILES)
def test_a_slip_in_the_same_file_deletes_and_makes_nothing_with_delete_and_partial(
    synced: Desk, path: str, own: str
) -> None:
    synced.edit(path, f"id: {own}", f"id: {WRONG}\nnonsense: 1")
    with unchanged(synced):
        for options in (["--delete"], ["--delete", "--partial"], ["--delete", "--partial", "-n"]):
            found = synced.refused("push", *options)
            assert f"put back `id: {own}`" in found.text
            assert "deletion-held" not in found.text


def test_a_slip_in_a_file_below_deletes_and_makes_nothing_either(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", SESSION, WRONG)
    synced.edit(f"{S1}/article.md", "status: draft", "status: nonsense")
    with unchanged(synced):
        synced.refused("push", "--delete", "--partial")


def test_what_a_guard_refuses_below_keeps_the_old_row(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", SESSION, WRONG)
    synced.edit(f"{S1}/article.md", "status: draft", "status: review")
    with unchanged(synced):
        synced.refused("push", "--delete")
        synced.refused("push", "--delete", "--partial")


@pytest.mark.parametrize(("path", "own"), OWN_FILES)
def test_a_slip_of_a_digit_replaces_no_row_in_a_push_that_deletes_something_else(
    synced: Desk, path: str, own: str
) -> None:
    synced.edit(path, f"id: {own}", f"id: {own[:-1]}7")
    synced.remove(f"{P}/knowledge/brief.md")
    below = not path.startswith(f"{S1}/") and not path.startswith(f"{C1}/")
    for options in (["--delete"], ["--delete", "--partial"]):
        found = synced.refused("push", *options)
        assert f"put back `id: {own}`" in found.text
        assert "+ " not in found.out
    counts = {table: len(rows) for table, rows in synced.rows().items()}
    assert synced.one(f"SELECT count(*) FROM {TABLE_OF[path.rpartition('/')[2]]} WHERE id = %s", own) == 1
    assert counts["articles"] == 2
    assert counts["program_knowledge"] == below


def test_a_push_that_names_the_folder_of_a_slip_replaces_the_row(synced: Desk) -> None:
    own = f"{SESSION[:-1]}7"
    synced.edit(f"{S1}/session.md", SESSION, own)
    synced.ok("push", "--delete", f"content/{S1}")
    assert synced.sql("SELECT id FROM sessions WHERE number = '1.1'") == [(own,)]
    assert synced.standings() == {}


def test_a_push_that_deletes_by_flag_replaces_the_row(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", SESSION, WRONG)
    synced.ok("push", "--delete")
    assert synced.sql("SELECT id FROM sessions WHERE number = '1.1'") == [(WRONG,)]
    assert synced.one("SELECT count(*) FROM articles WHERE session_id = %s", WRONG) == 1
    assert synced.standings() == {}


def test_another_folder_makes_it_another_record(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", SESSION, WRONG)
    synced.move(S1, f"{C1}/1.7-another")
    found = synced.refused("push")
    assert "mistyped-id" not in found.text
    assert synced.sql("SELECT number FROM sessions WHERE id = %s", WRONG) == [("1.7",)]
    assert synced.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION) == 1


def test_ids_swapped_between_two_files_are_two_slips(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", SESSION, SESSION_2)
    synced.edit(f"{S2}/session.md", SESSION_2, SESSION)
    with unchanged(synced):
        for options in ([], ["--partial"], ["--delete", "--partial"]):
            found = synced.refused("push", *options)
            assert f"put back `id: {SESSION}`" in found.text
            assert f"put back `id: {SESSION_2}`" in found.text
        synced.refused("pull")
        assert synced.refused("validate").text.count("error[mistyped-id]") == 2


def test_the_id_of_a_deleted_row_in_another_rows_file_is_a_slip(synced: Desk) -> None:
    synced.remove(S2)
    synced.ok("push", "--delete")
    synced.edit(f"{S1}/session.md", SESSION, SESSION_2)
    with unchanged(synced):
        for options in ([], ["--partial"], ["-n"]):
            found = synced.refused("push", *options)
            assert f"id {SESSION_2} is that of a session that was deleted" in found.text
            assert f"put back `id: {SESSION}`" in found.text
        synced.refused("pull")


def test_an_id_in_upper_case_is_the_same_id(synced: Desk) -> None:
    own = "AAAAAAAA-aaaa-4AAA-8AAA-AAAAAAAAAAAA"
    synced.write(f"{C2}/2.1-x/session.md", f"---\nid: {own}\ntitle: X\n---\n")
    synced.ok("push")
    synced.edit(f"{C2}/2.1-x/session.md", own, own.lower())
    synced.ok("validate")
    assert synced.standings() == {}


def test_the_id_of_the_other_row_in_a_copy_of_its_place_stays_a_move(synced: Desk) -> None:
    synced.remove(S1)
    synced.move(S2, S1)
    synced.ok("push", "--delete")
    assert synced.sql("SELECT id, number FROM sessions") == [(SESSION_2, "1.1")]


@pytest.mark.parametrize("edited", [False, True])
def test_the_id_of_a_record_of_another_kind_is_a_slip_in_a_rows_file(synced: Desk, edited: bool) -> None:
    synced.edit(f"{S1}/session.md", SESSION, CHAPTER_2)
    if edited:
        synced.edit(f"{S1}/session.md", "title: Why", "title: How")
    with unchanged(synced):
        for options in ([], ["--partial", "--delete"]):
            found = synced.refused("push", *options)
            assert f"put back `id: {SESSION}`" in found.text or "duplicate-id" in found.text


def test_a_scope_below_it_is_held_with_it_and_says_so(synced: Desk) -> None:
    synced.edit(f"{C1}/chapter.md", CHAPTER, WRONG)
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    with unchanged(synced):
        for place in (S1, f"{S1}/article.md"):
            assert "error[mistyped-id]" in synced.refused("push", f"content/{place}").text
            assert "error[mistyped-id]" in synced.refused("pull", f"content/{place}").text
    synced.edit("acme-bank/client.md", "Pays late", "Pays early")
    synced.ok("push", "content/acme-bank/client.md")
