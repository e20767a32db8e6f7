"""Which version a tree stands on, with real git: no push takes back what somebody else wrote."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import C1, C2, S1, S2, SESSION, SESSION_2, Desk
from tests.repository import clone, commit, git, new_repository

ARTICLE = f"{S1}/article.md"


def content(desk: Desk) -> str:
    found: str = desk.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    return found


def rewrite(desk: Desk, text: str) -> None:
    """Somebody edits the article in the web app."""
    desk.sql("UPDATE articles SET content = %s WHERE session_id = %s", text, SESSION)


@pytest.fixture
def repo(desk: Desk) -> Desk:
    """A pushed workspace in a git repository, with everything committed."""
    new_repository(desk)
    desk.ok("push")
    return desk


def pulled(repo: Desk) -> str:
    """The web app changes the article, and the change is pulled and committed: the second version."""
    rewrite(repo, "Web words.")
    repo.ok("pull")
    return commit(repo, "pulled")


def standing(desk: Desk, path: str = ARTICLE, field: str = "content") -> object:
    found = desk.standings().get(path, "agreed")
    return found if isinstance(found, str) else found.get(field, "agreed")


def test_a_fresh_clone_knows_what_it_stands_on(repo: Desk) -> None:
    rewrite(repo, "Web words.")
    fresh = clone(repo, "fresh")
    assert standing(fresh) == "behind"
    fresh.edit(f"{S2}/session.md", "title: Asking", "title: Asked")
    commit(fresh, "edit")
    fresh.ok("push", "--frozen")
    assert content(repo) == "Web words."
    assert repo.one("SELECT title FROM sessions WHERE id = %s", SESSION_2) == "Asked"
    fresh.ok("pull")
    assert "Web words." in fresh.read(ARTICLE)


def _unreadable_settings(place: Path) -> None:
    with (place / "config").open("a") as file:
        file.write("[core\n")


def _newer_format(place: Path) -> None:
    with (place / "config").open("a") as file:
        file.write("[core]\n\trepositoryformatversion = 99\n")


def _no_head(place: Path) -> None:
    (place / "HEAD").unlink()


def _strange_head(place: Path) -> None:
    (place / "HEAD").write_text("0" * 39 + "1\n")


def _no_objects(place: Path) -> None:
    (place / "objects").rename(place / "elsewhere")


def _empty_objects(place: Path) -> None:
    _no_objects(place)
    (place / "objects").mkdir()


def _empty_index(place: Path) -> None:
    (place / "index").write_bytes(b"")


DAMAGES = [
    _unreadable_settings, _newer_format, _no_head, _strange_head, _no_objects, _empty_objects, _empty_index,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_repository_that_git_can_not_read_is_not_taken_for_none(
    repo: Desk, damage: Callable[[Path], None]
) -> None:
    pulled(repo)
    git(repo, "checkout", "-q", "HEAD~1")
    damage(repo.root / ".git")
    for command in ("status", "push", "pull"):
        found = repo.run(command)
        assert found.code == 3, (command, found)
        assert "error: git could not be asked" in found.err
        assert "run `git status` and mend what it says" in found.err
    assert content(repo) == "Web words."


def test_a_working_tree_whose_repository_is_gone_is_not_taken_for_one_without(repo: Desk) -> None:
    pulled(repo)
    git(repo, "worktree", "add", "-q", "../old", "HEAD~1")
    old = repo.at(repo.root.with_name("old"))
    assert standing(old) == "behind"
    (repo.root / ".git").rename(repo.root / "moved")
    assert old.run("push").code == 3
    assert content(repo) == "Web words."


def test_without_git_in_path_a_repository_is_not_taken_for_none(repo: Desk, tmp_path: Path) -> None:
    pulled(repo)
    git(repo, "checkout", "-q", "HEAD~1")
    found = repo.run("push", PATH=str(tmp_path))
    assert found.code == 3
    assert "git can't be found\nhint: install git, or put its folder into PATH" in found.err
    assert content(repo) == "Web words."


def test_a_repository_without_commits_is_one_without_history(desk: Desk) -> None:
    git(desk, "init", "-q")
    desk.ok("push")
    desk.edit(ARTICLE, "One two", "Uno dos")
    desk.ok("push")
    assert "Uno dos" in content(desk)


def test_a_slug_that_git_refuses_as_a_name_is_committed(repo: Desk) -> None:
    repo.sql("INSERT INTO programs (client_id, slug, name) SELECT id, 'git~1', 'N' FROM clients")
    repo.ok("pull")
    commit(repo, "pulled")
    assert "acme-bank/%67it~1/program.md" in git(repo, "ls-files")
    assert repo.standings() == {}


def test_an_old_branch_checked_out_is_behind(repo: Desk) -> None:
    pulled(repo)
    git(repo, "checkout", "-q", "HEAD~1")
    assert standing(repo) == "behind"
    repo.ok("push")
    assert content(repo) == "Web words."
    repo.ok("pull")
    assert "Web words." in repo.read(ARTICLE)


def renumbered(repo: Desk) -> str:
    """The web app renumbers a session, and that is pulled: the session's folder has another name."""
    repo.sql("UPDATE sessions SET number = '1.9', order_index = 9 WHERE id = %s", SESSION_2)
    repo.ok("pull")
    return f"{C1}/1.9-asking/session.md"


