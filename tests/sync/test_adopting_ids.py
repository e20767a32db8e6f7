"""A tree that was exported elsewhere: the same places, and other ids than the database has."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.harness import C1, CLIENT, S1, S2, SESSION, Desk, unchanged

UUID = re.compile(r"^id: ([0-9a-f-]{36})$", re.MULTILINE)
OWN_FILES = 6


def other_ids(desk: Desk, *but: str) -> None:
    """Give every file another id than its row has, but for these."""
    for path, data in desk.files().items():
        text = data.decode()
        if not any(own in text for own in but):
            desk.write(path, UUID.sub(lambda _: f"id: {uuid4()}", text))


@pytest.fixture
def foreign(synced: Desk) -> Iterator[Desk]:
    """A clone that remembers nothing, in which every id is another one."""
    with synced.clone() as other:
        other_ids(other)
        yield other


def test_it_is_one_message_and_nothing_is_written_on_either_side(foreign: Desk) -> None:
    with unchanged(foreign):
        for command in (["status"], ["push"], ["push", "-n"], ["push", "--partial", "--delete"], ["pull"]):
            found = foreign.run(*command)
            assert len(re.findall(r"(?:error|warning)\[", found.text)) == 1, (command, found)
            assert "error[other-id]" in found.text
            assert CLIENT in found.text
            assert "studio pull --adopt-ids content/acme-bank" in found.text
            assert found.code == (command[0] != "status")


def test_one_command_adopts_the_ids_of_the_database_and_shows_them_before(
    synced: Desk, foreign: Desk
) -> None:
    with unchanged(foreign):
        found = foreign.ok("pull", "--adopt-ids", "content/acme-bank", "-n")
        assert f"  + id: {SESSION}\n" in found.out
        assert f"content/{S1}/session.md" in found.out
        assert found.out.endswith(f"would be adopted: {OWN_FILES} ids\n")
        ids = foreign.json("pull", "--adopt-ids", "-n")["ids"]
        assert {i["after"] for i in ids} == set(
            UUID.findall("\n".join(synced.read(i["path"][8:]) for i in ids))
        )
    assert foreign.ok("pull", "--adopt-ids", "content/acme-bank").out.endswith(f"adopted: {OWN_FILES} ids\n")
    assert foreign.files() == synced.files()
    assert foreign.standings() == {}
    with unchanged(foreign):
        foreign.ok("pull", "--adopt-ids")
        foreign.ok("push")
    undone = foreign.ok("undo")
    assert "session.md" in undone.text
    assert foreign.files() != synced.files()


def test_what_the_tree_says_otherwise_is_a_conflict_and_overwrites_nothing(foreign: Desk) -> None:
    foreign.edit(f"{S2}/article.md", "Ask.", "Ask them.")
    foreign.edit("acme-bank/client.md", "name: Acme Bank", "name: Acme")
    assert foreign.refused("push").text.count("error[") == 1
    foreign.ok("pull", "--adopt-ids")
    with unchanged(foreign):
        foreign.refused("push")
    assert set(foreign.standings()) == {"acme-bank/client.md", f"{S2}/article.md"}


def test_only_the_sessions_come_from_elsewhere(synced: Desk) -> None:
    with synced.clone() as other:
        for path in (f"{S1}/session.md", f"{S2}/session.md"):
            other.write(path, UUID.sub(lambda _: f"id: {uuid4()}", other.read(path)))
        with unchanged(other):
            found = other.refused("push")
            assert found.text.count("error[") == 1
            assert f"studio pull --adopt-ids content/{C1}" in found.text
        other.ok("pull", "--adopt-ids", f"content/{C1}")
        assert other.standings() == {}


def test_in_a_scope_only_what_stands_there_is_adopted(foreign: Desk) -> None:
    foreign.ok("pull", "--adopt-ids", f"content/{S1}")
    assert SESSION in foreign.read(f"{S1}/session.md")
    assert CLIENT not in foreign.read("acme-bank/client.md")


def test_two_writers_who_make_a_session_each_are_told_both_ways_out(synced: Desk) -> None:
    with synced.clone() as other:
        synced.write(f"{C1}/1.3-mine/session.md", "---\ntitle: Mine\n---\n")
        synced.ok("push")
        other.write(f"{C1}/1.3-hers/session.md", f"---\nid: {uuid4()}\ntitle: Hers\n---\n")
        with unchanged(other):
            found = other.refused("push")
        assert "error[collision]" in found.text
        assert f"studio pull --adopt-ids content/{C1}/1.3-hers" in found.text
        other.ok("pull", "--adopt-ids", f"content/{C1}/1.3-hers")
        assert other.standings()[f"{C1}/1.3-hers/session.md"] == {"title": "conflict"}


def test_it_goes_with_no_other_decision(foreign: Desk) -> None:
    assert foreign.run("pull", "--adopt-ids", "--keep", "files").code == 2


def test_a_session_whose_id_was_not_committed_takes_the_id_of_its_row_where_it_is_named(
    synced: Desk,
) -> None:
    """Somebody pushed it, and committed the file as it was before studio wrote the id."""
    folder = f"{C1}/1.3-new"
    texts = {
        f"{folder}/session.md": "---\ntitle: New\nstatus: draft\n---\n",
        f"{folder}/article.md": "---\nstatus: draft\n---\n\nWords of the new one.\n",
    }
    for path, text in texts.items():
        synced.write(path, text)
    with synced.clone() as other:
        synced.ok("push")
        row = synced.one("SELECT id FROM sessions WHERE number = '1.3'")
        other.edit(f"{folder}/session.md", "title: New", "title: New and better")
        found = other.refused("push")
        assert f"number 1.3 is another session's in the database, by the id {row}" in found.err
        with unchanged(other):
            assert other.ok("pull", "--adopt-ids").out.endswith("nothing to adopt\n"), "it may be a new one"
        way = found.err.partition("if it is that session: `studio ")[2].partition("`")[0]
        assert f"+ id: {row}" in other.ok(*way.split()).out
        assert f"id: {row}\n" in other.read(f"{folder}/session.md")
        assert other.standings() == {f"{folder}/session.md": {"title": "conflict"}}
        other.refused("pull")
        other.ok("resolve", f"content/{folder}", "--keep", "files")
        other.ok("push")
        assert synced.sql("SELECT title FROM sessions WHERE number = '1.3'") == [("New and better",)]
        assert synced.one("SELECT count(*) FROM articles") == 3
