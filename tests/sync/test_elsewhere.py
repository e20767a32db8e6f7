"""Rows that are there, though not where the workspace looks: nothing of theirs is deleted or made."""

import shutil
from collections.abc import Iterator

import pytest

from tests.harness import C1, C2, CHAPTER, CLIENT, PROGRAM, S1, S2, SESSION, Desk, P, unchanged

BETA = "99999999-1111-4111-8111-111111111111"
COMMANDS = (
    ["status"],
    ["diff"],
    ["pull"],
    ["pull", "-n"],
    ["push"],
    ["push", "--delete"],
    ["push", "--partial", "--delete"],
    ["pull", "--keep", "database"],
)
SILENT = (
    ["pull", "--delete=13"],
    ["pull", "--delete=8"],
    ["resolve", "content/acme-bank", "--keep", "files"],
    ["resolve", "content/acme-bank", "--keep", "database"],
)


@pytest.fixture
def acme(synced: Desk) -> Desk:
    """The workspace of one client of two."""
    synced.sql("INSERT INTO clients (id, name, slug) VALUES (%s, 'Beta', 'beta')", BETA)
    synced.config("name: desk\nclients: [acme-bank]\n")
    assert synced.standings() == {}
    return synced


@pytest.fixture
def beta(synced: Desk) -> Iterator[Desk]:
    """The workspace of another client in the same database, with one program."""
    with Desk(synced.root.with_name("beta"), synced.url, "name: b\nclients: [beta]\n") as beta:
        beta.write("beta/client.md", f"---\nid: {BETA}\nname: Beta\n---\n")
        beta.write("beta/p/program.md", "---\nname: P\n---\n")
        beta.write("beta/p/01-c/chapter.md", "---\ntitle: C\n---\n")
        beta.ok("push")
        yield beta


def edited(desk: Desk) -> None:
    desk.edit(f"{S1}/article.md", "One two", "Two one")
    desk.edit(f"{S2}/session.md", "title: Asking", "title: Asked")


def told(desk: Desk, *words: str, code: str = "elsewhere") -> None:
    """Each command says it once, with these words; those that would write leave with 1."""
    for command in COMMANDS:
        found = desk.run(*command)
        assert found.text.count(f"[{code}]") == 1, (command, found)
        assert all(word in found.text for word in words), (command, found)
        assert "deleted in the database" not in found.text
        assert found.code == (command[0] in ("pull", "push")), (command, found)
    for command in SILENT:
        assert "Traceback" not in desk.run(*command).text


@pytest.mark.parametrize("edits", [False, True], ids=["unedited", "edited"])
def test_a_program_that_moved_to_a_client_outside_is_named_with_its_place_and_held(
    acme: Desk, edits: bool
) -> None:
    acme.sql("UPDATE programs SET client_id = %s", BETA)
    if edits:
        edited(acme)
    with unchanged(acme):
        told(acme, "beta/leading-with-trust", f"content/{P}/program.md")
    acme.edit("acme-bank/client.md", "Pays late", "Pays early")
    acme.run("push", *(["--partial"] if edits else []))
    assert acme.one("SELECT notes FROM clients WHERE id = %s", CLIENT).startswith("Pays early")
    acme.config("name: desk\nclients: [acme-bank, beta]\n")
    acme.ok("pull")
    there = "beta/leading-with-trust/01-foundations/1.1-why-leaders-listen/article.md"
    assert ("Two one" in acme.read(there)) is edits
    assert not (acme.content / P).exists()
    acme.ok("push")
    assert acme.standings() == {}


def test_leaving_a_program_that_moved_to_the_others_takes_no_row(acme: Desk) -> None:
    acme.sql("UPDATE programs SET client_id = %s", BETA)
    acme.run("pull")
    acme.remove(P)
    rows = acme.rows()
    acme.ok("push", "--delete")
    acme.ok("pull")
    assert acme.rows() == rows
    assert acme.standings() == {}


