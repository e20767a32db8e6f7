"""Decisions of commits name records by the paths that git knows, also in a clone that remembers nothing."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import C1, S1, S2, SESSION, SESSION_2, TREE, Desk, P, unchanged
from tests.repository import clone, commit, git

ODD = f"{C1}/1.1-quite-another-name"
"""The folder of the first session; its name does not come from its title."""


@pytest.fixture
def repo(desk: Desk) -> Desk:
    """A pushed and committed workspace whose first session's folder is called otherwise than its title."""
    git(desk, "init", "-q", "-b", "main")
    (desk.root / ".gitignore").write_text(".studio/\n")
    desk.move(S1, ODD)
    commit(desk, "first")
    desk.sql("DELETE FROM studio_sync.versions")
    desk.sql("DELETE FROM studio_sync.runs")
    desk.ok("push")
    return desk


SPELLINGS = [
    f"content/{ODD}",
    f"./content/{ODD}",
    f"content/{ODD}/",
    f"{ODD}",
    f"content/{ODD}/session.md",
]


@pytest.mark.parametrize("path", SPELLINGS)
def test_a_deletion_finds_the_folder_that_git_knew(repo: Desk, path: str) -> None:
    repo.remove(ODD)
    commit(repo, "Fewer", f"Studio-Delete: {path}")
    clone(repo, "ci").ok("push", "--frozen")
    assert repo.sql("SELECT id FROM sessions") == [(SESSION_2,)]


def test_the_hint_names_the_path_as_git_knows_it_and_works(repo: Desk) -> None:
    repo.remove(f"{ODD}/video.md")
    commit(repo, "Fewer")
    line = f"Studio-Delete: content/{ODD}/video.md"
    with clone(repo, "ci") as fresh:
        found = fresh.refused("push", "-n", "--frozen")
        assert f"content/{ODD}/video.md: warning[deletion-held]" in found.err
        assert f"`{line}`" in found.err
    repo.remove(ODD)
    commit(repo, "All of it")
    with clone(repo, "ci-2") as fresh:
        found = fresh.refused("push", "-n", "--frozen")
        line = f"Studio-Delete: content/{ODD}"
        assert f"`{line}`" in found.err
        assert "why-leaders-listen" not in found.text
        plan = fresh.refused("push", "-n", "--frozen", "--format", "markdown").out
        assert [said for said in plan.splitlines() if said.startswith("Studio-")] == [line]
    commit(repo, "Say so", line)
    clone(repo, "ci-3").ok("push", "--frozen")
    assert repo.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION) == 0


def test_a_scope_is_the_path_that_git_knows(repo: Desk) -> None:
    repo.remove(ODD)
    commit(repo, "Fewer")
    with clone(repo, "ci") as fresh:
        fresh.ok("push", "--delete", f"content/{ODD}")
    assert repo.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION) == 0


def test_a_folder_that_was_renamed_in_the_range_is_found_by_either_name(repo: Desk) -> None:
    repo.move(ODD, f"{C1}/1.1-renamed")
    commit(repo, "Rename")
    repo.remove(f"{C1}/1.1-renamed")
    commit(repo, "Fewer", f"Studio-Delete: content/{C1}/1.1-renamed")
    with clone(repo, "ci") as fresh:
        fresh.ok("push", "--frozen")
    assert repo.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION) == 0


@pytest.mark.parametrize("to", [f"{C1}/1.1-renamed", ODD])
def test_a_step_back_is_found_by_the_name_of_its_own_commit(repo: Desk, to: str) -> None:
    repo.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION)
    repo.ok("pull")
    commit(repo, "approved")
    repo.edit(f"{ODD}/article.md", "status: approved", "status: review")
    commit(repo, "New law", f"Studio-Reopen: content/{ODD}/article.md the law")
    if to != ODD:
        repo.move(ODD, to)
        commit(repo, "Rename")
    clone(repo, "ci").ok("push", "--frozen")
    assert repo.one("SELECT status FROM articles WHERE session_id = %s", SESSION) == "review"


def test_a_renumbering_is_found_by_the_old_name_too(repo: Desk) -> None:
    repo.sql("UPDATE sessions SET status = 'approved' WHERE id = %s", SESSION)
    repo.ok("pull")
    commit(repo, "approved")
    repo.move(ODD, f"{C1}/1.9-moved")
    commit(repo, "Later", f"Studio-Renumber: content/{ODD} it comes last")
    clone(repo, "ci").ok("push", "--frozen")
    assert repo.one("SELECT number FROM sessions WHERE id = %s", SESSION) == "1.9"


