"""Connections that break, and servers that do less than others."""

import dataclasses
import os
from pathlib import Path

import pytest

from studio_sync.database.postgres.postgres_store import PostgresStore
from studio_sync.database.postgres.rows.row_writer import Writer
from studio_sync.database.postgres.schema import schema_shape as shape
from studio_sync.database.values.failures import LostError
from tests.cutting import Cut, cut
from tests.harness import S1, S2, SESSION, SESSION_2, Desk, unchanged

OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'studio'"
    " AND backend_type = 'client backend' AND state <> 'idle'"
)


def once(monkeypatch: pytest.MonkeyPatch, desk: Desk, *, before: bool) -> list[int]:
    """Cut the connection of the first push before or after it has written, ahead of its COMMIT."""
    real, calls = Writer.apply, []

    def apply(self, *rest, **more):
        calls.append(1)
        if before and len(calls) == 1:
            desk.sql(OTHERS)
        found = real(self, *rest, **more)
        if not before and len(calls) == 1:
            desk.sql(OTHERS)
        return found

    monkeypatch.setattr(Writer, "apply", apply)
    return calls


@pytest.mark.parametrize("before", [True, False], ids=["before the first row", "before COMMIT"])
def test_a_connection_cut_while_writing_leaves_nothing_half_done(
    synced: Desk, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    synced.edit(f"{S1}/article.md", "One", "Eins")
    synced.edit(f"{S2}/article.md", "Ask", "Frag")
    rows = synced.rows()
    calls = once(monkeypatch, synced, before=before)
    found = synced.run("push")
    assert calls
    assert "Traceback" not in found.err
    if found.code:
        assert found.code == 3
        assert synced.rows() == rows
        synced.ok("push")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "Frag."
    assert synced.standings() == {}


def test_a_reply_to_commit_that_never_arrives_is_settled_by_reading_the_rows(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced.edit(f"{S1}/article.md", "One", "Eins")
    real, calls = PostgresStore.write, []

    def write(*arguments):
        calls.append(1)
        real(*arguments)
        raise LostError("the connection was lost")

    monkeypatch.setattr(PostgresStore, "write", write)
    synced.ok("push")
    assert len(calls) == 1
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith("Eins")
    with unchanged(synced):
        synced.ok("push")


@pytest.mark.parametrize(
    ("command", "arrives", "denied"),
    [
        pytest.param("push", True, False, id="push, the reply is lost"),
        pytest.param("push", False, False, id="push, the COMMIT is lost"),
        pytest.param("push", True, True, id="push, the reply is a lie"),
        pytest.param("push", False, True, id="push, it is rolled back"),
        pytest.param("pull", True, False, id="pull, the reply is lost"),
        pytest.param("pull", False, True, id="pull, it is rolled back"),
    ],
)
def test_a_commit_that_is_not_answered_as_one_is_settled_by_the_ledger(
    synced: Desk, command: str, arrives: bool, denied: bool
) -> None:
    at = 0
    while True:
        at += 1
        synced.write(f"{S2}/article.md", f"---\nstatus: draft\n---\n\nFile {at}.\n")
        synced.sql("UPDATE videos SET script = %s", f"Row {at}.")
        with cut(Cut(at, arrives, denied)) as happened:
            found = synced.run(command)
        assert found.code in ((0, 3) if happened else (0,)), found
        assert "Traceback" not in found.err
        if command == "push":
            # Whoever is told that it was pushed can rely on it, and who is told nothing has nothing there.
            told = "pushed" in found.out
            assert told == (
                synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == f"File {at}."
            ), found
        synced.ok("push")
        synced.ok("pull")
        assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == f"File {at}."
        assert synced.read(f"{S1}/video.md").endswith(f"Row {at}.\n")
        with unchanged(synced):
            synced.ok("push")
            synced.ok("pull")
        if not happened:
            break
    assert at > 3


def test_a_database_that_takes_no_writes_can_be_pulled_from(own: Desk) -> None:
    own.sql("UPDATE videos SET script = 'New.'")
    own.edit(f"{S2}/article.md", "Ask", "Frag")
    own.sql(f"ALTER DATABASE {own.url.rpartition('/')[2]} SET default_transaction_read_only = on")
    own.hang_up()
    own.ok("status")
    own.ok("pull")
    assert own.read(f"{S1}/video.md").endswith("New.\n")
    found = own.run("push")
    assert found.code in (1, 3)
    assert "read-only" in found.err
    assert "Traceback" not in found.err
    assert own.standings() == {f"{S2}/article.md": {"content": "ahead"}}


def test_without_xmin_rows_are_compared_by_what_they_say(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shape.read_shape

    def read_shape(*arguments):
        found, missing = real(*arguments)
        tables = {name: dataclasses.replace(table, xmin=False) for name, table in found.tables.items()}
        return dataclasses.replace(found, tables=tables), missing

    monkeypatch.setattr(shape, "read_shape", read_shape)
    desk.ok("push")
    with unchanged(desk):
        desk.ok("push")
        desk.ok("pull")
    desk.sql("UPDATE videos SET script = 'New.'")
    desk.edit(f"{S2}/article.md", "Ask", "Frag")
    assert desk.standings() == {
        f"{S1}/video.md": {"script": "behind"},
        f"{S2}/article.md": {"content": "ahead"},
    }
    desk.ok("push")
    desk.ok("pull")
    desk.sql("DELETE FROM videos")
    desk.ok("pull")
    assert not (desk.content / S1 / "video.md").exists()
    assert desk.standings() == {}
    with unchanged(desk):
        desk.ok("push")


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_file_name_that_is_no_text_is_a_problem_and_no_crash(synced: Desk) -> None:
    folder = os.fsencode(synced.content / S1)
    Path(os.fsdecode(folder + b"/\xff.md")).write_text("x")
    os.mkdir(folder + b"/\xfe")
    for command in ("status", "diff", "push", "pull", "validate"):
        found = synced.run(command)
        assert "bad-name" in found.text
        assert "bad-name" in synced.run(command, "--json").text
