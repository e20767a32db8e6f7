"""What is outside the scope, the clients, or the ignored files is outside on both sides."""

import time

import pytest

from tests.harness import C1, PROGRAM, S1, S2, SESSION, SESSION_2, Desk, P, unchanged

OTHER = "99999999-1111-4111-8111-111111111111"


def other_client(desk: Desk) -> None:
    desk.write("beta/client.md", f"---\nid: {OTHER}\nname: Beta\n---\n")
    desk.write("beta/knowledge/terminology.yaml", "a: 1\n")


def quiet(desk: Desk) -> None:
    """Nothing is said to differ, and neither push nor pull does anything."""
    assert desk.standings() == {}
    with unchanged(desk):
        desk.ok("push", "--delete")
        desk.ok("pull")


# --- scope


def test_a_push_in_a_scope_writes_nothing_outside_it(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "One", "Eins")
    synced.edit(f"{S2}/article.md", "Ask", "Frag")
    synced.ok("push", f"content/{S2}")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "Frag."
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith("One")


def test_a_scope_may_be_a_file_or_a_folder_seen_from_the_current_folder(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "One", "Eins")
    synced.edit(f"{S1}/video.md", "Listen", "Hear")
    found = synced.run("push", "article.md", cwd=synced.content / S1)
    assert found.code == 0, found
    assert synced.standings() == {f"{S1}/video.md": {"script": "ahead"}}
    synced.run("push", "..", cwd=synced.content / S1)
    assert synced.standings() == {}


def test_narrowing_the_scope_never_deletes(synced: Desk) -> None:
    synced.remove(S1)
    with unchanged(synced):
        synced.ok("push", "--delete", f"content/{S2}")
        synced.ok("push", f"content/{P}/knowledge")


def test_a_deletion_in_scope_by_the_path_that_is_no_more(synced: Desk) -> None:
    synced.remove(S1)
    synced.remove(f"{S2}/article.md")
    synced.ok("push", "--delete", f"content/{S2}/article.md")
    assert synced.one("SELECT count(*) FROM articles") == 1
    synced.ok("push", "--delete", f"content/{S1}")
    assert synced.one("SELECT count(*) FROM articles") == 0


def test_a_pull_in_a_scope_writes_nothing_outside_it(synced: Desk) -> None:
    synced.sql("UPDATE articles SET content = 'New.'")
    synced.ok("pull", f"content/{S2}")
    assert list(synced.standings()) == [f"{S1}/article.md"]


def test_a_new_record_in_scope_whose_parent_is_new_and_outside_it_is_refused(synced: Desk) -> None:
    synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    synced.write(f"{C1}/1.3-new/article.md", "---\n---\n\nNew.\n")
    with unchanged(synced):
        found = synced.refused("push", f"content/{C1}/1.3-new/article.md", "--json")
    assert found.codes == ["parent-first"]
    synced.ok("push", f"content/{C1}/1.3-new")
    assert synced.standings() == {}


def test_a_pull_of_a_new_record_whose_parent_is_new_and_outside_the_scope_is_refused(synced: Desk) -> None:
    with Desk(synced.root.with_name("other"), synced.url) as other:
        (other.content / S1).mkdir(parents=True)
        with unchanged(other):
            found = other.refused("pull", f"content/{S1}/article.md", "--json")
        assert found.codes == ["parent-first"]


def test_problems_outside_the_scope_hold_nothing_up(synced: Desk) -> None:
    synced.write(f"{S1}/article.md", b"\xff")
    synced.edit(f"{S2}/article.md", "Ask", "Frag")
    synced.ok("push", f"content/{S2}")
    with unchanged(synced):
        synced.refused("push")


# --- clients


def test_a_client_that_is_held_from_now_on_is_read_though_no_folder_has_changed(synced: Desk) -> None:
    synced.config("name: desk\nclients: [acme-bank]\n")
    synced.write("beta/client.md", "---\nname: Beta\n---\n")
    synced.write("beta/first/program.md", "---\nname: First\n---\n")
    time.sleep(0.05)  # from here on the folders' times tell whether they changed
    for _ in range(2):
        assert synced.standings() == {}
    synced.config("name: desk\nclients: [acme-bank, beta]\n")
    assert set(synced.standings()) == {"beta/client.md", "beta/first/program.md"}
    synced.config("name: desk\nclients: [acme-bank]\n")
    for _ in range(2):
        assert synced.standings() == {}


def test_a_list_of_clients_wants_to_hide_one_from_every_check(synced: Desk) -> None:
    synced.write("beta/client.md", "---\nname: [\n")
    synced.config("name: desk\nclients: [acme-bank]\n")
    checked = synced.ok("validate")
    assert "content/beta: warning[other-client] `clients` in studio.yaml does not name it" in checked.text
    for command in ("status", "push", "pull"):
        assert "content/beta: warning[other-client]" in synced.ok(command).text
    assert "other-client" not in synced.ok("validate", "content/acme-bank").text
    assert "other-client" not in synced.ok("status", "content/acme-bank").text
    synced.config("name: desk\nclients: [acme-bank, beta]\n")
    assert "other-client" not in synced.refused("validate").text


def test_a_workspace_holds_only_the_clients_that_it_names(synced: Desk) -> None:
    with Desk(synced.root.with_name("other"), synced.url, "name: o\nclients: [beta]\n") as other:
        other_client(other)
        other.ok("push")
        quiet(other)
        assert set(other.files()) == {"beta/client.md", "beta/knowledge/terminology.yaml"}
        assert other.json("status")["counts"]["agreed"] == 2


