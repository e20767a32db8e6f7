"""The rules of status, end to end: what a push refuses, what it says, and what a decision lets through."""

import pytest

from studio_sync.sync.compare.approval_audit import StaleApprovalFinder
from tests.harness import C1, C2, CHAPTER, CHAPTER_2, S1, S2, SESSION, Desk, P, unchanged

CONTENTS = {
    "articles": "article.md",
    "videos": "video.md",
    "quizzes": "quiz.yaml",
    "exercises": "exercise.md",
}
WHY = ("-m", "the law has changed")


def at(desk: Desk, session: str = "", contents: str = "", program: str = "") -> None:
    """Let the first session, its contents, and the program be at these statuses on both sides."""
    if session:
        desk.sql("UPDATE sessions SET status = %s WHERE id = %s", session, SESSION)
    for table in CONTENTS if contents else ():
        desk.sql(f"UPDATE {table} SET status = %s WHERE session_id = %s", contents, SESSION)
    if program:
        desk.sql("UPDATE programs SET status = %s", program)
    desk.ok("pull")


def step(desk: Desk, path: str, old: str, new: str) -> None:
    desk.edit(path, f"status: {old}", f"status: {new}")


def refusals(desk: Desk, *arguments: str) -> list[tuple[str, int, str]]:
    """(path, line, code) of every error of a push, which must leave everything as it was."""
    with unchanged(desk):
        found = desk.refused("push", *arguments, "--json").json
    return [
        (p["path"].removeprefix("content/"), p["line"], p["code"])
        for p in found["problems"]
        if p["severity"] == "error"
    ]


# --- steps


def test_a_status_goes_one_step_a_push(synced: Desk) -> None:
    step(synced, f"{S1}/article.md", "draft", "review")
    synced.ok("push")
    step(synced, f"{S1}/article.md", "review", "approved")
    synced.ok("push")
    assert synced.one("SELECT status FROM articles WHERE session_id = %s", SESSION) == "approved"


def test_a_skip_is_refused_at_its_line_and_names_the_next_status(synced: Desk) -> None:
    step(synced, f"{S1}/article.md", "draft", "approved")
    with unchanged(synced):
        found = synced.refused("push")
    assert (
        f"content/{S1}/article.md:2:1: error[status-skipped] draft → approved skips review\n"
        "  hint: next legal status: review\n"
    ) in found.err
    assert "nothing was pushed" in found.out


def test_all_refusals_come_in_one_list_with_the_others(synced: Desk) -> None:
    at(synced, contents="approved")
    step(synced, f"{S1}/session.md", "draft", "published")
    synced.edit(f"{S1}/video.md", "Listen now", "Listen later")
    step(synced, f"{S1}/quiz.yaml", "approved", "review")
    synced.sql("UPDATE programs SET name = 'Another'")
    synced.edit(f"{P}/program.md", "name: Leading with trust", "name: Mine")
    assert refusals(synced) == [
        (f"{S1}/quiz.yaml", 1, "reopen-needed"),
        (f"{S1}/session.md", 10, "status-skipped"),
        (f"{S1}/video.md", 2, "locked"),
        (f"{P}/program.md", 0, "conflict"),
    ]


def test_a_step_back_needs_the_flag_and_a_reason(synced: Desk) -> None:
    at(synced, contents="approved")
    step(synced, f"{S1}/article.md", "approved", "draft")
    assert refusals(synced) == [(f"{S1}/article.md", 2, "reopen-needed")]
    bare = synced.run("push", "--reopen")
    assert (bare.code, "needs a reason" in bare.err) == (2, True)
    assert synced.run("push", "--reopen", "-m", "  ").code == 2
    synced.ok("push", "--reopen", *WHY)
    assert synced.one("SELECT status FROM articles WHERE session_id = %s", SESSION) == "draft"


def test_a_flag_lets_nothing_else_pass(synced: Desk) -> None:
    at(synced, contents="approved")
    step(synced, f"{S1}/article.md", "approved", "draft")
    assert refusals(synced, "--renumber", "--import", "--delete", *WHY) == [
        (f"{S1}/article.md", 2, "reopen-needed")
    ]


def test_a_new_record_starts_at_the_first_status(synced: Desk) -> None:
    synced.write(f"{S2}/video.md", "---\nstatus: approved\n---\n\nNew.\n")
    assert refusals(synced) == [(f"{S2}/video.md", 2, "first-status")]
    synced.ok("push", "--import")
    assert synced.one("SELECT status FROM videos WHERE script = 'New.'") == "approved"


