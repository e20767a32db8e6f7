"""Kept first, and brought back, by a role that was granted one client."""

from tests.access.test_scoped_desk import Pair, pair  # noqa: F401
from tests.harness import S1, S2, SESSION


def test_a_writer_enters_what_it_finds_and_undoes_its_push(pair: Pair) -> None:  # noqa: F811
    mia, owner = pair.mia, pair.owner
    mia.ok("pull")
    owner.sql("UPDATE sessions SET hook = 'From the web.' WHERE id = %s", SESSION)
    mia.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Listening")
    mia.ok("push")
    found = owner.sql(
        "SELECT v.document ->> 'hook', r.role FROM studio_sync.versions AS v"
        " JOIN studio_sync.runs AS r ON r.id = v.run WHERE r.source = 'found before push'"
    )
    assert found == [("From the web.", pair.role)]
    mia.ok("undo")
    assert "title: Why leaders listen" in mia.read(f"{S1}/session.md")
    mia.ok("push")
    assert owner.one("SELECT title FROM sessions WHERE id = %s", SESSION) == "Why leaders listen"


def test_what_a_writer_deletes_comes_back(pair: Pair) -> None:  # noqa: F811
    mia, owner = pair.mia, pair.owner
    owner.sql("ALTER TABLE sessions ADD COLUMN thumb text")
    owner.sql("UPDATE sessions SET thumb = 'a.png'")
    mia.ok("pull")
    before = mia.files()
    mia.remove(S2)
    mia.ok("push", "--delete")
    said = mia.ok("undo").err
    assert "warning[columns-stay]" in said
    way = said.partition("what they said: studio ")[2].splitlines()[0]
    assert "a.png" in mia.ok(*way.split()).out
    assert mia.files().keys() == before.keys()
    mia.ok("push")
    assert owner.one("SELECT count(*) FROM sessions WHERE number = '1.2'") == 1


def test_the_undo_of_a_writers_decision_is_told_to_the_ledger(pair: Pair) -> None:  # noqa: F811
    mia, owner = pair.mia, pair.owner
    mia.ok("pull")
    mia.edit(f"{S1}/session.md", "title: Why leaders listen", "title: Listening")
    owner.sql("UPDATE sessions SET title = 'From the web' WHERE id = %s", SESSION)
    mia.refused("pull")
    mia.ok("resolve", f"content/{S1}/session.md", "--keep", "files")
    assert "ledger-not-told" not in mia.ok("undo").text
    entered = owner.sql("SELECT fields FROM studio_sync.notes ORDER BY fields DESC")
    assert entered == [(["title"],), (["-title"],)]