def test_a_client_removed_from_the_list_is_not_deleted_on_either_side(synced: Desk) -> None:
    other_client(synced)
    synced.config("name: desk\nclients: [acme-bank, beta]\n")
    synced.ok("push")
    synced.config("name: desk\nclients: [acme-bank]\n")
    quiet(synced)
    synced.remove("beta")
    quiet(synced)
    synced.sql("UPDATE clients SET industry = 'New' WHERE slug = 'beta'")
    quiet(synced)
    synced.config("name: desk\n")
    assert set(synced.standings().values()) == {"conflict delete", "ahead delete"}


def test_an_id_that_a_client_outside_the_workspace_has_is_refused_in_words(synced: Desk) -> None:
    with Desk(synced.root.with_name("other"), synced.url, "name: o\nclients: [beta]\n") as other:
        other_client(other)
        other.ok("push")
        other.write("beta/p/program.md", f"---\nid: {PROGRAM}\nname: P\n---\n")
        with unchanged(other):
            found = other.refused("push")
        assert f"id {PROGRAM} is that of {P}, in another client" in found.err
        assert "delete the `id:` line in the copy" in found.err
        other.edit("beta/p/program.md", f"id: {PROGRAM}\n", "")
        other.ok("push")


def test_a_client_that_is_listed_again_is_known_as_before(synced: Desk) -> None:
    other_client(synced)
    synced.ok("push")
    synced.config("name: desk\nclients: [acme-bank]\n")
    quiet(synced)
    synced.edit("beta/client.md", "Beta", "Gamma")
    quiet(synced)
    synced.config("name: desk\n")
    assert synced.standings() == {"beta/client.md": {"name": "ahead"}}


def test_a_client_of_the_list_that_nobody_has_is_no_problem(synced: Desk) -> None:
    synced.config("name: desk\nclients: [acme-bank, nobody]\n")
    quiet(synced)


# --- ignored files


@pytest.mark.parametrize(
    "pattern", ["1.2-asking/", "content/acme-bank/**/1.2-asking/**", "/content/acme-bank/*/*/1.2*"]
)
def test_what_becomes_ignored_after_it_was_pushed_is_not_deleted(synced: Desk, pattern: str) -> None:
    (synced.root / ".studioignore").write_text(f"{pattern}\n")
    quiet(synced)
    synced.sql("UPDATE articles SET content = 'New.' WHERE session_id = %s", SESSION_2)
    quiet(synced)
    synced.remove(S2)
    quiet(synced)
    (synced.root / ".studioignore").unlink()
    assert set(synced.standings()) == {f"{S2}/session.md", f"{S2}/article.md"}


def test_an_ignored_single_file_is_outside_on_both_sides(synced: Desk) -> None:
    (synced.content / ".studioignore").write_text("video.md\n")
    quiet(synced)
    synced.sql("DELETE FROM videos")
    quiet(synced)
    assert (synced.content / S1 / "video.md").exists()


def test_a_new_row_whose_file_would_be_ignored_is_not_pulled(synced: Desk) -> None:
    (synced.content / ".studioignore").write_text("video.md\n")
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'New.')", SESSION_2)
    quiet(synced)


def test_an_ignored_file_that_is_broken_is_no_problem(synced: Desk) -> None:
    synced.write(f"{S1}/notes.md", "---\n[\n")
    (synced.root / ".studioignore").write_text("notes.md\n")
    assert synced.json("status")["problems"] == []
    assert synced.ok("validate").out == ""


def test_a_file_that_is_no_longer_ignored_is_known_as_before(synced: Desk) -> None:
    (synced.root / ".studioignore").write_text("video.md\n")
    quiet(synced)
    synced.edit(f"{S1}/video.md", "Listen", "Hear")
    (synced.root / ".studioignore").write_text("")
    assert synced.standings() == {f"{S1}/video.md": {"script": "ahead"}}
    synced.ok("push")
    assert synced.one("SELECT script FROM videos WHERE session_id = %s", SESSION) == "NARRATOR: Hear now."


# --- what is no record


def test_pictures_and_hidden_files_are_left_alone_silently_and_stray_text_is_a_warning(synced: Desk) -> None:
    synced.write(f"{S1}/picture.png", b"\x89PNG")
    synced.write(f"{S1}/.article.md.swp", b"x")
    synced.write(f"{C1}/.DS_Store", b"x")
    synced.write(f"{S1}/notes.md", "# Notes\n")
    found = synced.json("status")
    assert [(p["path"], p["code"], p["severity"]) for p in found["problems"]] == [
        (f"content/{S1}/notes.md", "stray-file", "warning")
    ]
    with unchanged(synced):
        synced.ok("push", "--delete")
        synced.ok("pull")


def test_a_client_that_got_another_slug_is_followed_in_two_steps_and_each_is_named(synced: Desk) -> None:
    synced.config("name: desk\nclients: [acme-bank]\n")
    synced.sql("UPDATE clients SET slug = 'corvia' WHERE slug = 'acme-bank'")
    found = synced.run("status")
    assert "name corvia in `clients:` of studio.yaml, and rename the folder to corvia" in found.err
    synced.config("name: desk\nclients: [corvia]\n")
    for command in ("status", "push", "pull", "validate"):
        text = synced.run(command).text
        assert "content/acme-bank: warning[other-client]" in text
        assert "if it is corvia, whose folder is missing here, rename it to that; or else name it" in text
    (synced.content / "acme-bank").rename(synced.content / "corvia")
    quiet(synced)
    assert "other-client" not in synced.ok("status").text
