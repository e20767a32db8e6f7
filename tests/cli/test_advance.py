import pytest

from tests.harness import C1, S1, S2, SESSION, Desk, P, unchanged

CONTENTS = ("article.md", "video.md", "quiz.yaml", "exercise.md")
FIRST = [
    f"content/{S1}/{name}" for name in ("article.md", "exercise.md", "quiz.yaml", "session.md", "video.md")
]


def statuses(desk: Desk) -> list[str]:
    """Of the first session, and of its contents."""
    lines = [desk.read(f"{S1}/{name}").split("status: ")[1] for name in ("session.md", *CONTENTS)]
    return [line.splitlines()[0] for line in lines]


def test_a_session_and_its_contents_take_their_next_step_together(synced: Desk) -> None:
    before = synced.files()
    found = synced.ok("advance", f"content/{S1}", STUDIO_DATABASE_URL="postgresql://nowhere.invalid/none")
    assert statuses(synced) == ["content_created", "review", "review", "review", "review"]
    assert found.out == (
        f"~ content/{S1}/article.md  (draft → review)\n"
        f"~ content/{S1}/exercise.md  (draft → review)\n"
        f"~ content/{S1}/quiz.yaml  (draft → review)\n"
        f"~ content/{S1}/session.md  (draft → content_created)\n"
        f"~ content/{S1}/video.md  (draft → review)\n"
        "advanced 5 files\n"
    )
    for path, data in synced.files().items():
        expected = before[path]
        if path.startswith(f"{S1}/"):
            new = b"content_created" if path.endswith("session.md") else b"review"
            expected = expected.replace(b"status: draft", b"status: " + new)
        assert data == expected


def test_step_by_step_and_push_by_push_a_session_is_published(synced: Desk) -> None:
    for last in ("content_created", "approved", "published"):
        synced.ok("advance", f"content/{S1}")
        synced.ok("push")
        assert synced.one("SELECT status FROM sessions WHERE id = %s", SESSION) == last
    with unchanged(synced):
        found = synced.ok("advance", f"content/{S1}")
    assert found.out == "nothing to advance\n"
    assert "5 files at the end of their flow already" in found.err


def test_what_was_not_pushed_yet_takes_no_second_step(synced: Desk) -> None:
    synced.ok("advance", f"content/{S1}/article.md")
    with unchanged(synced):
        found = synced.refused("advance", f"content/{S1}/article.md")
    assert f"{S1}/article.md:2:1: warning[unpushed] no push of its step to review is known here" in found.err
    assert "`studio push` pushes it" in found.err
    synced.write(f"{S2}/video.md", "---\nstatus: draft\n---\n\nNew.\n")
    assert "no push of it is known here" in synced.refused("advance", f"content/{S2}/video.md").err


def test_a_fresh_clone_takes_the_files_for_what_was_pushed(synced: Desk) -> None:
    with synced.clone() as other:
        other.ok("advance", f"content/{S1}")
        assert statuses(other)[0] == "content_created"


def test_what_may_not_step_is_left_and_the_reason_told(synced: Desk) -> None:
    found = synced.refused("advance", f"content/{C1}")
    assert statuses(synced)[0] == "content_created"
    assert f"content/{S2}/session.md:4:1: warning[not-ready] draft → content_created" in found.err
    assert (
        "needs: video.md (there is none), quiz.yaml (there is none), exercise.md (there is none)" in found.err
    )
    assert "status: draft" in synced.read(f"{S2}/session.md")
    assert "status: review" in synced.read(f"{S2}/article.md")


def test_with_a_status_only_steps_to_it_are_taken(synced: Desk) -> None:
    synced.ok("advance", f"content/{S1}", "--to", "review")
    assert statuses(synced) == ["draft", "review", "review", "review", "review"]
    synced.ok("push")
    synced.sql("UPDATE quizzes SET status = 'draft'")
    synced.sql("UPDATE videos SET status = 'approved'")
    synced.sql("UPDATE sessions SET status = 'content_created' WHERE id = %s", SESSION)
    synced.ok("pull")
    found = synced.refused("advance", f"content/{S1}", "--to", "approved")
    assert statuses(synced) == ["content_created", "approved", "approved", "draft", "approved"]
    assert "warning[status-skipped] draft → approved skips review" in found.err
    assert "needs: quiz.yaml approved (is draft)" in found.err
    assert "1 file at approved or later already" in found.err


