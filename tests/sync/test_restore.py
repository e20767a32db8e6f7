"""`studio restore`: files as they were, without a word lost, and as a change that a push carries."""

import time
from datetime import datetime

import pytest

from tests.harness import C1, S1, S2, SESSION, SESSION_2, Desk, P, Result, unchanged
from tests.repository import clone, commit, new_repository

ARTICLE = f"content/{S1}/article.md"


def revisions(desk: Desk, *paths: str) -> list[str]:
    return [run["revision"] for run in desk.json("log", *paths)["runs"]]


@pytest.fixture
def twice(desk: Desk) -> Desk:
    """A workspace that was pushed, edited and pushed again."""
    desk.ok("push")
    desk.edit(f"{S1}/article.md", "One two three.", "One two four.")
    desk.edit(f"{S2}/session.md", "title: Asking", "title: Asked")
    desk.ok("push")
    return desk


# --- files


def test_a_file_is_written_as_it_was_and_the_next_push_carries_it(twice):
    text = twice.read(f"{S1}/article.md")
    old = revisions(twice)[1]
    out = twice.ok("restore", ARTICLE, "--to", old[:8]).out
    assert f"~ {ARTICLE}  (content)" in out
    assert twice.read(f"{S1}/article.md") == text.replace("four", "three")
    assert twice.standings() == {f"{S1}/article.md": {"content": "ahead"}}
    twice.ok("push")
    assert twice.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith(
        "One two three."
    )
    twice.ok("restore", ARTICLE, "--to", revisions(twice)[1])
    assert twice.read(f"{S1}/article.md") == text, "and forth again"


def test_a_folder_is_restored_to_right_before_a_push(twice):
    out = twice.ok("restore", f"content/{P}", "--to", revisions(twice)[0] + "^").out
    assert "restored 2 files as of right before" in out
    assert twice.standings() == {
        f"{S1}/article.md": {"content": "ahead"},
        f"{S2}/session.md": {"title": "ahead"},
    }


@pytest.mark.parametrize("command", ["restore", "undo"])
def test_the_path_of_a_deleted_session_never_stands_for_the_one_that_has_its_number_now(
    synced: Desk, command: str
) -> None:
    synced.remove(S1)
    synced.ok("push", "--delete")
    deleted = revisions(synced)[0]
    synced.move(S2, f"{C1}/1.1-asking")
    synced.edit(f"{C1}/1.1-asking/article.md", "Ask.", "Ask anew.")
    synced.ok("push")
    newest = revisions(synced)[0]
    way = ["restore", f"content/{S1}", "--to", f"{deleted}^"]
    found = synced.refused(*(way if command == "restore" else ["undo", newest, f"content/{S1}"]))
    assert "Ask anew." in synced.read(f"{C1}/1.1-asking/article.md")
    if command == "restore":
        assert found.err.count("error[") == 1, found.err
        assert "its place, 1.1, is another one's by now" in found.err
        (mv,) = [line for line in found.err.splitlines() if "studio mv " in line]
        synced.ok(*mv.partition("studio ")[2].partition(";")[0].replace("NUMBER", "1.4").split())
        synced.ok("push")
        synced.ok(*way)
        assert synced.read(f"{S1}/article.md")
        assert "Ask anew." in synced.read(f"{C1}/1.4-asking/article.md")
        found = synced.ok("restore", f"content/{C1}/1.4-asking/article.md", "--to", f"{newest}^")
        assert "Ask anew." not in synced.read(f"{C1}/1.4-asking/article.md")


def test_a_time_says_what_stood_then(desk):
    desk.ok("push")
    between = datetime.now().astimezone()
    time.sleep(0.01)
    desk.edit(f"{S1}/article.md", "One two three.", "One two four.")
    desk.ok("push")
    desk.ok("restore", "content", "--to", between.isoformat())
    assert desk.standings() == {f"{S1}/article.md": {"content": "ahead"}}


@pytest.mark.parametrize("when", ["now", "today", "yesterday", "3 days", "2 weeks ago"])
def test_a_time_is_said_as_in_the_log(desk: Desk, when: str) -> None:
    desk.ok("push")
    desk.remove(f"{S1}/article.md")
    found = desk.run("restore", "content", "--to", when)
    assert ("restored 1 file" in found.out) == (when == "now")
    desk.ok("log", "--since", when)


def test_everything_else_in_the_file_stays(twice):
    twice.edit(f"{S1}/article.md", "status: draft", "# a comment\nstatus:   draft")
    twice.ok("push")
    twice.ok("restore", ARTICLE, "--to", revisions(twice)[-1])
    assert "# a comment\nstatus:   draft" in twice.read(f"{S1}/article.md")


def test_a_dry_run_touches_nothing(twice):
    with unchanged(twice):
        assert (
            "would restore 2 files" in twice.ok("restore", "content", "--to", revisions(twice)[1], "-n").out
        )


