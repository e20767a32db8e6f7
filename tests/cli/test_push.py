"""`studio push`: what is said, and the ways to narrow it."""

import pytest

from tests.harness import C1, S1, S2, SESSION_2, Desk, unchanged


def test_where_it_goes_is_said_first(desk: Desk) -> None:
    found = desk.ok("push")
    assert found.err.splitlines()[0].startswith("pushing to postgres@")
    assert found.out.splitlines()[-1] == "pushed: 13 created"


def test_many_changes_are_counted_and_listed_only_when_asked(synced: Desk) -> None:
    for i in range(50):
        synced.write(f"{C1}/1.{i + 10}-s/session.md", f"---\ntitle: S{i}\n---\n")
    assert synced.ok("push", "-n").out == "would be pushed: 50 created\n"
    assert len(synced.ok("push", "-v").out.splitlines()) == 51


def test_a_delete_option_never_takes_the_path_after_it_for_its_number(synced: Desk) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    synced.remove(f"{S2}/article.md")
    synced.ok("push", "--delete", f"content/{S1}/quiz.yaml")
    assert synced.one("SELECT count(*) FROM quizzes") == 0
    assert synced.one("SELECT count(*) FROM articles") == 2


@pytest.mark.parametrize("wrong", ["--delete=x", "--delete=-2", "--delete=1.5"])
def test_a_count_that_is_no_number_is_wrong_usage(synced: Desk, wrong: str) -> None:
    synced.remove(f"{S1}/quiz.yaml")
    with unchanged(synced):
        assert synced.run("push", wrong).code == 2


def test_an_old_fault_in_a_record_that_is_not_written_is_a_warning(synced: Desk) -> None:
    synced.sql("UPDATE exercises SET ai_mentor = '[]'")
    synced.ok("pull")
    synced.edit(f"{S2}/article.md", "Ask.", "Asked.")
    synced.ok("push")
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION_2) == "Asked."
    synced.edit(f"{S1}/exercise.md", "title: The case", "title: A case")
    with unchanged(synced):
        synced.refused("push")


def test_all_refusals_come_in_one_list_with_file_and_way_out(synced: Desk) -> None:
    synced.edit(f"{S1}/session.md", "estimated_minutes: 20", "estimated_minutes: soon")
    synced.edit(f"{S1}/quiz.yaml", "question: Who", "qestion: Who")
    synced.edit(f"{S2}/article.md", "Ask.", "Local.")
    synced.sql("UPDATE articles SET content = 'Remote.' WHERE session_id = %s", SESSION_2)
    with unchanged(synced):
        found = synced.refused("push")
    for path in (f"{S1}/session.md:", f"{S1}/quiz.yaml:", f"{S2}/article.md: error[conflict]"):
        assert f"content/{path}" in found.err
    assert found.err.count("hint:") >= 3
    assert found.err.rstrip().endswith("in 3 files")


def test_a_number_that_the_column_would_round_is_refused(synced: Desk) -> None:
    from tests.harness import P

    synced.edit(f"{P}/program.md", "estimated_hours: 12.5", "estimated_hours: 12.55")
    with unchanged(synced):
        assert synced.refused("push", "--json").codes == ["number-rounded"]
    synced.edit(f"{P}/program.md", "estimated_hours: 12.55", "estimated_hours: 1000")
    with unchanged(synced):
        synced.refused("push")
    synced.edit(f"{P}/program.md", "estimated_hours: 1000", "estimated_hours: 12.6")
    synced.ok("push")
