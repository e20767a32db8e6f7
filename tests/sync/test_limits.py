"""What studio can't tell, as the page on its limits says: exactly that, in these places, and no more."""

from tests.harness import C1, S1, S2, SESSION, SESSION_2, Desk
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


def test_a_row_that_went_back_to_what_it_said_looks_as_it_did_then(repo: Desk) -> None:
    before = content(repo)
    rewrite(repo, "Theirs.")
    rewrite(repo, before)
    assert repo.standings() == {}
    repo.edit(ARTICLE, "One two", "Uno dos")
    assert standing(repo) == "ahead"


def test_a_file_that_a_commit_removed_and_a_later_one_put_back_makes_the_row_again_in_ci(repo: Desk) -> None:
    repo.remove(S2)
    commit(repo, "less")
    repo.ok("push", "--delete")
    git(repo, "revert", "--no-edit", "HEAD")
    clone(repo, "ci").ok("push", "--frozen")
    assert repo.one("SELECT count(*) FROM sessions WHERE id = %s", SESSION_2) == 1


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


def test_the_first_place_that_a_file_states_is_chosen_in_knowledge_of_where_the_row_stood(repo: Desk) -> None:
    repo.edit(f"{S2}/session.md", "title:", "order_index: 7\ntitle:")
    assert standing(repo, f"{S2}/session.md", "order_index") == "ahead"
    repo.sql("UPDATE sessions SET order_index = 9 WHERE id = %s", SESSION_2)
    assert standing(repo, f"{S2}/session.md", "order_index") == "conflict"
