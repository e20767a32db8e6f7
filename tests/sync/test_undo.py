"""`studio undo`: what any command replaced is brought back, as a change that the next push carries."""

import os
import re
import stat
from pathlib import Path
from typing import Any
from unittest import mock

import platformdirs
import pytest

from studio_sync.core.plan.reconcile import reconcile
from studio_sync.database.values.failures import LostError
from studio_sync.files.memory.kept import Kept
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.disk import file_writer as write
from studio_sync.files.tree.disk.one_file import DISPLACED
from studio_sync.files.tree.walking.listing import TEMPORARY
from tests.harness import C1, C2, S1, S2, SESSION, SESSION_2, Desk, P
from tests.repository import clone, new_repository

ARTICLE = f"{S1}/article.md"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, in which what is kept can be looked at."""
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture(params=["git", "plain"])
def place(synced: Desk, request: pytest.FixtureRequest) -> Desk:
    """A pushed workspace, with git and without."""
    return new_repository(synced) if request.param == "git" else synced


def test_a_push_is_undone_right_after_it_and_the_next_push_carries_that(place: Desk) -> None:
    place.edit(ARTICLE, "One two", "Uno dos")
    place.ok("push")
    place.ok("undo")
    assert "One two" in place.read(ARTICLE)
    assert place.standings() == {ARTICLE: {"content": "ahead"}}
    place.ok("push")
    assert "One two" in place.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    place.ok("undo")
    assert "Uno dos" in place.read(ARTICLE)


def test_a_push_that_also_wrote_an_id_is_undone_without_a_finding_about_it(synced: Desk) -> None:
    path = f"{S1}/session.md"
    before = synced.read(path)
    titled = before.replace("Why leaders listen", "Why").replace(f"id: {SESSION}\n", "")
    for text in ("---\ntitle: X\n---\n", titled):
        synced.write(path, text)
        synced.ok("push")
        told = synced.ok("undo")
        assert "edited-since" not in told.text
        for part in ("title: Why leaders listen", "hook: Nobody told her.", "A session about listening."):
            assert part in synced.read(path)
        synced.ok("push")
        assert synced.standings() == {}


def test_words_of_the_web_app_that_a_broken_push_overwrote_come_back(place: Desk) -> None:
    from tests.sync.test_kept_rows import ours_wins

    place.edit(ARTICLE, "One two", "Uno dos")
    place.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    with mock.patch("studio_sync.sync.compare.compare.reconcile", ours_wins):
        place.ok("push")
    assert "Uno dos" in place.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    place.ok("undo")
    assert "Web words." in place.read(ARTICLE)
    place.ok("push")
    assert place.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == "Web words."


def test_deleted_records_come_back_with_their_ids(place: Desk) -> None:
    place.remove(S2)
    place.ok("push", "--delete")
    assert place.ok("undo", "-n").out.count("+ ") == 2
    assert not (place.content / S2).exists()
    place.ok("undo")
    assert SESSION_2 in place.read(f"{S2}/session.md")
    assert "Ask." in place.read(f"{S2}/article.md")
    place.ok("push")
    assert place.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION_2) == 1
    assert place.standings() == {}


def test_a_pull_is_undone_and_the_old_words_are_to_push(place: Desk) -> None:
    place.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    place.ok("pull")
    place.ok("undo")
    assert "One two" in place.read(ARTICLE)
    assert place.standings() == {ARTICLE: {"content": "ahead"}}
    place.ok("undo")
    assert "Web words." in place.read(ARTICLE)
    assert place.standings() == {}


def test_a_comment_in_a_file_whose_row_was_deleted_comes_back(place: Desk) -> None:
    place.edit(f"{S2}/article.md", "status: draft", "status: draft # mine")
    place.sql("DELETE FROM articles WHERE session_id = %s", SESSION_2)
    place.ok("pull")
    assert not (place.content / f"{S2}/article.md").exists()
    place.ok("undo")
    assert "# mine" in place.read(f"{S2}/article.md")
    place.ok("push")
    assert place.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION_2) == 1


def test_what_resolve_drops_comes_back(place: Desk) -> None:
    place.edit(ARTICLE, "One two three.", "Mine.")
    place.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION)
    place.refused("pull")
    place.ok("diff")
    place.ok("resolve", f"content/{ARTICLE}", "--keep", "database")
    assert "Mine." not in place.read(ARTICLE)
    place.ok("undo")
    assert "Mine." in place.read(ARTICLE)


def _mv(desk: Desk) -> None:
    desk.ok("mv", f"content/{C1}", "--after", f"content/{C2}")  # with all that is below both


def _fix(desk: Desk) -> None:
    desk.ok("validate", "--fix")


def _advance(desk: Desk) -> None:
    desk.ok("advance", f"content/{ARTICLE}")


def _copy(desk: Desk) -> None:
    desk.ok("copy", f"content/{S2}", "1.8")


def _new(desk: Desk) -> None:
    desk.ok("new", "session", f"content/{C1}", "--title", "Another one", "--after", "1.1")


def test_any_command_is_undone_and_done_again(place: Desk) -> None:
    place.edit(f"{S2}/session.md", f"id: {SESSION_2}\n", "")
    for act in (_fix, _mv, _advance, _copy, _new):
        before = place.files()
        act(place)
        after = place.files()
        assert after != before
        assert place.ok("undo", "-n").out
        assert place.files() == after
        for expected in (before, after) if act is _fix else (before, after, before):
            place.ok("undo")
            assert place.files() == expected


def test_a_revision_and_paths_narrow_what_is_undone(synced: Desk) -> None:
    synced.edit(ARTICLE, "One two", "Uno dos")
    synced.edit(f"{S2}/article.md", "Ask.", "Do ask.")
    synced.ok("push")
    synced.edit(f"{P}/program.md", "For those", "For all those")
    synced.ok("push")
    listed = synced.ok("undo", "--list").out
    assert listed.count("push  revision ") >= 2
    runs = synced.json("undo", "--list")["runs"]
    assert [run["command"] for run in runs[:2]] == ["push", "push"]
    assert synced.run("undo", runs[1]["id"], "content/acme-bank/client.md").code == 1
    assert "Do ask." in synced.read(f"{S2}/article.md")
    synced.ok("undo", runs[1]["id"], f"content/{S2}")
    assert "Uno dos" in synced.read(ARTICLE)
    assert "\nAsk." in synced.read(f"{S2}/article.md")
    synced.ok("undo", runs[1]["revision"][:8])
    assert "One two" in synced.read(ARTICLE)
    assert "For all those" in synced.read(f"{P}/program.md")


def test_what_was_changed_since_stays_where_it_does_not_overlap_the_push(synced: Desk) -> None:
    """Both in the file, and by a colleague whose push comes first: the way there is printed."""
    synced.edit(ARTICLE, "One two", "Uno dos")
    synced.edit(f"{S1}/quiz.yaml", "Who listens?", "Who asks?")
    synced.ok("push")
    ben = synced.clone("ben")
    ben.ok("pull")
    ben.edit(ARTICLE, "Four five.", "Quattro cinque.")
    ben.ok("push", STUDIO_ACTOR="Ben <ben@example.com>")
    synced.edit(f"{S1}/quiz.yaml", "text: He", "text: They")
    said = synced.refused("undo")
    assert "error[not-seen]" in said.err
    assert "Who listens?" in synced.read(f"{S1}/quiz.yaml")
    assert "text: They" in synced.read(f"{S1}/quiz.yaml")
    assert "content/acme-bank" in said.err
    pull, undo = said.err.partition("hint: studio ")[2].splitlines()[0].split("; then studio ")
    assert "--over" not in undo
    synced.ok(*pull.split())
    assert "(content; what was changed since stays)" in synced.ok(*undo.split()).out
    synced.ok("push")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == (
        "One two three.\n\nQuattro cinque."
    )


def test_what_overlaps_a_push_stays_until_it_is_asked_for_over_that(synced: Desk) -> None:
    """What that takes is shown, with whose it is; what doesn't overlap stays all the same."""
    synced.edit(ARTICLE, "Four five.", "Four five.\n\nSix seven.")
    synced.ok("push")
    synced.edit(ARTICLE, "One two three.", "Uno dos tres.")
    synced.ok("push")
    revision = synced.ok("log").out.split()[0]
    ben = synced.clone("ben")
    ben.ok("pull")
    ben.edit(ARTICLE, "Uno dos tres.", "Ben says four.")
    ben.edit(ARTICLE, "Six seven.", "Sei sette.")
    ben.ok("push", STUDIO_ACTOR="Ben <ben@example.com>")
    first = follow(synced, synced.refused("undo", revision).err, "hint: studio ", "; then studio ")
    found = synced.refused(*first.split())
    assert "error[edited-since] content changed since, in the same places: by Ben <ben@example.com> (" in (
        found.err
    )
    assert "- Ben says four.\n" in found.err
    assert "+ One two three.\n" in found.err
    assert "Sei sette" not in found.err
    assert "Ben says four." in synced.read(ARTICLE)
    synced.edit(ARTICLE, "Ben says four.", "Ada says five.")
    found = synced.refused(*first.split())
    assert ") and in the file, in no push\n" in found.err
    follow(synced, found.err, "take it back all the same: studio ")
    assert "One two three.\n\nFour five.\n\nSei sette." in synced.read(ARTICLE)
    synced.ok("undo")
    assert "Ada says five." in synced.read(ARTICLE)


