"""Typed back by a person, or put back by git? With real git: where nobody can tell, a person decides."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import C1, C2, S1, S2, SESSION, SESSION_2, Desk
from tests.repository import clone, commit, git, new_repository

ARTICLE = f"{S1}/article.md"
OLD, NEW = "One two three.", "One two thirteen."


def saved(desk: Desk, path: str = ARTICLE) -> None:
    """What an editor leaves: the file is younger than git's index."""
    index = next(p for p in (desk.root / ".git/index", desk.root.parent / ".git/index") if p.exists())
    later = index.stat().st_mtime_ns + 50_000_000
    os.utime(desk.content / path, ns=(later, later))


def types(desk: Desk, old: str, new: str, path: str = ARTICLE) -> None:
    desk.edit(path, old, new)
    saved(desk, path)


def content(desk: Desk) -> str:
    found: str = desk.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    return found


def status(desk: Desk) -> str:
    found: str = desk.one("SELECT status FROM articles WHERE session_id = %s", SESSION)
    return found


def standing(desk: Desk, path: str = ARTICLE, field: str = "content") -> object:
    found = desk.standings().get(path, "agreed")
    return found if isinstance(found, str) else found.get(field, "agreed")


@pytest.fixture
def repo(desk: Desk) -> Desk:
    """A pushed and committed workspace; then one word was changed and pushed, and not committed."""
    new_repository(desk)
    desk.ok("push")
    types(desk, OLD, NEW)
    desk.ok("push")
    assert content(desk).startswith(NEW)
    return desk


# --- a person


def test_a_file_that_git_brings_back_after_its_row_was_deleted_is_not_said_to_be_changed(repo: Desk) -> None:
    commit(repo, "all")
    repo.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    repo.ok("pull")
    git(repo, "checkout", "-q", "--", f"content/{ARTICLE}")
    assert "deleted in the database, and the file is back, by hand or by git" in repo.refused("push").err
    assert "and the file is back" in repo.run("status").out


def test_only_what_went_back_is_said_to_have_gone_back(repo: Desk) -> None:
    git(repo, "checkout", "-q", "--", f"content/{ARTICLE}")
    repo.edit(ARTICLE, "status: draft", "status: review")
    assert "it went back to the last commit's words (content), by hand or by git" in repo.refused("push").err


def test_a_word_typed_back_by_hand_is_to_push(repo: Desk) -> None:
    types(repo, NEW, OLD)
    assert standing(repo) == "ahead"
    repo.ok("push")
    assert content(repo).startswith(OLD)


def test_one_of_two_words_typed_back_is_to_push(repo: Desk) -> None:
    repo.edit(ARTICLE, "status: draft", "status: review")
    repo.ok("push")
    repo.edit(ARTICLE, "status: review", "status: draft")
    git(repo, "status")
    assert standing(repo, field="status") == "ahead"
    repo.ok("push", "--reopen", "-m", "not yet")
    assert (status(repo), content(repo)[:17]) == ("draft", NEW)


def test_a_word_typed_back_and_committed_is_to_push(repo: Desk) -> None:
    commit(repo, "thirteen")
    types(repo, NEW, OLD)
    commit(repo, "three again")
    assert standing(repo) == "ahead"
    repo.ok("push")
    assert content(repo).startswith(OLD)


def test_what_advance_wrote_is_to_push(desk: Desk) -> None:
    """The approval that was reopened for a typo, and is made again, arrives."""
    git(desk, "init", "-q", "-b", "main")
    (desk.root / ".gitignore").write_text(".studio/\n")
    desk.edit(ARTICLE, "status: draft", "status: approved")
    commit(desk, "first")
    desk.ok("push", "--import")
    types(desk, "status: approved", "status: review")
    desk.ok("push", "--reopen", "-m", "typo")
    desk.ok("advance", f"content/{ARTICLE}")
    git(desk, "status")
    assert standing(desk, field="status") == "ahead"
    desk.ok("push")
    assert status(desk) == "approved"


