"""What git keeps otherwise than it stands in the working tree: filters, `ident`, and pointers of LFS."""

import os
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from tests.harness import S1, S2, SESSION, Desk
from tests.repository import clone, commit, git

ARTICLE = f"{S1}/article.md"
ROT13 = "tr A-Za-z N-ZA-Mn-za-m"


def define(name: str, where: str, desk: Desk, **commands: str) -> None:
    """Define a filter in the user's own configuration, or in the repository's."""
    for key, value in commands.items():
        git(desk, "config", where, f"filter.{name}.{key}", value)


@pytest.fixture
def repo(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A repository of which nothing is committed yet; the user's own settings are a file of the test."""
    (tmp_path / "gitconfig").write_text("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git(desk, "init", "-q", "-b", "main")
    (desk.root / ".gitignore").write_text(".studio/\n")
    return desk


def attributes(desk: Desk, text: str) -> None:
    (desk.root / ".gitattributes").write_text(text + "\n")


FILTERS = [
    pytest.param({"clean": ROT13, "smudge": ROT13}, id="both-ways"),
    pytest.param({"clean": "sed s/five/FIVE/", "smudge": "sed s/FIVE/five/"}, id="inner"),
    pytest.param({"clean": "sed s/five/FIVE/"}, id="clean-only"),
    pytest.param({"clean": "sed s/five/FIVE/", "smudge": "cat", "required": "true"}, id="required"),
]


def pushed_twice(desk: Desk, commands: dict[str, str]) -> None:
    """Commit and push with a filter of the user's, edit, push and commit."""
    define("own", "--global", desk, **commands)
    attributes(desk, "content/** filter=own")
    commit(desk, "first")
    desk.ok("push")
    desk.edit(ARTICLE, "One two three.", "One two three and more.")
    desk.ok("push")
    commit(desk)


def edited(desk: Desk, rows: Desk) -> None:
    """An edit is an edit, and a change in the database is one."""
    desk.edit(ARTICLE, "and more.", "and less.")
    assert desk.standings() == {ARTICLE: {"content": "ahead"}}
    desk.ok("push", "--frozen")
    assert "and less." in rows.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    commit(desk)
    rows.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    assert desk.standings() == {ARTICLE: {"content": "behind"}}
    desk.ok("pull")
    assert "Web words." in desk.read(ARTICLE)


@pytest.mark.parametrize("commands", FILTERS)
def test_an_edit_after_push_and_commit_is_an_edit_with_a_filter_of_the_users(
    repo: Desk, commands: dict[str, str]
) -> None:
    pushed_twice(repo, commands)
    edited(repo, repo)


@pytest.mark.parametrize("commands", FILTERS[:2])
@pytest.mark.parametrize("where", ["clone", "stash", "branch", "forgot"])
def test_an_edit_where_git_wrote_the_file_is_an_edit_with_a_filter_of_the_users(
    repo: Desk, commands: dict[str, str], where: str
) -> None:
    pushed_twice(repo, commands)
    desk = clone(repo, "fresh") if where == "clone" else repo
    if where == "stash":
        repo.edit(ARTICLE, "and more.", "and so on.")
        git(repo, "stash", "-q")
    elif where == "branch":
        git(repo, "checkout", "-q", "HEAD~1")
        git(repo, "checkout", "-q", "main")
    elif where == "forgot":
        repo.forget()
    edited(desk, repo)


def test_what_ident_writes_into_a_file_is_no_change(repo: Desk) -> None:
    repo.edit(ARTICLE, "Four five.", "$Id$")
    attributes(repo, "*.md ident")
    commit(repo, "first")
    fresh = clone(repo, "fresh")
    assert "$Id: " in fresh.read(ARTICLE)
    fresh.ok("push", "--frozen")
    again = clone(repo, "again")
    repo.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    assert again.standings() == {ARTICLE: {"content": "behind"}}


def test_a_filter_that_only_the_repository_defines_is_never_run_and_is_an_error(
    repo: Desk, tmp_path: Path
) -> None:
    commit(repo, "first")
    repo.ok("push")
    fresh = clone(repo, "fresh")
    define("evil", "--local", fresh, clean=f"touch {tmp_path}/ran; cat", smudge=f"touch {tmp_path}/ran; cat")
    attributes(fresh, "content/**/article.md filter=evil")
    fresh.edit(ARTICLE, "One two three.", "One two.")
    found = fresh.run("status")
    assert found.code == 3
    assert "filter=evil" in found.err
    assert f"content/{ARTICLE}" in found.err
    assert not (tmp_path / "ran").exists()
    define("evil", "--global", fresh, clean="cat", smudge="cat")
    assert fresh.standings() == {ARTICLE: {"content": "ahead"}}
    assert not (tmp_path / "ran").exists()


def pointer(data: bytes) -> str:
    return (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{sha256(data).hexdigest()}\nsize {len(data)}\n"
    )


def commit_by_lfs(desk: Desk, path: str = ARTICLE) -> None:
    """Commit a file as LFS does: its pointer in git, its content beside it."""
    data = desk.read(path).encode()
    name = sha256(data).hexdigest()
    kept = desk.root / ".git" / "lfs" / "objects" / name[:2] / name[2:4]
    kept.mkdir(parents=True, exist_ok=True)
    (kept / name).write_bytes(data)
    git(desk, "add", "--all")
    blob = git(desk, "hash-object", "-w", "--stdin", given=pointer(data))
    git(desk, "update-index", "--cacheinfo", f"100644,{blob},content/{path}")
    git(desk, "commit", "-q", "-m", "by lfs")


@pytest.fixture
def lfs(repo: Desk) -> Desk:
    """A pushed workspace, of which articles are kept by LFS."""
    attributes(repo, "article.md filter=lfs diff=lfs merge=lfs -text")
    commit_by_lfs(repo)
    define("lfs", "--local", repo, clean="false", smudge="false", process="false", required="true")
    repo.ok("push")
    return repo


def test_an_edit_of_a_file_that_lfs_keeps_is_an_edit(lfs: Desk) -> None:
    lfs.edit(ARTICLE, "One two three.", "One two.")
    assert lfs.standings() == {ARTICLE: {"content": "ahead"}}
    lfs.ok("push")
    lfs.edit(ARTICLE, "One two.", "One.")
    assert lfs.standings() == {ARTICLE: {"content": "ahead"}}


@pytest.mark.parametrize("kept", [True, False], ids=["kept here", "in the file only"])
def test_an_edit_in_a_fresh_clone_of_a_file_that_lfs_keeps_is_an_edit(lfs: Desk, kept: bool) -> None:
    lfs.edit(ARTICLE, "One two three.", "One two three and more.")
    lfs.ok("push")
    git(lfs, "config", "--remove-section", "filter.lfs")
    commit_by_lfs(lfs)
    fresh = clone(lfs, "fresh")
    if kept:
        shutil.copytree(lfs.root / ".git" / "lfs", fresh.root / ".git" / "lfs")
    fresh.write(ARTICLE, lfs.read(ARTICLE))
    assert fresh.standings() == {}
    if not kept:
        fresh.forget()
        lfs.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
        assert fresh.standings() == {ARTICLE: {"content": "behind"}}
        return
    fresh.edit(ARTICLE, "and more.", "and less.")
    assert fresh.standings() == {ARTICLE: {"content": "ahead"}}
    fresh.forget()
    assert fresh.standings() == {ARTICLE: {"content": "ahead"}}


def test_a_fresh_clone_compares_a_file_by_the_hash_in_its_pointer(lfs: Desk) -> None:
    git(lfs, "config", "--remove-section", "filter.lfs")
    fresh = clone(lfs, "fresh")
    (fresh.content / ARTICLE).write_bytes(lfs.read(ARTICLE).encode())
    lfs.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    assert fresh.standings() == {ARTICLE: {"content": "behind"}}
    fresh.ok("pull")
    assert "Web words." in fresh.read(ARTICLE)


@pytest.mark.parametrize("path", [ARTICLE, f"{S1}/quiz.yaml", f"{S1}/session.md"])
def test_a_pointer_whose_content_was_not_fetched_is_an_error_and_never_pushed(repo: Desk, path: str) -> None:
    commit(repo, "first")
    repo.ok("push")
    before = repo.rows()
    fresh = clone(repo, "fresh")
    fresh.write(path, pointer(repo.read(path).encode()))
    fresh.edit(f"{S2}/article.md", "Ask.", "Asked.")
    found = fresh.run("validate")
    assert found.code == 1
    assert f"content/{path}:1:1: error[lfs-pointer]" in found.out
    for command in (["push"], ["push", "--partial"], ["push", "--delete", "--partial"], ["pull"]):
        fresh.run(*command)
        after = repo.rows()
        for table in before:
            assert len(after[table]) == len(before[table]), (command, table)
        assert not any("git-lfs" in row for rows in after.values() for row in rows)
    assert "Asked." in repo.one("SELECT string_agg(content, ' ') FROM articles")


def test_a_filter_of_the_users_that_fails_is_told_with_its_name(repo: Desk) -> None:
    commit(repo, "first")
    repo.ok("push")
    fresh = clone(repo, "fresh")
    define("own", "--global", fresh, clean="cat", smudge="false", required="true")
    attributes(fresh, "content/** filter=own")
    fresh.edit(ARTICLE, "One two three.", "One two.")
    found = fresh.run("status")
    assert found.code == 3
    assert "own" in found.err
    assert os.environ["GIT_CONFIG_GLOBAL"]
