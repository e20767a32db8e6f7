"""Whoever may add rows chooses their ids: one that another table has makes a record stand below itself."""

import faulthandler
from collections.abc import Iterator

import pytest

from studio_sync.core.values import bounds
from tests.harness import S1, Desk, P

COMMANDS = ("diff", "pull", "log", "board", "push --partial")


@pytest.fixture(autouse=True)
def _ends() -> Iterator[None]:
    """A ring is walked for ever."""
    faulthandler.dump_traceback_later(100, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def ring(desk: Desk, table: str) -> None:
    """Add a row that has the id of what it stands below, and one below that."""
    client, program = desk.one("SELECT id::text FROM clients"), desk.one("SELECT id::text FROM programs")
    if table == "chapters":
        desk.sql(
            "INSERT INTO chapters (id, program_id, number, title, order_index) VALUES (%s, %s, '9', 'R', 9)",
            program, program,
        )  # fmt: skip
        desk.sql(
            "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '9.1', 'S', 9)",
            program,
        )
    else:
        desk.sql("INSERT INTO programs (id, client_id, name, slug) VALUES (%s, %s, 'R', 'r')", client, client)
        desk.sql(
            "INSERT INTO chapters (program_id, number, title, order_index) VALUES (%s, '1', 'C', 1)", client
        )


@pytest.mark.parametrize(
    ("table", "known"),
    [
        pytest.param("chapters", True, id="in a workspace"),
        pytest.param("programs", False, id="in a fresh clone"),
    ],
)
def test_the_board_ends_and_nobody_elses_push_is_held_up(synced: Desk, table: str, known: bool) -> None:
    """The board never ended, and `duplicate-id` held up every push of the workspace."""
    ring(synced, table)
    if not known:
        synced.forget()
    for command in COMMANDS:
        found = synced.run(*command.split())
        assert found.code in (0, 1), (command, found)
        assert "duplicate-id" not in found.text, (command, found)
        assert "Traceback" not in found.text, (command, found)
    assert "is that of a" in synced.run("pull").err
    synced.edit(f"{S1}/video.md", "Listen now", "Listen")
    synced.run("push", "--partial")
    assert "Listen." in synced.one("SELECT script FROM videos")
    files = {path for path in synced.files() if "/" in path}
    assert not [path for path in files if not path.startswith(("acme-bank/knowledge", P, "acme-bank/client"))]


def test_a_table_without_end_is_given_up(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_ROWS", 1)
    synced.forget()
    found = synced.run("pull")
    assert found.code == 3
    assert "more than 1 rows" in found.err
    assert "clients: [SLUG" in found.err
