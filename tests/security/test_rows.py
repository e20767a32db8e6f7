"""What who may write one row, or one file, wants of it: that nobody else's work goes on."""

import pytest

from studio_sync.core.values import bounds
from tests.harness import CHAPTER, S1, Desk

ARTICLE, VIDEO = f"{S1}/article.md", f"{S1}/video.md"
DEEP = "dddddddd-dddd-4ddd-8ddd-dddddddddddd"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a record is bounded by 1 MiB; as JSON a line break takes two bytes."""
    monkeypatch.setattr(bounds, "MAX_RECORD", 1 << 20)


@pytest.mark.usefixtures("small")
def test_a_row_that_no_ledger_keeps_stops_no_pull_of_the_others(synced: Desk) -> None:
    synced.sql("UPDATE articles SET content = repeat(E'word\n', 190000)")
    synced.sql("UPDATE videos SET script = 'By the web app.'")
    found = synced.refused("pull")
    assert "error[unreadable-row]" in found.err
    assert "its values are more than 1 MiB" in found.err
    assert "By the web app." in synced.read(VIDEO)
    synced.sql("UPDATE articles SET content = 'Short.'")  # as the hint says: change the row
    synced.ok("pull")


@pytest.mark.usefixtures("small")
def test_a_file_that_no_ledger_keeps_stops_no_push_of_the_others(synced: Desk) -> None:
    synced.write(ARTICLE, "---\nstatus: draft\n---\n\n" + "word\n" * 190_000)
    synced.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: A hook.")
    found = synced.refused("push", "--partial")
    assert "error[too-large]" in found.err
    assert synced.one("SELECT count(*) FROM sessions WHERE hook = 'A hook.'") == 1
    assert "error[too-large]" in synced.refused("validate").text
    synced.write(ARTICLE, "---\nstatus: draft\n---\n\nShort.\n")
    synced.ok("push")


def test_a_number_that_is_none_stops_no_command_of_anybody(synced: Desk) -> None:
    """Whoever may write one row may set NaN: every command of everybody ended in a traceback."""
    synced.sql("UPDATE programs SET estimated_hours = 'NaN'")
    synced.sql("UPDATE videos SET script = 'By the web app.'")
    for command in (["status"], ["diff"], ["push", "-n"], ["pull"]):
        assert "`estimated_hours` is NaN, which no file can say" in synced.run(*command).text
    assert "By the web app." in synced.read(VIDEO)
    synced.sql("UPDATE programs SET estimated_hours = 8")
    synced.ok("pull")


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "0044-03-15 BC", "20000-01-01"])
def test_a_time_that_python_has_none_for_stops_no_command(synced: Desk, moment: str) -> None:
    """One row's `updated_at`: no board for anybody, and no conflict of it could be shown."""
    synced.edit(ARTICLE, "One two", "Mine")
    synced.sql(f"UPDATE articles SET updated_at = '{moment}', content = 'Theirs.'")
    synced.ok("board")
    assert "(conflict)" in synced.ok("diff", ARTICLE).out
    synced.ok("resolve", ARTICLE, "--keep", "database")


def test_what_stands_below_a_row_that_can_be_no_file_goes_into_no_other_file(synced: Desk) -> None:
    """Its article had no place, and every file that the pull made after it said what the next one should."""
    synced.sql(
        "INSERT INTO sessions (id, chapter_id, number, title, order_index, learning_objectives)"
        " VALUES (%s, %s, '0.1', 'Deep', 0, (repeat('[', 900) || repeat(']', 900))::jsonb)",
        *(DEEP, CHAPTER),
    )
    synced.sql("INSERT INTO articles (session_id, content) VALUES (%s, 'THE ARTICLE')", DEEP)
    synced.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index)"
        " SELECT %s, '0.' || i, 'Next ' || i, i FROM generate_series(2, 4) AS i",
        CHAPTER,
    )
    synced.sql("INSERT INTO programs (client_id, name, slug) SELECT id, 'Other', 'zz' FROM clients")
    for desk in (synced, synced.clone("fresh")):
        found = desk.refused("pull")
        assert "the session above it can't be one" in found.err
        assert "name: Other" in desk.read("acme-bank/zz/program.md")
        for number in (2, 3, 4):
            made = next((desk.root / "content").rglob(f"*next-{number}/session.md"))
            assert f"title: Next {number}\n" in made.read_text()
        assert not list((desk.root / "content").glob("*.md"))
        assert "THE ARTICLE" not in "".join(f.read_text() for f in (desk.root / "content").rglob("*.md"))
    synced.sql("UPDATE sessions SET learning_objectives = NULL WHERE id = %s", DEEP)
    synced.ok("pull")
    assert "THE ARTICLE" in next((synced.root / "content").rglob("*deep/article.md")).read_text()