def test_what_is_as_then_is_counted_and_not_written(twice):
    with unchanged(twice):
        result = twice.ok("restore", f"content/{S1}/video.md", "--to", revisions(twice)[1])
    assert (result.out, "1 file as then already" in result.err) == ("nothing to restore\n", True)


# --- what is not overwritten


def test_an_edit_that_stands_nowhere_else_is_not_overwritten(twice):
    twice.edit(f"{S1}/article.md", "four", "five")
    with unchanged(twice):
        assert "[unsaved]" in twice.refused("restore", ARTICLE, "--to", revisions(twice)[1]).err
    twice.ok("push")
    twice.ok("restore", ARTICLE, "--to", revisions(twice)[-1])
    assert "One two three." in twice.read(f"{S1}/article.md")


def test_a_restored_file_may_be_restored_again(twice):
    new, old = revisions(twice)
    twice.ok("restore", ARTICLE, "--to", old)
    twice.ok("restore", ARTICLE, "--to", new)
    assert twice.standings() == {}


def test_what_the_database_changed_since_is_pulled_first(twice):
    twice.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    with unchanged(twice):
        result = twice.refused("restore", ARTICLE, "--to", revisions(twice)[1])
    assert "pull, commit, then restore" in result.err
    twice.ok("pull")
    twice.ok("restore", ARTICLE, "--to", revisions(twice)[-1])
    assert twice.standings() == {f"{S1}/article.md": {"content": "ahead"}}


def test_a_record_that_was_made_later_stays(twice):
    old = revisions(twice)[1]
    twice.write(f"{S2}/video.md", "---\nstatus: draft\n---\n\nWords.\n")
    twice.ok("push")
    result = twice.ok("restore", f"content/{S2}", "--to", old)
    assert "warning[made-later]" in result.err
    assert (twice.content / S2 / "video.md").exists()


# --- what was deleted


def test_a_deleted_folder_comes_back_with_its_id_and_its_place(twice):
    files = {path: text for path, text in twice.files().items() if path.startswith(S2)}
    twice.remove(S2)
    twice.ok("push", "--delete")
    out = twice.ok("restore", f"content/{S2}", "--to", revisions(twice)[0] + "^").out
    assert f"+ content/{C1}/1.2-asked/session.md  (new file, with its old id)" in out
    assert sorted(twice.files()[path.replace(S2, f"{C1}/1.2-asked")] for path in files) == sorted(
        files.values()
    )
    twice.ok("push")
    assert twice.one("SELECT title FROM sessions WHERE id = %s", SESSION_2) == "Asked"
    assert twice.standings() == {}


def test_what_was_deleted_in_the_database_comes_back_after_a_pull(twice):
    twice.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    twice.ok("pull")
    assert not (twice.content / S2).exists()
    twice.ok("restore", f"content/{S2}", "--to", revisions(twice)[0] + "^")
    twice.ok("push")
    assert twice.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION_2) == 1


def test_a_file_whose_deletion_was_not_pushed_comes_back(twice):
    twice.remove(f"{S1}/article.md")
    twice.ok("restore", ARTICLE, "--to", revisions(twice)[0])
    assert twice.standings() == {}


def test_a_new_row_starts_at_the_first_status_and_that_is_said(twice):
    twice.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION_2)
    twice.ok("pull")
    twice.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    twice.ok("pull")
    out = twice.ok("restore", f"content/{S2}", "--to", revisions(twice)[0] + "^").out
    assert "status: draft, as for every new row (it was approved)" in out
    twice.ok("push")


def test_a_child_does_not_come_back_without_what_stands_above_it(twice):
    twice.remove(S2)
    twice.ok("push", "--delete")
    result = twice.refused("restore", f"content/{S2}/article.md", "--to", revisions(twice)[0] + "^")
    assert "error[parent-first]" in result.err
    assert not (twice.content / C1 / "1.2-asked").exists()


def test_a_place_that_another_record_has_by_now_is_not_taken(twice):
    twice.remove(S2)
    twice.ok("push", "--delete")
    other = SESSION_2.replace("4444", "5555")
    twice.write(f"{C1}/1.2-another/session.md", f"---\nid: {other}\ntitle: Another\n---\n")
    result = twice.refused("restore", f"content/{S2}", "--to", revisions(twice)[0] + "^")
    assert "error[collision]" in result.err


# --- git


@pytest.fixture
def repo(twice: Desk) -> Desk:
    return new_repository(twice)


