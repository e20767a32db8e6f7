"""Both sides change: each field for itself, and nobody's words are lost."""

import pytest

from tests.harness import C1, CHAPTER, S1, S2, SESSION, SESSION_2, TREE, Desk, P, unchanged


def test_a_record_ahead_in_one_field_and_behind_in_another_goes_both_ways(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: Local hook.")
    synced.sql("UPDATE sessions SET wiifm = 'Remote.', estimated_minutes = 33 WHERE id = %s", SESSION)
    assert synced.standings() == {
        f"{S1}/session.md": {"hook": "ahead", "wiifm": "behind", "estimated_minutes": "behind"}
    }
    synced.ok("push")
    assert synced.sql("SELECT hook, wiifm, estimated_minutes FROM sessions WHERE id = %s", SESSION) == [
        ("Local hook.", "Remote.", 33)
    ]
    assert synced.standings() == {f"{S1}/session.md": {"wiifm": "behind", "estimated_minutes": "behind"}}
    with unchanged(synced):
        synced.ok("push")
    synced.ok("pull")
    assert synced.read(f"{S1}/session.md") == TREE[f"{S1}/session.md"].replace(
        "hook: Nobody told her.", "hook: Local hook."
    ).replace("wiifm: You hear more.", "wiifm: Remote.").replace("minutes: 20", "minutes: 33")
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_the_same_the_other_way_round_pull_first(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: Local hook.")
    synced.sql("UPDATE sessions SET wiifm = 'Remote.' WHERE id = %s", SESSION)
    synced.ok("pull")
    assert synced.standings() == {f"{S1}/session.md": {"hook": "ahead"}}
    synced.ok("push")
    assert synced.standings() == {}
    assert synced.sql("SELECT hook, wiifm FROM sessions WHERE id = %s", SESSION) == [
        ("Local hook.", "Remote.")
    ]


def test_a_field_pushed_and_then_set_back_by_somebody_is_behind_not_ahead(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "hook: Nobody", "hook: Somebody")
    synced.sql("UPDATE sessions SET wiifm = 'Remote.' WHERE id = %s", SESSION)
    synced.ok("push")
    synced.sql("UPDATE sessions SET hook = 'Nobody told her.' WHERE id = %s", SESSION)
    assert synced.standings() == {f"{S1}/session.md": {"hook": "behind", "wiifm": "behind"}}
    synced.ok("pull")
    assert synced.read(f"{S1}/session.md") == TREE[f"{S1}/session.md"].replace("You hear more.", "Remote.")


def conflict(desk: Desk) -> None:
    desk.edit(f"{S1}/article.md", "One two three.", "Local words.")
    desk.sql("UPDATE articles SET content = 'Remote words.' WHERE session_id = %s", SESSION)


def test_a_push_with_a_conflict_writes_nothing_at_all(synced: Desk) -> None:
    conflict(synced)
    synced.edit(f"{S2}/session.md", "title: Asking", "title: Asking more")
    with unchanged(synced):
        found = synced.refused("push")
    assert "nothing was pushed" in found.out
    assert f"content/{S1}/article.md: error[conflict]" in found.err


def test_a_partial_push_writes_the_rest_and_still_exits_1(synced: Desk) -> None:
    conflict(synced)
    synced.edit(f"{S2}/session.md", "title: Asking", "title: Asking more")
    found = synced.refused("push", "--partial")
    assert f"content/{S1}/article.md: error[conflict]" in found.err
    assert synced.one("SELECT title FROM sessions WHERE id = %s", SESSION_2) == "Asking more"
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == "Remote words."
    assert list(synced.standings()) == [f"{S1}/article.md"]


def test_narrowing_the_scope_pushes_the_rest(synced: Desk) -> None:
    conflict(synced)
    synced.edit(f"{S2}/session.md", "title: Asking", "title: Asking more")
    synced.ok("push", f"content/{S2}")
    assert synced.one("SELECT title FROM sessions WHERE id = %s", SESSION_2) == "Asking more"


def test_a_pull_leaves_a_conflict_writes_the_rest_and_exits_1(synced: Desk) -> None:
    conflict(synced)
    synced.sql("UPDATE sessions SET title = 'Asked' WHERE id = %s", SESSION_2)
    mine = synced.read(f"{S1}/article.md")
    found = synced.refused("pull")
    assert f"content/{S1}/article.md: error[conflict]" in found.err
    assert synced.read(f"{S1}/article.md") == mine
    assert "title: Asked" in synced.read(f"{S2}/session.md")
    with unchanged(synced):
        synced.refused("pull")


def test_a_conflict_in_one_field_keeps_the_whole_record_as_it_is_on_pull(synced: Desk) -> None:
    conflict(synced)
    synced.sql("""UPDATE articles SET sources = '["Another"]' WHERE session_id = %s""", SESSION)
    assert synced.standings() == {f"{S1}/article.md": {"content": "conflict", "sources": "behind"}}
    with unchanged(synced):
        synced.refused("pull")
        synced.refused("push")
        synced.refused("push", "--partial")


def test_a_conflict_is_settled_by_making_the_file_say_what_the_database_says(synced: Desk) -> None:
    conflict(synced)
    synced.refused("pull")
    synced.write(
        f"{S1}/article.md", TREE[f"{S1}/article.md"].replace("One two three.\n\nFour five.", "Remote words.")
    )
    assert synced.standings() == {}
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")


def test_the_same_change_on_both_sides_is_adopted_silently(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: Same.")
    synced.sql("UPDATE sessions SET hook = 'Same.' WHERE id = %s", SESSION)
    with unchanged(synced):
        found = synced.ok("push")
        assert "nothing to push" in found.out
        synced.ok("pull")
    synced.sql("UPDATE sessions SET hook = 'Next.' WHERE id = %s", SESSION)
    synced.ok("pull")
    assert "hook: Next." in synced.read(f"{S1}/session.md")


def test_the_same_record_made_on_both_sides_is_adopted_silently(synced: Desk) -> None:
    synced.write(f"{S2}/video.md", "---\nstatus: draft\n---\n\nSame.\n")
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, E'Same.\\r\\n')", SESSION_2)
    with unchanged(synced):
        synced.ok("push")
        synced.ok("pull")
    assert synced.standings() == {}


def test_a_different_record_made_on_both_sides_is_a_conflict(synced: Desk) -> None:
    synced.write(f"{S2}/video.md", "---\nstatus: draft\n---\n\nMine.\n")
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'Theirs.')", SESSION_2)
    assert synced.standings() == {f"{S2}/video.md": {"script": "conflict"}}
    with unchanged(synced):
        synced.refused("push")
        synced.refused("pull")


def test_the_same_field_put_to_null_on_one_side_and_changed_on_the_other_is_a_conflict(synced: Desk) -> None:
    synced.edit(f"{P}/program.md", "\nFor those who lead.\n", "")
    synced.sql("UPDATE programs SET description = 'For all.'")
    assert synced.standings() == {f"{P}/program.md": {"description": "conflict"}}
    with unchanged(synced):
        synced.refused("push")
        synced.refused("pull")


def test_a_move_on_one_side_and_a_change_on_the_other_do_not_touch_each_other(synced: Desk) -> None:
    synced.move(S2, f"{C1}/1.7-asking")
    synced.sql("UPDATE sessions SET title = 'Asked' WHERE id = %s", SESSION_2)
    synced.sql("UPDATE articles SET content = 'Asked.' WHERE session_id = %s", SESSION_2)
    synced.ok("pull")
    assert "title: Asked" in synced.read(f"{C1}/1.7-asking/session.md")
    assert synced.read(f"{C1}/1.7-asking/article.md").endswith("\nAsked.\n")
    synced.ok("push")
    assert synced.sql("SELECT number, title FROM sessions WHERE id = %s", SESSION_2) == [("1.7", "Asked")]
    assert synced.standings() == {}


def test_renumbered_differently_on_both_sides_is_a_conflict(synced: Desk) -> None:
    synced.move(S2, f"{C1}/1.7-asking")
    synced.sql("UPDATE sessions SET number = '1.8' WHERE id = %s", SESSION_2)
    assert synced.standings() == {f"{C1}/1.7-asking/session.md": {"number": "conflict"}}
    with unchanged(synced):
        synced.refused("push")
        synced.refused("pull")


def test_what_was_left_behind_by_a_push_stays_behind_in_the_next_run(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "hook: Nobody", "hook: Somebody")
    synced.sql("UPDATE sessions SET wiifm = 'Remote 1.' WHERE id = %s", SESSION)
    synced.ok("push")
    synced.sql("UPDATE sessions SET wiifm = 'Remote 2.' WHERE id = %s", SESSION)
    synced.edit(f"{S1}/session.md", "hook: Somebody", "hook: Everybody")
    synced.ok("push")
    assert synced.sql("SELECT hook, wiifm FROM sessions WHERE id = %s", SESSION) == [
        ("Everybody told her.", "Remote 2.")
    ]
    synced.edit(f"{S1}/session.md", "wiifm: You hear more.", "wiifm: Local.")
    assert synced.standings() == {f"{S1}/session.md": {"wiifm": "conflict"}}


@pytest.mark.parametrize("command", ["status", "push", "pull"])
def test_a_status_says_what_would_settle_each_record_in_words_for_people(synced: Desk, command: str) -> None:
    conflict(synced)
    synced.edit(f"{S2}/session.md", "title: Asking", "title: Asking more")
    synced.sql("UPDATE chapters SET subtitle = 'Theirs' WHERE id = %s", CHAPTER)
    found = synced.run(command)
    for word in ("ahead", "behind", "agreed", "remote", "local", "diverged"):
        assert word not in found.text.replace("local socket", "")
    if command == "status":
        assert found.code == 0
        assert "1 conflict, 1 to pull, 1 to push, 10 in sync" in found.out