def number(desk: Desk) -> str:
    found: str = desk.one("SELECT number FROM sessions WHERE id = %s", SESSION_2)
    return found


def test_an_old_branch_on_which_a_folder_has_its_old_number_is_behind(repo: Desk) -> None:
    path = renumbered(repo)
    commit(repo, "pulled")
    git(repo, "checkout", "-q", "HEAD~1")
    assert standing(repo, f"{S2}/session.md", "number") == "behind"
    repo.ok("push")
    assert number(repo) == "1.9"
    repo.ok("pull")
    assert (repo.content / path).exists()
    assert repo.standings() == {}


def test_a_folder_that_git_put_back_under_its_old_number_is_a_persons_to_decide(repo: Desk) -> None:
    path = renumbered(repo)
    git(repo, "checkout", "-q", ".")
    git(repo, "clean", "-qfd")
    assert standing(repo, f"{S2}/session.md", "number") == "conflict"
    repo.refused("push")
    assert number(repo) == "1.9"
    repo.run("diff")
    repo.ok("resolve", f"content/{S2}/session.md", "--keep", "database")
    assert (repo.content / path).exists()
    repo.move(f"{C1}/1.9-asking", f"{C1}/1.7-asking")
    repo.ok("push")
    assert number(repo) == "1.7"


def test_what_was_pulled_is_not_sent_over_a_row_that_went_back_to_what_head_says(repo: Desk) -> None:
    path = f"{S2}/session.md"
    other = clone(repo, "other")
    repo.edit(path, "title: Asking", "title: Tried")
    commit(repo, "tried")
    git(repo, "revert", "--no-edit", "HEAD")
    repo.sql("UPDATE sessions SET title = 'Web' WHERE id = %s", SESSION_2)
    repo.ok("pull")
    repo.sql("UPDATE sessions SET title = 'Asking' WHERE id = %s", SESSION_2)
    other.ok("pull")
    assert standing(repo, path, "title") == "behind"
    repo.ok("push")
    assert repo.one("SELECT title FROM sessions WHERE id = %s", SESSION_2) == "Asking"


def test_an_old_branch_in_a_fresh_clone_is_behind(repo: Desk) -> None:
    pulled(repo)
    fresh = clone(repo, "fresh")
    git(fresh, "checkout", "-q", "HEAD~1")
    assert standing(fresh) == "behind"


def test_a_revert_is_ahead_and_arrives_also_from_a_fresh_clone(repo: Desk) -> None:
    pulled(repo)
    git(repo, "revert", "--no-edit", "HEAD")
    assert standing(repo) == "ahead"
    fresh = clone(repo, "fresh")
    assert standing(fresh) == "ahead"
    fresh.ok("push", "--frozen")
    assert content(repo).startswith("One two three.")


def test_checkout_of_a_single_file_is_no_wish(repo: Desk) -> None:
    rewrite(repo, "Web words.")
    repo.ok("pull")
    git(repo, "checkout", "--", ".")
    assert "One two three." in repo.read(ARTICLE)
    assert standing(repo) == "conflict"
    repo.refused("push")
    assert content(repo) == "Web words."


