"""Decisions that commits carry through CI, with real git: they count for the range that is pushed."""

import json

import pytest

from tests.harness import C1, S1, SESSION, Desk, P, unchanged
from tests.repository import clone, commit, git, new_repository

ARTICLE = f"{S1}/article.md"
REOPEN = f"Studio-Reopen: content/{ARTICLE} the law has changed"


def reopened(desk: Desk) -> None:
    desk.edit(ARTICLE, "status: approved", "status: review")


def status(desk: Desk) -> str:
    found: str = desk.one("SELECT status FROM articles WHERE session_id = %s", SESSION)
    return found


def decisions(desk: Desk) -> list[dict[str, str]]:
    rows = desk.sql("SELECT decision::text FROM studio_sync.versions WHERE decision IS NOT NULL")
    return [json.loads(found) for (found,) in rows]


@pytest.fixture
def repo(desk: Desk) -> Desk:
    """A pushed and committed workspace with an approved article; its last push was from the first commit."""
    new_repository(desk)
    desk.sql("DELETE FROM studio_sync.versions")
    desk.sql("DELETE FROM studio_sync.runs")
    desk.ok("push")
    desk.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION)
    desk.ok("pull")
    commit(desk, "approved in the web app")
    return desk


def test_a_commit_reopens_what_it_names_and_the_ledger_says_why(repo: Desk) -> None:
    reopened(repo)
    repo.edit(ARTICLE, "One two three.", "New words.")
    last = commit(repo, "New law", REOPEN)
    found = clone(repo, "ci").ok("push", "--frozen")
    assert status(repo) == "review"
    why = f"the law has changed (commit {last[:10]})"
    assert f"(status approved → review, content; reopen: {why})" in found.out
    assert decisions(repo) == [{"reopen": why}]


def test_a_plan_names_the_line_that_is_missing(repo: Desk) -> None:
    reopened(repo)
    commit(repo, "New law")
    with clone(repo, "ci") as fresh, unchanged(repo):
        found = fresh.refused("push", "-n", "--frozen")
        assert "error[reopen-needed] approved → review is a step back" in found.err
        assert f"a commit with the line `Studio-Reopen: content/{ARTICLE} why`" in found.err
    commit(repo, "Say why", REOPEN)
    clone(repo, "ci-2").run("push", "-n", "--frozen")
    clone(repo, "ci-3").ok("push", "--frozen")


def test_a_folder_covers_what_is_below_it_and_nothing_beside_it(repo: Desk) -> None:
    repo.sql("UPDATE sessions SET status = 'published'")
    repo.ok("pull")
    commit(repo, "published")
    reopened(repo)
    repo.edit(f"{S1}/session.md", "status: published", "status: approved")
    commit(repo, "Rework", f"Studio-Reopen: content/{S1} rework\nStudio-Renumber: content/{P}/02-practice x")
    repo.move(C1, f"{P}/09-foundations")
    commit(repo, "Move")
    found = clone(repo, "ci").refused("push", "-n", "--frozen", "--json")
    assert [(p["code"], p["path"]) for p in found.json["problems"] if p["code"] != "parent-first"] == [
        ("renumber-needed", f"content/{P}/09-foundations/chapter.md"),
    ]
    commit(repo, "Decide", f"Studio-Renumber: content/{P}/09-foundations y")
    clone(repo, "ci-2").ok("push", "--frozen")
    assert status(repo) == "review"


def test_a_decision_counts_for_the_pushed_range_alone(repo: Desk) -> None:
    commit(repo, "Old", REOPEN)
    repo.edit(f"{S1}/session.md", "Nobody told her.", "Somebody told her.")
    commit(repo, "Another change")
    clone(repo, "ci").ok("push", "--frozen")
    reopened(repo)
    commit(repo, "Back again")
    assert "reopen-needed" in clone(repo, "ci-2").refused("push", "--frozen").err
    clone(repo, "ci-3").ok("push", "--frozen", "--since", "HEAD~3")


def test_what_a_partial_push_left_behind_keeps_its_decision(repo: Desk) -> None:
    reopened(repo)
    repo.edit(ARTICLE, "One two three.", "Mine.")
    repo.edit(f"{S1}/video.md", "Listen now.", "Listen then.")
    commit(repo, "New law", REOPEN)
    repo.sql("UPDATE articles SET content = 'Theirs.' WHERE session_id = %s", SESSION)
    assert "error[conflict]" in clone(repo, "ci").refused("push", "--frozen", "--partial").err
    assert repo.one("SELECT script FROM videos") == "NARRATOR: Listen then."
    repo.edit(ARTICLE, "Mine.\n\nFour five.", "Theirs.")
    commit(repo, "Agree")
    clone(repo, "ci-2").ok("push", "--frozen")
    assert status(repo) == "review"
    sources = repo.sql("SELECT source FROM studio_sync.runs WHERE source <> 'pull' ORDER BY at")
    assert sources == [("push",), ("push in part",), ("found before push",), ("push",)]