def test_a_target_may_take_imports(synced: Desk) -> None:
    synced.write(f"{S2}/video.md", "---\nstatus: approved\n---\n\nNew.\n")
    synced.config(
        "name: desk\ntargets:\n  live: {url: '${LIVE}'}\n  staging: {url: '${LIVE}', import: true}\n"
    )
    here = {"LIVE": synced.url, "STUDIO_DATABASE_URL": ""}
    assert synced.run("push", "--target", "live", **here).code == 1
    synced.ok("push", "--target", "staging", **here)
    assert synced.one("SELECT status FROM videos WHERE script = 'New.'") == "approved"


def test_a_status_that_nobody_knows_is_pulled_and_never_pushed(synced: Desk) -> None:
    step(synced, f"{S1}/article.md", "draft", "done")
    with unchanged(synced):
        found = synced.refused("push")
    told = (
        "error[unknown-status] draft → done: the statuses of the kind article are draft, review and approved"
    )
    assert told in found.err
    assert "next legal status: review" in found.err
    step(synced, f"{S1}/article.md", "done", "draft")
    synced.sql("UPDATE articles SET status = 'on_hold' WHERE session_id = %s", SESSION)
    synced.ok("pull")
    synced.edit(f"{S1}/article.md", "One two", "Two one")
    synced.ok("push")
    step(synced, f"{S1}/article.md", "on_hold", "draft")
    assert "on_hold → draft is a way back into the flow" in synced.refused("push").err
    synced.ok("push", "--reopen", *WHY)


def test_pull_takes_any_status_that_the_database_has(synced: Desk) -> None:
    at(synced, session="published", contents="approved", program="published")
    at(synced, session="draft", contents="draft", program="draft")
    assert "status: draft" in synced.read(f"{S1}/session.md")


def test_no_approve_refuses_what_would_approve(synced: Desk) -> None:
    at(synced, contents="review")
    step(synced, f"{S1}/article.md", "review", "approved")
    assert refusals(synced, "--no-approve") == [(f"{S1}/article.md", 2, "no-approve")]
    synced.ok("push")


ARTICLE, VIDEO = f"{S1}/article.md", f"{S2}/video.md"
NEXT_STATUS = {
    "status-skipped": (ARTICLE, "draft", "approved", "review", []),
    "unknown-status": (ARTICLE, "draft", "done", "review", []),
    "first-status": (VIDEO, "draft", "approved", "draft", []),
    "no-approve": (ARTICLE, "review", "approved", "review", ["--no-approve"]),
}
"""Where a status may not become another one, with the one that the message names instead."""


@pytest.mark.parametrize("code", NEXT_STATUS)
def test_the_status_that_a_refusal_names_is_one_that_passes(synced: Desk, code: str) -> None:
    path, was, becomes, named, flags = NEXT_STATUS[code]
    synced.write(VIDEO, "---\nstatus: draft\n---\n\nNew.\n")
    if path != VIDEO:
        synced.ok("push")
        at(synced, contents=was)
    step(synced, path, was, becomes)
    found = synced.refused("push", *flags)
    assert f"error[{code}]" in found.err
    assert f": {named}\n" in found.err or f"leave it at {named};" in found.err
    step(synced, path, becomes, named)
    synced.ok("push", *flags)
    assert synced.standings() == {}


def test_what_has_a_status_of_its_own_begins_anew_as_the_refusal_says(synced: Desk) -> None:
    synced.sql("UPDATE articles SET status = 'on_hold' WHERE session_id = %s", SESSION)
    synced.ok("pull")
    step(synced, ARTICLE, "on_hold", "review")
    assert "next legal status: draft\n" in synced.refused("push").err
    step(synced, ARTICLE, "review", "draft")
    assert '`studio push --reopen -m "why"`' in synced.refused("push").err
    synced.ok("push", "--reopen", *WHY)
    assert synced.standings() == {}


# --- locks


