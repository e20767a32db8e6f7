"""Servers that lack something which studio uses where it is there.

The whole suite runs without one with STUDIO_TEST_WITHOUT=cursors, or several, in the environment.
"""

import re
import shutil
from pathlib import Path

import psycopg
import pytest

import studio_sync
from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.capabilities import NAMES, capabilities
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.rows.streaming import stream
from tests.harness import C1, S1, S2, SESSION, SESSION_2, Desk

ALL = ",".join(NAMES)


def test_what_a_server_has_is_asked_once(own_url: str) -> None:
    with open_connection(parse_address(own_url)) as connection:
        found = capabilities(connection)
        assert all(getattr(found, name) for name in NAMES)
        assert capabilities(connection) is found
    with open_connection(parse_address(own_url), without=frozenset(NAMES)) as connection:
        assert not any(getattr(capabilities(connection), name) for name in NAMES)


def test_what_a_server_does_not_tell_any_more_is_no_sign_that_it_went_back(synced: Desk) -> None:
    for without in ("", ALL, "transaction_ids", "xmin", "control_functions", ""):
        found = synced.ok("status", "--json", STUDIO_WITHOUT=without)
        assert (found.codes, found.json["records"]) == ([], []), without


def test_no_advisory_lock_is_asked_for() -> None:
    """So there is nothing to switch off: a pooler would give such a lock to several clients at once."""
    package = Path(studio_sync.__file__).parent
    texts = [path for ending in ("*.py", "*.sql") for path in package.rglob(ending)]
    assert len(texts) > 300
    assert not [path for path in texts if re.search(r"pg_(?:try_)?advisory", path.read_text("utf-8"))]


@pytest.mark.parametrize("without", ["xmin", "cursors", ALL])
def test_without_it_everything_works_as_with_it(desk: Desk, without: str) -> None:
    env = {"STUDIO_WITHOUT": without}
    desk.ok("push", **env)
    xmins = desk.xmins()
    desk.ok("push", **env)
    desk.ok("pull", **env)
    assert desk.xmins() == xmins
    desk.sql("UPDATE articles SET content = 'By the web app.' WHERE session_id = %s", SESSION)
    desk.edit(f"{S2}/article.md", "Ask", "Frag")
    desk.ok("push", **env)
    assert "By the web app." not in desk.read(f"{S1}/article.md")
    desk.ok("pull", **env)
    assert "By the web app." in desk.read(f"{S1}/article.md")
    desk.sql("DELETE FROM videos")
    desk.ok("pull", **env)
    assert not (desk.content / S1 / "video.md").exists()
    assert "nothing" in desk.ok("push", **env).text
    desk.ok("board", **env)
    assert "NARRATOR" in desk.ok("show", desk.ok("log", **env).out.split()[0], "--full", **env).out
    said = desk.ok("doctor", **env).out
    for name in NAMES:
        assert f"{name} (" in said if name in without.split(",") else f"{name} (" not in said
    assert desk.standings() == {}


@pytest.mark.parametrize("without", ["", "xmin"])
def test_a_row_whose_id_another_file_carries_is_not_that_of_a_file_at_its_place(
    synced: Desk, without: str
) -> None:
    """Without xmin every row is read, also one that did not change: the answer stays the same."""
    shutil.copytree(synced.content / S2, synced.content / C1 / "1.4-two")
    synced.edit(f"{S2}/session.md", f"id: {SESSION_2}\n", "")
    synced.move(S2, f"{C1}/1.2-the-new-one")
    synced.ok("push", STUDIO_WITHOUT=without)
    assert synced.one("SELECT number FROM sessions WHERE id = %s", SESSION_2) == "1.4"


@pytest.mark.usefixtures("with_every_capability")
def test_what_it_may_be_called_is_told(desk: Desk) -> None:
    found = desk.run("status", STUDIO_WITHOUT="xmin, Cursors")
    assert found.code == 2
    assert "Cursors" in found.err
    assert ALL.replace(",", ", ") in found.err
    assert "xmin, transaction_ids, control_functions, cursors" in desk.ok("doctor").out


@pytest.mark.parametrize("without", ["", "cursors"])
@pytest.mark.parametrize("at_once", [1, 3, 7, 50])
def test_a_large_answer_comes_whole_in_pieces(shared_url: str, without: str, at_once: int) -> None:
    query = psycopg.sql.SQL(
        "SELECT g::text AS id, mod(g, 2) FROM generate_series(1, 21) AS g WHERE g <> ALL(%s)"
    )
    with open_connection(parse_address(shared_url), without=frozenset(without.split())) as connection:
        with connection.transaction():
            found = list(stream(connection, query, ([5],), at_once=at_once))
        assert sorted(int(own) for own, _ in found) == [n for n in range(1, 22) if n != 5]
        with connection.transaction():  # one that is left off does not hold up the next
            next(stream(connection, query, ([5],), at_once=1))
            assert len(list(stream(connection, query, ([5],), at_once=at_once))) == 20


def test_no_cursor_of_the_drivers_own_is_used() -> None:
    """It asks for a description of the answer, which pgpool2 can't give."""
    import re
    from pathlib import Path

    import studio_sync

    for path in Path(studio_sync.__file__).parent.rglob("*.py"):
        assert not re.search(r"\.cursor\((?!\)|binary=)", path.read_text("utf-8")), path
