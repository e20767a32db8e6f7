"""What studio moves, it knows in its new place: also without an id."""

import re
import shutil
import signal
from collections.abc import Callable

import pytest

from studio_sync.files.memory.memory import Memory
from studio_sync.files.workspace.workspace import find_workspace
from studio_sync.sync.authoring.authoring_context import AuthoringContext
from tests.harness import C1, C2, CHAPTER, CHAPTER_2, S1, S2, SESSION, SESSION_2, Desk
from tests.killing import ended

Deed = Callable[[Desk], object]


def _by_the_web_app(desk: Desk) -> None:
    desk.sql("UPDATE sessions SET chapter_id = %s, number = '2.7' WHERE id = %s", CHAPTER_2, SESSION_2)


def _pulled(desk: Desk) -> None:
    _by_the_web_app(desk)
    desk.ok("pull")


def _moved_and_taken_back(desk: Desk) -> None:
    desk.ok("mv", f"content/{S2}", f"content/{C2}")
    desk.ok("undo")


def _pulled_and_taken_back(desk: Desk) -> None:
    _pulled(desk)
    desk.ok("undo")


def _pulled_with_its_chapter(desk: Desk) -> None:
    desk.sql("UPDATE chapters SET number = 7 WHERE id = %s", CHAPTER)
    desk.ok("pull")


def _resolved(desk: Desk) -> None:
    _by_the_web_app(desk)
    desk.ok("mv", "1.2", "1.5")
    desk.refused("pull")
    desk.ok("resolve", "content", "--keep", "database")