def test_what_is_in_conflict_with_the_database_is_resolved_before_a_push_is_undone(synced: Desk) -> None:
    synced.edit(ARTICLE, "One two", "Uno dos")
    synced.ok("push")
    revision = synced.ok("log").out.split()[0]
    synced.edit(f"{S1}/article.md", "Uno dos three.", "Mine.")
    synced.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    found = synced.refused("undo", revision)
    assert "error[not-seen]" in found.err
    synced.ok("diff")
    undo = follow(
        synced, found.err.replace("files|database", "database"), "resolve it: studio ", "; then studio "
    )
    follow(synced, synced.refused(*undo.split()).err, "take it back all the same: studio ")
    assert "One two three." in synced.read(ARTICLE)


def test_what_was_deleted_since_comes_back_by_the_ways_that_are_printed(place: Desk) -> None:
    place.edit(f"{S2}/article.md", "Ask.", "Do ask.")
    place.ok("push")
    place.sql("DELETE FROM articles WHERE session_id = %s", SESSION_2)
    found = place.refused("undo")
    assert "error[not-seen] the database has deleted it since" in found.err
    again = follow(place, found.err, "hint: studio ", "; then studio ")
    follow(place, place.refused(*again.split()).err, "bring it back all the same: studio ")
    assert "\nAsk." in place.read(f"{S2}/article.md")
    place.ok("push")
    assert place.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "Ask."


