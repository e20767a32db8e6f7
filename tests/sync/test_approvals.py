"""An approval is of words: what was read, and nothing that came after it, on real git and PostgreSQL."""

import shutil
from typing import Any

import pytest

from studio_sync.kinds import KINDS
from studio_sync.sync.push.approving import difference
from tests.harness import C1, S1, S2, SESSION, Desk, P, unchanged
from tests.repository import ADA, clone, commit, git, new_repository

ARTICLE = f"{S1}/article.md"
SESSION_FILE = f"{S1}/session.md"
OTHER, MORE = "22222222-2222-4222-8222-222222222229", "33333333-3333-4333-8333-333333333339"
BOT = ("GitHub", "noreply@github.com")
BOB = ("Bob", "bob@example.org")


def status(desk: Desk) -> str:
    found: str = desk.one("SELECT status FROM articles WHERE session_id = %s", SESSION)
    return found


def words(desk: Desk) -> str:
    found: str = desk.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    return found


def approves(desk: Desk) -> None:
    desk.edit(ARTICLE, "status: review", "status: approved")


def rewrites(desk: Desk, new: str = "One two thirteen.") -> None:
    desk.edit(ARTICLE, "One two three.", new)


@pytest.fixture
def repo(desk: Desk) -> Desk:
    """A committed and pushed workspace whose article is in review; Ada works here."""
    desk.edit(ARTICLE, "status: draft", "status: review")
    git(desk, "init", "-q", "-b", "main")
    git(desk, "config", "user.email", ADA[1])
    git(desk, "config", "user.name", ADA[0])
    (desk.root / ".gitignore").write_text(".studio/\n")
    commit(desk, "first")
    desk.ok("push", "--import")
    return desk


def unread(desk: Desk, *arguments: str) -> str:
    """What a push says that refuses words nobody approved; it has written nothing."""
    before = status(desk)
    found = desk.refused("push", *arguments)
    assert "error[unread-words]" in found.err, found.text
    assert status(desk) == before
    return found.err


def test_a_refusal_shows_the_words_that_differ_also_late_in_a_long_line(repo: Desk):
    long = "Every word of this paragraph stays as it is. " * 8
    repo.edit(ARTICLE, "One two three.", f"{long}They asked the colleague who had received it. {long}")
    repo.ok("push")
    commit(repo, "long")
    repo.ok("advance", f"content/{ARTICLE}")
    commit(repo, "approve")
    repo.edit(ARTICLE, "the colleague who", "the peer who")
    told = unread(repo)
    (old,) = [line.strip() for line in told.splitlines() if line.strip().startswith("- ")]
    (new,) = [line.strip() for line in told.splitlines() if line.strip().startswith("+ ")]
    assert old.startswith("- …")
    assert "asked the colleague who had" in old
    assert "asked the peer who had" in new
    assert len(new) < 170


# --- recorded


def test_advance_records_the_words_and_prints_the_line_for_the_commit(repo: Desk):
    found = repo.ok("advance", f"content/{ARTICLE}")
    (line,) = [text.strip() for text in found.out.splitlines() if "Studio-Approve" in text]
    assert line.startswith(f"Studio-Approve: content/{ARTICLE} ")
    assert len(line.split()[-1]) == 40
    repo.ok("push")
    assert status(repo) == "approved"


def test_words_that_came_after_advance_are_not_approved(repo: Desk):
    repo.ok("advance", f"content/{ARTICLE}")
    rewrites(repo)
    said = unread(repo)
    assert "- One two three." in said
    assert "+ One two thirteen." in said
    # The way out: read, and approve them as they are.
    found = repo.ok("advance", f"content/{ARTICLE}")
    assert "One two thirteen." in found.out
    assert "approved 1 file anew" in found.out
    repo.ok("push")
    assert status(repo) == "approved"


def test_a_merge_under_an_approval_is_refused(repo: Desk):
    git(repo, "checkout", "-q", "-b", "bob")
    rewrites(repo)
    commit(repo, "another word", who=BOB)
    git(repo, "checkout", "-q", "main")
    repo.ok("advance", f"content/{ARTICLE}")
    commit(repo, "approve")
    git(repo, "merge", "-q", "--no-edit", "bob")
    assert "+ One two thirteen." in unread(repo)


