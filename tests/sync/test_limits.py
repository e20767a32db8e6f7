"""What studio can't tell, as the page on its limits says: exactly that, in these places, and no more."""

import os
import re
import signal
from pathlib import Path

import pytest

from studio_sync.files.tree.disk.file_writer import FileWriter
from tests.harness import C1, S1, S2, SESSION, SESSION_2, Desk
from tests.killing import ended
from tests.repository import clone, commit, git
from tests.sync.test_git import ARTICLE, content, repo, rewrite, standing

__all__ = ("repo",)


def test_without_git_and_without_its_memory_a_copy_is_compared_by_contents_alone(synced: Desk) -> None:
    with synced.clone() as copy:
        assert copy.standings() == {}
        copy.edit(ARTICLE, "One two", "Uno dos")
        assert copy.standings() == {ARTICLE: {"content": "conflict"}}
        copy.refused("push")
        copy.refused("pull")


def test_reverting_the_commit_that_kept_ones_own_text_brings_the_others_back(repo: Desk) -> None:
    rewrite(repo, "Theirs.")
    repo.ok("pull")
    commit(repo, "theirs")
    repo.write(ARTICLE, repo.read(ARTICLE).replace("Theirs.", "Mine."))
    commit(repo, "mine, over theirs")
    repo.ok("push")
    git(repo, "revert", "--no-edit", "HEAD")
    assert standing(repo) == "ahead"
    repo.ok("push")
    assert content(repo) == "Theirs."


def test_the_commit_of_an_undone_decision_is_an_edit_in_other_clones(repo: Desk) -> None:
    repo.edit(ARTICLE, "One two three.", "Mine.")
    rewrite(repo, content(repo).replace("One two three.", "Theirs."))
    repo.refused("pull")
    repo.ok("resolve", f"content/{ARTICLE}", "--keep", "database")
    commit(repo, "decided")
    repo.ok("undo")
    commit(repo, "undecided")
    assert [standing(desk) for desk in (repo, clone(repo, "fresh"))] == ["conflict", "ahead"]


def test_so_it_is_where_it_was_undone_once_file_and_row_have_agreed_again(repo: Desk) -> None:
    test_the_commit_of_an_undone_decision_is_an_edit_in_other_clones(repo)
    git(repo, "revert", "--no-edit", "HEAD")
    repo.ok("pull")
    git(repo, "reset", "-q", "--hard", "HEAD~1")
    assert standing(repo) == "ahead"


def test_a_branch_that_says_what_the_other_side_said_before_is_to_pull(repo: Desk) -> None:
    rewrite(repo, "Theirs.")
    git(repo, "switch", "-q", "-c", "side")
    repo.ok("pull")
    commit(repo, "theirs")
    git(repo, "switch", "-q", "main")
    repo.edit(ARTICLE, "One two three.", "Mine.")
    commit(repo, "mine")
    repo.refused("pull")
    repo.ok("resolve", f"content/{ARTICLE}", "--keep", "files")
    repo.ok("push")
    git(repo, "switch", "-q", "side")
    assert [standing(desk) for desk in (repo, clone(repo, "fresh"))] == ["behind", "behind"]


def test_ci_on_a_branch_that_lags_sends_what_a_revert_there_brought_back(repo: Desk) -> None:
    first = content(repo)
    repo.edit(ARTICLE, "One two", "Uno dos")
    commit(repo, "mine")
    git(repo, "switch", "-q", "-c", "side")
    git(repo, "revert", "--no-edit", "HEAD")
    git(repo, "switch", "-q", "main")
    repo.edit(f"{S2}/article.md", "Ask.", "Ask again.")
    commit(repo, "more")
    repo.ok("push")
    git(repo, "switch", "-q", "side")
    clone(repo, "ci").ok("push", "--frozen")
    assert content(repo) == first
    assert repo.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) != "Ask."


def test_an_edit_after_a_checkout_of_the_file_counts_as_made_on_what_was_pushed(repo: Desk) -> None:
    repo.edit(ARTICLE, "One two", "Uno dos")
    repo.ok("push")
    git(repo, "checkout", "-q", "--", f"content/{ARTICLE}")
    repo.edit(ARTICLE, "One two", "Un deux")
    commit(repo, "edited")
    assert standing(repo) == "ahead"
    repo.edit(f"{S2}/article.md", "Ask.", "Ask again.")  # another field of another file is not concerned
    assert standing(repo, f"{S2}/article.md") == "ahead"


def test_with_a_command_in_between_it_is_asked(repo: Desk) -> None:
    repo.edit(ARTICLE, "One two", "Uno dos")
    repo.ok("push")
    git(repo, "checkout", "-q", "--", f"content/{ARTICLE}")
    assert standing(repo) == "conflict"


