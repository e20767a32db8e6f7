"""Reading commands change nothing about which row a file is."""

import shutil

import pytest

from tests.harness import C1, S1, S2, SESSION, SESSION_2, Desk, unchanged

READING = ([], [["status"]], [["status"], ["diff"], ["push", "-n"], ["status"]])


def test_a_copy_that_keeps_the_id_while_the_original_loses_it_is_refused_however_often_one_looks(
    synced: Desk,
) -> None:
    shutil.copytree(synced.content / S1, synced.content / C1 / "1.3-copy")
    synced.edit(f"{S1}/session.md", f"id: {SESSION}\n", "")
    with unchanged(synced):
        assert synced.refused("validate").text.count("error[duplicate-id]") == 2
        said = [synced.run("status", "--json").out for _ in range(3)]
        assert said[0] == said[1] == said[2]
        found = synced.refused("push", "--json")
        assert set(found.codes) == {"duplicate-id"}
        for command in (["push", "-n"], ["push", "--partial"], ["push", "--partial", "--delete"]):
            synced.refused(*command)


@pytest.mark.parametrize("reading", READING, ids=["none", "status", "all"])
def test_a_session_that_lost_its_id_and_got_another_title_is_pushed_after_any_reading(
    synced: Desk, reading: list[list[str]]
) -> None:
    synced.edit(f"{S2}/session.md", f"id: {SESSION_2}\ntitle: Asking", "title: Asked")
    for command in reading:
        synced.run(*command)
    synced.ok("push")
    assert synced.one("SELECT title FROM sessions WHERE id = %s", SESSION_2) == "Asked"
    assert synced.standings() == {}


def test_both_ways_out_of_a_copy_with_the_id_work(synced: Desk) -> None:
    copy = f"{C1}/1.3-copy"
    shutil.copytree(synced.content / S1, synced.content / copy)
    synced.edit(f"{S1}/session.md", f"id: {SESSION}\n", "")
    synced.refused("push")
    assert f"id: {SESSION}" not in synced.read(f"{S1}/session.md")
    synced.run("validate", "--fix")
    assert "id:" not in synced.read(f"{S1}/session.md")
    synced.edit(f"{copy}/session.md", f"id: {SESSION}\n", "")
    synced.edit(f"{S1}/session.md", "title:", f"id: {SESSION}\ntitle:")
    synced.ok("push")
    assert synced.one("SELECT number FROM sessions WHERE id = %s", SESSION) == "1.1"
    shutil.copytree(synced.content / S2, synced.content / C1 / "1.4-two")
    synced.edit(f"{S2}/session.md", f"id: {SESSION_2}\n", "")
    synced.refused("push")
    synced.move(S2, f"{C1}/1.2-the-new-one")
    synced.ok("push")
    assert synced.one("SELECT number FROM sessions WHERE id = %s", SESSION_2) == "1.4"
    assert synced.one("SELECT count(*) FROM sessions") == 4


def test_a_clone_that_remembers_nothing_refuses_the_copy_too(synced: Desk) -> None:
    with synced.clone() as other:
        shutil.copytree(other.content / S1, other.content / C1 / "1.3-copy")
        other.edit(f"{S1}/session.md", f"id: {SESSION}\n", "")
        with unchanged(other):
            for options in ([], ["--partial"], ["-n"]):
                assert set(other.refused("push", *options, "--json").codes) == {"duplicate-id"}