def test_the_same_in_a_fresh_clone_where_the_line_stands_in_the_commit(repo: Desk):
    git(repo, "checkout", "-q", "-b", "bob")
    rewrites(repo)
    commit(repo, "another word", who=BOB)
    git(repo, "checkout", "-q", "main")
    found = repo.ok("advance", f"content/{ARTICLE}")
    line = next(text.strip() for text in found.out.splitlines() if "Studio-Approve" in text)
    commit(repo, f"approve\n\n{line}")
    with clone(repo, "ci") as ci:
        assert "nothing" not in ci.ok("push", "-n").out
    git(repo, "merge", "-q", "--no-edit", "bob")
    with clone(repo, "ci-2") as ci:
        assert "+ One two thirteen." in unread(ci)


def test_a_line_with_a_digest_covers_a_squash_of_many_commits(repo: Desk):
    git(repo, "checkout", "-q", "-b", "work")
    found = repo.ok("advance", f"content/{ARTICLE}")
    line = next(text.strip() for text in found.out.splitlines() if "Studio-Approve" in text)
    commit(repo, f"approve\n\n{line}")
    rewrites(repo)
    commit(repo, "and one more word", who=BOB)
    git(repo, "checkout", "-q", "main")
    git(repo, "merge", "-q", "--squash", "work")
    commit(repo, f"squashed\n\n{line}", who=BOT)
    with clone(repo, "ci") as ci:
        unread(ci)


def test_a_line_without_a_digest_covers_the_words_of_its_own_commit(repo: Desk):
    approves(repo)
    commit(repo, "approve")
    rewrites(repo)
    commit(repo, "another word", who=BOB)
    with clone(repo, "ci") as ci:
        unread(ci)
    git(repo, "commit", "-q", "--allow-empty", "-m", f"read\n\nStudio-Approve: content/{ARTICLE}")
    with clone(repo, "ci-2") as ci:
        ci.ok("push")
    assert status(repo) == "approved"


def test_a_workspace_can_want_every_approval_recorded(repo: Desk):
    repo.config("name: desk\nguards:\n  approval: recorded\n")
    approves(repo)
    assert "wants every approval recorded" in unread(repo)
    repo.ok("advance", f"content/{ARTICLE}")
    repo.ok("push")
    assert status(repo) == "approved"


def test_where_every_approval_is_recorded_a_line_has_to_name_the_words(repo: Desk):
    # A host's button puts the lines of all commits into the message of one: without a digest such a line
    # would be about words that came after it.
    repo.config("name: desk\nguards:\n  approval: recorded\n")
    commit(repo, "stricter")
    approves(repo)
    rewrites(repo)
    commit(repo, f"a pull request (#1)\n\n* approve\n\nStudio-Approve: content/{ARTICLE}\n\n* one more word")
    with clone(repo, "ci") as ci:
        assert "wants every approval recorded, with its digest" in unread(ci)
    repo.ok("advance", f"content/{ARTICLE}")
    repo.ok("push")
    assert status(repo) == "approved"


@pytest.mark.parametrize("later", ["", "another word"])
def test_a_recorded_approval_counts_where_a_squash_put_it_below_a_renamed_folder(repo: Desk, later: str):
    repo.config("name: desk\nguards:\n  approval: recorded\n")
    commit(repo, "stricter")
    git(repo, "checkout", "-q", "-b", "work")
    found = repo.ok("advance", f"content/{ARTICLE}")
    line = next(text.strip() for text in found.out.splitlines() if "Studio-Approve" in text)
    commit(repo, "approve")
    git(repo, "checkout", "-q", "main")
    repo.ok("mv", f"content/{S1}", "1.7")
    if later:
        repo.edit(ARTICLE.replace("/1.1", "/1.7"), "One two three.", "One two thirteen.")
    commit(repo, "renumber", who=BOB)
    with clone(repo, "main") as main:
        main.ok("push")
    git(repo, "merge", "-q", "--squash", "work")
    commit(repo, f"squashed\n\n{line}", who=BOT)
    with clone(repo, "ci") as ci:
        if later:
            assert "+ One two thirteen." in unread(ci)
        else:
            ci.ok("push")
    assert status(repo) == ("review" if later else "approved")


