"""`studio diff`: what a person reads."""

from tests.harness import C1, C2, S1, S2, SESSION, SESSION_2, Desk, P


def test_front_matter_is_shown_by_field_bodies_as_a_unified_diff_json_by_path(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "Four five.", "Four six.")
    synced.edit(f"{S1}/session.md", "hook: Nobody told her.", "hook: Somebody told her.")
    synced.edit(f"{S1}/quiz.yaml", "text: He", "text: They")
    found = synced.ok("diff")
    assert "-Four five." in found.out
    assert "+Four six." in found.out
    assert "hook" in found.out
    assert "-Nobody told her." in found.out or "Nobody told her." in found.out
    assert "questions" in found.out
    assert "They" in found.out
    for path in (f"{S1}/article.md", f"{S1}/session.md", f"{S1}/quiz.yaml"):
        assert found.out.count(f"content/{path}") == 1


def test_records_come_in_the_order_of_the_tree(synced: Desk) -> None:
    synced.write(f"{C1}/1.10-ten/session.md", "---\ntitle: Ten\n---\n")
    synced.edit(f"{S2}/article.md", "Ask.", "Asked.")
    synced.edit(f"{S1}/video.md", "Listen", "Hear")
    synced.edit(f"{P}/knowledge/brief.md", "asked", "begged")
    synced.edit("acme-bank/client.md", "Banking", "Money")
    out = synced.ok("diff").out
    places = [
        out.index(f"content/{path}")
        for path in (
            "acme-bank/client.md", f"{P}/knowledge/brief.md", f"{S1}/video.md", f"{S2}/article.md",
            f"{C1}/1.10-ten/session.md",
        )
    ]  # fmt: skip
    assert places[:2] == sorted(places[:2])
    assert places[2:] == sorted(places[2:])


def test_what_is_to_pull_is_shown_as_the_change_to_the_file(synced: Desk) -> None:
    synced.sql("UPDATE articles SET content = 'Asked.' WHERE session_id = %s", SESSION_2)
    out = synced.ok("diff").out
    assert out.index("-Ask.") < out.index("+Asked.")
    assert "to pull" in out


def test_a_conflict_shows_both_sides(synced: Desk) -> None:
    synced.edit(f"{S2}/article.md", "Ask.", "Local.")
    synced.sql("UPDATE articles SET content = 'Remote.' WHERE session_id = %s", SESSION_2)
    out = synced.ok("diff").out
    assert "Local." in out
    assert "Remote." in out
    assert "conflict" in out


def test_a_deleted_and_a_new_record_and_one_that_moved(synced: Desk) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    synced.move(S2, f"{C1}/1.7-asking")
    synced.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'New words')", SESSION_2)
    out = synced.ok("diff", "--full").out
    assert "Who listens?" in out
    assert "New words" in out
    assert "1.7" in out


def test_a_conflict_of_a_deletion_can_be_shown(synced: Desk) -> None:
    synced.remove(f"{S2}/article.md")
    synced.sql("UPDATE articles SET content = 'Remote.' WHERE session_id = %s", SESSION_2)
    assert "Remote." in synced.ok("diff", "--full").out
    synced.edit(f"{S1}/article.md", "One", "Local")
    synced.sql("DELETE FROM articles WHERE session_id = %s", SESSION)
    assert "Local" in synced.ok("diff", "--full").out


def test_what_could_steer_a_terminal_is_made_harmless(synced: Desk) -> None:
    synced.sql(r"UPDATE articles SET content = E'\x1b[2Jgone \u202e' WHERE session_id = %s", SESSION_2)
    synced.sql(r"UPDATE programs SET name = E'\x1b]0;x\x07'")
    out = synced.ok("diff").out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_a_scope_narrows_it(synced: Desk) -> None:
    synced.edit(f"{S2}/article.md", "Ask.", "Asked.")
    synced.edit(f"{S1}/video.md", "Listen", "Hear")
    out = synced.ok("diff", f"content/{S2}").out
    assert "video.md" not in out
    assert "article.md" in out


def test_a_move_is_shown_from_key_to_key(synced: Desk) -> None:
    synced.move(S2, f"{C2}/2.1-asking")
    out = synced.ok("diff").out
    assert 'parent: "acme-bank/leading-with-trust/1" → "acme-bank/leading-with-trust/2"' in out