@pytest.mark.parametrize(
    "path", ["{top}/content/{odd}", "content/{odd}", "./content/{odd}", "./{top}/content/{odd}"]
)
def test_a_workspace_in_a_subfolder_takes_the_path_from_the_top_and_its_own(desk: Desk, path: str) -> None:
    top = desk.root.parent
    subprocess.run(["git", "init", "-q", "-b", "main", str(top)], check=True)
    (top / ".gitignore").write_text("*\n!/desk\n!/desk/**\n.studio/\n")
    desk.move(S1, ODD)
    commit(desk, "first")
    desk.ok("push")
    desk.remove(ODD)
    commit(desk, "Fewer", f"Studio-Delete: {path.format(top='desk', odd=ODD)}")
    root = top / "fresh"
    git(desk, "clone", "-q", f"file://{top}", str(root))
    desk.at(root / "desk").ok("push", "--frozen")
    assert desk.sql("SELECT id FROM sessions") == [(SESSION_2,)]


@pytest.fixture
def two(tmp_path: Path, own_url: str, second_url: str) -> Iterator[tuple[Desk, Desk]]:
    """Two pushed workspaces with the same paths in one repository; the second session is deleted in both."""
    with Desk(tmp_path / "r/one", own_url) as one, Desk(tmp_path / "r/two", second_url, "name: two\n") as two:
        git(one.at(tmp_path / "r"), "init", "-q", "-b", "main")
        (tmp_path / "r/.gitignore").write_text(".studio/\n")
        for desk in (one, two):
            desk.write_all(TREE)
        commit(one.at(tmp_path / "r"), "first")
        for desk in (one, two):
            desk.ok("push")
            desk.remove(S2)
        yield one, two


def sessions(desk: Desk) -> int:
    found: int = desk.one("SELECT count(*) FROM sessions")
    return found


@pytest.mark.parametrize("merged", [False, True])
def test_the_line_that_one_workspace_prints_decides_nothing_in_another_one_of_the_repository(
    two: tuple[Desk, Desk], *, merged: bool
) -> None:
    one, other = two
    line = re.search(r"Studio-Delete: [^`]+", one.refused("push").err)[0]
    if merged:
        git(one, "checkout", "-q", "-b", "branch")
    git(one, "add", "-A", ".")
    git(one, "commit", "-q", "-m", "Fewer", "-m", "" if merged else line)
    if merged:
        git(one, "checkout", "-q", "main")
        other.edit(f"{P}/program.md", "who lead", "who listen")
        git(other, "add", f"content/{P}")
        git(other, "commit", "-q", "--allow-empty", "-m", "meanwhile")
        git(one, "merge", "-q", "--no-ff", "branch", "-m", f"Merge\n\n{line}")
    assert "deleted" in one.run("push").out
    assert sessions(one) == 1
    assert other.run("push").code == 1
    assert sessions(other) == 2


def test_a_path_from_the_top_of_the_repository_decides_in_the_workspace_that_it_names(
    two: tuple[Desk, Desk],
) -> None:
    one, other = two
    git(one, "add", "-A", ".")
    git(one, "commit", "-q", "-m", "Fewer", "-m", f"Studio-Delete: two/content/{S2}")
    git(other, "add", "-A", ".")
    git(other, "commit", "-q", "-m", "Fewer, too")
    git(other, "commit", "-q", "--allow-empty", "-m", "Say so", "-m", f"Studio-Delete: two/content/{S2}")
    assert one.run("push").code == 1
    other.ok("push")
    assert (sessions(one), sessions(other)) == (2, 1)


def test_an_empty_commit_decides_by_the_path_of_the_only_workspace_in_a_subfolder(desk: Desk) -> None:
    top = desk.root.parent
    subprocess.run(["git", "init", "-q", "-b", "main", str(top)], check=True)
    (top / ".gitignore").write_text("*\n!/desk\n!/desk/**\n.studio/\n")
    commit(desk, "first")
    desk.ok("push")
    desk.remove(S2)
    commit(desk, "Fewer")
    git(desk, "commit", "-q", "--allow-empty", "-m", "Say so", "-m", f"Studio-Delete: content/{S2}")
    desk.ok("push")
    assert sessions(desk) == 1


def test_a_mistyped_id_in_a_fresh_clone_is_one_and_a_trailer_replaces_the_row(repo: Desk) -> None:
    wrong = "99999999-9999-4999-8999-999999999999"
    repo.edit(f"{ODD}/session.md", SESSION, wrong)
    commit(repo, "Slip")
    with clone(repo, "ci") as fresh, unchanged(fresh):
        for command in (["push", "--frozen"], ["push", "--partial", "--frozen"], ["push", "-n"], ["status"]):
            found = fresh.run(*command)
            assert found.text.count("error[mistyped-id]") == 1, found
            assert f"put back `id: {SESSION}`" in found.text
            assert "deletion-held" not in found.text
        fresh.run("pull")
        found = fresh.refused("validate", "--frozen")
        assert found.text.count("error[mistyped-id]") == 1
        assert f"put back `id: {SESSION}`" in found.text
    git(repo, "commit", "-q", "--amend", "-m", "On purpose", "-m", f"Studio-Delete: content/{ODD}")
    clone(repo, "ci-1").ok("validate", "--frozen")
    clone(repo, "ci-2").ok("push", "--frozen")
    assert repo.sql("SELECT id FROM sessions WHERE number = '1.1'") == [(wrong,)]