@pytest.mark.parametrize("edits", [False, True], ids=["unedited", "edited"])
def test_a_client_whose_slug_changed_is_named_and_deletes_nothing(acme: Desk, edits: bool) -> None:
    acme.sql("UPDATE clients SET slug = 'acme-group' WHERE id = %s", CLIENT)
    if edits:
        edited(acme)
    with unchanged(acme):
        told(acme, "acme-group", "content/acme-bank/client.md")
    acme.config("name: desk\nclients: [acme-group]\n")
    acme.move("acme-bank", "acme-group")
    acme.ok("pull")
    acme.ok("push")
    assert acme.standings() == {}
    assert acme.one("SELECT count(*) FROM articles") == 2
    assert acme.one("SELECT count(*) FROM clients") == 2


@pytest.mark.parametrize("edits", [False, True], ids=["unedited", "edited"])
def test_a_session_copied_in_from_a_client_outside_is_a_copy(synced: Desk, beta: Desk, edits: bool) -> None:
    copy = "beta/p/01-c/1.1-copy"
    shutil.copytree(synced.content / S1, beta.content / copy)
    if edits:
        beta.edit(f"{copy}/article.md", "One two", "Two one")
    with unchanged(beta):
        told(beta, "delete the `id:` line", f"content/{copy}/session.md:2:1", code="duplicate-id")
        beta.run("resolve", f"content/{copy}", "--keep", "files")
    beta.edit(f"{copy}/session.md", f"id: {SESSION}\n", "")
    beta.ok("push")
    assert beta.one("SELECT count(*) FROM sessions WHERE title = 'Why leaders listen'") == 2
    assert beta.standings() == {}
    assert synced.one("SELECT number FROM sessions WHERE id = %s", SESSION) == "1.1"


def test_a_program_copied_in_is_one_message_that_counts_the_ids_below(synced: Desk, beta: Desk) -> None:
    shutil.copytree(synced.content / P, beta.content / "beta/copy")
    with unchanged(beta):
        found = beta.refused("push")
    assert found.text.count("duplicate-id") == 1
    assert "4 more below it" in found.text


def test_a_copy_in_a_fresh_clone_is_a_copy_too(synced: Desk, beta: Desk) -> None:
    with beta.clone("fresh") as fresh:
        shutil.copytree(synced.content / S1, fresh.content / "beta/p/01-c/1.1-copy")
        with unchanged(fresh):
            assert fresh.refused("push", "--json").codes == ["duplicate-id"]
            fresh.run("pull")


def test_a_fresh_clone_of_a_program_that_moved_away_makes_nothing(acme: Desk) -> None:
    acme.sql("UPDATE programs SET client_id = %s", BETA)
    with acme.clone() as fresh, unchanged(fresh):
        for command in (["push"], ["push", "--partial"], ["pull"], ["status"]):
            found = fresh.run(*command)
            assert found.text.count("elsewhere") == 1
            assert "beta/leading-with-trust" in found.text


def test_a_move_between_clients_of_the_workspace_is_a_move(synced: Desk) -> None:
    synced.write("beta/client.md", f"---\nid: {BETA}\nname: Beta\n---\n")
    synced.write("beta/p/program.md", "---\nname: P\n---\n")
    synced.write("beta/p/01-c/chapter.md", "---\ntitle: C\n---\n")
    synced.config("name: desk\nclients: [acme-bank, beta]\n")
    synced.ok("push")
    synced.move(S1, "beta/p/01-c/1.1-why-leaders-listen")
    synced.ok("push")
    assert (
        synced.one(
            "SELECT p.client_id FROM sessions s JOIN chapters c ON c.id = s.chapter_id"
            " JOIN programs p ON p.id = c.program_id WHERE s.id = %s",
            SESSION,
        )
        == BETA
    )
    assert synced.one("SELECT total_sessions FROM programs WHERE id = %s", PROGRAM) == 1
    assert synced.standings() == {}
    synced.move(C2, "beta/p/02-practice")
    synced.sql("UPDATE chapters SET title = 'Web' WHERE id = %s", CHAPTER)
    synced.ok("push")
    assert synced.standings() == {f"{C1}/chapter.md": {"title": "behind"}}