def test_a_push_that_this_tree_has_not_pulled_is_pulled_before_it_is_undone(synced: Desk) -> None:
    place = new_repository(synced)
    with clone(place, "ben") as ben:
        ben.edit(ARTICLE, "One two", "Uno dos")
        (ben.root / "content" / S2 / "article.md").unlink()
        ben.ok("push", "--delete")
    revision = place.ok("log").out.split()[0]
    found = place.refused("undo", revision)
    assert f"{ARTICLE}: error[not-seen] the database has changed content since" in found.err
    assert f"{S2}/article.md: error[not-seen] the database has deleted it since" in found.err
    for line in found.err.splitlines():
        if "hint: studio pull" in line:
            follow(place, line, "hint: studio ", "; then studio ")
    place.ok("undo", revision)
    assert "One two" in place.read(ARTICLE)
    assert "Ask." in place.read(f"{S2}/article.md")


def test_what_is_kept_is_the_users_alone_and_stands_outside_the_workspace(synced: Desk, home: Path) -> None:
    synced.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    synced.ok("pull")
    folder = Kept(synced.root).folder
    assert folder.is_relative_to(home)
    for place in (folder, folder.parent):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_nothing_younger_than_7_days_is_thrown_away_and_by_default_nothing_younger_than_90(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Kept(synced.root).folder
    now = write.time.time_ns()
    ages = (6, 8, 89, 91)
    for age in ages:
        (folder / f"{now - age * 86_400 * 10**9:020d}-0{age:07d}.kept").write_bytes(b"{}\n")

    def left() -> set[int]:
        return {int(f.stem.partition("-")[2]) for f in folder.iterdir() if f.read_bytes() == b"{}\n"}

    for days, kept in (("", {6, 8, 89}), ("0", {6})):
        monkeypatch.setenv("STUDIO_KEPT_DAYS", days)
        synced.sql("UPDATE articles SET content = content || '.' WHERE session_id = %s", SESSION)
        synced.ok("pull")
        assert left() == kept


@pytest.mark.parametrize("days", ["abc", "-1", "1.5", "9" * 5000])
def test_a_number_of_days_that_is_none_is_told_and_nothing_is_thrown_away(synced: Desk, days: str) -> None:
    found = synced.run("pull", STUDIO_KEPT_DAYS=days)
    assert found.code == 2
    assert "STUDIO_KEPT_DAYS is no number of days" in found.err
    synced.ok("pull", STUDIO_KEPT_DAYS="30")


def test_where_nothing_can_be_kept_nothing_is_replaced(synced: Desk, home: Path) -> None:
    synced.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    before = synced.files()
    for folder in list((home / "kept").iterdir()):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        folder.write_text("in the way")
    said = synced.run("pull")
    assert said.code == 3
    assert "can't keep" in said.err
    assert synced.files() == before


@pytest.mark.parametrize("able", [True, False], ids=["exchanged", "set aside"])
@pytest.mark.parametrize("saves", ["in place", "renamed over"])
def test_a_save_in_the_last_instant_is_never_lost(
    synced: Desk, monkeypatch: pytest.MonkeyPatch, able: bool, saves: str
) -> None:
    synced.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    place = synced.content / ARTICLE
    real = write.exchange

    def save(one: str, other: str) -> bool:
        if not saved:
            saved.append(True)
            if saves == "in place":
                place.write_text("Saved just now.")
            else:
                place.with_name("x").write_text("Saved just now.")
                place.with_name("x").rename(place)
        return real(one, other) if able else False

    saved: list[Any] = []
    monkeypatch.setattr(write, "exchange", save)
    synced.refused("pull")
    assert saved
    assert place.read_text() == "Saved just now."
    assert [p.name for p in place.parent.iterdir() if p.name.startswith(".studio")] == []


def test_a_killed_run_leaves_what_it_set_aside_where_it_was(synced: Desk) -> None:
    place = synced.content / ARTICLE
    aside = place.with_name(f"{DISPLACED}1-2~article.md")
    os.rename(place, aside)
    memory = Memory.open(synced.root / ".studio")
    memory.set_fact("writing", "yes")
    memory.close()
    synced.edit(f"{S2}/session.md", f"id: {SESSION_2}\n", "")
    synced.ok("validate", "--fix")
    assert place.exists()
    assert not aside.exists()


def test_a_place_that_a_pull_changed_is_taken_back_and_to_push(place: Desk) -> None:
    place.sql("UPDATE sessions SET number = '1.7' WHERE id = %s", SESSION_2)
    place.ok("pull")
    assert not (place.content / S2).exists()
    place.ok("undo")
    assert (place.content / S2).exists()
    place.ok("push")
    assert place.one("SELECT number FROM sessions WHERE id = %s", SESSION_2) == "1.2"


def test_a_push_that_did_not_arrive_is_passed_over(synced: Desk) -> None:
    synced.edit(ARTICLE, "One two", "Uno dos")
    synced.ok("push")
    synced.edit(ARTICLE, "Uno dos", "Eins zwei")
    lost = "studio_sync.sync.push.push._Pusher.write"
    with mock.patch(lost, side_effect=LostError("the connection was lost", "")):
        assert synced.run("push").code == 3
    synced.edit(ARTICLE, "Eins zwei", "Uno dos")
    synced.ok("undo")
    assert "One two" in synced.read(ARTICLE)


def test_bytes_that_a_killed_run_left_come_back_when_they_are_named(synced: Desk) -> None:
    left = (synced.content / ARTICLE).with_name(f"{TEMPORARY}1-2~article.md")
    left.write_text("Saved while studio was killed.")
    memory = Memory.open(synced.root / ".studio")
    memory.set_fact("writing", "yes")
    memory.close()
    synced.edit(f"{S2}/session.md", f"id: {SESSION_2}\n", "")
    before = synced.files()
    synced.ok("validate", "--fix")
    assert not left.exists()
    (run,) = [
        r for r in synced.json("undo", "--list")["runs"] if any(f["what"] == "found" for f in r["files"])
    ]
    assert run["command"] == "found"
    synced.ok("undo")
    assert before == {**synced.files(), f"{S1}/{left.name}": b"Saved while studio was killed."}
    synced.ok("undo", run["id"], f"content/{ARTICLE}")
    assert synced.read(ARTICLE) == "Saved while studio was killed."
    synced.ok("undo")
    assert "One two" in synced.read(ARTICLE)


def test_words_that_a_broken_pull_overwrote_come_back(place: Desk) -> None:
    def theirs_wins(*given: Any, **more: Any) -> Any:
        kind, _, local, remote = given
        return reconcile(kind, local, local, remote, **more)

    place.edit(ARTICLE, "One two three.", "Mine, with more words.")
    place.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION)
    with mock.patch("studio_sync.sync.compare.compare.reconcile", theirs_wins):
        place.ok("pull")
    assert "Mine" not in place.read(ARTICLE)
    place.ok("undo")
    assert "Mine, with more words." in place.read(ARTICLE)


