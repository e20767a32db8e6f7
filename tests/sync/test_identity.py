"""Which row a file is: ids, names, moves and collisions."""

import shutil
from uuid import UUID

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
    TREE,
    Desk,
    P,
    unchanged,
)


def sessions(desk: Desk) -> dict[str, tuple[str, str]]:
    """Title to (id, number) of every session."""
    return {t: (i, n) for t, i, n in desk.sql("SELECT title, id, number FROM sessions")}


def test_a_push_writes_the_ids_of_rows_that_it_created_as_one_line_edits(bare: Desk) -> None:
    text = "---\r\n# mine\r\ntitle:   'New'   # why\r\n---\r\n\r\nBody\r\n\r\n"
    bare.write_all({p: TREE[p] for p in ("acme-bank/client.md", f"{P}/program.md", f"{C1}/chapter.md")})
    bare.write(f"{C1}/1.1-x/session.md", text)
    bare.ok("push")
    own = bare.one("SELECT id FROM sessions")
    lines = bare.read(f"{C1}/1.1-x/session.md").splitlines(keepends=True)
    assert f"id: {own}\r\n" in lines
    lines.remove(f"id: {own}\r\n")
    assert "".join(lines) == text
    with unchanged(bare):
        bare.ok("push")


def test_a_push_with_frozen_refuses_a_file_without_an_id_and_changes_no_file(synced: Desk) -> None:
    synced.write(f"{C1}/1.3-x/session.md", "---\ntitle: X\n---\n")
    with unchanged(synced):
        assert synced.refused("push", "--frozen", "--json").codes == ["missing-id"]
    assert "missing-id" in synced.refused("validate", "--frozen").out
    synced.ok("validate", "--fix")
    synced.ok("validate", "--frozen")
    before = synced.files()
    synced.ok("push", "--frozen")
    assert synced.files() == before
    assert len(sessions(synced)) == 3


def test_validate_fix_writes_ids_offline(bare: Desk) -> None:
    bare.write("acme-bank/client.md", "---\nname: Acme\n---\n")
    bare.ok("validate", "--fix", STUDIO_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    text = bare.read("acme-bank/client.md")
    own = text.splitlines()[1].removeprefix("id: ")
    assert text == f"---\nid: {UUID(own)}\nname: Acme\n---\n"
    bare.ok("push")
    assert bare.one("SELECT id FROM clients") == own


def test_ids_travel_to_an_empty_second_database(synced: Desk, second_url: str) -> None:
    synced.ok("push", "--database", second_url)
    with Desk(synced.root.with_name("other"), second_url) as other:
        for table in ("clients", "programs", "chapters", "sessions"):
            query = f"SELECT id FROM {table} ORDER BY id"
            assert other.sql(query) == synced.sql(query)
        other.ok("pull")
        assert other.files() == synced.files()
    with unchanged(synced):
        synced.ok("push", "--database", second_url)
        synced.ok("push")


def test_renaming_a_folder_keeps_the_row_when_only_the_words_change(synced: Desk) -> None:
    synced.move(S1, f"{C1}/1.1-other-words")
    with unchanged(synced):
        synced.ok("push")
        assert synced.standings() == {}
    synced.sql("UPDATE articles SET content = 'From outside' WHERE session_id = %s", SESSION)
    synced.ok("pull")
    assert "From outside" in synced.read(f"{C1}/1.1-other-words/article.md")
    assert not (synced.content / S1).exists()


def test_renumbering_a_session_keeps_its_row(synced: Desk) -> None:
    synced.move(S2, f"{C1}/1.5-asking")
    synced.ok("push")
    assert sessions(synced)["Asking"] == (SESSION_2, "1.5")
    assert synced.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION_2) == 1