def test_and_with_another_word_too(desk: Desk) -> None:
    git(desk, "init", "-q", "-b", "main")
    (desk.root / ".gitignore").write_text(".studio/\n")
    desk.edit(ARTICLE, "status: draft", "status: approved")
    commit(desk, "first")
    desk.ok("push", "--import")
    desk.edit(ARTICLE, "status: approved", "status: review")
    desk.edit(ARTICLE, OLD, NEW)
    desk.ok("push", "--reopen", "-m", "typo")
    desk.ok("advance", f"content/{ARTICLE}")
    desk.ok("push")
    assert (status(desk), content(desk)[:17]) == ("approved", NEW)


def test_what_mv_moved_back_is_to_push(repo: Desk) -> None:
    repo.ok("mv", f"content/{S2}", "1.9")
    repo.ok("push")
    repo.ok("mv", f"content/{C1}/1.9-asking", "1.2")
    assert standing(repo, f"{S2}/session.md", "number") == "ahead"
    repo.ok("push")
    assert repo.one("SELECT number FROM sessions WHERE id = %s", SESSION_2) == "1.2"


def test_a_branch_that_begins_at_head_puts_nothing_back(repo: Desk) -> None:
    types(repo, NEW, "One two thirty.")
    commit(repo, "second")
    git(repo, "switch", "-q", "-c", "side")
    assert standing(repo) == "ahead"


def test_what_undo_wrote_after_git_moved_head_is_to_push(repo: Desk) -> None:
    commit(repo, "second")
    types(repo, NEW, "One two thirty.")
    repo.ok("push")
    for name in ("nothing", "and nothing"):
        git(repo, "commit", "-q", "--allow-empty", "-m", name)
    git(repo, "reset", "-q", "HEAD~1")
    repo.ok("undo")
    assert standing(repo) == "ahead"
    repo.ok("pull")
    repo.ok("push")
    assert content(repo).startswith(NEW)


def test_what_git_put_back_is_undecided_where_undo_moves_its_folder(repo: Desk) -> None:
    git(repo, "checkout", "-q", "--", f"content/{ARTICLE}")
    repo.ok("mv", f"content/{S1}", "1.9")
    repo.ok("undo")
    assert standing(repo) == "conflict"


def test_without_git_every_edit_is_a_persons(synced: Desk) -> None:
    synced.edit(ARTICLE, OLD, NEW)
    synced.ok("push")
    synced.edit(ARTICLE, NEW, OLD)
    synced.ok("push")
    assert content(synced).startswith(OLD)


# --- git


@pytest.mark.parametrize(
    "act",
    [
        ("stash", "-q"),
        ("reset", "-q", "--hard"),
        ("checkout", "-q", "--detach", "HEAD", "--force"),
    ],
    ids=" ".join,
)
def test_what_git_says_that_it_put_back_is_to_pull(repo: Desk, act: tuple[str, ...]) -> None:
    git(repo, *act)
    assert standing(repo) == "behind"
    repo.ok("push")
    assert content(repo).startswith(NEW)
    repo.ok("pull")
    assert NEW in repo.read(ARTICLE)


def moves_head(desk: Desk) -> None:
    git(desk, "reset", "-q")


def puts_away(desk: Desk) -> None:
    git(desk, "stash", "-q")


def puts_away_and_back(desk: Desk) -> None:
    puts_away(desk)
    git(desk, "stash", "pop", "-q")


@pytest.mark.parametrize("act", [moves_head, puts_away, puts_away_and_back])
def test_what_somebody_saves_after_git_may_have_put_it_back_is_undecided(
    repo: Desk, act: Callable[[Desk], None]
) -> None:
    act(repo)
    repo.write(ARTICLE, repo.read(ARTICLE).replace(NEW, OLD))
    saved(repo)
    assert standing(repo) == "conflict"
    repo.refused("pull")
    assert OLD in repo.read(ARTICLE)
    git(repo, "update-index", "--refresh", "-q")
    assert standing(repo) == "conflict", "what was called undecided is decided by a command alone"
    repo.refused("push")
    assert content(repo).startswith(NEW)
    repo.ok("resolve", f"content/{ARTICLE}", "--keep", "files")
    repo.ok("push")
    assert content(repo).startswith(OLD)


def test_what_git_puts_back_after_that_is_to_pull(repo: Desk) -> None:
    moves_head(repo)
    types(repo, NEW, OLD)
    repo.refused("pull")
    git(repo, "reset", "-q", "--hard")
    assert standing(repo) == "behind"