def test_a_decision_that_changed_no_file_is_never_passed_over_for_an_older_command(synced: Desk) -> None:
    """This one was kept by an older version, without what the memory said before it."""
    synced.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    synced.ok("pull")
    synced.edit(ARTICLE, "Web words.", "Mine.")
    synced.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION)
    synced.ok("diff")
    with mock.patch("studio_sync.files.memory.record_memory.RecordMemory.data", return_value=b""):
        synced.ok("resolve", f"content/{ARTICLE}", "--keep", "files")
    before = synced.files()
    found = synced.refused("undo")
    assert "it changed no file" in found.err
    assert "studio undo --list" in found.err
    assert synced.files() == before


def test_a_number_stays_where_a_push_is_undone(synced: Desk) -> None:
    synced.ok("mv", "1.2", "1.7")
    synced.ok("push")
    found = synced.run("undo", synced.ok("log").out.split()[0])
    assert "warning[place-stays]" in found.err
    follow(synced, found.err, "move it back: studio ")
    assert synced.read(f"{S2}/session.md")


def test_a_session_whose_chapter_is_deleted_since_is_moved_back_in_two_steps(synced: Desk) -> None:
    synced.move(S2, f"{C2}/2.7-asking")
    synced.ok("push")
    revision = synced.ok("log").out.split()[0]
    synced.remove(C1)
    synced.ok("push", "--delete")
    found = synced.run("undo", revision)
    way = found.err.partition("restore its folder first: studio ")[2].partition(";")[0]
    assert f"; then studio undo {revision}" in found.err
    synced.ok(*way.split())
    follow(synced, synced.run("undo", revision, "--over").err, "move it back: studio ")
    assert synced.read(f"{S2}/session.md")