def test_what_is_approved_is_locked_until_the_same_push_reopens_it(synced: Desk) -> None:
    at(synced, contents="approved")
    synced.edit(f"{S1}/article.md", "One two three.", "New words.")
    assert refusals(synced) == [(f"{S1}/article.md", 2, "locked")]
    assert refusals(synced, "--reopen", *WHY) == [(f"{S1}/article.md", 2, "locked")]
    step(synced, f"{S1}/article.md", "approved", "review")
    assert refusals(synced) == [(f"{S1}/article.md", 2, "reopen-needed")]
    synced.ok("push", "--reopen", *WHY)
    assert synced.sql("SELECT status, content FROM articles WHERE session_id = %s", SESSION) == [
        ("review", "New words.\n\nFour five.")
    ]


def test_json_is_locked_as_texts_are(synced: Desk) -> None:
    at(synced, contents="approved")
    synced.edit(f"{S1}/quiz.yaml", "Who listens?", "Who hears?")
    assert refusals(synced) == [(f"{S1}/quiz.yaml", 1, "locked")]


def test_a_draft_below_something_published_may_change_and_a_new_draft_may_join(synced: Desk) -> None:
    at(synced, session="published", program="published")
    synced.edit(f"{S1}/article.md", "One two three.", "New words.")
    synced.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
    synced.ok("push")
    assert synced.one("SELECT total_sessions FROM programs") == 3


def test_a_published_session_is_renumbered_only_by_a_decision_and_keeps_its_status(synced: Desk) -> None:
    at(synced, session="published")
    synced.move(S1, f"{C1}/1.5-why-leaders-listen")
    assert refusals(synced) == [(f"{C1}/1.5-why-leaders-listen/session.md", 10, "renumber-needed")]
    synced.ok("push", "--renumber", *WHY)
    assert synced.sql("SELECT number, status FROM sessions WHERE id = %s", SESSION) == [("1.5", "published")]


def test_a_published_session_changes_its_order_or_chapter_only_by_a_decision(synced: Desk) -> None:
    at(synced, session="published")
    synced.edit(f"{S1}/session.md", "status:", "order_index: 7\nstatus:")
    assert refusals(synced) == [(f"{S1}/session.md", 11, "renumber-needed")]
    synced.edit(f"{S1}/session.md", "order_index: 7\n", "")
    synced.move(S1, f"{C2}/1.1-why-leaders-listen")
    assert refusals(synced) == [(f"{C2}/1.1-why-leaders-listen/session.md", 10, "renumber-needed")]
    synced.ok("push", "--renumber", *WHY)
    assert str(synced.one("SELECT chapter_id FROM sessions WHERE id = %s", SESSION)) == CHAPTER_2


def test_a_chapter_with_something_published_in_it_keeps_its_number(synced: Desk) -> None:
    at(synced, session="published")
    synced.move(C1, f"{P}/07-foundations")
    with unchanged(synced):
        found = synced.refused("push")
    assert (
        "error[renumber-needed] its number is locked: 1.1-why-leaders-listen/session.md below it is"
        in found.err
    )
    synced.ok("push", "--renumber", *WHY)
    assert synced.one("SELECT number FROM chapters WHERE id = %s", CHAPTER) == 7


def test_a_session_that_goes_in_between_shifts_nobody_locked_out_of_their_order(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET status = 'published'")
    synced.ok("pull")
    synced.write(f"{C1}/1.1.5-new/session.md", "---\ntitle: New\n---\n")
    synced.ok("push")
    numbers = [n for (n,) in synced.sql("SELECT number FROM sessions ORDER BY order_index")]
    assert numbers == ["1.1", "1.1.5", "1.2"]


@pytest.mark.parametrize("folder", [f"{S1}/quiz.yaml", S1, C1, P, "acme-bank"])
def test_nothing_approved_is_deleted_nor_what_stands_above_it(synced: Desk, folder: str) -> None:
    synced.sql("UPDATE quizzes SET status = 'approved'")
    synced.ok("pull")
    synced.remove(folder)
    wish = f"--delete={sum(p.startswith(folder) for p in _paths(synced))}"
    found = refusals(synced, wish, "--reopen", "--renumber", "--import", *WHY)
    beside = set() if folder.endswith(".yaml") else {"held"}  # what stands beside it in the folder
    assert {code for _, _, code in found} == {"delete-locked", *beside}
    assert synced.one("SELECT count(*) FROM quizzes") == 1
    assert synced.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION) == 1


def _paths(desk: Desk) -> list[str]:
    return [path for path, how in desk.standings().items() if how == "ahead delete"]


