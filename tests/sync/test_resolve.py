"""Conflicts resolved by a decision: only as they were shown, only in the fields that were meant."""

import pytest

from tests.harness import S1, SESSION, TREE, Desk, unchanged

ARTICLE, SESSION_FILE = f"{S1}/article.md", f"{S1}/session.md"


def both_change(desk: Desk) -> None:
    desk.edit(ARTICLE, "One two three.", "Local words here.")
    desk.sql(
        "UPDATE articles SET content = %s WHERE session_id = %s", "Remote words there.\n\nFour five.", SESSION
    )


def article(desk: Desk) -> str:
    found: str = desk.one("SELECT content FROM articles WHERE session_id = %s", SESSION)
    return found


@pytest.fixture
def torn(synced: Desk) -> Desk:
    """Both sides changed the same paragraph, and the conflict was shown."""
    both_change(synced)
    synced.refused("pull")
    return synced


def test_a_conflict_that_was_not_shown_is_not_settled(synced: Desk) -> None:
    both_change(synced)
    with unchanged(synced):
        found = synced.refused("resolve", f"content/{ARTICLE}", "--keep", "files")
    assert "not-shown" in found.err
    assert synced.standings() == {ARTICLE: {"content": "conflict"}}


def test_keeping_the_files_makes_it_one_to_push(torn: Desk) -> None:
    with unchanged(torn):
        torn.ok("resolve", f"content/{ARTICLE}", "--keep", "files")
    assert torn.standings() == {ARTICLE: {"content": "ahead"}}
    torn.ok("push")
    assert article(torn).startswith("Local words here.")


def test_keeping_the_database_writes_it_into_the_file(torn: Desk) -> None:
    torn.ok("resolve", f"content/{ARTICLE}", "--keep", "database")
    assert "Remote words there." in torn.read(ARTICLE)
    assert torn.standings() == {}


def test_keeping_both_puts_marks_into_the_text_until_they_are_edited_away(torn: Desk) -> None:
    torn.run("resolve", f"content/{ARTICLE}", "--keep", "both")
    text = torn.read(ARTICLE)
    assert "<<<<<<< files (studio)\nLocal words here.\n" in text
    assert "=======\nRemote words there.\n>>>>>>> database (studio)\n" in text
    assert text.count("Four five.") == 1
    with unchanged(torn):
        found = torn.refused("push")
    assert "conflict-markers" in found.err
    head = TREE[ARTICLE].partition("One two three.")[0]
    torn.write(ARTICLE, f"{head}Local words here, remote words there.\n\nFour five.\n")
    assert torn.standings() == {ARTICLE: {"content": "ahead"}}
    torn.ok("push")
    assert article(torn) == "Local words here, remote words there.\n\nFour five."


@pytest.mark.parametrize("keep", ["files", "database", "both"])
def test_a_decision_is_void_when_a_side_changed_after_it_was_shown(torn: Desk, keep: str) -> None:
    torn.sql("UPDATE articles SET content = 'Newer words.' WHERE session_id = %s", SESSION)
    with unchanged(torn):
        found = torn.refused("resolve", f"content/{ARTICLE}", "--keep", keep)
    assert "not-shown" in found.err
    torn.refused("pull")
    torn.edit(ARTICLE, "Local words", "Newer local words")
    with unchanged(torn):
        torn.refused("resolve", f"content/{ARTICLE}", "--keep", keep)


def test_settling_one_field_leaves_the_others_in_conflict(synced: Desk) -> None:
    synced.edit(SESSION_FILE, "title: Why leaders listen", "title: Local title")
    synced.edit(SESSION_FILE, "hook: Nobody told her.", "hook: Local hook.")
    synced.sql("UPDATE sessions SET title = 'Remote title', hook = 'Remote hook.' WHERE id = %s", SESSION)
    synced.refused("pull")
    synced.ok("resolve", f"content/{SESSION_FILE}", "--field", "title", "--keep", "files")
    assert synced.standings() == {SESSION_FILE: {"title": "ahead", "hook": "conflict"}}
    synced.refused("push")
    synced.refused("pull")
    synced.ok("resolve", f"content/{SESSION_FILE}", "--field", "hook", "--keep", "database")
    assert synced.standings() == {SESSION_FILE: {"title": "ahead"}}
    synced.ok("push")
    assert synced.sql("SELECT title, hook FROM sessions WHERE id = %s", SESSION) == [
        ("Local title", "Remote hook.")
    ]


