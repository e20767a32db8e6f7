"""A mistyped id in a pull request: a fresh clone knows it by git alone, whichever commit it was typed in."""

from tests.harness import C2, S1, S2, SESSION, SESSION_2, Desk
from tests.repository import clone, commit, git
from tests.sync.test_git import repo

__all__ = ("repo",)

WRONG = "99999999-9999-4999-8999-999999999999"


def branch_with_a_slip(repo: Desk) -> None:
    """A branch whose first commit mistypes an id, and whose second one edits something else."""
    git(repo, "switch", "-q", "-c", "side")
    repo.edit(f"{S1}/session.md", SESSION, WRONG)
    commit(repo, "a slip")
    repo.edit(f"{S2}/article.md", "Ask.", "Ask more.")
    commit(repo, "more")
    git(repo, "switch", "-q", "main")


def test_it_is_found_in_an_older_commit_of_a_branch(repo: Desk) -> None:
    branch_with_a_slip(repo)
    fresh = clone(repo, "ci")
    git(fresh, "switch", "-q", "side")
    found = fresh.refused("validate", "--frozen")
    assert f"id {WRONG} is new since this branch left main" in found.text
    assert f"put back `id: {SESSION}`" in found.text
    fresh.edit(f"{S1}/session.md", WRONG, SESSION)
    commit(fresh, "mended")
    fresh.ok("validate", "--frozen")


def test_it_is_found_in_the_commit_that_a_pull_request_would_make(repo: Desk) -> None:
    branch_with_a_slip(repo)
    git(repo, "merge", "-q", "--no-ff", "-m", "as it would be merged", "side")
    fresh = clone(repo, "ci")
    git(fresh, "remote", "remove", "origin")  # as CI fetches: no branch of the remote is known
    found = fresh.refused("validate", "--frozen")
    assert f"id {WRONG} is new in the last commit" in found.text


def test_a_commit_of_the_branch_may_say_that_the_row_is_to_go(repo: Desk) -> None:
    branch_with_a_slip(repo)
    fresh = clone(repo, "ci")
    git(fresh, "switch", "-q", "side")
    git(fresh, "commit", "-q", "--allow-empty", "-m", f"new\n\nStudio-Delete: content/{S1}")
    fresh.ok("validate", "--frozen")


def test_what_main_itself_changed_since_is_no_slip_of_the_branch(repo: Desk) -> None:
    git(repo, "switch", "-q", "-c", "side")
    repo.edit(f"{S2}/article.md", "Ask.", "Ask more.")
    commit(repo, "more")
    git(repo, "switch", "-q", "main")
    repo.remove(S1)
    repo.move(S2, f"{C2}/2.1-asking")
    commit(repo, "moved")
    fresh = clone(repo, "ci")
    git(fresh, "switch", "-q", "side")
    fresh.ok("validate", "--frozen")
    assert SESSION_2 in fresh.read(f"{S2}/session.md")


def test_it_is_found_before_it_is_committed(repo: Desk) -> None:
    fresh = clone(repo, "fresh")
    fresh.edit(f"{S1}/session.md", SESSION, WRONG)
    found = fresh.refused("validate")
    assert f"id {WRONG} is new since the last commit" in found.text
    assert f"put back `id: {SESSION}`" in found.text
    fresh.edit(f"{S1}/session.md", WRONG, SESSION)
    fresh.ok("validate", "--frozen")


def test_a_session_that_takes_the_folder_of_one_that_moved_is_no_slip(repo: Desk) -> None:
    fresh = clone(repo, "fresh")
    fresh.move(S2, f"{C2}/2.1-asking")
    fresh.write(f"{S2}/session.md", f"---\nid: {WRONG}\ntitle: New\nstatus: draft\n---\n")
    fresh.ok("validate", "--frozen")


def test_a_file_that_lost_its_id_gets_the_one_that_git_knows(repo: Desk) -> None:
    fresh = clone(repo, "fresh")
    before = fresh.read(f"{S1}/session.md")
    fresh.edit(f"{S1}/session.md", f"id: {SESSION}\n", "")
    fresh.ok("validate", "--fix")
    assert fresh.read(f"{S1}/session.md") == before
    fresh.edit(f"{S1}/session.md", f"id: {SESSION}\n", "")
    commit(fresh, "lost")
    fresh.ok("validate", "--fix")
    assert fresh.read(f"{S1}/session.md") == before, "since the branch left the remote's"