def test_what_is_approved_and_deleted_comes_back_is_reopened_and_then_goes(synced: Desk) -> None:
    at(synced, contents="approved")
    synced.remove(f"{S1}/quiz.yaml")
    found = synced.refused("push", "--delete")
    synced.ok(*found.err.partition("bring it back: studio ")[2].partition(";")[0].split())
    assert "then set `status: review` in it, and reopen that with `studio push --reopen -m" in found.err
    step(synced, f"{S1}/quiz.yaml", "approved", "review")
    synced.ok("push", "--reopen", *WHY)
    synced.remove(f"{S1}/quiz.yaml")
    synced.ok("push", "--delete")
    assert synced.one("SELECT count(*) FROM quizzes") == 0


# --- what a status needs


def test_a_session_needs_its_contents(synced: Desk) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    synced.ok("push", "--delete")
    step(synced, f"{S1}/session.md", "draft", "content_created")
    with unchanged(synced):
        found = synced.refused("push")
    assert f"content/{S1}/session.md:10:1: error[not-ready] draft → content_created" in found.err
    assert "hint: needs: quiz.yaml (there is none)" in found.err
    synced.write(f"{S1}/quiz.yaml", "questions:\n  - question: Why?\n")
    synced.ok("push")
    assert synced.one("SELECT status FROM sessions WHERE id = %s", SESSION) == "content_created"


def test_a_session_needs_its_contents_approved_in_the_database_not_only_in_files(synced: Desk) -> None:
    at(synced, session="content_created", contents="review")
    for name in CONTENTS.values():
        step(synced, f"{S1}/{name}", "review", "approved")
    step(synced, f"{S1}/session.md", "content_created", "approved")
    assert refusals(synced, f"content/{S1}/session.md") == [(f"{S1}/session.md", 10, "not-ready")]
    synced.ok("push")
    assert synced.one("SELECT status FROM sessions WHERE id = %s", SESSION) == "approved"


def test_a_needs_refusal_names_every_file_that_is_not_ready(synced: Desk) -> None:
    at(synced, session="content_created", contents="approved")
    synced.sql("UPDATE quizzes SET status = 'review'")
    synced.sql("UPDATE videos SET status = 'draft'")
    synced.ok("pull")
    step(synced, f"{S1}/session.md", "content_created", "approved")
    assert (
        "needs: video.md approved (is draft), quiz.yaml approved (is review)\n" in synced.refused("push").err
    )


def test_a_step_over_a_file_that_can_not_be_read_has_a_hint_without_a_hole(synced: Desk) -> None:
    at(synced, session="content_created", contents="approved")
    step(synced, f"{S1}/session.md", "content_created", "approved")
    synced.write(f"{S1}/video.md", "---\nstatus: [\n---\nx\n")
    found = synced.refused("push", f"content/{S1}/session.md").err
    assert f"hint: `studio validate content/{S1}` lists all\n" in found


def test_a_program_needs_its_sessions(synced: Desk) -> None:
    at(synced, session="published", program="review")
    step(synced, f"{P}/program.md", "review", "published")
    found = synced.refused("push").err
    assert "needs: 01-foundations/1.2-asking/session.md published (is draft)\n" in found
    synced.sql("UPDATE sessions SET status = 'published'")
    synced.ok("pull")
    synced.ok("push")
    assert synced.one("SELECT status FROM programs") == "published"


def test_with_partial_what_depends_on_something_refused_is_refused_too(synced: Desk) -> None:
    at(synced, session="content_created", contents="review")
    for name in list(CONTENTS.values())[:3]:
        step(synced, f"{S1}/{name}", "review", "approved")
    step(synced, f"{S1}/session.md", "content_created", "approved")
    synced.sql("UPDATE exercises SET status = 'draft'")
    synced.ok("pull")
    step(synced, f"{S1}/exercise.md", "draft", "approved")
    found = synced.refused("push", "--partial", "--json").json
    assert sorted(p["code"] for p in found["problems"]) == ["not-ready", "status-skipped"]
    assert synced.one("SELECT status FROM sessions WHERE id = %s", SESSION) == "content_created"
    assert synced.one("SELECT status FROM articles WHERE session_id = %s", SESSION) == "approved"