def test_head_must_have_seen_the_database(repo):
    repo.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    repo.ok("pull")
    old = revisions(repo)[-1]
    with unchanged(repo):
        result = repo.refused("restore", ARTICLE, "--to", old)
    assert "error[not-seen] HEAD does not have the database's version of this" in result.err
    assert "commit, then restore" in result.err
    commit(repo)
    repo.ok("restore", ARTICLE, "--to", old)
    commit(repo)
    fresh = clone(repo, "fresh")
    assert fresh.standings() == {f"{S1}/article.md": {"content": "ahead"}}, "the wish is plain from git"
    fresh.ok("push")
    assert repo.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith(
        "One two three."
    )


def test_what_was_pushed_and_taken_back_without_a_commit_is_pushed_again_first(repo):
    repo.edit(f"{S1}/article.md", "One two", "Uno dos")
    repo.ok("push")
    undone = repo.ok("undo").err
    assert f"{S1}/article.md: warning[not-seen] HEAD has not seen what the database says of this" in undone
    assert "`studio push` it before you commit it" in undone
    old = revisions(repo)[-1]
    said = repo.refused("restore", ARTICLE, "--to", old).err
    assert "hint: `studio push`, commit, then restore" in said, "there is nothing to commit"
    repo.ok("push")
    repo.run("restore", ARTICLE, "--to", old)
    assert "not-seen" not in repo.run("restore", ARTICLE, "--to", old).err
    repo.edit(f"{S1}/article.md", "One two", "Uno dos")
    repo.ok("push")
    commit(repo)
    assert "not-seen" not in repo.ok("undo").err, "what a commit has is told from an old file"


def test_a_deletion_must_be_committed_before_the_record_comes_back(repo):
    repo.sql("DELETE FROM sessions WHERE id = %s", SESSION_2)
    repo.ok("pull")
    before = revisions(repo)[0] + "^"
    assert "commit, then restore" in repo.refused("restore", f"content/{S2}", "--to", before).err
    commit(repo)
    repo.ok("restore", f"content/{S2}", "--to", before)
    assert repo.standings() == {
        f"{C1}/1.2-asked/session.md": "ahead create", f"{C1}/1.2-asked/article.md": "ahead create",
    }  # fmt: skip
    repo.ok("push")


def test_an_edit_that_was_committed_may_be_restored_over(repo):
    repo.edit(f"{S1}/article.md", "four", "five")
    commit(repo)
    repo.ok("restore", ARTICLE, "--to", revisions(repo)[0])
    assert repo.standings() == {}


# --- what is asked for


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("yesteryear", "neither a revision nor a time"),
        ("abcdef12", "no revision that the ledger has"),
    ],
)
def test_a_moment_that_is_none_is_refused(twice, to, said):
    result = twice.run("restore", "content", "--to", to)
    assert (result.code, said in result.err) == (2, True)


def test_a_place_of_which_nothing_is_known_is_refused(twice):
    result = twice.run("restore", f"content/{P}/09-nothing", "--to", revisions(twice)[0])
    assert (result.code, "no record that is or last was at that path" in result.err) == (2, True)


def test_scripts_get_what_was_restored(twice):
    report = twice.json("restore", "content", "--to", revisions(twice)[1])
    assert [(r["path"], r["action"], r["fields"]) for r in report["records"]] == [
        (f"content/{S2}/session.md", "update", {"title": "ahead"}),
        (ARTICLE, "update", {"content": "ahead"}),
    ]


def follow(desk: Desk, found: Result) -> None:
    """Settle a conflict as it is said; the first time shows what it is about."""
    said = found.err.partition("resolve it: studio ")[2].partition(";")[0]
    way = said.replace("files|database", "database").split()
    if desk.run(*way).code:
        desk.ok(*way)


def test_a_conflict_is_settled_before_and_the_way_that_is_said_works(repo):
    file = repo.read(f"{S1}/article.md")
    repo.write(f"{S1}/article.md", file.rstrip("\n") + " Mine.\n")
    text = repo.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    repo.sql("UPDATE articles SET content = %s WHERE session_id = %s", f"{text} Theirs.", SESSION)
    old = revisions(repo)[-1]
    found = repo.refused("restore", ARTICLE, "--to", old)
    assert "error[conflict] file and database are in conflict" in found.err
    follow(repo, found)
    commit(repo)
    repo.ok("restore", ARTICLE, "--to", old)
    repo.ok("push")
    assert repo.standings() == {}


def test_a_row_that_was_deleted_under_an_edited_file_is_a_conflict_too(repo):
    file = repo.read(f"{S1}/article.md")
    repo.write(f"{S1}/article.md", file.rstrip("\n") + " Mine.\n")
    repo.sql("DELETE FROM sessions WHERE id = %s", SESSION)
    old = revisions(repo)[-1]
    found = repo.refused("restore", ARTICLE, "--to", old)
    follow(repo, found)
    commit(repo)
    repo.ok("restore", f"content/{S1}", "--to", old)
    repo.ok("push")
    assert repo.standings() == {}
