"""What commits have seen, where rows go back to what they said, and where files leave their place out."""

import os
import signal

import pytest

from studio_sync.files.tree.disk.file_writer import FileWriter
from studio_sync.sync.push import push as pushing
from tests.harness import S1, SESSION, SESSION_2, Desk
from tests.killing import ended
from tests.repository import clone, commit, git
from tests.sync.test_git import ARTICLE, content, repo, rewrite, standing

__all__ = ["repo"]

FILE = f"{S1}/session.md"


def test_an_edit_that_was_reverted_before_it_was_sent_saw_nothing_of_a_later_undo(repo: Desk) -> None:
    first = content(repo)
    repo.edit(ARTICLE, "Four five.", "Never sent.")
    commit(repo, "tried")
    git(repo, "revert", "--no-edit", "HEAD")
    repo.edit(ARTICLE, "Four five.", "Sent.")
    repo.ok("push")
    commit(repo, "sent")
    rewrite(repo, first)
    clone(repo, "other").ok("pull")
    fresh = clone(repo, "fresh")
    assert standing(fresh) == "behind"
    fresh.ok("push", "--frozen")
    assert content(repo) == first


def placed(repo: Desk, first: int, second: int) -> None:
    """Somebody drags the sessions in the web app."""
    for own, value in ((SESSION, first), (SESSION_2, second)):
        repo.sql("UPDATE sessions SET order_index = %s WHERE id = %s", value, own)


def place(repo: Desk) -> int:
    found: int = repo.one("SELECT order_index FROM sessions WHERE id = %s", SESSION)
    return found


def test_a_merge_with_a_file_that_leaves_its_place_out_has_not_seen_where_the_row_stands(repo: Desk) -> None:
    writer = clone(repo, "writer")
    placed(repo, 9, 4)
    repo.ok("pull")
    repo.edit(FILE, "order_index: 9", "order_index: 8")
    commit(repo, "my place")
    placed(repo, 7, 4)
    writer.edit(FILE, "hook: Nobody told her.", "hook: Mine.")
    writer.ok("push")
    commit(writer, "my hook")
    git(repo, "pull", "-q", "--no-rebase", "--no-edit", str(writer.root), "HEAD")
    for desk in (repo, clone(repo, "fresh")):
        assert standing(desk, FILE, "order_index") == "conflict"
        desk.refused("push")
    assert place(repo) == 7


def test_a_place_that_a_file_is_the_first_to_state_is_a_wish(repo: Desk) -> None:
    placed(repo, 2, 3)
    repo.edit(FILE, "hook: Nobody told her.", "hook: Mine.")
    repo.ok("push")
    commit(repo, "my hook")
    repo.edit(FILE, "status:", "order_index: 8\nstatus:")
    commit(repo, "my place")
    fresh = clone(repo, "fresh")
    assert standing(fresh, FILE, "order_index") == "ahead"
    fresh.ok("push", "--frozen")
    assert place(repo) == 8


def test_a_text_that_was_let_go_of_with_its_deleted_row_makes_no_row_elsewhere(repo: Desk) -> None:
    repo.edit(ARTICLE, "Four five.", "Mine.")
    commit(repo, "mine")
    repo.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    repo.refused("pull")
    repo.ok("pull", "--keep=database")
    fresh = clone(repo, "fresh")
    assert standing(fresh) == "conflict delete"
    fresh.refused("push", "--frozen")
    assert repo.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed as POSIX does it")
def test_what_a_killed_pull_had_written_is_not_sent_over_a_row_that_went_back(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = content(synced)
    synced.edit(ARTICLE, "Four five.", "Mine.")
    rewrite(synced, first.replace("One two three.", "Web words."))
    with monkeypatch.context() as patched:
        patched.setattr(FileWriter, "settle", lambda _: os.kill(os.getpid(), signal.SIGKILL))
        assert ended(synced, -1, signal.SIGKILL, "pull") == -signal.SIGKILL
    assert synced.read(ARTICLE).endswith("Web words.\n\nMine.\n")
    rewrite(synced, first)
    synced.refused("push")
    assert content(synced) == first
    synced.ok("pull")
    synced.ok("push")
    assert content(synced) == first.replace("Four five.", "Mine.")


def test_a_file_that_was_deleted_and_put_back_before_its_row_was_deleted_makes_no_new_row(repo: Desk) -> None:
    other = clone(repo, "other")
    other.ok("pull")
    repo.remove(ARTICLE)
    commit(repo, "gone")
    git(repo, "revert", "--no-edit", "HEAD")
    repo.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    other.ok("pull")
    assert standing(repo) == "conflict delete"
    repo.refused("push")
    assert repo.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION) == 0
    repo.refused("pull")
    repo.ok("pull", "--keep=files")
    repo.ok("push")
    assert repo.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed as POSIX does it")
def test_an_edit_of_what_a_killed_push_sent_is_not_sent_over_a_row_that_went_back(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = content(synced)
    synced.edit(ARTICLE, "Four five.", "Mine.")
    with monkeypatch.context() as patched:
        patched.setattr(pushing, "bases_after", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        assert ended(synced, -1, signal.SIGKILL, "push") == -signal.SIGKILL
    assert content(synced) != first
    rewrite(synced, first)
    synced.edit(ARTICLE, "Mine.", "Mine.\n\nAnd more.")
    synced.refused("push")
    assert content(synced) == first


def titled(repo: Desk, title: str) -> None:
    repo.sql("UPDATE sessions SET title = %s WHERE id = %s", title, SESSION)


def test_a_pulls_note_of_an_edit_says_nothing_of_the_fields_that_it_left_as_they_were(repo: Desk) -> None:
    first = repo.one("SELECT title FROM sessions WHERE id = %s", SESSION)
    repo.edit(FILE, "hook: Nobody told her.", "hook: Mine.")
    commit(repo, "mine")
    titled(repo, "Theirs")
    repo.ok("pull")
    commit(repo, "pulled")
    titled(repo, first)  # the row says again what it said when `mine` was committed
    repo.ok("pull")
    git(repo, "stash")
    for desk in (repo, clone(repo, "fresh")):
        assert standing(desk, FILE, "title") == "behind"
    repo.ok("push")
    assert repo.one("SELECT title FROM sessions WHERE id = %s", SESSION) == first