def test_swapping_two_numbers_is_one_push_and_keeps_both_rows(synced: Desk) -> None:
    articles = synced.sql("SELECT id, session_id, content FROM articles ORDER BY id")
    synced.move(S1, f"{C1}/tmp")
    synced.move(S2, f"{C1}/1.1-asking")
    synced.move(f"{C1}/tmp", f"{C1}/1.2-why-leaders-listen")
    synced.ok("push")
    assert sessions(synced) == {"Why leaders listen": (SESSION, "1.2"), "Asking": (SESSION_2, "1.1")}
    assert synced.sql("SELECT number FROM sessions ORDER BY order_index") == [("1.1",), ("1.2",)]
    assert synced.sql("SELECT id, session_id, content FROM articles ORDER BY id") == articles
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_swapping_two_chapters_is_one_push(synced: Desk) -> None:
    synced.move(C1, f"{P}/tmp")
    synced.move(C2, f"{P}/01-practice")
    synced.move(f"{P}/tmp", f"{P}/02-foundations")
    synced.ok("push")
    assert synced.sql("SELECT id, number FROM chapters ORDER BY order_index") == [
        (CHAPTER_2, 1),
        (CHAPTER, 2),
    ]
    with unchanged(synced):
        synced.ok("push")


def test_inserting_a_session_and_shifting_the_rest_is_one_push(synced: Desk) -> None:
    synced.move(S2, f"{C1}/1.3-asking")
    synced.move(S1, f"{C1}/1.2-why-leaders-listen")
    synced.write(f"{C1}/1.1-opening/session.md", "---\ntitle: Opening\n---\n")
    synced.ok("push")
    found = synced.sql("SELECT number, title FROM sessions ORDER BY order_index")
    assert found == [("1.1", "Opening"), ("1.2", "Why leaders listen"), ("1.3", "Asking")]
    assert sessions(synced)["Asking"][0] == SESSION_2


def test_moving_a_session_to_another_chapter_keeps_its_row(synced: Desk) -> None:
    synced.move(S2, f"{C2}/2.1-asking")
    synced.edit(f"{C2}/2.1-asking/session.md", "title: Asking", "title: Asking well")
    synced.ok("push")
    assert synced.sql("SELECT chapter_id, number, title FROM sessions WHERE id = %s", SESSION_2) == [
        (CHAPTER_2, "2.1", "Asking well")
    ]
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "Ask."
    with unchanged(synced):
        synced.ok("push")


def test_a_chapter_can_be_deleted_in_the_push_that_moves_its_sessions_out(synced: Desk) -> None:
    synced.move(S1, f"{C2}/2.1-why")
    synced.move(S2, f"{C2}/2.2-asking")
    synced.remove(C1)
    synced.ok("push", "--delete=1")
    assert synced.sql("SELECT id FROM chapters") == [(CHAPTER_2,)]
    assert {i for i, _ in sessions(synced).values()} == {SESSION, SESSION_2}
    assert synced.one("SELECT count(*) FROM articles") == 2
    with unchanged(synced):
        synced.ok("push")


def test_a_new_chapter_can_take_the_place_of_one_whose_sessions_it_takes_over(synced: Desk) -> None:
    synced.edit(f"{C1}/chapter.md", f"id: {CHAPTER}\n", "id: 99999999-9999-4999-8999-999999999999\n")
    synced.ok("push", "--delete=1")
    assert synced.sql("SELECT id FROM chapters WHERE number = 1") == [
        ("99999999-9999-4999-8999-999999999999",)
    ]
    assert {i for i, _ in sessions(synced).values()} == {SESSION, SESSION_2}
    assert synced.one("SELECT count(*) FROM articles") == 2