def test_a_stash_popped_over_a_newer_version_does_not_take_it_back(repo: Desk) -> None:
    repo.edit(ARTICLE, "Four five.", "Four five six.")
    git(repo, "stash", "-q")
    rewrite(repo, "One two three.\n\nFour five.\n\nWeb words.")
    repo.ok("pull")
    git(repo, "checkout", "--", ".")
    git(repo, "stash", "pop", "-q")
    assert standing(repo) in ("diverged", "conflict")
    repo.refused("push")
    assert "Web words." in content(repo)


def test_an_edit_that_was_pulled_into_and_committed_later_is_ahead_in_ci(repo: Desk) -> None:
    repo.edit(ARTICLE, "status: draft", "status: draft  # mine")
    repo.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: Mine.")
    repo.sql("UPDATE sessions SET wiifm = 'Web.' WHERE id = %s", SESSION)
    repo.ok("pull")
    commit(repo, "my hook, and what the web app wrote")
    fresh = clone(repo, "fresh")
    assert fresh.standings() == {f"{S1}/session.md": {"hook": "ahead"}}
    fresh.ok("push", "--frozen")
    assert repo.sql("SELECT hook, wiifm FROM sessions WHERE id = %s", SESSION) == [("Mine.", "Web.")]


def test_a_file_that_a_push_left_behind_in_one_field_is_so_in_a_fresh_clone_too(repo: Desk) -> None:
    repo.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: Mine.")
    repo.sql("UPDATE sessions SET wiifm = 'Web.' WHERE id = %s", SESSION)
    repo.ok("push")
    commit(repo, "my hook")
    fresh = clone(repo, "fresh")
    assert fresh.standings() == {f"{S1}/session.md": {"wiifm": "behind"}}
    repo.sql("UPDATE sessions SET hook = 'Web hook.' WHERE id = %s", SESSION)
    assert fresh.standings() == {f"{S1}/session.md": {"wiifm": "behind", "hook": "behind"}}


@pytest.mark.parametrize("squash", [False, True])
def test_a_merged_branch_does_not_take_back_what_main_has_seen(repo: Desk, squash: bool) -> None:
    git(repo, "checkout", "-q", "-b", "feature")
    repo.edit(f"{S2}/article.md", "Ask.", "Ask more.")
    commit(repo, "feature")
    git(repo, "checkout", "-q", "main")
    pulled(repo)
    if squash:
        git(repo, "merge", "-q", "--squash", "feature")
        commit(repo, "squashed")
    else:
        git(repo, "merge", "-q", "-m", "merged", "feature")
    for desk in (repo, clone(repo, "fresh")):
        assert desk.standings() == {f"{S2}/article.md": {"content": "ahead"}}
    clone(repo, "ci").ok("push", "--frozen")
    assert content(repo) == "Web words."


def test_a_rebased_branch_stands_on_what_it_was_rebased_onto(repo: Desk) -> None:
    git(repo, "checkout", "-q", "-b", "feature")
    repo.edit(f"{S2}/article.md", "Ask.", "Ask more.")
    commit(repo, "feature")
    git(repo, "checkout", "-q", "main")
    pulled(repo)
    git(repo, "checkout", "-q", "feature")
    git(repo, "rebase", "-q", "main")
    for desk in (repo, clone(repo, "fresh")):
        assert desk.standings() == {f"{S2}/article.md": {"content": "ahead"}}


def test_a_cherry_picked_edit_is_ahead(repo: Desk) -> None:
    git(repo, "checkout", "-q", "-b", "feature")
    repo.edit(f"{S2}/article.md", "Ask.", "Ask more.")
    picked = commit(repo, "feature")
    git(repo, "checkout", "-q", "main")
    pulled(repo)
    git(repo, "cherry-pick", picked)
    assert repo.standings() == {f"{S2}/article.md": {"content": "ahead"}}