def test_with_partial_nothing_hangs_below_a_new_record_that_was_refused(synced: Desk) -> None:
    new = f"{C1}/1.3-new"
    synced.write(f"{new}/session.md", "---\ntitle: New\nstatus: approved\n---\n")
    synced.write(f"{new}/article.md", "---\nstatus: draft\n---\n\nNew.\n")
    found = synced.refused("push", "--partial", "--json").json
    assert [p["code"] for p in found["problems"]] == ["parent-first", "first-status"]
    assert synced.one("SELECT count(*) FROM articles") == 2


# --- what a workspace adds


def test_a_workspace_changes_the_required_contents_and_asks_for_more(synced: Desk) -> None:
    synced.config(
        "name: desk\nguards:\n  session:\n    contents: [article]\n"
        "    content_created:\n      filled: [wiifm, learning_objectives]\n"
    )
    step(synced, f"{S2}/session.md", "draft", "content_created")
    assert "needs: wiifm, learning_objectives" in synced.refused("push").err
    synced.edit(
        f"{S2}/session.md", "title: Asking\n", "title: Asking\nwiifm: More.\nlearning_objectives: [Ask]\n"
    )
    synced.ok("push")


def test_a_plan_that_would_be_refused_says_so_and_touches_nothing(synced: Desk) -> None:
    step(synced, f"{S1}/article.md", "draft", "approved")
    with unchanged(synced):
        found = synced.refused("push", "-n")
    assert "this push would be refused" in found.out
    assert "status-skipped" in found.err


# --- told before anyone tries


def test_status_shows_the_step_and_what_a_push_would_refuse(synced: Desk) -> None:
    step(synced, f"{S1}/article.md", "draft", "review")
    step(synced, f"{S1}/video.md", "draft", "approved")
    synced.edit(f"{S1}/video.md", "Listen now", "Listen then")
    synced.sql("UPDATE quizzes SET status = 'approved'")
    with unchanged(synced):
        found = synced.ok("status")
    assert found.out.splitlines() == [
        f"content/{P}",
        "  01-foundations/1.1-why-leaders-listen",
        "    ~ article.md  (to push: status draft → review)",
        "    ~ video.md",
        "        (to push: status draft → approved, script; a push would refuse it)",
        "    ~ quiz.yaml  (to pull: status draft → approved)",
        "1 to pull, 2 to push, 10 in sync",
    ]
    assert f"{S1}/video.md:2:1: error[status-skipped] draft → approved skips review\n" in found.err
    assert "next legal status: review" in found.err
    assert "article.md:" not in found.err


def test_status_judges_what_is_ahead_together_and_deletions_as_if_they_were_wanted(synced: Desk) -> None:
    at(synced, session="content_created", contents="review")
    for name in CONTENTS.values():
        step(synced, f"{S1}/{name}", "review", "approved")
    step(synced, f"{S1}/session.md", "content_created", "approved")
    assert "refuse" not in synced.ok("status").text
    synced.ok("push")
    synced.remove(f"{S1}/quiz.yaml")
    assert synced.json("status")["problems"][0]["code"] == "delete-locked"


def test_status_gives_scripts_the_step(synced: Desk) -> None:
    step(synced, f"{S1}/article.md", "draft", "approved")
    ((record),) = synced.json("status")["records"]
    assert record["status"] == {"from": "draft", "to": "approved"}
    assert synced.run("status", "--json").codes == ["status-skipped"]


def test_a_plan_says_the_steps_and_the_decisions(synced: Desk) -> None:
    at(synced, contents="approved")
    step(synced, f"{S1}/article.md", "approved", "draft")
    synced.write(f"{S2}/video.md", "---\nstatus: review\n---\n\nNew.\n")
    found = synced.run("push", "-n", "--reopen", "--import", *WHY)
    assert found.out.splitlines()[:2] == [
        f"~ content/{S1}/article.md  (status approved → draft; reopen: the law has changed)",
        f"+ content/{S2}/video.md  (status review; import: the law has changed)",
    ]
    assert found.out.splitlines()[-1] == (
        "would be pushed: 1 created, 1 updated; 1 decision to reopen, 1 decision to import"
    )
    records = synced.json("push", "-n", "--reopen", "--import", *WHY)["records"]
    assert [r["decisions"] for r in records] == [{"reopen": WHY[1]}, {"import": WHY[1]}]
    synced.ok("push", "--reopen", "--import", *WHY)
    rows = synced.sql(
        "SELECT decision::text FROM studio_sync.versions WHERE decision IS NOT NULL ORDER BY kind"
    )
    assert rows == [('{"reopen": "the law has changed"}',), ('{"import": "the law has changed"}',)]
    assert (
        synced.one("SELECT DISTINCT message FROM studio_sync.runs WHERE message <> ''")
        == "the law has changed"
    )