def test_changing_a_slug_keeps_the_row_and_everything_below(synced: Desk) -> None:
    synced.move(P, "acme-bank/leading")
    synced.ok("push")
    assert synced.sql("SELECT id, slug FROM programs") == [(PROGRAM, "leading")]
    synced.move("acme-bank", "acme")
    synced.ok("push")
    assert synced.one("SELECT slug FROM clients") == "acme"
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_a_slug_and_a_number_that_changed_in_the_database_rename_the_folders(synced: Desk) -> None:
    synced.sql("UPDATE programs SET slug = 'renamed'")
    synced.sql("UPDATE sessions SET number = '1.7' WHERE id = %s", SESSION_2)
    synced.sql("UPDATE articles SET content = 'Changed, too' WHERE session_id = %s", SESSION_2)
    synced.ok("pull")
    moved = "acme-bank/renamed/01-foundations/1.7-asking"
    assert "Changed, too" in synced.read(f"{moved}/article.md")
    assert not (synced.content / P).exists()
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_numbers_that_were_swapped_in_the_database_swap_the_folders(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET number = 'x' WHERE id = %s", SESSION)
    synced.sql("UPDATE sessions SET number = '1.1', order_index = 1 WHERE id = %s", SESSION_2)
    synced.sql("UPDATE sessions SET number = '1.2', order_index = 2 WHERE id = %s", SESSION)
    synced.ok("pull")
    found = {p.split("/")[-2]: t for p, t in synced.files().items() if p.endswith("session.md")}
    assert {n.split("-")[0]: SESSION.encode() in t for n, t in found.items()} == {"1.1": False, "1.2": True}
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_a_session_moved_in_the_database_moves_its_folder_with_all_that_is_in_it(synced: Desk) -> None:
    synced.write(f"{S2}/picture.png", b"\x89PNG")
    synced.sql("UPDATE sessions SET chapter_id = %s, number = '2.1' WHERE id = %s", CHAPTER_2, SESSION_2)
    synced.ok("pull")
    assert (synced.content / C2 / "2.1-asking" / "picture.png").read_bytes() == b"\x89PNG"
    assert not (synced.content / S2).exists()
    with unchanged(synced):
        synced.ok("push")


def test_a_pull_that_renames_a_folder_keeps_the_edits_in_it_that_were_not_pushed(synced: Desk) -> None:
    with synced.clone() as other:
        other.ok("pull")
        other.edit(f"{S2}/article.md", "Ask.", "Ask more.")
        other.edit(f"{S2}/session.md", "title: Asking", "title: Asking well")
        synced.move(S2, f"{C2}/2.1-asking")
        synced.ok("push")
        other.ok("pull")
        assert not (other.content / S2).exists()
        assert other.read(f"{C2}/2.1-asking/article.md").endswith("Ask more.\n")
        assert other.standings() == {
            f"{C2}/2.1-asking/article.md": {"content": "ahead"},
            f"{C2}/2.1-asking/session.md": {"title": "ahead"},
        }
        other.ok("push")
    assert synced.standings() == {
        f"{C2}/2.1-asking/article.md": {"content": "behind"},
        f"{C2}/2.1-asking/session.md": {"title": "behind"},
    }


def test_a_session_that_moved_into_a_new_chapter_follows_it_in_one_pull(synced: Desk) -> None:
    new = "99999999-9999-4999-8999-999999999999"
    synced.sql(
        "INSERT INTO chapters (id, program_id, number, title, order_index) VALUES (%s, %s, 3, 'Late', 3)",
        new,
        PROGRAM,
    )
    synced.sql("UPDATE sessions SET chapter_id = %s, number = '3.1' WHERE id = %s", new, SESSION_2)
    synced.ok("pull")
    assert "title: Late" in synced.read(f"{P}/03-late/chapter.md")
    assert "title: Asking" in synced.read(f"{P}/03-late/3.1-asking/session.md")
    assert synced.read(f"{P}/03-late/3.1-asking/article.md").endswith("Ask.\n")
    assert not (synced.content / S2).exists()
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_a_title_that_changes_leaves_the_folder_as_it_is(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET title = 'Quite another title' WHERE id = %s", SESSION)
    synced.ok("pull")
    assert "title: Quite another title\n" in synced.read(f"{S1}/session.md")


def test_a_copied_folder_is_an_error_that_names_both_files_and_merges_nothing(synced: Desk) -> None:
    shutil.copytree(synced.content / S1, synced.content / C1 / "1.3-copy")
    synced.edit(f"{C1}/1.3-copy/session.md", "hook: Nobody", "hook: Somebody")
    synced.edit(f"{C1}/1.3-copy/article.md", "One two", "Two one")
    with unchanged(synced):
        found = synced.refused("push", "--json")
    named = {p["path"] for p in found.json["problems"] if p["code"] == "duplicate-id"}
    assert named == {f"content/{S1}/session.md", f"content/{C1}/1.3-copy/session.md"}
    assert all("delete the `id:` line in the copy" in p["hint"] for p in found.json["problems"])
    synced.edit(f"{C1}/1.3-copy/session.md", f"id: {SESSION}\n", "")
    synced.ok("push")
    assert synced.sql("SELECT number FROM sessions ORDER BY number") == [("1.1",), ("1.2",), ("1.3",)]
    assert synced.one("SELECT count(*) FROM articles") == 3
    assert synced.one("SELECT hook FROM sessions WHERE id = %s", SESSION) == "Nobody told her."


def test_a_copied_folder_whose_original_is_older_by_name_does_not_swap_the_two(synced: Desk) -> None:
    shutil.copytree(synced.content / S2, synced.content / C1 / "1.0-copy")
    with unchanged(synced):
        synced.refused("push")
        synced.refused("push", "--partial")
        synced.run("pull")


def test_two_writers_who_each_add_a_session_1_3_do_not_meet_in_one_row(synced: Desk) -> None:
    with synced.clone() as other:
        synced.write(f"{C1}/1.3-mine/session.md", "---\ntitle: Mine\n---\n\nMy words.\n")
        synced.ok("push")
        other.write(f"{C1}/1.3-hers/session.md", "---\ntitle: Hers\n---\n\nHer words.\n")
        other.write(f"{C1}/1.3-hers/article.md", "---\n---\n\nHer article.\n")
        with unchanged(other):
            found = other.refused("push", "--json")
        assert "collision" in found.codes
        assert "collision" in other.run("status", "--json").codes
        assert "studio mv" in found.out
        assert sessions(synced)["Mine"][1] == "1.3"
        with unchanged(synced):
            other.refused("push", "--partial")
        other.move(f"{C1}/1.3-hers", f"{C1}/1.4-hers")
        other.ok("push")
    assert {n for _, n in sessions(synced).values()} == {"1.1", "1.2", "1.3", "1.4"}


def test_a_session_with_a_row_that_takes_anothers_number_is_not_told_to_adopt_its_id(synced: Desk) -> None:
    synced.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '1.7', 'Theirs', 7)",
        CHAPTER,
    )
    synced.move(S2, f"{C1}/1.7-asking")
    found = synced.refused("push")
    assert "error[collision] number 1.7 is another session's in the database, by the id" in found.err
    assert "--adopt-ids" not in found.err
    synced.ok("mv", f"content/{C1}/1.7-asking", "1.8")
    synced.ok("push")
    synced.ok("pull")
    assert synced.standings() == {}