def test_another_word_for_recorded_is_named(repo: Desk):
    repo.config("name: desk\nguards:\n  approval: strict\n")
    found = repo.run("status")
    assert found.code == 2
    assert "studio.yaml:3:13: `approval` can only be: recorded" in found.err


def test_an_approval_that_undo_took_back_is_none_any_more(repo: Desk):
    repo.config("name: desk\nguards:\n  approval: recorded\n")
    repo.ok("advance", f"content/{ARTICLE}")
    repo.ok("undo")
    approves(repo)
    assert "wants every approval recorded" in unread(repo)
    repo.config("name: desk\n")
    rewrites(repo)
    repo.ok("push")  # typed, with the words of the file
    assert status(repo) == "approved"


# --- not recorded


def test_a_status_that_is_typed_and_not_committed_is_of_the_file(repo: Desk):
    rewrites(repo)
    approves(repo)
    repo.ok("push")
    assert status(repo) == "approved"


def test_a_status_that_a_pull_brought_is_of_the_words_that_came_with_it(repo: Desk, second_url: str):
    """Where another database has still to step: nobody approved what was typed here since."""
    there = ("--database", second_url)
    repo.ok("push", "--import", *there)
    repo.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION)
    repo.ok("pull")
    rewrites(repo)
    with Desk(repo.root.with_name("other"), second_url) as other:
        assert "error[unread-words]" in repo.refused("push", *there).err
        assert status(other) == "review"
        found = repo.ok("advance", f"content/{ARTICLE}")
        assert "One two thirteen." in found.out
        assert "error[locked]" in repo.refused("push").err
        repo.ok("push", *there)
        assert (status(other), words(other)) == ("approved", words(repo).replace("three", "thirteen"))


def test_and_goes_to_another_database_with_them(repo: Desk, second_url: str):
    repo.ok("push", "--import", "--database", second_url)
    repo.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION)
    repo.ok("pull")
    repo.ok("push", "--database", second_url)
    with Desk(repo.root.with_name("other"), second_url) as other:
        assert status(other) == "approved"


def test_the_words_of_the_commit_that_wrote_the_status(repo: Desk):
    rewrites(repo)
    approves(repo)
    commit(repo, "approve")
    with clone(repo, "ci") as ci:
        ci.ok("push")
    assert status(repo) == "approved"


def test_an_edit_by_somebody_else_after_the_approval(repo: Desk):
    approves(repo)
    approving = commit(repo, "approve")
    rewrites(repo)
    commit(repo, "another word", who=BOB)
    with clone(repo, "ci") as ci:
        said = unread(ci)
        assert approving[:10] in said
        # The way out in a fresh clone, too.
        found = ci.ok("advance", f"content/{ARTICLE}")
        assert "One two thirteen." in found.out
        ci.ok("push")
    assert status(repo) == "approved"


def test_nor_does_a_move_by_studio_hide_it_where_the_session_has_lost_its_id(repo: Desk):
    """HEAD has the file at its former path, and no id that would say so."""
    repo.edit(SESSION_FILE, f"id: {SESSION}\n", "")
    approves(repo)
    commit(repo, "approve")
    rewrites(repo)
    commit(repo, "another word", who=BOB)
    unread(repo)
    repo.ok("mv", f"content/{S1}", "1.7")
    unread(repo)
    repo.ok("mv", "1.7", "1.8")
    unread(repo)