def test_a_rename_on_a_branch_merged_with_an_edit_on_main_keeps_both(repo: Desk) -> None:
    git(repo, "checkout", "-q", "-b", "feature")
    repo.move(S2, f"{C2}/2.1-asking")
    commit(repo, "moved")
    git(repo, "checkout", "-q", "main")
    repo.edit(f"{S2}/article.md", "Ask.", "Ask more.")
    repo.ok("push")
    commit(repo, "edited")
    rewrite(repo, "Web words.")
    git(repo, "merge", "-q", "-m", "merged", "feature")
    fresh = clone(repo, "fresh")
    assert fresh.standings() == {
        f"{C2}/2.1-asking/session.md": {"parent": "ahead", "number": "ahead"},
        ARTICLE: {"content": "behind"},
    }
    fresh.ok("push", "--frozen")
    assert repo.one("SELECT number FROM sessions WHERE id = %s", SESSION_2) == "2.1"
    assert repo.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "Ask more."


def test_line_ends_that_git_rewrites_are_no_change(repo: Desk) -> None:
    pulled(repo)
    fresh = clone(repo, "fresh", "-c", "core.autocrlf=true")
    assert b"\r\n" in (fresh.content / ARTICLE).read_bytes()
    assert fresh.standings() == {}
    rewrite(repo, "Newer words.")
    assert standing(fresh) == "behind"


def test_what_a_sparse_checkout_left_out_is_outside(repo: Desk) -> None:
    fresh = clone(repo, "fresh", "--no-checkout")
    git(fresh, "sparse-checkout", "set", "--no-cone", "/studio.yaml", "/content/", f"!/content/{S2}/")
    git(fresh, "checkout", "-q", "main")
    assert not (fresh.content / S2).exists()
    assert fresh.standings() == {}
    fresh.ok("push", "--delete")
    fresh.ok("pull")
    assert not (fresh.content / S2).exists()
    assert repo.one("SELECT count(*) FROM sessions") == 2


def test_a_shallow_clone_is_told_to_fetch_its_history(repo: Desk) -> None:
    pulled(repo)
    git(repo, "revert", "--no-edit", "HEAD")
    fresh = clone(repo, "fresh", "--depth", "1")
    found = fresh.refused("push", "--frozen")
    assert "error[shallow-history]" in found.err
    assert "git fetch --unshallow" in found.err
    assert content(repo) == "Web words."
    git(fresh, "fetch", "-q", "--unshallow")
    fresh.ok("push", "--frozen")
    assert content(repo).startswith("One two three.")


def test_a_conflict_in_a_shallow_clone_offers_the_fetch_and_no_decision(repo: Desk) -> None:
    repo.edit(f"{S2}/article.md", "Ask.", "Ask more.")
    commit(repo, "more")
    with clone(repo, "fresh", "--depth", "1") as fresh:
        for reading in (fresh.ok("diff"), fresh.refused("pull", "-n")):
            assert "git fetch --unshallow; the next run then says how to resolve it" in reading.out
            assert "studio resolve" not in reading.text, "which would be refused"
        git(fresh, "fetch", "-q", "--unshallow")
        fresh.ok("push", "--frozen")


@pytest.mark.parametrize("line", ["", f"Studio-Delete: content/{S2}"])
def test_a_shallow_clone_cannot_tell_a_deleted_file_from_one_that_was_never_there(
    repo: Desk, line: str
) -> None:
    repo.remove(S2)
    commit(repo, "gone", line)
    with clone(repo, "fresh", "--depth", "1") as fresh:
        for command in (["status"], ["push", "--frozen"], ["push", "-n", "--frozen"], ["pull"]):
            found = fresh.run(*command)
            assert found.code == (0 if command == ["status"] else 1)
            assert found.err.count("error[shallow-history]") == 2
            assert "git fetch --unshallow" in found.err
            assert "`studio" not in found.err, "no command that would be refused is offered"
        assert not (fresh.content / S2).exists()
        git(fresh, "fetch", "-q", "--unshallow")
        assert fresh.run("push", "--frozen").code == (0 if line else 1)
    assert repo.one("SELECT count(*) FROM sessions") == (1 if line else 2)


def test_a_file_deleted_on_a_branch_is_no_deletion_where_it_never_was(repo: Desk) -> None:
    first = git(repo, "rev-parse", "HEAD")
    repo.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    repo.ok("push")
    commit(repo, "new session")
    git(repo, "checkout", "-q", first)
    assert repo.standings() == {f"{C1}/1.3-new/session.md": "behind create"}
    repo.ok("push", "--delete")
    assert repo.one("SELECT count(*) FROM sessions") == 3