def test_a_pull_names_a_taken_number_once_and_not_again_for_what_is_below(synced: Desk) -> None:
    synced.write(f"{C1}/1.3-mine/session.md", "---\ntitle: Mine\nstatus: draft\n---\n")
    theirs = synced.one(
        "INSERT INTO sessions (chapter_id, number, title, order_index)"
        " VALUES (%s, '1.3', 'Theirs', 3) RETURNING id",
        CHAPTER,
    )
    synced.sql("INSERT INTO articles (session_id, content) VALUES (%s, 'Words.')", theirs)
    found = synced.refused("pull")
    assert found.err.count("error[") == 1, found.err
    assert "its number is still that of" in found.err
    assert "(1 more record waits for this)" in found.err
    way = found.err.partition("give that one another number: studio ")[2].partition(";")[0]
    synced.ok(*way.replace("NUMBER", "1.4").split())
    synced.ok("pull")
    assert synced.standings() == {f"{C1}/1.4-mine/session.md": "ahead create"}


def test_a_number_is_free_only_when_the_row_that_has_it_goes_in_the_same_push(synced: Desk) -> None:
    synced.remove(S2)
    synced.write(f"{C1}/1.2-other/session.md", "---\ntitle: Other\n---\n")
    synced.write(f"{C1}/1.2-other/article.md", "---\n---\n\nOther.\n")
    with unchanged(synced):
        assert "collision" in synced.refused("push", "--json").codes
        synced.refused("push", "--partial")
    synced.ok("push", "--delete")
    assert set(sessions(synced)) == {"Why leaders listen", "Other"}
    assert synced.one("SELECT count(*) FROM articles") == 2
    assert synced.standings() == {}