def test_a_commit_decides_once_about_a_record_however_often_its_range_is_pushed(repo: Desk) -> None:
    reopened(repo)
    repo.edit(f"{S1}/video.md", "Listen now.", "Listen then.")
    commit(repo, "New law", REOPEN)
    repo.sql("UPDATE videos SET script = 'Theirs.'")
    clone(repo, "ci").refused("push", "--frozen", "--partial")
    assert status(repo) == "review"
    repo.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION)
    repo.run("pull")
    commit(repo, "approved again")
    reopened(repo)
    commit(repo, "Back, and nobody says why")
    found = clone(repo, "ci-2").refused("push", "--frozen", "--partial")
    assert "error[reopen-needed]" in found.err
    assert status(repo) == "approved"


def test_a_merge_carries_the_decisions_of_its_branch(repo: Desk) -> None:
    git(repo, "checkout", "-q", "-b", "law")
    reopened(repo)
    commit(repo, "New law", REOPEN)
    git(repo, "checkout", "-q", "main")
    repo.edit(f"{S1}/session.md", "Nobody told her.", "Somebody told her.")
    commit(repo, "Meanwhile")
    git(repo, "merge", "-q", "--no-ff", "-m", "Merge branch law", "law")
    clone(repo, "ci").ok("push", "--frozen")
    assert status(repo) == "review"


def test_a_squashed_merge_carries_them_too(repo: Desk) -> None:
    git(repo, "checkout", "-q", "-b", "law")
    reopened(repo)
    commit(repo, "New law", REOPEN)
    repo.edit(f"{S1}/session.md", "Nobody told her.", "Somebody told her.")
    commit(repo, "More")
    git(repo, "checkout", "-q", "main")
    git(repo, "merge", "-q", "--squash", "law")
    commit(repo, "New law (#12)", "* New law", REOPEN, "* More")
    clone(repo, "ci").ok("push", "--frozen")
    assert status(repo) == "review"


def test_where_no_push_is_known_the_last_commit_counts_with_what_it_merged(repo: Desk) -> None:
    repo.sql("UPDATE studio_sync.runs SET git_commit = NULL")
    git(repo, "checkout", "-q", "-b", "law")
    reopened(repo)
    commit(repo, "New law", REOPEN)
    commit(repo, "More")
    fresh = clone(repo, "ci")
    assert fresh.refused("push", "-n", "--frozen").code == 1
    git(repo, "checkout", "-q", "main")
    git(repo, "merge", "-q", "--no-ff", "-m", "Merge branch law", "law")
    clone(repo, "ci-2").ok("push", "--frozen")


def test_a_commit_deletes_what_it_names_and_nothing_else(repo: Desk) -> None:
    repo.remove(f"{S1}/quiz.yaml")
    repo.remove(f"{S1}/video.md")
    commit(repo, "Fewer", f"Studio-Delete: content/{S1}/quiz.yaml")
    found = clone(repo, "ci").refused("push", "--frozen")
    assert f"content/{S1}/video.md: warning[deletion-held]" in found.err
    assert f"`Studio-Delete: content/{S1}/video.md`" in found.err
    assert repo.sql("SELECT (SELECT count(*) FROM quizzes), (SELECT count(*) FROM videos)") == [(0, 1)]
    assert [d["delete"].split(" (")[0] for d in decisions(repo)] == ["Fewer"]


def test_no_commit_deletes_what_is_approved(repo: Desk) -> None:
    repo.remove(ARTICLE)
    commit(repo, "Fewer", f"Studio-Delete: content/{ARTICLE}\nStudio-Reopen: content/{ARTICLE} x")
    assert "delete-locked" in clone(repo, "ci").refused("push", "--frozen").err


def test_many_deletions_need_their_number_from_a_commit_too(repo: Desk) -> None:
    repo.sql("UPDATE articles SET status = 'draft'")
    repo.ok("pull")
    commit(repo, "drafts")
    repo.remove(P)
    commit(repo, "Gone", f"Studio-Delete: content/{P}")
    found = clone(repo, "ci").refused("push", "--frozen")
    assert f"`Studio-Delete: content/{P} 11`" in found.err
    commit(repo, "All of it", f"Studio-Delete: content/{P} 13")
    assert "would delete 11 records, not 13" in clone(repo, "ci-2").refused("push", "--frozen").err
    git(
        repo,
        "commit",
        "-q",
        "--allow-empty",
        "--amend",
        "-m",
        "All of it",
        "-m",
        f"Studio-Delete: content/{P} 11",
    )
    clone(repo, "ci-3").ok("push", "--frozen")
    assert repo.one("SELECT count(*) FROM programs") == 0


def test_an_unknown_revision_is_refused_also_where_no_decision_is_needed(repo: Desk) -> None:
    repo.ok("push")
    with unchanged(repo):
        found = repo.run("push", "--since", "nowhere")
    assert (found.code, "git knows no revision nowhere" in found.err) == (2, True)


def test_without_git_or_with_a_revision_that_is_none_there_is_a_word(repo: Desk) -> None:
    reopened(repo)
    commit(repo, "New law", REOPEN)
    found = repo.run("push", "--since", "nowhere")
    assert (found.code, "git knows no revision nowhere" in found.err) == (2, True)