def test_a_session_moves_back_into_a_chapter_that_the_same_undo_brings_back(synced: Desk) -> None:
    synced.move(S2, f"{C2}/2.7-asking")
    synced.remove(C1)
    synced.ok("push", "--delete")
    found = synced.run("undo")
    assert f"{C1}/chapter.md" in synced.files()
    follow(synced, found.err, "move it back: studio ")
    assert synced.read(f"{S2}/session.md")
    synced.ok("push")
    assert synced.standings() == {}


@pytest.mark.parametrize(
    "moves",
    [
        ["1 2"],
        ["1 7"],
        ["2 1", "2.2 2.1"],
        ["1 2", "2.1 2.9", "1 5"],
        [f"1.1 content/{C2}"],
        [f"1.2 content/{C2}/2.7"],
    ],
)
def test_the_moves_back_that_are_printed_all_work_in_their_order(synced: Desk, moves: list[str]) -> None:
    before = sorted(synced.files())
    for move in moves:
        synced.ok("mv", *move.split())
    synced.ok("push")
    found = synced.run("undo", synced.ok("log").out.split()[0])
    (hint,) = [line for line in found.err.splitlines() if "studio mv " in line]
    ways = hint.partition(": ")[2].partition(": ")[2].split("; ")
    assert len(ways) <= len(moves)
    for way in ways:
        synced.ok(*way.split()[1:])
    assert sorted(synced.files()) == before
    synced.ok("push")


def test_the_undo_of_a_push_goes_on_by_what_is_printed_once_a_place_is_free_again(synced: Desk) -> None:
    synced.remove(S2)
    synced.ok("push", "--delete")
    synced.write(f"{C1}/1.2-another/session.md", "---\ntitle: Another\n---\n")
    synced.ok("push")
    newest = synced.ok("log").out.split()
    pushed = [word for word in newest if re.fullmatch("[0-9a-f]{8}", word)][1]
    said = synced.refused("undo", pushed).err
    way = re.search(r"give that one another: studio (mv .*) NUMBER; then: studio (undo .*)", said)
    assert way
    synced.ok(*way[1].split(), "1.7")
    synced.ok(*way[2].split())
    assert "Ask." in synced.read(f"{S2}/article.md")


def follow(desk: Desk, said: str, before: str, then: str = "\0") -> str:
    """Do what a message says; it must work. Returns what it says after that."""
    way, _, rest = said.partition(before)[2].splitlines()[0].partition(then)
    desk.ok(*way.split())
    return rest


def test_where_there_is_nothing_to_undo_it_says_so_and_ends_with_1(desk: Desk) -> None:
    found = desk.refused("undo")
    assert "there is nothing to undo" in found.err
    assert desk.ok("undo", "--list").out == "nothing was replaced here of which anything is kept\n"
    desk.ok("push")
    found = desk.refused("undo", f"content/{S2}")
    assert found.out.startswith("took back nothing of the push at ")
    assert "that push made 2 records, and they stay" in found.err
    assert desk.refused("undo", "--json").json["outcome"] == "refused"
    desk.edit(ARTICLE, "One two", "Uno dos")
    desk.ok("push")
    assert "wrote nothing there" in desk.refused("undo", f"content/{S2}").err