def test_nor_does_a_copy_by_hand_hide_it_that_has_the_id_of_the_session(repo: Desk):
    shutil.copytree(repo.content / S1, repo.content / f"{C1}/1.8-copied")
    repo.edit(SESSION_FILE, f"id: {SESSION}\n", "")
    approves(repo)
    commit(repo, "approve, and a copy that took the id along")
    rewrites(repo)
    commit(repo, "another word", who=BOB)
    repo.remove(f"{C1}/1.8-copied")
    unread(repo)


@pytest.mark.parametrize("late", [False, True])
def test_an_approval_is_found_where_the_session_has_lost_its_id(repo: Desk, late: bool):
    """Before the approval was committed, or after it: the record is the one that stands there."""
    lost = (SESSION_FILE, f"id: {SESSION}\n", "")
    if not late:
        repo.edit(*lost)
    approves(repo)
    commit(repo, "approve")
    if late:
        repo.edit(*lost)
        commit(repo, "the id went")
    rewrites(repo)
    commit(repo, "another word", who=BOB)
    unread(repo)
    with clone(repo, "ci") as ci:
        unread(ci)


def test_a_later_edit_by_the_author_of_the_approval_was_read(repo: Desk):
    approves(repo)
    commit(repo, "approve")
    rewrites(repo)
    commit(repo, "a typo")
    with clone(repo, "ci") as ci:
        ci.ok("push")
    assert status(repo) == "approved"


def test_a_bot_has_read_nothing(repo: Desk):
    approves(repo)
    commit(repo, "approve", who=BOT)
    rewrites(repo)
    commit(repo, "formatted", who=BOT)
    with clone(repo, "ci") as ci:
        unread(ci)


def test_an_uncommitted_edit_by_another_person(repo: Desk):
    approves(repo)
    commit(repo, "approve", who=BOB)
    rewrites(repo)
    unread(repo)
    git(repo, "config", "user.email", BOB[1])
    repo.ok("push")
    assert status(repo) == "approved"


def test_a_merge_that_is_not_committed_approves_nothing(repo: Desk):
    git(repo, "checkout", "-q", "-b", "bob")
    rewrites(repo)
    commit(repo, "another word", who=BOB)
    git(repo, "checkout", "-q", "main")
    approves(repo)
    commit(repo, "approve")
    git(repo, "merge", "-q", "--no-commit", "bob")
    unread(repo)


def test_a_history_that_is_too_short_to_tell_is_fetched(repo: Desk):
    approves(repo)
    commit(repo, "approve")
    git(repo, "commit", "-q", "--allow-empty", "-m", "more")
    with clone(repo, "ci", "--depth=1") as ci:
        found = ci.refused("push")
        assert "git fetch --unshallow" in found.err
        git(ci, "fetch", "-q", "--unshallow")
        ci.ok("push")
    assert status(repo) == "approved"


def test_without_git_the_file_is_what_was_approved(synced: Desk):
    synced.edit(ARTICLE, "status: draft", "status: review")
    synced.ok("push")
    rewrites(synced)
    approves(synced)
    synced.ok("push")
    assert status(synced) == "approved"


def test_the_record_of_a_step_that_was_pushed_says_nothing_of_the_next_one(repo: Desk):
    repo.ok("advance", f"content/{ARTICLE}")
    repo.ok("push")
    commit(repo, "approved")
    repo.edit(ARTICLE, "status: approved", "status: review")
    rewrites(repo)
    repo.ok("push", "--reopen", "-m", "the law has changed")
    commit(repo, "reopened")
    approves(repo)
    repo.ok("push")
    assert status(repo) == "approved"


def test_the_plan_on_a_pull_request_shows_the_difference(repo: Desk):
    approves(repo)
    commit(repo, "approve")
    rewrites(repo)
    commit(repo, "another word", who=BOB)
    with clone(repo, "ci") as ci, unchanged(repo):
        plan = ci.run("push", "-n", "--format", "markdown").out
    assert "unread-words" in plan
    assert "+ One two thirteen." in plan


