"""`studio undo` of a decision about conflicts: the files are as before, and so is the comparison."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from studio_sync.database.postgres.postgres_store import PostgresStore
from tests.harness import C1, C2, CHAPTER_2, S1, SESSION, Desk
from tests.repository import clone, commit, git

SHEET = f"{S1}/session.md"
ARTICLE = f"{S1}/article.md"
UNDECIDED = {SHEET: {"description": "conflict", "hook": "behind"}}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own."""
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def place(synced: Desk) -> Desk:
    """A pushed and committed workspace; `synced` is one without git."""
    git(synced, "init", "-q", "-b", "main")
    (synced.root / ".gitignore").write_text(".studio/\n")
    commit(synced, "first")
    return synced


def in_conflict(desk: Desk) -> None:
    """Both sides have another description, and the database another hook; the conflict was shown."""
    desk.sql("UPDATE sessions SET hook = 'THEIR hook' WHERE id = %s", SESSION)
    about_one_field(desk)
    assert desk.standings() == UNDECIDED


def about_one_field(desk: Desk) -> None:
    """Both sides have another description; the conflict was shown."""
    desk.edit(SHEET, "A session about listening.", "MINE")
    desk.sql("UPDATE sessions SET description = 'THEIRS entirely' WHERE id = %s", SESSION)
    desk.run("diff")


def decide(desk: Desk, *how: str, path: str = f"content/{SHEET}") -> None:
    if desk.run("resolve", path, *how).code:  # it shows first what goes
        desk.ok("resolve", path, *how)


WAYS = (["database"], ["files"], ["both"], ["files", "--whole"], ["database", "--whole"])


@pytest.mark.parametrize("with_git", [True, False])
def test_what_was_decided_is_undecided_again(with_git: bool, request: pytest.FixtureRequest) -> None:
    place: Desk = request.getfixturevalue("place" if with_git else "synced")
    in_conflict(place)
    before = place.files()
    for how in WAYS:
        decide(place, "--keep", *how)
        assert place.standings() != UNDECIDED
        assert "undecided again" in place.ok("undo", "-n").out
        assert place.standings() != UNDECIDED
        assert place.json("undo")["undecided"] == [f"content/{SHEET}"]
        assert place.files() == before
        assert place.standings() == UNDECIDED
    assert "error[conflict]" in place.refused("push").err
    row = place.sql("SELECT description, hook FROM sessions WHERE id = %s", SESSION)
    assert row == [("THEIRS entirely", "THEIR hook")]
    decide(place, "--keep", "files")
    assert "THEIR hook" in place.read(SHEET)
    assert place.standings() == {SHEET: {"description": "ahead"}}


def test_an_undone_decision_is_made_again_by_undo_and_by_resolve(place: Desk) -> None:
    in_conflict(place)
    for side in ("files", "database", "both"):
        decide(place, "--keep", side)
        files, standings = place.files(), place.standings()
        for again in (["undo"], ["resolve", f"content/{SHEET}", "--keep", side]):
            place.ok("undo")
            assert place.standings() == UNDECIDED
            said = place.ok(*again).out
            assert ("(decided again)" in said or ", decided again)" in said) is (again == ["undo"])
            assert (place.files(), place.standings()) == (files, standings)
        place.ok("undo")


def test_a_pull_that_decides_is_undone_like_a_resolve(place: Desk) -> None:
    in_conflict(place)
    place.ok("pull", "--keep", "files")
    place.ok("undo")
    assert place.standings() == UNDECIDED


def _edit_below(desk: Desk) -> None:
    desk.edit(ARTICLE, "One two", "Uno dos")


@pytest.mark.parametrize("with_git", [True, False])
def test_a_chapter_that_the_web_deleted_is_in_conflict_again(
    with_git: bool, request: pytest.FixtureRequest
) -> None:
    place: Desk = request.getfixturevalue("place" if with_git else "synced")
    _edit_below(place)
    place.sql("DELETE FROM chapters WHERE id = (SELECT chapter_id FROM sessions WHERE id = %s)", SESSION)
    place.run("diff")
    before, standings = place.files(), place.standings()
    assert standings[ARTICLE] == "conflict delete"
    for side in ("files", "database", "files"):
        decide(place, "--keep", side, path=f"content/{C1}")
        assert place.standings() != standings
        place.ok("undo")
        assert (place.files(), place.standings()) == (before, standings)