def _kept_with_its_chapter(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", "hook: ", "hook: Mine ")
    desk.sql("UPDATE sessions SET hook = 'Theirs.' WHERE id = %s", SESSION)
    desk.sql("UPDATE chapters SET number = 7 WHERE id = %s", CHAPTER)
    desk.run("diff")
    desk.ok("pull", "--keep", "files")


def _restored(desk: Desk) -> None:
    (run,) = desk.sql("SELECT id::text FROM studio_sync.runs ORDER BY at LIMIT 1")
    desk.ok("mv", "1.2", "1.5")
    desk.ok("push")
    desk.ok("restore", f"content/{C1}/1.5-asking/session.md", "--to", run[0])


MOVES: dict[str, Deed] = {
    "to another chapter": lambda desk: desk.ok("mv", f"content/{S2}", f"content/{C2}"),
    "among its siblings": lambda desk: desk.ok("mv", "1.2", "--before", "1.1"),
    "the chapter above": lambda desk: desk.ok("mv", "01-foundations", "7"),
    "both chapters": lambda desk: desk.ok("mv", "02-practice", "--before", "01-foundations"),
    "twice": lambda desk: (desk.ok("mv", "1.2", "1.5"), desk.ok("mv", "1.5", "1.8")),
    "and back by undo": _moved_and_taken_back,
    "by a pull": _pulled,
    "by a pull, and back by undo": _pulled_and_taken_back,
    "with its chapter, by a pull": _pulled_with_its_chapter,
    "by a decision": _resolved,
    "with its chapter, by a decision that changed nothing else": _kept_with_its_chapter,
    "by a restore": _restored,
}


@pytest.mark.parametrize("how", MOVES)
def test_what_loses_its_id_after_a_move_is_the_row_that_it_was(synced: Desk, how: str) -> None:
    MOVES[how](synced)
    own = ("id: " + SESSION, "id: " + SESSION_2, "id: " + CHAPTER)
    before = {path: text.decode() for path, text in synced.files().items()}
    for path, text in before.items():
        if path.endswith(("session.md", "chapter.md")):
            kept = [line for line in text.splitlines(keepends=True) if not line.startswith(own)]
            synced.write(path, "".join(kept))
    rows = {table: {row.split(",")[0] for row in found} for table, found in synced.rows().items()}
    synced.run("push", "--partial", "--delete")
    assert rows == {t: {row.split(",")[0] for row in found} for t, found in synced.rows().items()}
    assert {path for path, text in before.items() if "id: " in text} == {
        path for path, text in synced.files().items() if b"id: " in text
    }


def test_what_is_new_where_something_was_moved_away_is_a_record_of_its_own(synced: Desk) -> None:
    synced.ok("mv", f"content/{S2}", f"content/{C2}")
    synced.write(f"{S2}/session.md", "---\ntitle: Another\n---\n")
    synced.ok("push")
    found = synced.sql("SELECT id::text, title, number FROM sessions ORDER BY number")
    assert [(title, number) for _, title, number in found] == [
        ("Why leaders listen", "1.1"),
        ("Another", "1.2"),
        ("Asking", "2.1"),
    ]
    assert found[2][0] == SESSION_2


def test_a_killed_move_is_finished_with_what_is_remembered(synced: Desk) -> None:
    moment, code = 0, -signal.SIGKILL
    saved = synced.root.with_name("saved")
    shutil.copytree(synced.root, saved)
    while code:
        moment += 1
        shutil.rmtree(synced.root)
        shutil.copytree(saved, synced.root)
        code = ended(synced, moment, signal.SIGKILL, "mv", "1.2", "--before", "1.1")
        context = AuthoringContext(find_workspace(synced.root), synced.root)
        context.finish()
        memory = Memory.open(synced.root / ".studio")
        remembered = {base.version.rid: base.path for base in memory.bases_where(1, "kind = 'session'")}
        memory.close()
        owners = {SESSION: "why-leaders-listen", SESSION_2: "asking"}
        assert remembered.keys() == owners.keys()
        for own, path in remembered.items():
            assert owners[own] in path, (moment, remembered)
            assert f"id: {own}" in synced.read(path), (moment, path)
    assert moment > 20


@pytest.mark.parametrize("deed", ["moved", "deleted"])
def test_a_number_that_the_row_of_a_held_file_has_left_is_free(synced: Desk, deed: str) -> None:
    shutil.copytree(synced.content / S2, synced.content / C1 / "1.8-copied")
    shutil.move(synced.content / S2, synced.content / C1 / "1.5-asking")
    synced.write(f"{C1}/1.2-new/session.md", "---\ntitle: New\nstatus: draft\n---\n")
    assert "number 1.2 is another session's" in synced.refused("push", "--partial").err
    if deed == "moved":
        synced.sql("UPDATE sessions SET number = '1.7' WHERE id = %s", SESSION_2)
    else:
        synced.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    synced.refused("push", "--partial")
    assert synced.one("SELECT title FROM sessions WHERE number = '1.2'") == "New"


def test_a_number_that_the_row_of_a_held_file_has_now_is_taken(synced: Desk) -> None:
    shutil.copytree(synced.content / S2, synced.content / C1 / "1.8-copied")
    synced.sql("UPDATE sessions SET number = '1.7' WHERE id = %s", SESSION_2)
    synced.write(f"{C1}/1.7-new/session.md", "---\ntitle: New\nstatus: draft\n---\n")
    assert "number 1.7 is another session's" in synced.refused("push", "--partial").err


def test_what_a_pull_prints_of_a_folder_that_it_moves_has_its_new_path(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "One two three.", "Mine.")
    synced.write(f"{S2}/exercise.md", "---\nfoo: 1\n---\n\nHello.\n")
    synced.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION)
    for session, number in ((SESSION, "later"), (SESSION_2, "1.1"), (SESSION, "1.2")):
        synced.sql("UPDATE sessions SET number = %s WHERE id = %s", number, session)
    found = synced.refused("pull")
    article, exercise = (
        f"content/{C1}/1.2-why-leaders-listen/article.md",
        f"content/{C1}/1.1-asking/exercise.md",
    )
    assert f"! {article}  (conflict)\n" in found.out
    assert f"{article}: error[conflict]" in found.err
    assert f"{exercise}:2:1: warning[unknown-key]" in found.err
    for path in re.findall(r"content/[^\s`:]+", found.text):
        assert (synced.root / path).exists()
    assert f"resolve it: studio resolve {article} --keep files|database|both\n" in found.out
    assert "(resolved: content)" in synced.ok("resolve", article, "--keep", "files").out


def test_a_folder_that_moved_and_was_deleted_keeps_its_name_where_its_row_is(synced: Desk) -> None:
    """Also where the row isn't read, as its token says that it is as it was."""
    synced.move(S1, f"{C1}/1.6-listen")
    synced.ok("push", f"content/{S2}")  # and remembers where the other one is
    synced.remove(f"{C1}/1.6-listen")
    for command in ("status", "diff"):
        assert f"{C1}/1.1-listen/session.md" in {
            r["path"].removeprefix("content/") for r in synced.json(command)["records"]
        }