def test_the_difference_of_a_quiz_is_by_its_path_and_never_cut_off_before_it():
    def quiz(text: str) -> dict[str, Any]:
        options = [{"text": "One", "correct": True}, {"text": text}]
        first = {"id": "q1", "question": "Is it? " * 40, "answer": True}
        return {"questions": [first, {"id": "q2", "question": "Which?", "options": options}]}

    found = list(difference(KINDS["quiz"], quiz("Two"), quiz("Two of Ben's")))
    assert found == [
        "- questions[id=q2].options[1].text: Two",
        "+ questions[id=q2].options[1].text: Two of Ben's",
    ]


def test_advance_changes_nothing_in_a_dry_run(repo: Desk):
    repo.ok("advance", f"content/{ARTICLE}")
    rewrites(repo)
    assert "would approve 1 file anew" in repo.ok("advance", f"content/{ARTICLE}", "-n").out
    unread(repo)


def test_json_has_the_line_of_each_approval(repo: Desk):
    found = repo.json("advance", f"content/{ARTICLE}", "--json")
    (approval,) = found["approvals"]
    assert approval["trailer"] == f"Studio-Approve: content/{ARTICLE} {approval['digest']}"
    assert (approval["path"], approval["again"]) == (f"content/{ARTICLE}", False)


# --- what stands below


@pytest.fixture
def ready(synced: Desk) -> Desk:
    """A session of which everything is approved, and could be itself; the ledger knows all of that."""
    for name in ("article.md", "video.md", "quiz.yaml", "exercise.md"):
        for before, after in (("draft", "review"), ("review", "approved")):
            synced.edit(f"{S1}/{name}", f"status: {before}", f"status: {after}")
            synced.ok("push")
    synced.edit(SESSION_FILE, "status: draft", "status: content_created")
    synced.ok("push")
    return synced


def web_edits(desk: Desk) -> None:
    desk.sql("UPDATE articles SET content = 'Nobody read this.' WHERE session_id = %s", SESSION)


def session_status(desk: Desk) -> str:
    found: str = desk.one("SELECT status FROM sessions WHERE id = %s", SESSION)
    return found


def test_a_session_is_not_approved_over_an_article_that_the_web_app_just_changed(ready: Desk):
    web_edits(ready)
    ready.ok("advance", f"content/{SESSION_FILE}")
    found = ready.refused("push")
    assert "error[unread-below]" in found.err
    assert "article.md" in found.err
    assert session_status(ready) == "content_created"


def test_nor_after_a_pull_that_showed_it_approved_and_changed_since(ready: Desk):
    web_edits(ready)
    ready.ok("pull")
    ready.ok("advance", f"content/{SESSION_FILE}")
    found = ready.refused("push")
    assert "error[unread-below]" in found.err
    assert "changed after its approval" in found.err
    # The way out: reopen, read, approve anew.
    assert "read article.md, and set `status: review` there; then `studio push " in found.err
    ready.edit(ARTICLE, "status: approved", "status: review")
    ready.ok(*found.err.partition("there; then `studio ")[2].partition("`")[0].split())
    ready.ok("advance", f"content/{ARTICLE}")
    ready.ok("push", f"content/{ARTICLE}")
    ready.ok("push")
    assert session_status(ready) == "approved"


@pytest.mark.parametrize("outside", ["ignored", "sparse", "fresh"])
def test_a_session_is_not_approved_over_unread_words_that_are_left_out_of_this_tree(desk: Desk, outside: str):
    for name in ("article.md", "video.md", "quiz.yaml", "exercise.md"):
        desk.edit(f"{S1}/{name}", "status: draft", "status: approved")
    desk.edit(SESSION_FILE, "status: draft", "status: content_created")
    new_repository(desk)
    desk.ok("push", "--import")
    desk.ok("advance", f"content/{SESSION_FILE}")
    commit(desk, "approve")
    there = desk if outside != "fresh" else clone(desk, "ci")
    if outside == "ignored":
        (there.root / ".studioignore").write_text("video.md\n")
    else:
        git(there, "sparse-checkout", "set", "--no-cone", "/*", "!video.md")
    if outside != "fresh":
        desk.sql("UPDATE videos SET script = 'Nobody read this.'")
    for command in (("push", "-n"), ("push",)):
        found = there.refused(*command)
        assert "error[unread-below]" in found.err
        assert ".studioignore" in found.err
        assert "keeps changing" not in found.err
    if outside == "ignored":
        (there.root / ".studioignore").unlink()
    else:
        git(there, "sparse-checkout", "disable")
    there.ok("pull")
    found = there.run("push")
    assert "left out" not in found.err
    if outside == "fresh":
        assert session_status(desk) == "approved"
    else:
        assert "read video.md, and set `status: review` there; then" in found.err