@pytest.mark.parametrize("web", [True, False])
def test_a_paragraph_that_came_by_git_alone_comes_beside_what_was_written_over_it(
    repo: Desk, *, web: bool
) -> None:
    ben = clone(repo, "ben")
    ben.ok("pull")
    text, first = ben.read(ARTICLE), content(ben)
    ben.write(ARTICLE, f"{text}\nFrom Ben.\n")
    commit(ben, "a paragraph")
    git(repo, "pull", "-q", "--no-rebase", str(ben.root), "main")
    repo.write(ARTICLE, text.replace("One two three.", "From Ada."))
    if web:  # so the row says what no commit does
        rewrite(ben, first.replace("Four five.", "Four six."))
        ben.ok("pull")
    ben.ok("push")
    repo.ok("pull")
    assert "From Ada." in repo.read(ARTICLE)
    assert ("From Ben." in repo.read(ARTICLE)) is web


def test_a_row_that_went_back_to_what_it_said_looks_as_it_did_then(repo: Desk) -> None:
    before = content(repo)
    rewrite(repo, "Theirs.")
    rewrite(repo, before)
    assert repo.standings() == {}
    repo.edit(ARTICLE, "One two", "Uno dos")
    assert standing(repo) == "ahead"


def test_a_commit_that_says_what_the_row_went_back_to_counts_as_made_in_knowledge_of_it(repo: Desk) -> None:
    first = content(repo)
    repo.edit(ARTICLE, "One two", "Uno dos")
    commit(repo, "mine")
    repo.ok("push")
    rewrite(repo, first)
    clone(repo, "other").ok("pull")
    git(repo, "revert", "--no-edit", "HEAD")  # for a reason of its own
    repo.edit(ARTICLE, "One two", "Un deux")
    commit(repo, "edited")
    assert standing(clone(repo, "fresh")) == "ahead"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed as POSIX does it")
def test_so_does_an_edit_of_what_a_killed_pull_had_just_written(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = content(synced)
    rewrite(synced, "Theirs.")
    with monkeypatch.context() as patched:
        patched.setattr(FileWriter, "settle", lambda _: os.kill(os.getpid(), signal.SIGKILL))
        assert ended(synced, -1, signal.SIGKILL, "pull") == -signal.SIGKILL
    synced.edit(ARTICLE, "Theirs.", "Theirs, and mine.")
    rewrite(synced, first)
    assert standing(synced) == "ahead"


def test_a_file_that_a_commit_removed_and_a_later_one_put_back_makes_the_row_again_in_ci(repo: Desk) -> None:
    repo.remove(S2)
    commit(repo, "less")
    repo.ok("push", "--delete")
    git(repo, "revert", "--no-edit", "HEAD")
    clone(repo, "ci").ok("push", "--frozen")
    assert repo.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION_2) == 1


def test_so_does_one_that_a_stash_put_back(repo: Desk) -> None:
    article = f"content/{S2}/article.md"
    repo.edit(f"{S2}/article.md", "Ask.", "Ask again.")
    git(repo, "stash", "-q")
    repo.remove(f"{S2}/article.md")
    commit(repo, "less")
    repo.ok("push", "--delete")
    git(repo, "checkout", "-q", "stash@{0}", "--", article)
    commit(repo, "put back")
    clone(repo, "ci").ok("push", "--frozen")
    found = repo.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2)
    assert str(found).startswith("Ask again.")


@pytest.mark.parametrize(("between", "expected"), [("", "conflict delete"), ("pull", "ahead create")])
def test_a_workspace_that_saw_the_row_last_asks(repo: Desk, between: str, expected: str) -> None:
    other = clone(repo, "other")
    other.ok("pull")
    repo.remove(S2)
    commit(repo, "less")
    repo.ok("push", "--delete")
    if between:  # then it has seen the deletion
        git(other, "pull", "-q", str(repo.root), "main")
        other.ok(between)
    git(repo, "revert", "--no-edit", "HEAD")
    git(other, "pull", "-q", str(repo.root), "main")
    assert standing(other, f"{S2}/session.md") == expected


def test_a_row_that_went_with_a_restored_backup_is_made_anew(own: Desk) -> None:
    own.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    own.ok("push")
    found = own.sql("SELECT id::text FROM sessions WHERE number = '1.3'")
    own.sql("DELETE FROM sessions WHERE number = '1.3'")  # the backup is from before
    own.sql("DELETE FROM studio_sync.versions WHERE rid = %s", found[0][0])
    own.sql("DELETE FROM studio_sync.runs WHERE id NOT IN (SELECT run FROM studio_sync.versions)")
    assert "went back in time" in own.run("status").err
    own.ok("push")
    assert own.sql("SELECT id::text FROM sessions WHERE number = '1.3'") == found
    assert own.one("SELECT title FROM sessions WHERE id = %s", SESSION) == "Why leaders listen"
    assert own.read(f"{S1}/session.md")


def test_and_so_does_an_edit_in_a_fresh_clone_of_what_was_pushed_and_never_committed(repo: Desk) -> None:
    before = content(repo)
    repo.edit(ARTICLE, "One two", "Uno dos")
    repo.ok("push")
    rewrite(repo, before)
    other = clone(repo, "fresh")
    other.edit(ARTICLE, "One two", "Un deux")
    assert standing(other) == "ahead"