def test_a_number_that_is_to_be_given_up_in_a_conflict_is_not_free(synced: Desk) -> None:
    synced.move(S2, f"{C1}/1.5-asking")
    synced.move(S1, f"{C1}/1.2-why-leaders-listen")
    synced.edit(f"{C1}/1.5-asking/session.md", "title: Asking", "title: Local")
    synced.sql("UPDATE sessions SET title = 'Remote' WHERE id = %s", SESSION_2)
    with unchanged(synced):
        assert sorted(synced.refused("push", "--partial", "--json").codes) == ["collision", "conflict"]


def test_a_pull_holds_a_new_row_back_whose_place_a_new_file_has(synced: Desk) -> None:
    synced.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '1.3', 'Theirs', 3)",
        CHAPTER,
    )
    synced.write(f"{C1}/1.3-mine/session.md", "---\ntitle: Mine\n---\n")
    with unchanged(synced):
        synced.refused("push")
    found = synced.run("pull")
    assert synced.read(f"{C1}/1.3-mine/session.md") == "---\ntitle: Mine\n---\n"
    assert "Traceback" not in found.err
    assert set(sessions(synced)) == {"Why leaders listen", "Asking", "Theirs"}
    after = synced.run("push")
    assert after.code == 1
    assert len(sessions(synced)) == 3


def test_a_file_without_an_id_is_matched_by_its_place_if_it_says_the_same(synced: Desk) -> None:
    text = synced.read(f"{S2}/session.md")
    synced.edit(f"{S2}/session.md", f"id: {SESSION_2}\n", "")
    synced.forget()
    assert synced.standings() == {}
    xmins = synced.xmins()
    synced.ok("push", "--frozen")
    assert f"id: {SESSION_2}" not in synced.read(f"{S2}/session.md")
    synced.ok("push")
    assert synced.read(f"{S2}/session.md") == text
    assert synced.xmins() == xmins
    with unchanged(synced):
        synced.ok("push")


def test_validate_fix_gives_a_file_back_the_id_that_it_lost(synced: Desk) -> None:
    text = synced.read(f"{S2}/session.md")
    synced.edit(f"{S2}/session.md", f"id: {SESSION_2}\n", "")
    synced.ok("validate", "--fix")
    assert synced.read(f"{S2}/session.md") == text


def test_a_file_without_an_id_is_matched_by_its_place_if_base_says_so(synced: Desk) -> None:
    synced.edit(f"{S2}/session.md", f"id: {SESSION_2}\ntitle: Asking", "title: Asked")
    synced.ok("push")
    assert sessions(synced)["Asked"] == (SESSION_2, "1.2")


def test_a_file_without_an_id_that_says_something_else_is_a_collision_not_a_match(synced: Desk) -> None:
    synced.edit(f"{S2}/session.md", f"id: {SESSION_2}\ntitle: Asking", "title: Asked")
    synced.forget()
    with unchanged(synced):
        assert "collision" in synced.refused("push", "--json").codes


@pytest.mark.parametrize("other", [CHAPTER, PROGRAM, CLIENT])
def test_an_id_that_a_record_of_another_kind_has_is_never_taken_for_it(synced: Desk, other: str) -> None:
    synced.write(f"{C2}/2.1-x/session.md", f"---\nid: {other}\ntitle: X\n---\n")
    synced.write(f"{C2}/2.1-x/article.md", "---\n---\n\nX\n")
    with unchanged(synced):
        assert set(synced.refused("push", "--json").codes) == {"duplicate-id"}
        synced.refused("push", "--partial", "--delete")
    path = {CHAPTER: f"{C1}/chapter.md", PROGRAM: f"{P}/program.md", CLIENT: "acme-bank/client.md"}[other]
    synced.remove(path)
    with unchanged(synced):
        synced.refused("push")
        synced.refused("push", "--partial", "--delete")