def test_settling_one_field_of_a_record_without_a_base_invents_none_for_the_others(synced: Desk) -> None:
    synced.edit(SESSION_FILE, "title: Why leaders listen", "title: Local title")
    synced.sql("UPDATE sessions SET title = 'Remote title', wiifm = 'Web.' WHERE id = %s", SESSION)
    synced.forget()
    synced.refused("pull")
    synced.ok("resolve", f"content/{SESSION_FILE}", "--field", "title", "--keep", "files")
    assert synced.standings() == {SESSION_FILE: {"title": "ahead", "wiifm": "conflict"}}
    synced.run("push")
    assert synced.one("SELECT wiifm FROM sessions WHERE id = %s", SESSION) == "Web."


def test_pull_with_keep_settles_all_that_was_shown_and_pulls_the_rest(torn: Desk) -> None:
    torn.sql("UPDATE sessions SET hook = 'Web hook.' WHERE id = %s", SESSION)
    torn.ok("pull", "--keep", "database")
    assert "Remote words there." in torn.read(ARTICLE)
    assert "hook: Web hook." in torn.read(SESSION_FILE)
    assert torn.standings() == {}


def test_a_file_deleted_here_and_changed_there_is_kept_or_goes_as_decided(synced: Desk) -> None:
    synced.remove(ARTICLE)
    synced.sql("UPDATE articles SET content = 'Remote words.' WHERE session_id = %s", SESSION)
    synced.refused("pull")
    with unchanged(synced):
        synced.ok("resolve", f"content/{ARTICLE}", "--keep", "files", "-n")
    synced.ok("resolve", f"content/{ARTICLE}", "--keep", "files")
    assert synced.standings() == {ARTICLE: "ahead delete"}
    synced.ok("push", "--delete")
    assert synced.one("SELECT count(*) FROM articles WHERE session_id = %s", SESSION) == 0


def test_a_file_deleted_here_and_changed_there_comes_back_if_the_database_is_kept(synced: Desk) -> None:
    synced.remove(ARTICLE)
    synced.sql("UPDATE articles SET content = 'Remote words.' WHERE session_id = %s", SESSION)
    synced.refused("pull")
    synced.ok("resolve", f"content/{ARTICLE}", "--keep", "database")
    assert "Remote words." in synced.read(ARTICLE)
    assert ARTICLE not in synced.standings()


def test_a_row_deleted_there_and_changed_here_is_made_again_or_goes_as_decided(synced: Desk) -> None:
    synced.edit(ARTICLE, "One two three.", "Local words.")
    synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    synced.refused("pull")
    with unchanged(synced):
        synced.ok("resolve", f"content/{ARTICLE}", "--keep", "files")
    assert synced.standings() == {ARTICLE: "ahead create"}
    synced.ok("push")
    assert article(synced).startswith("Local words.")


def test_a_row_deleted_there_takes_the_changed_file_along_if_the_database_is_kept(synced: Desk) -> None:
    synced.edit(ARTICLE, "One two three.", "Local words.")
    synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    synced.refused("pull")
    synced.ok("resolve", f"content/{ARTICLE}", "--keep", "database")
    assert not (synced.content / ARTICLE).exists()
    assert synced.standings() == {}


def test_a_status_step_and_a_text_on_the_other_side_are_one_conflict(synced: Desk) -> None:
    synced.edit(ARTICLE, "status: draft", "status: review")
    synced.sql("UPDATE articles SET content = 'Remote words.' WHERE session_id = %s", SESSION)
    assert synced.standings() == {ARTICLE: {"status": "conflict", "content": "conflict"}}
    synced.refused("push")
    synced.refused("pull")
    synced.ok("resolve", f"content/{ARTICLE}", "--field", "content", "--keep", "database")
    assert "status: draft" in synced.read(ARTICLE), "the step goes with the words that it was about"


