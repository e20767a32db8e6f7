"""A pull that breaks in the middle of a folder: what it replaced is kept, and both ways go on from there."""

import errno
import os
import signal
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.sync.pull.write_files import Puller
from tests.harness import C1, C2, CHAPTER, CHAPTER_2, S1, S2, SESSION, SESSION_2, Desk, P
from tests.killing import ended


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "home")


def break_at(monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    """The disk is full from the so-many-th file on."""
    count = 0
    for name in ("replace", "create", "remove"):
        real = getattr(FileWriter, name)

        def full(*given: Any, real: Any = real) -> Any:
            nonlocal count
            count += 1
            if count >= moment:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*given)

        monkeypatch.setattr(FileWriter, name, full)


def everything_changes(desk: Desk) -> None:
    """The web app edits a session with all that it holds, and deletes one of its contents."""
    desk.sql("UPDATE sessions SET title = 'Theirs' WHERE id = %s", SESSION)
    desk.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION)
    desk.sql("UPDATE videos SET script = 'Theirs.' WHERE session_id = %s", SESSION)
    desk.sql("DELETE FROM quizzes WHERE session_id = %s", SESSION)


@pytest.mark.parametrize("way", ["pull", "undo"])
@pytest.mark.parametrize("moment", [1, 2, 3, 4])
def test_it_goes_on_from_there(synced: Desk, monkeypatch: pytest.MonkeyPatch, moment: int, way: str) -> None:
    everything_changes(synced)
    before = synced.files()
    with monkeypatch.context() as patch:
        break_at(patch, moment)
        assert synced.run("pull").code in (1, 3)
    half = synced.files()
    if way == "undo" and half != before:
        synced.ok("undo")
        assert synced.files() == before
        assert synced.run("push").code == 0
    else:
        synced.ok("pull")
        assert synced.standings() == {}
        assert "Theirs." in synced.read(f"{S1}/article.md")
        assert not (synced.content / f"{S1}/quiz.yaml").exists()


@pytest.mark.parametrize("at", [(Puller, "apply"), (FileWriter, "remove")], ids=["early", "late"])
def test_a_place_is_not_taken_from_a_file_that_an_editor_saves_before_it_goes(
    synced: Desk, monkeypatch: pytest.MonkeyPatch, at: tuple[type, str]
) -> None:
    synced.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    synced.sql("UPDATE sessions SET number = '1.2' WHERE id = %s", SESSION)
    real = getattr(*at)

    def saved(*given: Any) -> Any:
        if "Mine" not in synced.read(f"{S2}/session.md"):
            synced.edit(f"{S2}/session.md", "Asking", "Mine")
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(*at, saved)
        found = synced.refused("pull")
    assert f"its place is still that of content/{S2}/session.md" in found.err
    assert (synced.content / f"{S1}/session.md").exists()
    synced.refused("pull")
    synced.ok("resolve", f"content/{S2}", "--keep", "database")
    synced.ok("pull")
    assert (synced.content / C1 / "1.2-why-leaders-listen/session.md").exists()
    assert synced.standings() == {}


def renumber(desk: Desk, numbers: dict[str, str]) -> None:
    """The web app gives sessions other numbers, all at once."""
    for number in ("later", "now"):
        for session, new in numbers.items():
            given = new if number == "now" else f"{new}-later"
            desk.sql("UPDATE sessions SET number = %s WHERE id = %s", given, session)


def folders(desk: Desk) -> dict[str, str]:
    """The folder of each session of the first chapter, by its id."""
    files = (desk.content / C1).glob("*/session.md")
    return {file.read_text().split("id: ")[1][:36]: file.parent.name for file in files}


SHIFTED = {SESSION: "1.2", SESSION_2: "1.3"}
TRADED = {SESSION: "1.2", SESSION_2: "1.1"}