@pytest.mark.parametrize("outside", ["ignored", "sparse"])
def test_a_session_is_approved_over_what_was_read_before_it_was_left_out_of_this_tree(
    ready: Desk, outside: str
):
    new_repository(ready)
    ready.ok("pull")
    ready.ok("advance", f"content/{SESSION_FILE}")
    if outside == "ignored":
        (ready.root / ".studioignore").write_text("video.md\n")
    else:
        git(ready, "sparse-checkout", "set", "--no-cone", "/*", "!video.md")
    ready.ok("push")
    assert session_status(ready) == "approved"


def test_an_approval_that_is_undone_and_done_again_is_of_the_words_that_were_read(repo: Desk):
    repo.ok("advance", f"content/{ARTICLE}")
    repo.ok("undo")
    repo.ok("undo")
    rewrites(repo)
    assert "error[unread-words]" in repo.refused("push").err
    assert status(repo) == "review"
    repo.edit(ARTICLE, "One two thirteen.", "One two three.")
    repo.ok("push")
    assert status(repo) == "approved"


def test_an_approval_that_is_undone_approves_nothing(repo: Desk):
    repo.ok("advance", f"content/{ARTICLE}")
    repo.ok("undo")
    rewrites(repo)
    repo.ok("push")
    approves(repo)
    repo.ok("push")
    assert (status(repo), "thirteen" in words(repo)) == ("approved", True)


def test_a_program_is_not_published_over_a_session_that_nobody_here_has_seen(synced: Desk):
    synced.sql("UPDATE sessions SET status = 'published'")
    synced.sql("UPDATE programs SET status = 'review'")
    synced.ok("pull")
    synced.sql("UPDATE sessions SET hook = 'Nobody read this.' WHERE id = %s", SESSION)
    synced.edit(f"{P}/program.md", "status: review", "status: published")
    assert "error[unread-below]" in synced.refused("push").err
    synced.ok("pull")


@pytest.mark.parametrize("moved", ["chapter", "session"])
def test_a_program_is_not_published_over_unread_words_that_the_same_push_moves_in(desk: Desk, moved: str):
    other = "acme-bank/other"
    for name in ("article.md", "video.md", "quiz.yaml", "exercise.md"):
        desk.edit(f"{S1}/{name}", "status: draft", "status: approved")
    desk.edit(SESSION_FILE, "status: draft", "status: published")
    desk.remove(S2)
    desk.write(f"{other}/program.md", f"---\nid: {OTHER}\nname: Other\nstatus: review\n---\n")
    desk.write(f"{other}/03-more/chapter.md", f"---\nid: {MORE}\ntitle: More\n---\n")
    desk.ok("push", "--import")
    places = {"chapter": (C1, f"{other}/01-foundations"), "session": (S1, f"{other}/03-more/3.1-why")}
    desk.move(*places[moved])
    desk.edit(f"{other}/program.md", "status: review", "status: published")
    web_edits(desk)
    assert "error[unread-below]" in desk.refused("push", "--renumber", "-m", "why").err
    assert desk.one("SELECT status FROM programs WHERE slug = 'other'") == "review"


# --- a commit that git took apart


def approved_by_bob_beside_an_edit(repo: Desk) -> None:
    """Bob approves an article, Ada edits it beside that, and merges the two."""
    git(repo, "checkout", "-q", "-b", "bob")
    approves(repo)
    commit(repo, "approve", who=BOB)
    git(repo, "checkout", "-q", "main")
    rewrites(repo)
    commit(repo, "another word")
    git(repo, "merge", "-q", "--no-edit", "bob")


