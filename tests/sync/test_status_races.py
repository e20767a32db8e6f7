"""Rules of status under pushes at the same moment: judged with the rows locked, in both orders."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from studio_sync.database.postgres.rows.row_writer import Writer
from tests.harness import C1, S1, SESSION, SESSION_2, Desk, P

CONTENTS = {
    "articles": "article.md",
    "videos": "video.md",
    "quizzes": "quiz.yaml",
    "exercises": "exercise.md",
}
OTHER = "acme-bank/other"
WHY = ("-m", "the law has changed")

_PATCHED = """
from studio_sync.database.postgres.rows import row_writer
real = row_writer.Writer.apply
def apply(self, *rest, **more):
    {body}
row_writer.Writer.apply = apply
"""
_GATE = 'self._connection.execute("SELECT pg_advisory_xact_lock_shared(4)")'
SLOWLY = _PATCHED.format(body=f"{_GATE}; return real(self, *rest, **more)")
"""A push that waits, its plan made and its transaction begun, until somebody lets go of the lock 4."""
HELD = _PATCHED.format(body=f"written = real(self, *rest, **more); {_GATE}; return written")
"""A push that waits with all its rows locked and written, and nothing committed."""


@pytest.fixture
def ready(synced: Desk) -> Desk:
    """A session of which everything is approved, and could be itself."""
    for table in CONTENTS:
        synced.sql(f"UPDATE {table} SET status = 'approved' WHERE session_id = %s", SESSION)
    synced.sql("UPDATE sessions SET status = 'content_created' WHERE id = %s", SESSION)
    synced.ok("pull")
    return synced


def approves(desk: Desk) -> None:
    desk.edit(f"{S1}/session.md", "status: content_created", "status: approved")


def reopens(desk: Desk) -> None:
    desk.edit(f"{S1}/article.md", "status: approved", "status: review")


def statuses(desk: Desk) -> tuple[str, str]:
    """Those of the session and of its article."""
    return (
        desk.one("SELECT status FROM sessions WHERE id = %s", SESSION),
        desk.one("SELECT status FROM articles WHERE session_id = %s", SESSION),
    )


@contextlib.contextmanager
def gate(desk: Desk) -> Iterator[psycopg.Connection]:
    """Hold every slow push between its plan and its first lock of a row."""
    with psycopg.connect(desk.url) as keeper:
        keeper.execute("SELECT pg_advisory_xact_lock(4)")
        yield keeper
        keeper.rollback()


def waiting(desk: Desk, *kinds: str) -> int:
    return desk.one(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND wait_event = ANY(%s)",
        list(kinds),
    )


def until(happens: Callable[[], object]) -> None:
    give_up = time.monotonic() + 30
    while not happens():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def ended(push: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = push.communicate(timeout=60)
    assert "Traceback" not in err
    return push.returncode, out + err


# --- one process, and what happens between its plan and its writing


@pytest.fixture
def before_writing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], list[int]]:
    def arm(happen: Callable[[], object]) -> list[int]:
        real, calls = Writer.apply, []

        def apply(self, *rest, **more):
            calls.append(1)
            if len(calls) == 1:
                happen()
            return real(self, *rest, **more)

        monkeypatch.setattr(Writer, "apply", apply)
        return calls

    return arm


def test_a_content_reopened_between_plan_and_write_stops_the_approval(ready: Desk, before_writing) -> None:
    approves(ready)
    calls = before_writing(
        lambda: ready.sql("UPDATE articles SET status = 'review' WHERE session_id = %s", SESSION)
    )
    found = ready.refused("push", "--json")
    assert found.codes == ["not-ready", "unread-below"]
    assert found.json["problems"][0]["hint"] == "needs: article.md approved (is review)"
    assert len(calls) == 1
    assert statuses(ready) == ("content_created", "review")


def test_an_approved_text_changed_between_plan_and_write_stops_the_approval(
    ready: Desk, before_writing
) -> None:
    approves(ready)
    before_writing(
        lambda: ready.sql("UPDATE articles SET content = 'Unread.' WHERE session_id = %s", SESSION)
    )
    assert ready.refused("push", "--json").codes == ["unread-below"]
    assert statuses(ready) == ("content_created", "approved")


def test_a_content_deleted_between_plan_and_write_stops_the_approval(ready: Desk, before_writing) -> None:
    approves(ready)
    before_writing(lambda: ready.sql("DELETE FROM quizzes"))
    assert ready.refused("push", "--json").codes == ["not-ready"]


def test_a_session_added_between_plan_and_write_stops_the_publication(synced: Desk, before_writing) -> None:
    synced.sql("UPDATE sessions SET status = 'published'")
    synced.sql("UPDATE programs SET status = 'review'")
    synced.ok("pull")
    synced.edit(f"{P}/program.md", "status: review", "status: published")
    before_writing(
        lambda: synced.sql(
            "INSERT INTO sessions (chapter_id, number, title, order_index)"
            " SELECT chapter_id, '1.9', 'New', 9 FROM sessions WHERE id = %s",
            SESSION,
        )
    )
    assert synced.refused("push", "--json").codes == ["not-ready", "unread-below"]
    assert synced.one("SELECT status FROM programs") == "review"


def test_a_text_moved_in_and_changed_between_plan_and_write_stops_the_publication(
    synced: Desk, before_writing
) -> None:
    for table in ("sessions", *CONTENTS):
        last = "approved" if table in CONTENTS else "published"
        synced.sql(f"UPDATE {table} SET status = '{last}'")
    synced.ok("pull")
    synced.write(f"{OTHER}/program.md", "---\nname: Other\n---\n")
    synced.write(f"{OTHER}/03-more/chapter.md", "---\ntitle: More\n---\n")
    synced.ok("push")
    synced.sql("UPDATE programs SET status = 'review' WHERE slug = 'other'")
    synced.ok("pull")
    synced.move(S1, f"{OTHER}/03-more/3.1-why")
    synced.edit(f"{OTHER}/program.md", "status: review", "status: published")
    before_writing(
        lambda: synced.sql("UPDATE articles SET content = 'Unread.' WHERE session_id = %s", SESSION)
    )
    assert synced.refused("push", "--renumber", *WHY, "--json").codes == ["unread-below"]
    assert synced.one("SELECT status FROM programs WHERE slug = 'other'") == "review"


def test_a_session_published_between_plan_and_write_keeps_its_chapter_where_it_is(
    synced: Desk, before_writing
) -> None:
    synced.move(C1, f"{P}/05-foundations")
    before_writing(lambda: synced.sql("UPDATE sessions SET status = 'published' WHERE id = %s", SESSION_2))
    assert synced.refused("push", "--json").codes == ["renumber-needed"]
    assert synced.one("SELECT min(number) FROM chapters") == 1


def test_a_row_approved_between_plan_and_write_is_locked(synced: Desk, before_writing) -> None:
    synced.edit(f"{S1}/article.md", "One two three.", "New words.")
    before_writing(
        lambda: synced.sql("UPDATE articles SET status = 'approved' WHERE session_id = %s", SESSION)
    )
    assert synced.run("push").code == 1
    assert "One two three." in synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION)


def test_what_becomes_ready_between_plan_and_write_changes_nothing(ready: Desk, before_writing) -> None:
    approves(ready)
    before_writing(lambda: ready.sql("UPDATE articles SET updated_at = now()"))
    ready.ok("push")
    assert statuses(ready) == ("approved", "approved")


# --- two processes: one approves a session while another one reopens its article


@pytest.mark.parametrize("first", ["approval", "reopening"])
def test_an_approval_and_a_reopening_at_the_same_moment_leave_nothing_half_approved(
    ready: Desk, first: str
) -> None:
    """Both plans are made while everything is approved; then one locks first, and the other waits for it."""
    with ready.clone() as other:
        other.ok("pull")
        approves(ready)
        reopens(other)
        with gate(ready) as keeper:
            pushes = {"approval": (ready, ("push",)), "reopening": (other, ("push", "--reopen", *WHY))}
            order = [first, *(name for name in pushes if name != first)]
            started = {}
            for i, name in enumerate(order, 1):
                desk, arguments = pushes[name]
                started[name] = desk.spawn(*arguments, code=SLOWLY)
                until(lambda i=i: waiting(ready, "advisory") == i)
            assert statuses(ready) == ("content_created", "approved")
            keeper.rollback()
        ends = {name: ended(push) for name, push in started.items()}
    if statuses(ready) == ("approved", "review"):
        # The session was approved while all of it was; then the article was reopened.
        assert [code for code, _ in ends.values()] == [0, 0], ends
    else:
        assert statuses(ready) == ("content_created", "review")
        assert ends["reopening"][0] == 0
        code, said = ends["approval"]
        assert code == 1
        assert "error[not-ready]" in said
        assert "needs: article.md approved (is review)" in said


Push = tuple[Desk, tuple[str, ...]]


def one_after_the_other(first: Push, second: Push) -> tuple[int, str]:
    """The second push's end: it waits for the first, which holds its locks, all written and not committed."""
    desk, arguments = first
    with gate(desk) as keeper:
        leader = desk.spawn(*arguments, code=HELD)
        until(lambda: waiting(desk, "advisory") == 1)
        follower = second[0].spawn(*second[1])
        until(lambda: waiting(desk, "transactionid", "tuple") == 1)
        keeper.rollback()
    assert ended(leader)[0] == 0
    return ended(follower)


