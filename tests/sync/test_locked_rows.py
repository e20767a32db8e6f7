"""A pull and its own entries in the ledger: it waits for nobody long, and names whom it left alone."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from studio_sync.database.postgres.ledger import pull_entries
from tests.harness import C1, S1, S2, SESSION, Desk, P

ARTICLE, VIDEO = f"{S1}/article.md", f"{S1}/video.md"


@pytest.fixture
def other(synced: Desk) -> Iterator[psycopg.Connection]:
    with psycopg.connect(synced.url) as connection:
        yield connection


def test_a_row_that_is_locked_is_named_and_the_rest_is_pulled(
    synced: Desk, other: psycopg.Connection
) -> None:
    """It once waited for as long as the lock was held, and then failed as a whole."""
    synced.sql("UPDATE articles SET content = 'New words.'")
    synced.sql("UPDATE videos SET script = 'New script.'")
    before = synced.read(ARTICLE)
    other.execute("SELECT FROM articles WHERE session_id = %s FOR UPDATE", (SESSION,))
    began = time.monotonic()
    found = synced.refused("pull")
    assert time.monotonic() - began < 15
    assert f"{ARTICLE}: error[locked-row] somebody else's transaction holds its row: postgres" in (
        found.err.replace("]:", "]")
    )
    assert synced.read(ARTICLE) == before
    assert "New words." in synced.read(f"{S2}/article.md")
    assert "New script." in synced.read(VIDEO)
    assert [p["code"] for p in synced.json("pull")["problems"]] == ["locked-row"]
    other.rollback()
    synced.ok("pull")
    assert "New words." in synced.read(ARTICLE)
    assert synced.standings() == {}


def test_what_is_new_below_a_locked_row_waits_with_it(synced: Desk, other: psycopg.Connection) -> None:
    session = "55555555-5555-4555-8555-555555555599"
    chapter = synced.one("SELECT chapter_id FROM sessions WHERE id = %s", SESSION)
    synced.sql(
        "INSERT INTO sessions (id, chapter_id, number, title, order_index) VALUES (%s, %s, '1.9', 'Nine', 9)",
        session,
        chapter,
    )
    synced.sql("INSERT INTO articles (session_id, content) VALUES (%s, 'Nine words.')", session)
    other.execute("SELECT FROM sessions WHERE id = %s FOR UPDATE", (session,))
    found = synced.refused("pull")
    assert found.err.count("locked-row") == 1, "what follows from it is counted"
    assert not (synced.content / C1 / "1.9-nine").exists()
    other.rollback()
    synced.ok("pull")
    assert (synced.content / C1 / "1.9-nine/article.md").exists()


def test_a_deletion_by_somebody_who_has_not_committed_is_none(
    synced: Desk, other: psycopg.Connection
) -> None:
    synced.sql("UPDATE articles SET content = 'New words.'")
    other.execute("DELETE FROM articles WHERE session_id = %s", (SESSION,))
    synced.refused("pull")
    assert (synced.content / ARTICLE).exists()
    other.rollback()
    synced.ok("pull")
    assert "New words." in synced.read(ARTICLE)


def test_a_ledger_that_is_locked_is_named_as_well(synced: Desk, other: psycopg.Connection) -> None:
    synced.sql("UPDATE programs SET language = 'fr'")
    other.execute("LOCK TABLE studio_sync.versions IN EXCLUSIVE MODE")
    found = synced.refused("pull")
    assert "locked-row" in found.err
    assert "language: fr" not in synced.read(f"{P}/program.md")
    other.rollback()
    synced.ok("pull")
    assert "language: fr" in synced.read(f"{P}/program.md")


def test_a_serialization_failure_is_tried_again(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = pull_entries._still, []

    def still(*given, **more):
        calls.append(1)
        if len(calls) < 3:
            raise psycopg.errors.SerializationFailure
        return real(*given, **more)

    monkeypatch.setattr(pull_entries, "_still", still)
    synced.sql("UPDATE videos SET script = 'New script.'")
    before = synced.one("SELECT count(*) FROM studio_sync.versions")
    synced.ok("pull")
    assert len(calls) == 3
    assert synced.one("SELECT count(*) FROM studio_sync.versions") == before + 1
