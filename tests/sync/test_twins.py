"""Two files for one record: neither counts as its number, and nothing of the row is overwritten."""

import re
from uuid import uuid4

import pytest

from studio_sync.core.values.problem import Severity
from tests.harness import C1, PROGRAM, S2, Desk, P, unchanged

BRIEF = f"{P}/knowledge/brief.md"
TWIN = f"{P}/knowledge/br%69ef.md"


def test_of_two_files_of_one_type_neither_is_pushed(synced: Desk) -> None:
    synced.write(TWIN, "---\ntitle: Another brief\n---\n\nOther words.\n")
    with unchanged(synced):
        for command in (["push"], ["push", "--partial"], ["push", "--delete"]):
            found = synced.refused(*command)
            assert (
                f"content/{TWIN}: error[duplicate-type] type brief is also that of content/{BRIEF}"
                in found.err
            )
    synced.sql("UPDATE program_knowledge SET content = 'From the web.' WHERE program_id = %s", PROGRAM)
    assert "error[duplicate-type]" in synced.refused("pull").err
    assert "Other words." in synced.read(TWIN)
    synced.remove(TWIN)
    synced.ok("pull")
    assert "From the web." in synced.read(BRIEF)


def test_two_folders_that_spell_one_slug_are_named(synced: Desk) -> None:
    synced.write("acme%2Dbank/client.md", "---\nname: Another\n---\n")
    found = synced.refused("validate", "--json")
    twins = {p["path"] for p in found.json["problems"] if p["code"] == "duplicate-slug"}
    assert twins == {"content/acme%2Dbank/client.md", "content/acme-bank/client.md"}
    assert synced.refused("push").code == 1


def test_of_two_folders_without_ids_that_say_what_one_row_says_neither_is_pushed(synced: Desk) -> None:
    text = synced.read(f"{S2}/session.md")
    without = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("id:"))
    synced.write(f"{S2}/session.md", without)
    synced.write(f"{C1}/1.2-copy/session.md", without)
    synced.write(f"{C1}/1.2-copy/article.md", synced.read(f"{S2}/article.md").replace("Ask.", "Ask twice."))
    synced.forget()
    before = synced.rows()
    found = synced.refused("push", "--json")
    assert synced.rows() == before
    assert {"duplicate-number", "duplicate-place"} <= set(found.codes)
    assert Severity.ERROR in {p["severity"] for p in found.json["problems"]}
    synced.move(f"{C1}/1.2-copy", f"{C1}/1.3-copy")
    synced.ok("push")
    assert synced.one("SELECT count(*) FROM sessions") == 3


def test_a_number_that_two_folders_have_is_told_at_both_and_not_as_a_collision_too(synced: Desk) -> None:
    own = f"id: {uuid4()}"
    synced.write(f"{C1}/1.2-copy/session.md", re.sub(r"id: .*", own, synced.read(f"{S2}/session.md")))
    with unchanged(synced):
        for command in ("status", "push"):
            found = synced.run(command, "--json")
            told = [(p["path"], p["code"]) for p in found.json["problems"] if "1.2" in p["path"]]
            assert told == [
                (f"content/{S2}/session.md", "duplicate-number"),
                (f"content/{C1}/1.2-copy/session.md", "duplicate-number"),
            ]
    pushed = {p["path"]: p["severity"] for p in synced.json("push")["problems"]}
    assert pushed[f"content/{C1}/1.2-copy/session.md"] == "error"  # it holds up this push
    assert pushed[f"content/{S2}/session.md"] == "warning"


@pytest.mark.parametrize("flags", [(), ("--partial",)])
def test_of_two_new_folders_with_one_number_neither_is_pushed_and_with_partial_all_else_is(
    synced: Desk, flags: tuple[str, ...]
) -> None:
    twins = [f"{C1}/1.7-a/session.md", f"{C1}/1.7-b/session.md"]
    for path in twins:
        synced.write(path, f"---\ntitle: {path[-12]}\nstatus: draft\n---\n")
    synced.edit(f"{S2}/session.md", "title: ", "title: Pushed ")
    before = synced.rows()
    found = synced.refused("push", "--json", *flags)
    assert sorted(p["path"] for p in found.json["problems"] if p["code"] == "duplicate-number") == [
        f"content/{path}" for path in twins
    ]
    assert "keeps changing" not in found.err
    assert (synced.rows() == before) is not bool(flags)
    synced.ok("mv", f"content/{C1}/1.7-b", "1.8")
    synced.ok("push")


def test_a_pull_writes_nothing_over_what_stands_in_the_way(synced: Desk) -> None:
    synced.sql(
        "INSERT INTO program_knowledge (program_id, type, content) VALUES (%s, 'topic_research', 'New.')",
        PROGRAM,
    )
    place = synced.content / P / "knowledge" / "topic_research.md"
    place.mkdir()
    assert "error[in-the-way]" in synced.refused("pull").err
    assert place.is_dir()
    place.rmdir()
    synced.ok("pull")
    assert "New." in place.read_text("utf-8")
