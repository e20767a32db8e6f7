"""`studio log` and `studio show`: what the ledger tells, by runs and by paths."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from studio_sync.sync.history.log_filter import parse_filter
from tests.harness import C1, S1, S2, SESSION, Desk
from tests.repository import git

ADA = {"STUDIO_ACTOR": "Ada <ada@example.org>"}


@pytest.fixture
def pushed(desk: Desk) -> Desk:
    desk.ok("push", "-m", "first of all", **ADA)
    desk.edit(f"{S1}/article.md", "One two three.", "One two four.")
    desk.edit(f"{S2}/session.md", "title: Asking", "title: Asked")
    desk.ok("push", "-m", "clearer\n\nand shorter", STUDIO_ACTOR="Bob")
    return desk


def revisions(desk: Desk, *paths: str) -> list[str]:
    return [run["revision"] for run in desk.json("log", *paths)["runs"]]


def test_each_push_is_told_with_who_when_why_and_what(pushed):
    lines = pushed.ok("log").out.splitlines()
    assert "Bob (as " in lines[0]
    assert lines[1:3] == ["    push", "    clearer"]
    assert f"    ~ content/{S1}/article.md  (content)" in lines
    assert f"    ~ content/{S2}/session.md  (title)" in lines
    assert sum("Ada <ada@example.org>" in line for line in lines) == 1
    assert "      … and 3 more records (-v lists them)" in lines
    assert len(pushed.ok("log", "-v").out.splitlines()) > len(lines)


@pytest.mark.parametrize("repository", [True, False])
def test_git_says_who_pushes_before_anything_is_committed_too(
    desk: Desk, tmp_path: Path, repository: bool
) -> None:
    config = tmp_path / "git.ini"
    config.write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    for name in ("objects", "refs"):  # a folder that looks like a repository is none
        (desk.content / name).mkdir()
    (desk.content / "HEAD").write_text("ref: refs/heads/main\n")
    (desk.content / "config").write_text("[user]\n\tname = Eve\n")
    if repository:
        git(desk, "init", "-q", "-b", "main")
    desk.ok("push", GIT_CONFIG_GLOBAL=str(config))
    assert desk.json("log")["runs"][0]["actor"] == "Ada <ada@example.org>"


def test_a_path_narrows_the_log_to_what_stands_below_it(pushed):
    assert len(revisions(pushed)) == 2
    assert len(revisions(pushed, f"content/{S1}/video.md")) == 1
    found = pushed.json("log", f"content/{S1}")["runs"]
    assert [r["path"] for r in found[0]["records"]] == [f"content/{S1}/article.md"]
    assert len(found) == 2


def test_what_changed_outside_studio_is_told_once_a_pull_has_seen_it(pushed):
    pushed.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    pushed.ok("pull", **ADA)
    assert (
        "    pull: changed in the database, not by studio, and seen by this pull"
        in pushed.ok("log").out.splitlines()
    )
    run = pushed.json("log")["runs"][0]
    assert (run["source"], run["records"][0]["fields"]) == ("pull", ["content"])


def test_a_deleted_record_is_found_by_the_path_that_it_had(pushed):
    pushed.remove(S2)
    pushed.ok("push", "--delete")
    (run, *_) = pushed.json("log", f"content/{S2}/article.md")["runs"]
    assert [(r["path"], r["action"]) for r in run["records"]] == [
        (f"content/{C1}/1.2-asked/article.md", "delete")
    ]
    assert len(revisions(pushed, f"content/{S2}")) == 3


def test_the_folder_of_a_client_that_the_workspace_leaves_out_has_a_history_that_is_not_read(pushed):
    newest = revisions(pushed)[0]
    pushed.config("name: desk\nclients: [corvia]\n")
    folder = C1.partition("/")[0]
    for command in (("log",), ("restore", "--to", "today"), ("blame",), ("undo", newest)):
        found = pushed.run(command[0], *command[1:], f"content/{folder}")
        assert found.code == 2, found
        assert f"`clients` in studio.yaml does not name content/{folder}" in found.err, found
    pushed.config("name: desk\n")  # as the hint says
    assert pushed.ok("log", f"content/{folder}").out


def test_the_limit_is_told(pushed):
    result = pushed.ok("log", "--limit", "1")
    assert "the newest 1 runs; --limit shows more" in result.err
    assert result.out.count(" (as ") == 1


def test_show_tells_what_a_run_changed_before_and_after(pushed):
    newest = revisions(pushed)[0]
    lines = pushed.ok("show", newest[:8]).out.splitlines()
    assert f"~ content/{S1}/article.md" in lines
    assert "-One two three." in lines
    assert "+One two four." in lines
    assert '  ~ title: "Asking" → "Asked"' in lines
    narrow = pushed.ok("show", newest, f"content/{S2}").out
    assert "Asked" in narrow
    assert "One two" not in narrow


def test_show_gives_both_versions_to_scripts(pushed):
    (run,) = pushed.json("show", revisions(pushed)[0])["runs"]
    article, session = run["records"]
    assert article["before"]["content"] == "One two three.\n\nFour five."
    assert session["after"]["title"] == "Asked"
    assert session["after"]["number"] == "1.2"


def test_a_move_is_told_by_the_place(pushed):
    pushed.move(S2, f"{C1}/1.3-asking")
    pushed.ok("push")
    assert '  ~ number: "1.2" → "1.3"' in pushed.ok("show", revisions(pushed)[0]).out.splitlines()


@pytest.mark.parametrize("revision", ["ffffffffffff", "newest", "12"])
def test_a_revision_that_is_none_is_refused(pushed, revision):
    result = pushed.run("show", revision)
    assert result.code == 2
    assert "is no revision that the ledger has" in result.err


def test_nothing_is_written_by_looking(pushed):
    before = pushed.one("SELECT count(*) FROM studio_sync.runs")
    files = pushed.files()
    pushed.ok("log")
    pushed.ok("show", revisions(pushed)[0])
    assert pushed.one("SELECT count(*) FROM studio_sync.runs") == before
    assert pushed.files() == files


def test_only_the_clients_of_the_workspace_are_told_of(pushed):
    pushed.config("name: desk\nclients: [other]\n")
    assert pushed.json("log")["runs"] == []
    assert "is recorded here that this workspace and your database role can see" in pushed.ok("log").text


def test_a_limit_that_no_number_of_runs_can_be_is_wrong_usage(pushed):
    assert pushed.run("log", "--limit", "99999999999999999999").code == 2


def test_the_log_is_narrowed_by_person_date_and_kind(pushed):
    def actors(*options: str) -> list[str]:
        return [run["actor"].partition(" ")[0] for run in pushed.json("log", *options)["runs"]]

    assert actors("--author", "ADA@") == ["Ada"]
    assert actors("--author", "bob", "--kind", "session") == ["Bob"]
    assert actors("--kind", "video") == ["Ada"]
    (run,) = pushed.json("log", "--kind", "session", "--limit", "1")["runs"]
    assert {record["kind"] for record in run["records"]} == {"session"}
    assert (
        actors("--since", "today", "--until", "today") == actors("--since", "2 hours ago") == ["Bob", "Ada"]
    )
    assert actors("--until", "2 days ago") == actors("--since", "2999-01-01") == []
    assert pushed.run("log", "--since", "soon").code == 2
    assert "as asked for" in pushed.ok("log", "--author", "nobody").err


def test_days_and_moments_are_understood_as_they_are_written():
    now = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
    day = parse_filter("", "2026-03-01", "2026-03-01T10:00+01:00", (), now)
    assert (day.since, day.until) == (datetime(2026, 3, 1).astimezone(), datetime(2026, 3, 1, 9, tzinfo=UTC))
    assert parse_filter("", "", "2026-03-01", (), now).until == datetime(2026, 3, 2).astimezone()
    spans = parse_filter("", "yesterday", "3 days ago", (), now)
    assert spans.since == datetime(2026, 3, 3, tzinfo=UTC)
    assert spans.until == datetime(2026, 3, 1, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Lima"])
@pytest.mark.parametrize("first", ["0001-01-01", "0001-01-01T00:00+14:00", "4000 years", "99999 years ago"])
@pytest.mark.parametrize("last", ["9999-12-31", "9999-12-31T23:59:59", "9999-12-31T23:59-14:00"])
def test_the_ends_of_the_calendar_are_times_that_every_zone_can_show(monkeypatch, zone, first, last):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    span = parse_filter("", first, last, (), datetime(2026, 3, 4, tzinfo=UTC))
    assert span.since.astimezone().year == 1
    assert span.until.astimezone().year == 9999
    monkeypatch.undo()
    time.tzset()


def test_every_command_that_takes_a_time_takes_the_ends_of_the_calendar(pushed):
    assert len(pushed.json("log", "--since", "0001-01-01", "--until", "9999-12-31")["runs"]) == 2
    assert "nothing to delete" in pushed.ok("db", "prune", "--before", "0001-01-01", "-n").out
    pushed.ok("restore", f"content/{S1}", "--to", "0001-01-01", "-n")
    pushed.ok("restore", f"content/{S1}", "--to", "9999-12-31T23:59:59-12:00", "-n")
