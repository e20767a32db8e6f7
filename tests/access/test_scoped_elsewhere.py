"""A role that was granted one client: what the web app moves out of it is elsewhere, and is not named."""

# ruff: noqa: F811 (a fixture is given by its name)

import pytest

from tests.access.test_scoped_desk import Pair, pair  # noqa: F401
from tests.harness import C1, C2, PROGRAM, S1, S2, SESSION, SESSION_2, P, unchanged

COMMANDS = (
    ["status"],
    ["diff"],
    ["pull"],
    ["push"],
    ["push", "--delete"],
    ["push", "--delete", "--partial"],
    ["pull", "--keep", "database"],
    ["resolve", "content/acme-bank", "--keep", "files"],
    ["pull", "--delete=8"],
)


@pytest.fixture(autouse=True)
def pulled(pair: Pair) -> None:
    """Mia has her client's files."""
    pair.mia.ok("pull")


def globex(pair: Pair) -> str:
    found: str = pair.owner.one("SELECT id FROM clients WHERE slug = 'globex'")
    return found


@pytest.mark.parametrize("edits", [False, True], ids=["unedited", "edited"])
def test_a_program_that_moved_out_of_reach_is_held_and_its_client_is_not_named(
    pair: Pair, edits: bool
) -> None:
    pair.owner.sql("UPDATE programs SET client_id = %s WHERE id = %s", globex(pair), PROGRAM)
    if edits:
        pair.mia.edit(f"{S1}/article.md", "One two", "Two one")
    with unchanged(pair.mia), unchanged(pair.owner):
        for command in COMMANDS:
            said = pair.hushed(*command)
            if command[0] == "status":
                assert "2 in sync" in said, said  # the client and its knowledge
            if command[0] != "resolve" and command[-1] != "--delete=8":
                assert said.count("[elsewhere]") == 1, (command, said)
                assert f"content/{P}/program.md" in said
    pair.mia.edit("acme-bank/client.md", "Pays late", "Pays early")
    pair.hushed("push", *(["--partial"] if edits else []))
    assert pair.owner.one("SELECT notes FROM clients WHERE slug = 'acme-bank'").startswith("Pays early")


def test_a_session_that_moved_out_of_reach_is_held(pair: Pair) -> None:
    there = pair.owner.one("SELECT c.id FROM chapters c WHERE c.title = 'Hidden'")
    pair.owner.sql("UPDATE sessions SET chapter_id = %s, number = '1.7' WHERE id = %s", there, SESSION)
    pair.owner.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    said = pair.hushed("pull")
    assert said.count("[elsewhere]") == 1
    assert (pair.mia.content / S1 / "article.md").exists()
    assert not (pair.mia.content / S2).exists(), "what is really gone is pulled as such"


def test_a_fresh_clone_of_it_makes_nothing(pair: Pair) -> None:
    pair.owner.sql("UPDATE programs SET client_id = %s WHERE id = %s", globex(pair), PROGRAM)
    pair.mia.forget()
    with unchanged(pair.mia), unchanged(pair.owner):
        for command in COMMANDS:
            said = pair.hushed(*command)
            if command[0] == "status":
                assert "2 in sync" in said, said  # the client and its knowledge
            if command[0] != "resolve" and command[-1] != "--delete=8":
                assert said.count("[elsewhere]") == 1, (command, said)


def test_the_slug_of_the_granted_client_may_change(pair: Pair) -> None:
    pair.owner.sql("UPDATE clients SET slug = 'acme-group' WHERE slug = 'acme-bank'")
    pair.mia.ok("pull")
    assert "acme-group" in {p.partition("/")[0] for p in pair.mia.files()}
    assert pair.mia.standings() == {}
    with pair.mia.clone("list") as listed:
        listed.config("name: l\nclients: [acme-group]\n")
        listed.ok("pull")
        pair.owner.sql("UPDATE clients SET slug = 'acme' WHERE slug = 'acme-group'")
        with unchanged(listed):
            found = listed.refused("pull")
            assert found.text.count("[elsewhere]") == 1
            listed.refused("push", "--delete")


@pytest.mark.parametrize("edits", [False, True], ids=["unedited", "edited"])
def test_a_session_copied_in_from_a_hidden_client_is_a_copy_of_an_unnamed_one(
    pair: Pair, edits: bool
) -> None:
    text = pair.owner.read("globex/ship/01-a/1.1-b/session.md")
    pair.mia.write(f"{C2}/2.1-copy/session.md", text.replace("title: Hidden", "title: X") if edits else text)
    pair.mia.write(f"{C2}/2.1-copy/article.md", "---\nstatus: draft\n---\n\nX.\n")
    with unchanged(pair.mia), unchanged(pair.owner):
        for command in (["status"], ["push"], ["push", "--partial"], ["pull"]):
            said = pair.hushed(*command)
            assert said.count("[duplicate-id]") == 1, (command, said)
            assert "delete the `id:` line" in said
    line = next(line for line in text.splitlines() if line.startswith("id: "))
    pair.mia.edit(f"{C2}/2.1-copy/session.md", f"{line}\n", "")
    pair.hushed("push")
    assert pair.mia.standings() == {}


@pytest.mark.parametrize("can", ["read", "write"])
def test_a_move_between_two_granted_clients_is_a_move_or_refused_as_one(pair: Pair, can: str) -> None:
    pair.owner.ok("db", "grant", pair.role, "--client", "globex", "--can", can)
    pair.mia.ok("pull")
    pair.mia.move(S1, "globex/ship/01-hidden/1.9-why-leaders-listen")
    if can == "write":
        pair.mia.ok("push")
        assert pair.owner.one("SELECT number FROM sessions WHERE id = %s", SESSION) == "1.9"
        assert pair.mia.standings() == {}
    else:
        with unchanged(pair.mia), unchanged(pair.owner):
            assert "no-access" in pair.mia.refused("push", "--json").codes
            pair.mia.refused("push", "--partial", "--delete")


def test_a_move_out_of_a_client_that_may_only_be_read_is_refused(pair: Pair) -> None:
    pair.owner.ok("db", "grant", pair.role, "--client", "globex", "--can", "read")
    pair.mia.ok("pull")
    pair.mia.move("globex/ship/01-hidden/1.1-hidden", f"{C1}/1.9-b")
    with unchanged(pair.mia), unchanged(pair.owner):
        assert "no-access" in pair.mia.refused("push", "--json").codes
        pair.mia.refused("push", "--partial", "--delete")


def test_a_move_into_a_client_out_of_reach_is_refused_as_one(pair: Pair) -> None:
    mia = pair.mia
    mia.write("globex/client.md", f"---\nid: {globex(pair)}\nname: Globex\n---\n")
    mia.move(P, "globex/leading-with-trust")
    with unchanged(mia), unchanged(pair.owner):
        for command in (["push"], ["push", "--delete"], ["push", "--partial"], ["pull"]):
            said = mia.refused(*command).text
            assert "content/globex/leading-with-trust/program.md: error[no-access]" in said, (command, said)
            assert "move it back" in said
        assert mia.json("status")["counts"]["agreed"] == 2
    mia.move("globex/leading-with-trust", P)
    assert mia.json("status")["counts"]["agreed"] == 13