def test_a_file_of_an_older_commit_is_to_pull_whoever_saves_it_again(repo: Desk) -> None:
    commit(repo, "thirteen")
    types(repo, NEW, "One two fourteen.")
    repo.ok("push")
    git(repo, "checkout", "-q", "--force", "HEAD~1")
    saved(repo)
    assert standing(repo) == "behind"


def test_an_old_branch_is_to_pull(repo: Desk) -> None:
    commit(repo, "thirteen")
    git(repo, "checkout", "-q", "HEAD~1")
    assert standing(repo) == "behind"


# --- nobody can tell


@pytest.fixture
def undecided(repo: Desk) -> Desk:
    git(repo, "checkout", "--", ".")
    return repo


def test_what_checkout_put_back_is_nobodys_to_decide_but_a_persons(undecided: Desk) -> None:
    assert standing(undecided) == "conflict"
    found = undecided.refused("push")
    assert "by hand or by git: nobody can tell which" in found.err
    assert "--keep files|database" in found.err
    assert content(undecided).startswith(NEW)
    undecided.refused("pull")
    assert OLD in undecided.read(ARTICLE)
    assert undecided.refused("push").err == found.err, "nothing was remembered of what nobody can tell"


def test_a_word_typed_back_under_a_prompt_that_asks_git_is_undecided_too(repo: Desk) -> None:
    repo.edit(ARTICLE, NEW, OLD)
    git(repo, "update-index", "--refresh", "-q")
    later = (repo.content / ARTICLE).stat().st_mtime_ns + 10
    os.utime(repo.root / ".git/index", ns=(later, later))
    assert standing(repo) == "conflict"


def test_what_was_put_back_is_undecided_after_a_commit_of_something_else(undecided: Desk) -> None:
    git(undecided, "commit", "-q", "--amend", "-m", "another message")
    assert standing(undecided) == "conflict"
    undecided.edit(f"{S2}/session.md", "title: ", "title: Well, ")
    commit(undecided, "something else")
    assert standing(undecided) == "conflict"


def test_what_was_put_back_is_undecided_after_a_commit_of_another_field(undecided: Desk) -> None:
    undecided.edit(ARTICLE, "status: draft", "status: review")
    commit(undecided, "to review")
    assert standing(undecided) == "conflict"
    undecided.refused("push")
    assert content(undecided).startswith(NEW)


@pytest.mark.parametrize("command", ["pull", "push"])
def test_an_id_that_studio_writes_is_no_persons_edit_of_the_file(repo: Desk, command: str) -> None:
    file = f"{S1}/session.md"
    types(repo, "Why leaders listen", "How leaders listen", file)
    repo.ok("push")
    git(repo, "checkout", "--", ".")
    repo.edit(file, f"id: {SESSION}\n", "")
    commit(repo, "the id went")
    git(repo, "update-index", "--refresh", "-q")
    assert standing(repo, file, "title") == "conflict"
    repo.run(command)
    repo.run("pull")
    assert f"id: {SESSION}" in repo.read(file)
    assert standing(repo, file, "title") == "conflict"


def test_what_an_amended_commit_changed_is_meant(repo: Desk) -> None:
    repo.edit(f"{S2}/session.md", "title: ", "title: Well, ")
    types(repo, NEW, "One two fourteen.")
    commit(repo, "to be amended")
    repo.ok("push")
    types(repo, "One two fourteen.", OLD)
    git(repo, "commit", "-q", "-a", "--amend", "-m", "and taken back")
    git(repo, "update-index", "--refresh", "-q")
    assert standing(repo) == "ahead"


def test_what_was_put_back_is_undecided_where_its_folder_moves_after_an_amend(
    undecided: Desk,
) -> None:
    git(undecided, "commit", "-q", "--amend", "-m", "another message")
    moves_in_the_database(undecided)
    assert standing(undecided, f"{MOVED}/article.md") == "conflict"


MOVED = f"{C1}/1.8-why-leaders-listen"


def moves_in_the_database(desk: Desk) -> None:
    desk.sql("UPDATE sessions SET number = '1.8' WHERE id = %s", SESSION)
    desk.refused("pull")


def moves_by_mv(desk: Desk) -> None:
    desk.ok("mv", f"content/{S1}", f"content/{MOVED}")


def moves_by_hand(desk: Desk) -> None:
    desk.move(S1, MOVED)