def test_a_file_that_was_deleted_here_is_in_conflict_again(place: Desk) -> None:
    place.remove(ARTICLE)
    place.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION)
    place.run("diff")
    standings = place.standings()
    for side in ("files", "database"):
        decide(place, "--keep", side, path=f"content/{ARTICLE}")
        assert place.standings() != standings
        place.ok("undo")
        assert place.standings() == standings


def _commit_it(desk: Desk) -> None:
    commit(desk, "mine")


def _edit_it(desk: Desk) -> None:
    desk.edit(SHEET, "MINE", "MINE, with more")


@pytest.mark.parametrize("act", [_commit_it, _edit_it])
def test_a_decision_for_the_file_as_it_is_does_not_come_back_later(
    place: Desk, act: Callable[[Desk], None]
) -> None:
    """The ledger still has the note of that decision."""
    about_one_field(place)
    decide(place, "--keep", "files")
    place.ok("undo")
    act(place)
    assert place.standings() == {SHEET: {"description": "conflict"}}


def test_a_decision_that_was_committed_is_undecided_again_once_it_is_undone(place: Desk) -> None:
    about_one_field(place)
    decide(place, "--keep", "database")
    commit(place, "decided")
    place.ok("undo")
    assert place.standings() == {SHEET: {"description": "conflict"}}
    place.refused("push")


@pytest.mark.parametrize("then", ["commit", "reset", "stash"])
def test_and_stays_so_where_that_is_committed(place: Desk, then: str) -> None:
    in_conflict(place)
    decide(place, "--keep", "database")
    commit(place, "decided")
    place.ok("undo")
    assert place.standings() == UNDECIDED
    commit(place, "undecided")
    if then == "reset":
        git(place, "reset", "-q", "--hard", "HEAD")
    elif then == "stash":
        place.edit(ARTICLE, "One two", "Uno dos")
        git(place, "stash", "-q")
    assert place.standings() == UNDECIDED
    place.refused("push")


@pytest.mark.parametrize("then", ["commit", "reset"])
def test_so_does_a_record_that_the_decision_had_made_in_the_files(place: Desk, then: str) -> None:
    place.remove(C2)
    place.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '2.1', 'T', 1)", CHAPTER_2
    )
    before = place.standings()
    assert before[f"{C2}/2.1-t/session.md"] == "conflict create"
    _decided_and_committed(place, C2)
    assert place.standings() == before
    _committed_again(place, then)
    assert place.standings() == before
    place.refused("push", "--delete")


@pytest.mark.parametrize("then", ["commit", "reset"])
def test_so_does_one_that_the_decision_had_deleted_in_the_files(place: Desk, then: str) -> None:
    place.edit(ARTICLE, "One two", "Uno dos")
    commit(place, "edited")
    place.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    before = place.standings()
    assert before[ARTICLE].startswith("conflict")
    _decided_and_committed(place, ARTICLE)
    assert place.standings() == before
    _committed_again(place, then)
    assert place.standings() == before
    place.refused("push")


def _decided_and_committed(place: Desk, path: str) -> None:
    place.run("diff")
    place.ok("resolve", f"content/{path}", "--keep", "database")
    commit(place, "decided")
    place.ok("undo")


def _committed_again(place: Desk, then: str) -> None:
    commit(place, "undecided")
    if then == "reset":
        git(place, "reset", "-q", "--hard", "HEAD")


def test_for_ci_and_fresh_clones_an_undone_decision_is_none_either(place: Desk) -> None:
    about_one_field(place)
    decide(place, "--keep", "files")
    place.ok("undo")
    commit(place, "mine")
    with clone(place, "ci") as ci:
        assert ci.standings() == {SHEET: {"description": "conflict"}}
        place.ok("undo")
        assert ci.standings() == {SHEET: {"description": "ahead"}}
        place.ok("undo")
        assert ci.standings() == {SHEET: {"description": "conflict"}}
        decide(place, "--keep", "files")
        ci.ok("push")