def test_texts_changed_at_different_places_merge_into_the_file_and_then_push(synced: Desk) -> None:
    synced.edit(ARTICLE, "Four five.", "Four five six.")
    synced.sql(
        "UPDATE articles SET content = %s WHERE session_id = %s", "Zero one two three.\n\nFour five.", SESSION
    )
    assert synced.standings() == {ARTICLE: {"content": "diverged"}}
    with unchanged(synced):
        found = synced.refused("push")
    assert "studio pull" in found.err
    synced.ok("pull")
    assert synced.read(ARTICLE).endswith("Zero one two three.\n\nFour five six.\n")
    assert synced.standings() == {ARTICLE: {"content": "ahead"}}
    synced.ok("push")
    assert article(synced) == "Zero one two three.\n\nFour five six."
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


@pytest.mark.parametrize("keep", ["files", "database"])
@pytest.mark.parametrize("place", ["there", "elsewhere", "in the title"])
def test_a_file_with_marks_that_is_in_conflict_again_is_settled_by_one_command(
    synced: Desk, keep: str, place: str
) -> None:
    """What stands between the marks is shown beside the conflict, as the command decides both."""
    path = f"{S1}/exercise.md"
    synced.sql("UPDATE exercises SET description = E'One.\n\nTwo.' WHERE session_id = %s", SESSION)
    synced.ok("pull")
    synced.edit(path, "One.\n", "One of mine.\n")
    synced.sql("UPDATE exercises SET description = E'One of theirs.\n\nTwo.' WHERE session_id = %s", SESSION)
    synced.refused("pull")
    synced.ok("resolve", f"content/{path}", "--keep", "both")
    if place == "there":
        synced.sql("UPDATE exercises SET description = E'One again.\n\nTwo.' WHERE session_id = %s", SESSION)
    elif place == "elsewhere":
        synced.edit(path, "Two.", "Two of mine.")
        synced.sql(
            "UPDATE exercises SET description = E'One of theirs.\n\nTwo again.' WHERE session_id = %s",
            SESSION,
        )
    else:
        title = synced.one("SELECT title FROM exercises WHERE session_id = %s", SESSION)
        synced.edit(path, f"title: {title}", "title: Mine")
        synced.sql("UPDATE exercises SET title = 'Theirs' WHERE session_id = %s", SESSION)
    shown = synced.refused("pull")
    assert all(words in shown.out for words in ("One of mine.", "One of theirs."))
    (record,) = [r for r in synced.json("diff", "--full")["records"] if r["path"] == f"content/{path}"]
    assert "One of mine." in [part.get("files") for part in record["parts"]]
    if place == "in the title":
        synced.ok("resolve", f"content/{path}", "--keep", keep, "--field", "description")
        assert synced.standings()[path]["title"] == "conflict"
        assert "(studio)" not in synced.read(path)
    synced.ok("resolve", f"content/{path}", "--keep", keep)
    text = synced.read(path)
    assert "(studio)" not in text
    assert ("One of mine." in text) is (keep == "files")
    assert synced.ok("validate")
    synced.ok("push")
    assert synced.standings() == {}


def test_a_decision_that_is_refused_after_both_prints_the_record_once(synced: Desk) -> None:
    path = f"{S1}/session.md"
    synced.edit(path, "\nA session about listening.\n", "")
    synced.ok("push")
    synced.write(path, synced.read(path) + "\nMine.\n")
    synced.edit(path, "estimated_minutes: 20", "estimated_minutes: 7")
    synced.sql("UPDATE sessions SET description = 'Web.', estimated_minutes = 30 WHERE id = %s", SESSION)
    synced.refused("pull")
    synced.refused("resolve", f"content/{path}", "--keep", "both")
    found = synced.refused("resolve", f"content/{path}", "--keep", "database")
    assert found.out.count(f"! content/{path}  (conflict)") == 1
