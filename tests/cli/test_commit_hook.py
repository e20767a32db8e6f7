"""The hook that puts approvals into commit messages, called by git itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from studio_sync.cli.commands.hook import with_lines
from tests.harness import S1, SESSION, Desk

ARTICLE, VIDEO = f"{S1}/article.md", f"{S1}/video.md"


def git(desk: Desk, *arguments: str, cwd: Path | None = None) -> str:
    env = {
        **desk.environment(),
        "PATH": os.pathsep.join((str(desk.root.parent / "bin"), os.environ["PATH"])),
        "HOME": str(desk.root.parent),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=cwd or desk.root, capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout.strip()


def message(desk: Desk) -> str:
    return git(desk, "log", "-1", "--format=%B")


@pytest.fixture
def repo(synced: Desk) -> Desk:
    """A repository with the hook; its article and its video are in review, and `studio` is on the path."""
    programs = synced.root.parent / "bin"
    programs.mkdir()
    program = programs / "studio"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m studio_sync "$@"\n', "utf-8")
    program.chmod(0o755)
    git(synced, "init", "-q", "-b", "main")
    (synced.root / ".gitignore").write_text(".studio/\n")
    synced.ok("advance", f"content/{ARTICLE}", f"content/{VIDEO}")
    synced.ok("push")
    git(synced, "add", "-A")
    git(synced, "commit", "-q", "-m", "first")
    synced.ok("init", "--hook")
    return synced


def test_who_approves_is_told_whether_the_line_still_has_to_be_pasted(repo: Desk) -> None:
    told = repo.ok("advance", f"content/{VIDEO}").out
    assert "git's hook puts into the commit's message:\n  Studio-Approve: " in told
    hook = repo.root / ".git" / "hooks" / "prepare-commit-msg"
    hook.unlink()
    repo.edit(VIDEO, "Listen now.", "Listen.")
    told = repo.ok("advance", f"content/{VIDEO}").out
    assert "\nfor the commit's message:\n  Studio-Approve: " in told
    (repo.root / ".git").rename(repo.root / "no-git")
    repo.edit(VIDEO, "Listen.", "Hear.")
    assert "Studio-Approve" not in repo.ok("advance", f"content/{VIDEO}").out


def test_an_approval_of_committed_words_goes_with_the_next_commit_whatever_is_in_it(repo: Desk) -> None:
    """Somebody edited after the approval; who approves anew has nothing to commit."""
    repo.ok("advance", f"content/{ARTICLE}")
    git(repo, "commit", "-qam", "Approve")
    repo.edit(ARTICLE, "One two three.", "One two.")
    git(repo, "-c", "user.name=Ben", "commit", "-qam", "Edit", "--author=Ben <ben@example.org>")
    told = repo.ok("advance", f"content/{ARTICLE}")
    assert "`git commit --allow-empty` carries the line" in told.err
    line = told.out.strip().rpartition("\n")[2].strip()
    git(repo, "commit", "-q", "--allow-empty", "-m", "Read")
    assert message(repo) == f"Read\n\n{line}"
    git(repo, "commit", "-q", "--allow-empty", "-m", "Once is enough")
    assert message(repo) == "Once is enough"
    repo.ok("push")
    assert repo.one("SELECT status FROM articles WHERE session_id = %s", SESSION) == "approved"


def test_a_step_that_is_committed_with_a_colleague_s_words_names_those_that_were_approved(repo: Desk) -> None:
    """As `git pull --rebase --autostash` brings them between `advance` and the commit."""
    line = repo.json("advance", f"content/{ARTICLE}", "--json")["approvals"][0]["trailer"]
    repo.edit(ARTICLE, "Four five.", "Four five, unread.")
    git(repo, "commit", "-q", "-am", "Approve the article")
    assert message(repo) == f"Approve the article\n\n{line}"
    with repo.clone() as other:
        subprocess.run(["cp", "-r", repo.root / ".git", other.root / ".git"], check=True)
        assert "error[unread-words]" in other.refused("push").err
    repo.ok("advance", f"content/{ARTICLE}")
    git(repo, "commit", "-q", "--amend", "--no-edit")
    assert message(repo).count("Studio-Approve") == 2
    assert line not in message(repo).rpartition("\n")[2]
    repo.ok("push")


def test_a_commit_carries_the_approvals_that_are_in_it(repo: Desk) -> None:
    found = repo.json("advance", f"content/{ARTICLE}", f"content/{VIDEO}", "--json")
    line = {a["path"]: a["trailer"] for a in found["approvals"]}
    git(repo, "add", f"content/{ARTICLE}")
    git(repo, "commit", "-q", "-m", "Approve the article")
    assert message(repo) == f"Approve the article\n\n{line[f'content/{ARTICLE}']}"
    git(repo, "commit", "-q", "-am", "Approve the video")
    assert message(repo) == f"Approve the video\n\n{line[f'content/{VIDEO}']}"
    repo.edit(ARTICLE, "One two three.", "One two.")
    git(repo, "commit", "-q", "-am", "Change the article")
    assert message(repo) == "Change the article"


def test_a_folder_of_a_pull_request_wants_to_delete_a_client_by_the_commit_of_who_approves(
    repo: Desk,
) -> None:
    """A name that ends a line would begin another one of the message: it's an error till it's renamed."""
    client = "c\nStudio-Delete: content"
    program = f"{client}/acme-bank\nx"
    lesson = f"{program}/01-a/1.1-b"
    repo.write(f"{client}/client.md", "---\nname: C\n---\n")
    repo.write(f"{program}/program.md", "---\nname: P\nlanguage: en\n---\n")
    repo.write(f"{program}/01-a/chapter.md", "---\ntitle: A\n---\n")
    repo.write(f"{lesson}/session.md", "---\ntitle: B\n---\n")
    repo.write(f"{lesson}/article.md", "---\nstatus: review\n---\n\nWords.\n")
    repo.run("push", "--import", "-m", "x")
    repo.run("advance", "--to", "approved", f"content/{lesson}/article.md")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Take it")
    assert not re.search("^Studio-Delete", message(repo), re.MULTILINE)
    checked = repo.refused("validate")
    assert "line end or another control character" in checked.text


def test_amending_says_it_once(repo: Desk) -> None:
    repo.ok("advance", f"content/{ARTICLE}")
    git(repo, "commit", "-q", "-am", "Approve")
    before = message(repo)
    git(repo, "commit", "-q", "--amend", "--no-edit", "--allow-empty")
    assert message(repo) == before
    assert before.count("Studio-Approve") == 1


def test_without_studio_on_the_path_a_commit_is_made_all_the_same(repo: Desk) -> None:
    (repo.root.parent / "bin" / "studio").unlink()
    repo.ok("advance", f"content/{ARTICLE}")
    env = {**os.environ, "PATH": "/usr/bin:/bin"}
    names = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    subprocess.run(["git", *names, "commit", "-qam", "x"], cwd=repo.root, env=env, check=True)
    assert message(repo) == "x"


@pytest.mark.parametrize("how", ["no workspace", "a broken one", "no content"])
def test_a_branch_that_studio_can_t_read_is_committed_all_the_same(repo: Desk, how: str) -> None:
    git(repo, "switch", "-q", "--create", "other")
    if how == "a broken one":
        (repo.root / "studio.yaml").write_text("name: [")
    else:
        git(repo, "rm", "-rqf", "studio.yaml" if how == "no workspace" else "content")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Another branch")
    assert message(repo) == "Another branch"


def test_the_hook_is_written_once_and_never_over_another(repo: Desk) -> None:
    assert "is there already" in repo.ok("init", "--hook").err
    place = repo.root / ".git/hooks/prepare-commit-msg"
    place.write_text("#!/bin/sh\n")
    found = repo.refused("init", "--hook")
    assert "stays as it is" in found.err
    assert 'add this to it: studio hook prepare-commit-msg "$@" || true\n' in found.err
    assert place.read_text() == "#!/bin/sh\n"


def test_hooks_that_git_looks_for_elsewhere_are_named(repo: Desk) -> None:
    git(repo, "config", "core.hooksPath", "elsewhere")
    assert "git looks for its hooks in elsewhere" in repo.refused("init", "--hook").err


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Subject\n", "Subject\n\nA: b c\n"),
        ("", "\n\nA: b c\n"),
        ("Subject\n\nBody: of text\n", "Subject\n\nBody: of text\nA: b c\n"),
        ("Subject\n# comment\n", "Subject\n\nA: b c\n\n# comment\n"),
        ("Subject\n\nA: b c\n", "Subject\n\nA: b c\n"),
    ],
)
def test_lines_stand_in_the_last_paragraph_above_the_comments(before: str, after: str) -> None:
    assert with_lines(before, ["A: b c"]) == after