def swaps(desk: Desk) -> None:
    """The other session takes its folder."""
    desk.move(S1, MOVED)
    desk.move(S2, S1)


@pytest.mark.parametrize("commits", [False, True])
@pytest.mark.parametrize("move", [moves_in_the_database, moves_by_mv, moves_by_hand, swaps])
def test_what_was_put_back_is_undecided_wherever_its_folder_goes(
    undecided: Desk, move: Callable[[Desk], object], commits: bool
) -> None:
    move(undecided)
    if commits:
        commit(undecided, "moved")
    assert standing(undecided, f"{MOVED}/article.md") == "conflict"
    undecided.run("push")
    assert content(undecided).startswith(NEW)


def test_both_ways_out_work(undecided: Desk) -> None:
    undecided.run("diff")
    undecided.ok("resolve", f"content/{ARTICLE}", "--keep", "files")
    assert standing(undecided) == "ahead"
    undecided.ok("push")
    assert content(undecided).startswith(OLD)
    assert undecided.standings() == {}


def test_and_the_other_one(undecided: Desk) -> None:
    undecided.run("diff")
    undecided.ok("resolve", f"content/{ARTICLE}", "--keep", "database")
    assert NEW in undecided.read(ARTICLE)
    assert undecided.standings() == {}


def test_a_decision_about_it_that_is_undone_leaves_it_undecided(undecided: Desk) -> None:
    undecided.run("diff")
    for side in ("files", "database"):
        undecided.ok("resolve", f"content/{ARTICLE}", "--keep", side)
        undecided.ok("undo")
        assert OLD in undecided.read(ARTICLE)
        assert standing(undecided) == "conflict"
    undecided.refused("push")
    assert content(undecided).startswith(NEW)


def test_an_edit_after_it_stands_on_nobody_knows_which_version(undecided: Desk) -> None:
    types(undecided, OLD, "One two four.")
    assert standing(undecided) == "conflict"
    undecided.refused("push")
    assert content(undecided).startswith(NEW)


def test_an_edit_after_git_put_back_what_is_remembered_is_to_push(desk: Desk) -> None:
    git(desk, "init", "-q", "-b", "main")
    (desk.root / ".gitignore").write_text(".studio/\n")
    commit(desk, "first")
    desk.ok("push")
    desk.edit(ARTICLE, OLD, NEW)
    git(desk, "checkout", "--", ".")
    assert standing(desk) == "agreed"
    desk.edit(ARTICLE, OLD, "One two fifteen.")
    assert standing(desk) == "ahead"
    desk.ok("push")
    assert content(desk).startswith("One two fifteen.")


def revert(desk: Desk) -> None:
    git(desk, "revert", "--no-edit", "HEAD")


def amend(desk: Desk) -> None:
    types(desk, NEW, "One two four.")
    git(desk, "commit", "-q", "-a", "--amend", "-m", "four")


def edit_and_commit(desk: Desk) -> None:
    types(desk, NEW, "One two four.")
    commit(desk, "four")


def edit_commit_and_put_back(desk: Desk) -> None:
    edit_and_commit(desk)
    git(desk, "reset", "-q", "--hard")


def edit_commit_push_and_put_back(desk: Desk) -> None:
    edit_and_commit(desk)
    desk.refused("push")
    git(desk, "reset", "-q", "--hard")


@pytest.mark.parametrize(
    ("command", "act"),
    [
        ("push", edit_and_commit),
        ("pull", edit_and_commit),
        ("pull", amend),
        ("push", revert),
        ("push", edit_commit_and_put_back),
        ("pull", edit_commit_and_put_back),
        ("push", edit_commit_push_and_put_back),
    ],
)
def test_what_a_command_called_undecided_stays_so_until_it_is_decided(
    repo: Desk, command: str, act: Callable[[Desk], object]
) -> None:
    commit(repo, "thirteen")
    repo.ok("push")
    repo.sql("UPDATE articles SET content = 'From the web.' WHERE session_id = %s", SESSION)
    repo.ok("pull")
    git(repo, "checkout", "--", ".")
    repo.refused(command)
    act(repo)
    assert standing(repo) == "conflict"
    repo.run("push")
    assert content(repo) == "From the web."
    repo.run("diff")
    repo.ok("resolve", f"content/{ARTICLE}", "--keep", "files")
    repo.ok("push")
    assert not content(repo).startswith("From the web.")
    assert repo.standings() == {}