def test_a_file_that_leaves_its_place_out_stands_wherever_the_row_does(repo: Desk) -> None:
    for order in (9, 5):
        repo.sql("UPDATE sessions SET order_index = %s WHERE id = %s", order, SESSION_2)
        assert standing(repo, f"{S2}/session.md", "order_index") == "agreed"
        repo.ok("pull")
        assert "order_index" not in repo.read(f"{S2}/session.md")


def test_the_first_place_that_a_file_states_is_chosen_in_knowledge_of_where_the_row_stood(repo: Desk) -> None:
    repo.edit(f"{S2}/session.md", "title:", "order_index: 7\ntitle:")
    assert standing(repo, f"{S2}/session.md", "order_index") == "ahead"
    repo.sql("UPDATE sessions SET order_index = 9 WHERE id = %s", SESSION_2)
    assert standing(repo, f"{S2}/session.md", "order_index") == "conflict"


def test_so_is_a_place_that_comes_with_a_merge(repo: Desk) -> None:
    git(repo, "switch", "-q", "-c", "side")
    repo.edit(f"{S2}/session.md", "title:", "order_index: 7\ntitle:")
    commit(repo, "a place")
    git(repo, "switch", "-q", "main")
    repo.edit(ARTICLE, "One two", "Uno dos")
    commit(repo, "a text")
    git(repo, "merge", "-q", "--no-edit", "side")
    assert standing(repo, f"{S2}/session.md", "order_index") == "ahead"
    repo.sql("UPDATE sessions SET order_index = 9 WHERE id = %s", SESSION_2)
    assert standing(repo, f"{S2}/session.md", "order_index") == "conflict"


SHOWN = {
    "Without git": ["test_without_git_and_without_its_memory_a_copy_is_compared_by_contents_alone"],
    "CI on a branch that lags": ["test_ci_on_a_branch_that_lags_sends_what_a_revert_there_brought_back"],
    "A decision that was committed, undone, and committed again": [
        "test_the_commit_of_an_undone_decision_is_an_edit_in_other_clones",
        "test_so_it_is_where_it_was_undone_once_file_and_row_have_agreed_again",
    ],
    "A revert of the commit in which someone kept their text over another's": [
        "test_reverting_the_commit_that_kept_ones_own_text_brings_the_others_back"
    ],
    "`git checkout -- FILE`": [
        "test_an_edit_after_a_checkout_of_the_file_counts_as_made_on_what_was_pushed",
        "test_with_a_command_in_between_it_is_asked",
    ],
    "A paragraph that came to you by git alone,": [
        "test_a_paragraph_that_came_by_git_alone_comes_beside_what_was_written_over_it"
    ],
    "A row that goes back to exactly what it said before": [
        "test_a_row_that_went_back_to_what_it_said_looks_as_it_did_then",
        "test_a_commit_that_says_what_the_row_went_back_to_counts_as_made_in_knowledge_of_it",
        "test_so_does_an_edit_of_what_a_killed_pull_had_just_written",
        "test_and_so_does_an_edit_in_a_fresh_clone_of_what_was_pushed_and_never_committed",
    ],
    "A file that a commit removed, and that a later commit or a stash puts back,": [
        "test_a_file_that_a_commit_removed_and_a_later_one_put_back_makes_the_row_again_in_ci",
        "test_so_does_one_that_a_stash_put_back",
        "test_a_workspace_that_saw_the_row_last_asks",
    ],
    "After a backup of the database is restored": [
        "test_a_row_that_went_with_a_restored_backup_is_made_anew"
    ],
    "A file that leaves `order_index` out": [
        "test_a_file_that_leaves_its_place_out_stands_wherever_the_row_does",
        "test_the_first_place_that_a_file_states_is_chosen_in_knowledge_of_where_the_row_stood",
        "sync/test_what_history_saw.py::test_a_place_that_a_file_is_the_first_to_state_is_a_wish",
        "test_so_is_a_place_that_comes_with_a_merge",
    ],
    "Sizes": ["test_docs.py::test_the_page_on_security_names_each_bound_with_its_number"],
    "A push locks the rows above what it writes.": [
        "access/test_hidden.py::test_a_role_that_may_update_nothing_above_can_pull_and_not_push"
    ],
    "The jobs for GitLab": ["cli/test_pipelines.py::test_the_jobs_carry_content_both_ways"],
    "Vale": ["security/test_vale.py::test_its_findings_come_in_the_same_list_at_their_place_in_the_file"],
    "Tested": [],
}
"""Which tests show what the page says, by how it begins; the last one says where all of them ran."""


def test_the_page_says_what_these_tests_show() -> None:
    tests = Path(__file__).parents[1]
    page = (tests.parent / "docs/limits.md").read_text("utf-8")
    assert re.findall(r"^- \*\*(.+?)\*\*", page, re.MULTILINE) == [*SHOWN]
    for name in (name for names in SHOWN.values() for name in names):
        file, _, test = name.rpartition("::")
        assert f"def {test}(" in (tests / (file or "sync/test_limits.py")).read_text("utf-8"), name