@pytest.mark.parametrize("first", ["approval", "reopening"])
def test_whichever_locks_first_the_other_waits_and_is_judged_by_what_it_left(ready: Desk, first: str) -> None:
    """The first one holds its locks, all written and not committed, until the other waits for them."""
    with ready.clone() as other:
        other.ok("pull")
        approves(ready)
        reopens(other)
        pushes = {"approval": (ready, ("push",)), "reopening": (other, ("push", "--reopen", *WHY))}
        second = next(name for name in pushes if name != first)
        code, said = one_after_the_other(pushes[first], pushes[second])
    if first == "approval":
        assert code == 0, said
        assert statuses(ready) == ("approved", "review")
    else:
        assert code == 1
        assert "needs: article.md approved (is review)" in said
        assert statuses(ready) == ("content_created", "review")


@pytest.mark.parametrize("first", ["approval", "edit"])
def test_nobody_approves_words_that_another_one_changes_at_the_same_moment(synced: Desk, first: str) -> None:
    synced.sql("UPDATE articles SET status = 'review' WHERE session_id = %s", SESSION)
    synced.ok("pull")
    with synced.clone() as other:
        other.ok("pull")
        synced.edit(f"{S1}/article.md", "status: review", "status: approved")
        other.edit(f"{S1}/article.md", "One two three.", "New words.")
        desks = {"approval": synced, "edit": other}
        second = next(name for name in desks if name != first)
        code, said = one_after_the_other((desks[first], ("push",)), (desks[second], ("push",)))
    assert code == 1
    assert "error[conflict]" in said
    ((now, words),) = synced.sql("SELECT status, content FROM articles WHERE session_id = %s", SESSION)
    assert (now, words.startswith("One two")) == (
        ("approved", True) if first == "approval" else ("review", False)
    )


@pytest.mark.parametrize("first", ["publication", "new session"])
def test_a_publication_and_a_new_session_at_the_same_moment(synced: Desk, first: str) -> None:
    synced.sql("UPDATE sessions SET status = 'published'")
    synced.sql("UPDATE programs SET status = 'review'")
    synced.ok("pull")
    with synced.clone() as other:
        other.ok("pull")
        synced.edit(f"{P}/program.md", "status: review", "status: published")
        other.write(f"{C1}/1.3-new/session.md", "---\ntitle: New\n---\n")
        desks = {"publication": synced, "new session": other}
        second = next(name for name in desks if name != first)
        code, said = one_after_the_other((desks[first], ("push",)), (desks[second], ("push",)))
    there = synced.one("SELECT count(*) FROM sessions")
    if first == "publication":
        assert (code, synced.one("SELECT status FROM programs"), there) == (0, "published", 3), said
    else:
        assert (code, synced.one("SELECT status FROM programs"), there) == (1, "review", 3), said
        assert "error[not-ready]" in said
