"""What who may write one row, or one file, wants of it: that nobody else's work goes on."""

import pytest

from studio_sync.core.values import bounds
from tests.harness import S1, Desk

ARTICLE, VIDEO = f"{S1}/article.md", f"{S1}/video.md"


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


@pytest.mark.usefixtures("small")
def test_a_file_that_no_ledger_keeps_stops_no_push_of_the_others(synced: Desk) -> None:
    synced.write(ARTICLE, "---\nstatus: draft\n---\n\n" + "word\n" * 190_000)
    synced.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: A hook.")
    found = synced.refused("push", "--partial")
    assert "error[too-large]" in found.err
    assert synced.one("SELECT count(*) FROM sessions WHERE hook = 'A hook.'") == 1
    assert "error[too-large]" in synced.refused("validate").text