# --- approved, and not as it was


def notes(desk: Desk, *arguments: str) -> dict[str, tuple[str, str]]:
    return {
        p["path"].removeprefix("content/"): (p["code"], p["message"])
        for p in desk.json("status", *arguments)["problems"]
    }


def test_text_that_changed_in_the_database_after_its_approval_is_shown_until_it_is_approved_anew(
    synced: Desk,
) -> None:
    at(synced, contents="approved")
    assert notes(synced) == {}
    synced.sql("UPDATE articles SET content = 'Web words.' WHERE session_id = %s", SESSION)
    expected = {f"{S1}/article.md": ("changed-since", "approved, changed since")}
    assert notes(synced) == expected
    synced.ok("pull")
    assert notes(synced) == expected
    assert notes(synced) == expected
    assert "changed: content; `studio log" in synced.ok("status").err
    assert notes(synced, f"content/{S2}") == {}
    step(synced, f"{S1}/article.md", "approved", "review")
    synced.ok("push", "--reopen", *WHY)
    assert notes(synced) == {}
    step(synced, f"{S1}/article.md", "review", "approved")
    synced.ok("push")
    assert notes(synced) == {}


def test_what_is_in_work_below_something_published_is_shown_there(synced: Desk) -> None:
    synced.sql("UPDATE sessions SET status = 'published' WHERE id = %s", SESSION)
    at(synced, session="published", contents="approved", program="published")
    told = {f"{P}/program.md": ("in-work", "published, 1 session in work")}
    assert notes(synced) == told
    found = synced.ok("status")
    assert f"warning[in-work] published, 1 session in work\n  hint: see content/{S2}/session.md" in found.err
    step(synced, f"{S1}/quiz.yaml", "approved", "draft")
    synced.ok("push", "--reopen", *WHY)
    assert notes(synced) == {
        f"{P}/program.md": ("in-work", "published, 2 sessions in work"),
        f"{S1}/session.md": ("in-work", "published, 1 quiz in work"),
    }
    with synced.clone() as other:
        assert notes(other) == notes(synced)


@pytest.mark.usefixtures("with_every_capability")
def test_what_was_found_is_not_looked_for_again_until_a_row_changes(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(synced, session="published")
    before = notes(synced)
    assert before
    notes(synced)
    monkeypatch.setattr(StaleApprovalFinder, "_find", lambda _: pytest.fail("looked again"))
    assert notes(synced) == before
    monkeypatch.undo()
    synced.sql("UPDATE sessions SET status = 'draft'")
    assert notes(synced) == {}


def test_a_plan_shows_approvals_first_and_never_only_counts_them(synced: Desk) -> None:
    at(synced, contents="review")
    synced.edit(f"{S1}/session.md", "Nobody told her.", "Somebody told her.")
    for name in ("video.md", "quiz.yaml"):
        step(synced, f"{S1}/{name}", "review", "approved")
    found = synced.run("push", "-n")
    assert found.out.splitlines() == [
        f"~ content/{S1}/video.md  (status review → approved)",
        f"~ content/{S1}/quiz.yaml  (status review → approved)",
        f"~ content/{S1}/session.md  (hook)",
        "would be pushed: 3 updated; 2 to approved",
    ]
    for i in range(60):
        synced.write(f"{C1}/1.{i + 10}-more/session.md", f"---\ntitle: More {i}\n---\n")
    assert synced.ok("push").out.splitlines() == [
        f"~ content/{S1}/video.md  (status review → approved)",
        f"~ content/{S1}/quiz.yaml  (status review → approved)",
        "pushed: 60 created, 3 updated; 2 to approved",
    ]


def test_the_log_tells_what_was_decided_and_why(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "status: draft", "status: review")
    synced.ok("push")
    synced.edit(f"{S1}/article.md", "status: review", "status: draft")
    synced.ok("push", "--reopen", "-m", "the numbers were old")
    told = synced.ok("log", f"content/{S1}/article.md").out
    assert "reopen" in told
    assert "the numbers were old" in told