def test_a_program_steps_when_its_sessions_are_far_enough(synced: Desk) -> None:
    synced.sql("UPDATE programs SET status = 'in_progress'")
    synced.ok("pull")
    found = synced.refused("advance", f"content/{P}/program.md")
    assert "at least" not in found.err
    assert "needs: 01-foundations/1.1-why-leaders-listen/session.md content_created (is draft)" in found.err
    synced.sql("UPDATE sessions SET status = 'content_created'")
    synced.ok("pull")
    synced.ok("advance", f"content/{P}/program.md")
    assert "status: review" in synced.read(f"{P}/program.md")


def test_a_dry_run_prints_the_same_and_touches_nothing(synced: Desk) -> None:
    with unchanged(synced):
        found = synced.ok("advance", f"content/{S1}", "-n")
    assert found.out.splitlines()[-1] == "would advance 5 files"
    real = synced.ok("advance", f"content/{S1}")
    assert found.out.splitlines()[:-1] == real.out.splitlines()[:-1]


def test_json_names_every_step_and_what_was_left(synced: Desk) -> None:
    found = synced.run("advance", f"content/{C1}", "--json")
    assert found.code == 1
    report = found.json
    assert (report["command"], report["outcome"]) == ("advance", "refused")
    assert [r["path"] for r in report["records"]] == [*FIRST, f"content/{S2}/article.md"]
    session = next(r for r in report["records"] if r["kind"] == "session")
    assert session == {
        "kind": "session", "key": "acme-bank/leading-with-trust/1/1.1", "path": f"content/{S1}/session.md",
        "id": SESSION, "standing": "ahead", "action": "update", "fields": {"status": "ahead"},
        "status": {"from": "draft", "to": "content_created"},
    }  # fmt: skip
    assert found.codes == ["not-ready"]
    assert report["counts"] == {"ahead": 6, "settled": 0}


def test_a_file_that_leaves_its_status_out_gets_the_line(synced: Desk) -> None:
    synced.edit(f"{S2}/article.md", "status: draft\n", "")
    synced.ok("advance", f"content/{S2}/article.md")
    assert synced.read(f"{S2}/article.md") == "---\nstatus: review\n---\n\nAsk.\n"


def test_a_file_with_an_error_or_an_unknown_status_is_left(synced: Desk) -> None:
    synced.edit(f"{S1}/article.md", "status: draft", "status: done")
    synced.edit(f"{S1}/video.md", "estimated_duration", "estimated_durations")
    synced.edit(f"{S1}/quiz.yaml", "status: draft", "status: [draft")
    found = synced.json("advance", f"content/{S1}")
    left = {(p["path"].rpartition("/")[2], p["code"]) for p in found["problems"]}
    assert left == {
        ("article.md", "unknown-status"), ("video.md", "invalid"), ("quiz.yaml", "invalid"),
        ("session.md", "not-ready"),
    }  # fmt: skip
    assert [r["path"].rpartition("/")[2] for r in found["records"]] == ["exercise.md"]


@pytest.mark.parametrize("arguments", [[], ["content", "--to", "done"]])
def test_what_can_not_be_meant_is_a_usage_error(synced: Desk, arguments: list[str]) -> None:
    with unchanged(synced):
        found = synced.run("advance", *arguments)
    assert found.code == 2
    if arguments:
        assert "done is no status" in found.err
        assert "the statuses are: draft" in found.err


def test_a_file_edited_meanwhile_is_left(synced: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from studio_sync.sync.advance import _Advancer

    real = _Advancer.plan

    def plan(self, *rest):
        found = real(self, *rest)
        synced.edit(f"{S1}/article.md", "One two", "Two one")
        return found

    monkeypatch.setattr(_Advancer, "plan", plan)
    found = synced.refused("advance", f"content/{S1}/article.md")
    assert "has changed meanwhile" in found.err
    assert "Two one" in synced.read(f"{S1}/article.md")
    assert "status: draft" in synced.read(f"{S1}/article.md")