def test_a_number_is_taken_once_the_one_who_had_it_has_left(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    renumber(synced, SHIFTED)
    real, seen = FileWriter.rename, []

    def renamed(*given: Any) -> None:
        real(*given)
        seen.append(sorted(name.partition("-")[0] for name in folders(synced).values()))

    monkeypatch.setattr(FileWriter, "rename", renamed)
    synced.ok("pull")
    assert seen == [["1.1", "1.3"], ["1.2", "1.3"]]


@pytest.mark.parametrize(
    ("numbers", "named", "saved"),
    [(SHIFTED, "apart", SESSION_2), (TRADED, "apart", SESSION_2), (TRADED, "alike", SESSION)],
    ids=["shifted", "traded", "traded, with one name"],
)
def test_sessions_move_together_or_stay_where_an_editor_saves_one(
    synced: Desk, monkeypatch: pytest.MonkeyPatch, numbers: dict[str, str], named: str, saved: str
) -> None:
    if named == "alike":
        synced.sql("UPDATE sessions SET title = 'Asking' WHERE id = %s", SESSION)
        synced.ok("pull")
        synced.ok("mv", f"content/{S1}")
    renumber(synced, numbers)
    real, before = Puller.apply, folders(synced)

    def save(*given: Any) -> Any:
        sheet = f"{C1}/{before[saved]}/session.md"
        synced.write(sheet, synced.read(sheet) + "\nMine.\n")
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(Puller, "apply", save)
        found = synced.refused("pull")
    assert f"content/{C1}/{before[saved]}/session.md has changed meanwhile" in found.err
    assert folders(synced) == before
    synced.ok("pull")
    assert {own: name.partition("-")[0] for own, name in folders(synced).items()} == numbers
    assert "Mine." in synced.read(f"{C1}/{folders(synced)[saved]}/session.md")


def test_a_pull_killed_while_two_trade_numbers_is_ended_by_the_next_and_nothing_of_it_is_pushed(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    renumber(synced, TRADED)
    real, renamed = FileWriter.rename, []

    def killed(*given: Any) -> None:
        if renamed:
            os.kill(os.getpid(), signal.SIGKILL)
        real(*given)
        renamed.append(given)

    with monkeypatch.context() as patch:
        patch.setattr(FileWriter, "rename", killed)
        assert ended(synced, 0, signal.SIGKILL, "pull") == -signal.SIGKILL
    assert sorted(folders(synced).values()) == ["1.1-asking", "1.1-why-leaders-listen"]
    rows = synced.rows()
    assert synced.ok("push", "--delete").out == "nothing to push\n"
    assert synced.rows() == rows
    assert "duplicate-number" in synced.run("status").text
    assert "duplicate-number" not in synced.ok("pull").text
    assert folders(synced) == {SESSION: "1.2-why-leaders-listen", SESSION_2: "1.1-asking"}
    assert synced.standings() == {}


def killed_after_renames(synced: Desk, patch: pytest.MonkeyPatch, number: int) -> None:
    """A pull is killed once it has renamed so many folders."""
    real, renamed = FileWriter.rename, []

    def killed(*given: Any) -> None:
        real(*given)
        renamed.append(given)
        if len(renamed) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    patch.setattr(FileWriter, "rename", killed)
    assert ended(synced, 0, signal.SIGKILL, "pull") == -signal.SIGKILL


@pytest.mark.parametrize("way", ["pull", "undo"])
@pytest.mark.parametrize("renamed", [1, 2, 3])
def test_a_pull_killed_while_two_of_one_name_trade_numbers_leaves_no_temporary_name_to_stay(
    synced: Desk, monkeypatch: pytest.MonkeyPatch, renamed: int, way: str
) -> None:
    synced.sql("UPDATE sessions SET title = 'Asking' WHERE id = %s", SESSION)
    synced.ok("pull")
    synced.ok("mv", f"content/{S1}")
    before = synced.files()
    renumber(synced, TRADED)
    with monkeypatch.context() as patch:
        killed_after_renames(synced, patch, renamed)
    rows = synced.rows()
    assert synced.ok("push", "--delete").out == "nothing to push\n"
    assert synced.rows() == rows
    synced.ok(way)
    if way == "undo":
        assert synced.files() == before
    else:
        assert folders(synced) == {SESSION: "1.2-asking", SESSION_2: "1.1-asking"}
        assert synced.standings() == {}


@pytest.mark.parametrize("renamed", [1, 2, 3])
def test_a_pull_killed_while_two_chapters_of_one_name_trade_numbers_is_ended_with_all_below_them(
    synced: Desk, monkeypatch: pytest.MonkeyPatch, renamed: int
) -> None:
    synced.sql("UPDATE chapters SET title = 'Alike' WHERE id IN (%s, %s)", CHAPTER, CHAPTER_2)
    synced.ok("pull")
    for folder in (C1, C2):
        synced.ok("mv", f"content/{folder}")
    for number, chapter in ((90, CHAPTER), (1, CHAPTER_2), (2, CHAPTER)):
        synced.sql("UPDATE chapters SET number = %s WHERE id = %s", number, chapter)
    with monkeypatch.context() as patch:
        killed_after_renames(synced, patch, renamed)
    synced.ok("pull")
    above = {path.split("/")[2] for path in synced.files() if path.endswith("/chapter.md")}
    assert above == {"01-alike", "02-alike"}
    assert f"id: {CHAPTER}" in synced.read(f"{P}/02-alike/chapter.md")
    assert synced.standings() == {}