def test_where_the_ledger_could_not_be_told_of_an_undo_the_next_pull_tells_it(
    place: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    about_one_field(place)
    decide(place, "--keep", "files")
    with monkeypatch.context() as patched:
        patched.setattr(PostgresStore, "record_notes", lambda *_: False)
        assert "warning[ledger-not-told]" in place.ok("undo").err
    place.refused("pull")
    commit(place, "mine")
    with clone(place, "ci") as ci:
        assert ci.standings() == {SHEET: {"description": "conflict"}}


def test_a_file_edited_since_keeps_the_decision_until_it_is_asked_for_over_that(place: Desk) -> None:
    about_one_field(place)
    decide(place, "--keep", "files")
    _edit_it(place)
    found = place.refused("undo")
    assert "error[edited-since]" in found.err
    assert place.standings() == {SHEET: {"description": "ahead"}}
    way = found.err.partition("if you undo it anyway: studio ")[2].splitlines()[0]
    place.ok(*way.split())
    assert place.standings() == {SHEET: {"description": "conflict"}}


def test_paths_narrow_which_decisions_are_undone(place: Desk) -> None:
    in_conflict(place)
    _edit_below(place)
    place.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION)
    place.run("diff")
    decide(place, "--keep", "database", path="content")
    place.ok("undo", f"content/{SHEET}")
    assert place.standings() == UNDECIDED


def test_what_the_row_says_since_is_in_the_conflict(place: Desk) -> None:
    in_conflict(place)
    decide(place, "--keep", "database")
    place.sql("UPDATE sessions SET description = 'NEWER' WHERE id = %s", SESSION)
    place.ok("undo")
    assert place.standings() == UNDECIDED
    assert "NEWER" in place.refused("pull").out


def test_two_places_are_in_conflict_again(place: Desk) -> None:
    place.move(S1, f"{C1}/1.5-why-leaders-listen")
    place.sql("UPDATE sessions SET number = '1.7' WHERE id = %s", SESSION)
    place.run("diff")
    before, standings = place.files(), place.standings()
    for side in ("files", "database"):
        decide(place, "--keep", side, path="content")
        assert place.standings() != standings
        place.ok("undo")
        assert (place.files(), place.standings()) == (before, standings)


def test_a_decision_that_can_not_be_kept_is_not_made(synced: Desk, home: Path) -> None:
    about_one_field(synced)
    for folder in (home / "kept").iterdir():
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        folder.write_text("in the way")
    assert "can't keep" in synced.run("resolve", f"content/{SHEET}", "--keep", "files").err
    assert synced.standings() == {SHEET: {"description": "conflict"}}


def test_after_the_database_lost_data_nothing_is_to_push_by_an_undo(synced: Desk) -> None:
    about_one_field(synced)
    decide(synced, "--keep", "database")
    for table in ("versions", "notes", "runs"):
        last = "(SELECT id FROM studio_sync.runs ORDER BY at DESC LIMIT 1)"
        where = f"id = {last}" if table == "runs" else f"run = {last}"
        synced.sql(f"DELETE FROM studio_sync.{table} WHERE {where}")
    synced.run("pull")
    runs = synced.json("undo", "--list")["runs"]
    synced.ok("undo", next(run["id"] for run in runs if run["command"] == "resolve"))
    assert "MINE" in synced.read(SHEET)
    assert synced.standings() == {SHEET: {"description": "conflict"}}


def test_in_a_folder_that_has_to_stay_where_it_is_contents_are_undecided_again(place: Desk) -> None:
    place.move(S1, f"{C1}/1.8-why-leaders-listen")
    place.edit(f"{C1}/1.8-why-leaders-listen/article.md", "One two", "MINE")
    place.sql("UPDATE sessions SET number = '1.7' WHERE id = %s", SESSION)
    place.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION)
    place.run("diff")
    before, standings = place.files(), place.standings()
    decide(place, "--keep", "database", path="content")
    decided = place.files()
    (held,) = {folder for path in decided if (folder := path.rpartition("/")[0]).startswith(f"{C1}/1.7-")}
    place.write(f"{C1}/1.8-mine/session.md", "---\ntitle: Mine\nstatus: draft\n---\n")
    found = place.refused("undo")
    assert f"content/{held}: error[collision] its place, 1.8, is another one's by now" in found.err
    assert f"content/{held}/article.md  (put back, undecided again)" in found.out
    assert place.standings()[f"{held}/article.md"] == {"content": "conflict"}
    place.refused("push")
    assert place.sql("SELECT content FROM articles WHERE session_id = %s", SESSION) == [("Theirs.",)]
    place.ok("undo")  # and once more, it is decided again
    assert {path: text for path, text in place.files().items() if "1.8-mine" not in path} == decided
    place.ok("undo")
    way = re.search(r"studio mv (.*) NUMBER; then: studio (undo .*)", found.err)
    assert way
    place.ok("mv", *shlex.split(way[1]), "1.9")
    place.ok(*shlex.split(way[2]))
    place.remove(f"{C1}/1.9-mine")
    assert (place.files(), place.standings()) == (before, standings)