def test_slugs_that_were_swapped_in_the_database_swap_the_folders(synced: Desk) -> None:
    synced.write("acme-bank/b/program.md", "---\nname: B\n---\n")
    synced.write("acme-bank/b/picture.png", b"b")
    synced.move(P, "acme-bank/a")
    synced.ok("push")
    synced.sql("UPDATE programs SET slug = 'c' WHERE slug = 'a'")
    synced.sql("UPDATE programs SET slug = 'a' WHERE slug = 'b'")
    synced.sql("UPDATE programs SET slug = 'b' WHERE slug = 'c'")
    synced.ok("pull")
    assert (synced.content / "acme-bank/a/picture.png").read_bytes() == b"b"
    assert PROGRAM in synced.read("acme-bank/b/program.md")
    assert (synced.content / "acme-bank/b/01-foundations/1.2-asking/article.md").exists()
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_what_is_new_below_a_folder_that_a_pull_renames_stands_in_the_renamed_one(synced: Desk) -> None:
    synced.sql("UPDATE programs SET slug = 'renamed'")
    synced.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '1.3', 'New', 3)", CHAPTER
    )
    synced.sql("UPDATE sessions SET title = 'Asked' WHERE id = %s", SESSION_2)
    synced.sql("DELETE FROM videos")
    synced.ok("pull")
    assert not (synced.content / P).exists()
    assert "title: New" in synced.read("acme-bank/renamed/01-foundations/1.3-new/session.md")
    assert "title: Asked" in synced.read("acme-bank/renamed/01-foundations/1.2-asking/session.md")
    assert not (synced.content / "acme-bank/renamed/01-foundations/1.1-why-leaders-listen/video.md").exists()
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


@pytest.mark.parametrize("to", [CHAPTER, CHAPTER_2], ids=["renumbered", "moved"])
def test_a_folder_that_comes_back_stands_where_its_row_is_by_now(synced: Desk, to: str) -> None:
    synced.remove(S2)
    synced.sql("UPDATE sessions SET number = '1.9', chapter_id = %s WHERE id = %s", to, SESSION_2)
    synced.refused("pull")
    synced.ok("pull", "--keep", "database")
    chapter = C1 if to == CHAPTER else C2
    assert synced.read(f"{chapter}/1.9-asking/session.md").startswith(f"---\nid: {SESSION_2}\n")
    assert not (synced.content / S2).exists()
    assert synced.read(f"{chapter}/1.9-asking/article.md") == TREE[f"{S2}/article.md"]
    assert synced.standings() == {}
    synced.forget()
    assert synced.standings() == {}


def test_a_row_whose_renumbered_file_is_gone_comes_back_where_the_row_stands(synced: Desk) -> None:
    synced.move(S2, f"{C1}/1.9-asking")
    synced.sql("UPDATE sessions SET title = 'Asked' WHERE id = %s", SESSION_2)
    synced.ok("pull")
    synced.remove(f"{C1}/1.9-asking")
    synced.sql("UPDATE sessions SET title = 'Asked again' WHERE id = %s", SESSION_2)
    synced.run("pull")
    synced.run("pull", "--keep", "database")
    # Its folder keeps its name, as it does where its number is as before.
    assert "Asked again" in synced.read(f"{C1}/1.2-asking/session.md")
    assert not (synced.content / C1 / "1.9-asking").exists()


def test_what_comes_back_below_a_renamed_folder_stands_in_the_renamed_one(synced: Desk) -> None:
    synced.remove(f"{S2}/article.md")
    synced.move(S2, f"{C1}/1.9-asking")
    synced.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION_2)
    synced.refused("pull")
    synced.ok("pull", "--keep", "database")
    assert "Web words." in synced.read(f"{C1}/1.9-asking/article.md")
    assert not (synced.content / S2).exists()