def test_a_file_deleted_by_a_commit_is_a_deletion_in_a_fresh_clone(repo: Desk) -> None:
    repo.remove(S2)
    commit(repo, "gone")
    fresh = clone(repo, "fresh")
    assert fresh.standings() == {
        f"{S2}/session.md": "ahead delete",
        f"{S2}/article.md": "ahead delete",
    }
    fresh.ok("push", "--frozen", "--delete")
    assert repo.one("SELECT count(*) FROM sessions") == 1


def test_a_row_deleted_in_the_database_stays_deleted_when_an_old_branch_is_checked_out(repo: Desk) -> None:
    repo.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    repo.ok("pull")
    commit(repo, "gone")
    git(repo, "checkout", "-q", "HEAD~1")
    assert repo.standings() == {
        f"{S2}/session.md": "behind delete",
        f"{S2}/article.md": "behind delete",
    }
    repo.ok("push")
    assert repo.one("SELECT count(*) FROM sessions") == 1


def test_files_that_git_lists_as_unmerged_are_held_out(repo: Desk) -> None:
    git(repo, "checkout", "-q", "-b", "feature")
    repo.edit(ARTICLE, "One two three.", "One two.")
    commit(repo, "feature")
    git(repo, "checkout", "-q", "main")
    repo.edit(ARTICLE, "One two three.", "One three.")
    commit(repo, "main")
    named = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    merged = subprocess.run(["git", *named, "merge", "feature"], cwd=repo.root, check=False)
    assert merged.returncode == 1
    assert ARTICLE not in repo.standings()
    found = repo.run("push")
    assert "unmerged" in found.err
    assert content(repo).startswith("One two three.")
    repo.write(ARTICLE, "---\nstatus: draft\n---\n\nOne and three.\n")
    git(repo, "add", "content")
    repo.ok("push")
    assert content(repo) == "One and three."


def test_a_deleted_memory_loses_nothing_that_was_committed_or_pushed(repo: Desk) -> None:
    pulled(repo)
    repo.edit(f"{S2}/article.md", "Ask.", "Ask more.")
    before = repo.standings()
    shutil.rmtree(repo.root / ".studio")
    assert repo.standings() == before == {f"{S2}/article.md": {"content": "ahead"}}


def test_a_workspace_below_the_top_of_a_repository_is_known_as_well(repo: Desk, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    shutil.copytree(repo.root, outer / "desk", ignore=shutil.ignore_patterns(".git", ".studio"))
    inner = repo.at(outer / "desk")
    git(inner, "init", "-q", "-b", "main", str(outer))
    commit(inner, "first")
    rewrite(repo, "Web words.")
    assert standing(inner) == "behind"


def test_a_repository_that_git_refuses_to_look_at_is_no_reason_to_forget_what_was_seen(repo: Desk) -> None:
    shutil.rmtree(repo.root / ".studio")
    rewrite(repo, "Web words.")
    found = repo.run("push", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert found.code == 3
    assert "safe.directory" in found.err


def test_edits_go_one_after_the_other_without_a_commit_in_between(repo: Desk) -> None:
    for text in ("Once.", "Twice.", "Thrice."):
        repo.edit(ARTICLE, repo.read(ARTICLE).rstrip("\n").rpartition("\n")[2], text)
        repo.ok("push")
        assert content(repo).endswith(text)


def test_an_edit_of_what_was_pulled_goes_without_a_commit_in_between(repo: Desk) -> None:
    rewrite(repo, "Web words.")
    repo.ok("pull")
    repo.edit(ARTICLE, "Web words.", "Web words, and mine.")
    repo.ok("push")
    assert content(repo) == "Web words, and mine."


def test_two_edits_of_a_stashed_and_restored_file_are_no_wish(repo: Desk) -> None:
    repo.edit(ARTICLE, "Four five.", "Once.")
    repo.ok("push")
    git(repo, "checkout", "--", ".")
    assert standing(repo) == "conflict"