def _moved_by_hand(desk: Desk) -> None:
    desk.move(S1, f"{C2}/2.7-moved")
    desk.run("push", "--partial")  # of the session's place; what is undecided stays


def _moved_by_studio(desk: Desk) -> None:
    desk.ok("mv", f"content/{S1}", f"content/{C2}/2.7-moved")
    desk.run("push", "--partial")


@pytest.mark.parametrize("move", [_moved_by_hand, _moved_by_studio])
@pytest.mark.parametrize("name", ["session.md", "article.md"])
@pytest.mark.parametrize("how", ["", "--amend"])
def test_what_is_undecided_stays_so_where_the_file_moves_and_that_is_committed(
    desk: Desk, move: Callable[[Desk], None], name: str, how: str
) -> None:
    old, new = ("A session about listening", "A session, pushed") if name == "session.md" else (OLD, NEW)
    new_repository(desk)
    desk.ok("push")
    commit(desk, "base")
    types(desk, old, new, f"{S1}/{name}")
    desk.ok("push")
    git(desk, "checkout", "--", ".")
    desk.refused("push")
    move(desk)
    field = "description" if name == "session.md" else "content"
    assert standing(desk, f"{C2}/2.7-moved/{name}", field) == "conflict"
    git(desk, "add", "--all")
    git(desk, "commit", "-q", "-m", "base", *how.split())
    assert standing(desk, f"{C2}/2.7-moved/{name}", field) == "conflict"
    desk.run("push", "--partial")
    table, own = ("sessions", "id") if name == "session.md" else ("articles", "session_id")
    assert new in desk.one(f"SELECT {field} FROM {table} WHERE {own} = %s", SESSION)


@pytest.mark.parametrize(("more", "expected"), [([], "ahead"), (["reset", "-q"], "conflict")])
def test_what_is_typed_back_in_a_folder_that_has_moved_since_the_last_commit_is_no_old_file(
    repo: Desk, more: list[str], expected: str
) -> None:
    """git has no file there that it could have put back."""
    repo.ok("mv", f"content/{S1}", f"content/{C2}/2.7-moved")
    repo.ok("push")
    if more:
        git(repo, *more)
    moved = f"{C2}/2.7-moved/article.md"
    types(repo, NEW, OLD, moved)
    assert standing(repo, moved) == expected


@pytest.mark.parametrize("act", [moves_head, puts_away_and_back])
@pytest.mark.parametrize("command", ["pull", "push"])
@pytest.mark.parametrize("other", ["", f"{S2}/article.md"])
@pytest.mark.parametrize("new", ["Ninety.", OLD])
def test_what_git_did_before_a_command_found_a_file_in_sync_says_nothing_of_an_edit_after_it(
    repo: Desk, act: Callable[[Desk], None], command: str, other: str, new: str
) -> None:
    saved(repo)
    act(repo)
    repo.run("status")
    if other:
        repo.edit(other, "Ask", "Frag")
    repo.ok(command)
    types(repo, NEW, new)
    assert standing(repo) == "ahead"


def test_what_is_in_conflict_is_not_found_in_sync(repo: Desk) -> None:
    moves_head(repo)
    types(repo, NEW, OLD)
    repo.refused("pull")
    repo.edit(f"{S2}/article.md", "Ask", "Frag")
    repo.run("push", "--partial")
    assert standing(repo) == "conflict"


@pytest.mark.parametrize(("source", "target"), [(S1, f"{C2}/2.7-moved"), (S2, f"{C2}/2.7-moved")])
@pytest.mark.parametrize(("acts", "expected"), [([], "ahead"), ([moves_head], "conflict")])
def test_what_is_typed_back_before_studio_moves_a_folder_is_no_old_file(
    repo: Desk, source: str, target: str, acts: list[Callable[[Desk], None]], expected: str
) -> None:
    """git writes its index anew for the move; that says nothing of what was typed before."""
    for act in acts:
        act(repo)
    types(repo, NEW, OLD)
    repo.ok("mv", f"content/{source}", f"content/{target}")
    assert standing(repo, f"{target}/article.md" if source == S1 else ARTICLE) == expected