@pytest.mark.parametrize(("how", "committed"), [("--mixed", False), ("--soft", True)])
def test_a_merge_that_git_took_apart_leaves_its_approval_to_the_one_who_gave_it(
    repo: Desk, how: str, *, committed: bool
):
    approved_by_bob_beside_an_edit(repo)
    git(repo, "reset", "-q", how, "HEAD~1")
    if committed:
        commit(repo, "all in one")
    told = unread(repo)
    assert "- One two three.\n" in told
    assert "+ One two thirteen.\n" in told
    repo.ok("advance", f"content/{ARTICLE}")
    repo.ok("push")
    assert status(repo) == "approved"


def test_who_takes_an_own_approval_apart_has_read_what_it_says(repo: Desk):
    approves(repo)
    commit(repo, "approve")
    git(repo, "reset", "-q", "--soft", "HEAD~1")
    rewrites(repo)
    assert "1 to approved" in repo.ok("push", "-n").out
    commit(repo, "approve, and another word")
    repo.ok("push")
    assert status(repo) == "approved"


# --- what a command brings back


def reopened(desk: Desk) -> str:
    """Approve the article, then reopen it with other words; the revision of that push."""
    desk.ok("advance", f"content/{ARTICLE}")
    desk.ok("push")
    commit(desk, "approved")
    desk.edit(ARTICLE, "status: approved", "status: review")
    rewrites(desk)
    desk.ok("push", "--reopen", "-m", "why")
    commit(desk, "reopened")
    return str(desk.json("log")["runs"][0]["revision"])


def test_undo_of_a_reopening_approves_the_words_that_were_approved(repo: Desk):
    reopened(repo)
    repo.ok("undo")
    repo.ok("push")
    assert status(repo) == "approved"
    assert "One two three." in words(repo)


@pytest.mark.parametrize("later", ["typed", "web app"])
def test_undo_of_a_reopening_approves_no_words_that_came_later(repo: Desk, later: str):
    revision = reopened(repo)
    if later == "typed":
        repo.edit(ARTICLE, "One two thirteen.", "Nobody read this.")
    else:
        repo.sql("UPDATE articles SET content = 'Nobody read this.' WHERE session_id = %s", SESSION)
        repo.ok("pull")
        commit(repo, "pulled")
    found = repo.refused("undo", revision)
    assert "error[unread-words] not the words that were approved: its status stays" in found.err
    assert f"`studio advance content/{ARTICLE}`" in found.err
    assert "status: review" in repo.read(ARTICLE)
    repo.ok("push")
    assert status(repo) == "review"
    repo.ok("advance", f"content/{ARTICLE}")
    repo.ok("push")
    assert status(repo) == "approved"


def test_undo_over_what_came_later_brings_the_approval_back_with_its_words(repo: Desk):
    revision = reopened(repo)
    repo.edit(ARTICLE, "One two thirteen.", "Nobody read this.")
    repo.refused("undo", revision)
    repo.ok("undo", revision, "--over")
    repo.ok("push")
    assert status(repo) == "approved"
    assert "One two three." in words(repo)


@pytest.mark.parametrize("command", ["undo", "restore"])
def test_words_that_changed_while_they_were_approved_are_not_approved_by_bringing_them_back(
    repo: Desk, command: str
):
    repo.ok("advance", f"content/{ARTICLE}")
    repo.ok("push")
    repo.sql("UPDATE articles SET content = 'Nobody read this.' WHERE session_id = %s", SESSION)
    repo.ok("pull")
    commit(repo, "pulled")
    repo.edit(ARTICLE, "status: approved", "status: review")
    repo.ok("push", "--reopen", "-m", "why")
    commit(repo, "reopened")
    revision = str(repo.json("log")["runs"][0]["revision"])
    if command == "undo":
        found = repo.refused("undo")
    else:
        found = repo.refused("restore", f"content/{ARTICLE}", "--to", f"{revision}^")
    assert "error[unread-words]" in found.err
    assert "status: review" in repo.read(ARTICLE)
