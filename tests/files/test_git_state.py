"""What git's own files tell of what it does."""

import subprocess
from pathlib import Path

import pytest

from studio_sync.files.git.repository import Repository
from studio_sync.files.git.state import GitFolder


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    names = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *names, *arguments], cwd=folder, check=check, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.md").write_text("one\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "checkout", "-qb", "other")
    (tmp_path / "a.md").write_text("two\n")
    git(tmp_path, "commit", "-qam", "two")
    git(tmp_path, "checkout", "-q", "main")
    (tmp_path / "a.md").write_text("three\n")
    git(tmp_path, "commit", "-qam", "three")
    return tmp_path


def folder(place: Path) -> GitFolder:
    found = GitFolder.around(place)
    assert found
    return found


def test_where_there_is_no_repository_there_is_nothing_to_tell(tmp_path: Path):
    assert GitFolder.around(tmp_path) is None


def test_a_commit_and_a_checkout_move_head(repository: Path):
    (repository / "content").mkdir()
    here = folder(repository / "content")
    first = here.state()
    assert here.state() == first
    assert not first.under_way
    assert not first.at_work
    git(repository, "commit", "-q", "--allow-empty", "-m", "four")
    second = here.state()
    assert second.head != first.head
    git(repository, "checkout", "-q", "other")
    assert here.state().head != second.head


@pytest.mark.parametrize("pack", [["pack-refs", "--all"], ["gc", "-q"]])
def test_head_is_known_where_references_are_packed(repository: Path, pack: list[str]):
    git(repository, *pack)
    here = folder(repository)
    first = here.state()
    git(repository, "commit", "-q", "--allow-empty", "-m", "four")
    assert here.state().head != first.head


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["merge", "other"], "merge"),
        (["rebase", "other"], "rebase"),
        (["cherry-pick", "other"], "cherry-pick"),
        (["revert", "--no-edit", "HEAD~1"], "revert"),
        (["bisect", "start"], "bisect"),
    ],
)
def test_what_is_not_finished_is_named(repository: Path, arguments: list[str], word: str):
    git(repository, *arguments, check=False)
    assert folder(repository).state().under_way == word
    found = Repository.around(repository)
    assert found
    assert found.at_work == word


def test_a_rebase_is_one_also_where_it_stops_at_a_commit_that_became_empty(repository: Path):
    (repository / "a.md").write_text("two\n")
    git(repository, "commit", "-qam", "two, here as well")
    git(repository, "rebase", "--reapply-cherry-picks", "--empty=ask", "other", check=False)
    (repository / "a.md").write_text("two\n")
    git(repository, "add", ".")
    git(repository, "-c", "core.editor=true", "rebase", "--continue", check=False)
    assert (repository / ".git" / "CHERRY_PICK_HEAD").exists()
    assert folder(repository).state().under_way == "rebase"
    found = Repository.around(repository)
    assert found
    assert found.at_work == "rebase"


def test_a_stash_moves_the_index_and_not_head(repository: Path):
    here = folder(repository)
    (repository / "a.md").write_text("mine\n")
    before = here.state()
    git(repository, "stash")
    after = here.state()
    assert after.head == before.head
    assert not after.same_files(before)


def test_a_lock_says_that_git_is_at_work(repository: Path):
    (repository / ".git" / "index.lock").touch()
    assert folder(repository).state().at_work


def test_a_second_working_tree_has_its_own_state(repository: Path):
    second = repository / "second"
    git(repository, "worktree", "add", "-q", "-b", "third", str(second))
    here, there = folder(repository), folder(second)
    assert there.folder != here.folder
    first = here.state()
    before = there.state()
    (second / "a.md").write_text("four\n")
    git(second, "commit", "-qam", "four")
    assert there.state().head != before.head
    assert here.state() == first
    git(second, "merge", "other", check=False)
    assert there.state().under_way == "merge"
    assert not here.state().under_way