@pytest.mark.parametrize(("put_back", "expected"), [(True, "conflict"), (False, "ahead")])
def test_an_edit_of_what_git_had_put_back_is_undecided_after_its_commit_too(
    desk: Desk, *, put_back: bool, expected: str
) -> None:
    """The commit lacks what had been pulled; one that was written on that has it."""
    desk.edit(ARTICLE, "Four five.", "Four five.\n\nSix seven eight.")
    new_repository(desk)
    desk.ok("push")
    desk.sql("UPDATE articles SET content = replace(content, 'two', 'twelve') WHERE session_id = %s", SESSION)
    desk.ok("pull")
    if put_back:
        git(desk, "checkout", "--", ".")
    desk.edit(ARTICLE, "eight", "eighteen")
    commit(desk, "eighteen")
    assert standing(desk) == expected
    desk.run("push")
    assert "twelve" in content(desk)


_OTHER = "commit -q --allow-empty -m other"


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        (["edit", "commit", "reset --hard"], "ahead"),
        (["edit", "commit", "slip", "stash"], "ahead"),
        (["edit", "commit", "reset --hard", _OTHER], "ahead"),
        (["edit", "commit", "look", "reset --hard", "look", _OTHER], "ahead"),
        (["edit", "commit", "reset --hard", "edit again", "commit"], "ahead"),
        (["edit", "commit", "reset --hard", _OTHER, "checkout -q HEAD~2", "checkout -q -"], "conflict"),
        (["reset --hard", "edit again", "commit"], "conflict"),
        (["reset --hard", "edit", "commit", "reset --hard"], "conflict"),
        (["stash", "edit", "commit", "stash drop"], "conflict"),
    ],
)
def test_what_was_committed_before_git_put_back_other_work_stands_on_what_was_pulled(
    repo: Desk, acts: list[str], expected: str
) -> None:
    repo.sql("UPDATE articles SET content = 'From the web.' WHERE session_id = %s", SESSION)
    repo.ok("pull")
    for act in acts:
        if act == "edit":
            repo.write(ARTICLE, "---\nstatus: draft\n---\n\nMine.\n")
        elif act == "edit again":
            repo.write(ARTICLE, "---\nstatus: draft\n---\n\nMine again.\n")
        elif act == "look":
            repo.run("push", "-n")
        elif act == "commit":
            commit(repo, "mine")
        elif act == "slip":
            repo.write(f"{S2}/session.md", "---\n")
        else:
            git(repo, *act.split())
    assert standing(repo) == expected
    assert standing(repo) == expected
    if expected == "ahead":
        repo.ok("push")
        assert content(repo) == ("Mine again." if "edit again" in acts else "Mine.")


@pytest.mark.parametrize("looked", [True, False])
def test_what_is_deleted_after_git_put_it_back_is_a_decision(repo: Desk, looked: bool) -> None:
    repo.sql("UPDATE articles SET content = 'From the web.' WHERE session_id = %s", SESSION)
    repo.ok("pull")
    git(repo, "checkout", "--", ".")
    if looked:
        repo.refused("push")
    repo.remove(ARTICLE)
    found = repo.refused("push", "--delete")
    assert "deleted in the files, and changed in the database since" in found.err
    assert content(repo) == "From the web."
    repo.run("diff")
    repo.ok("resolve", f"content/{ARTICLE}", "--keep", "files")
    repo.ok("push", "--delete")
    assert repo.standings() == {}


def test_the_other_fields_of_an_undecided_file_are_as_they_were(undecided: Desk) -> None:
    undecided.sql("UPDATE articles SET sources = NULL WHERE session_id = %s", SESSION)
    assert standing(undecided) == "conflict"
    assert standing(undecided, field="sources") == "behind"


def test_a_clone_that_remembers_nothing_takes_it_for_an_old_file(repo: Desk) -> None:
    assert standing(clone(repo, "fresh")) == "behind"


def test_a_second_working_tree_has_an_index_of_its_own(repo: Desk) -> None:
    tree = repo.root.with_name("tree")
    git(repo, "worktree", "add", "-q", str(tree))
    other = repo.at(tree)
    other.ok("pull")
    other.edit(ARTICLE, NEW, OLD)
    later = other.content / ARTICLE
    index = Path(git(other, "rev-parse", "--git-path", "index")).stat().st_mtime_ns + 50_000_000
    os.utime(later, ns=(index, index))
    assert standing(other) == "ahead"
