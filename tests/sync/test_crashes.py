"""kill -9 and Ctrl-C at any moment: both sides are as before or as after, and the next run goes on."""

import os
import shutil
import signal
from collections.abc import Callable

import pytest

from studio_sync.files.tree.disk.file_writer import FileWriter
from tests.harness import C1, C2, CHAPTER, CHAPTER_2, S1, S2, SESSION, SESSION_2, TABLES, Desk, unchanged
from tests.killing import ended

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed as POSIX does it")

EVERY = 13
"""Of the moments at which a run can be killed, the usual test run takes one in so many."""


def killed(desk: Desk, moment: int, *arguments: str) -> bool:
    """Whether a run got so far as to be killed at the step `moment`."""
    code = ended(desk, moment, signal.SIGKILL, *arguments)
    assert code in (0, -signal.SIGKILL), (moment, code)
    return code != 0


def stopped(desk: Desk, moment: int, *arguments: str) -> bool:
    """Whether a run got so far as to be stopped by Ctrl-C at the step `moment`."""
    code = ended(desk, moment, signal.SIGINT, *arguments)
    assert code in (0, 130), (moment, code)
    return code != 0


End = Callable[..., bool]


_LEDGER = ("studio_sync.runs", "studio_sync.versions", "studio_sync.notes")
_KEPT = {table: "kept_" + table.rpartition(".")[2] for table in (*TABLES, *_LEDGER)}


class Scene:
    """A synced desk in which both sides changed, to be set up again and again."""

    def __init__(self, synced: Desk, prepare: Callable[[Desk], None]) -> None:
        prepare(synced)
        self.desk = synced
        self._kept = synced.root.with_name("kept")
        shutil.copytree(synced.root, self._kept)
        for table, kept in _KEPT.items():
            synced.sql(f"CREATE TEMPORARY TABLE {kept} AS SELECT * FROM {table}")
        self.files, self.rows = synced.files(), synced.rows()

    def again(self) -> None:
        shutil.rmtree(self.desk.root)
        shutil.copytree(self._kept, self.desk.root)
        self.desk.empty()
        for table, kept in _KEPT.items():
            self.desk.sql(f"INSERT INTO {table} SELECT * FROM {kept}")


def told(desk: Desk) -> list[tuple]:
    """What the rows say, without what differs from run to run."""
    return desk.sql(
        "SELECT s.number, s.title, s.hook, s.order_index, a.content, a.word_count, p.total_sessions, q.status"
        " FROM sessions s JOIN chapters c ON c.id = s.chapter_id JOIN programs p ON p.id = c.program_id"
        " LEFT JOIN articles a ON a.session_id = s.id LEFT JOIN quizzes q ON q.session_id = s.id"
        " ORDER BY c.number, s.number"
    )


def to_push(desk: Desk) -> None:
    desk.edit(f"{S1}/article.md", "One two three.", "Local words.")
    desk.edit(f"{S1}/session.md", "hook: Nobody", "hook: Somebody")
    desk.remove(f"{S1}/quiz.yaml")
    desk.move(S2, f"{C2}/2.1-asking")
    desk.write(f"{C1}/1.2-new/session.md", "---\ntitle: New\n---\n")
    desk.write(f"{C1}/1.2-new/article.md", "---\n---\n\nNew words.\n")
    desk.sql("UPDATE sessions SET wiifm = 'Remote.' WHERE id = %s", SESSION)


def to_pull(desk: Desk) -> None:
    desk.sql("UPDATE articles SET content = 'Remote words.' WHERE session_id = %s", SESSION)
    desk.sql("UPDATE sessions SET hook = 'Remote hook.' WHERE id = %s", SESSION)
    desk.sql("UPDATE sessions SET chapter_id = %s, number = '2.1' WHERE id = %s", CHAPTER_2, SESSION_2)
    desk.sql("DELETE FROM quizzes")
    desk.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index) VALUES (%s, '1.2', 'New', 3)", CHAPTER
    )
    desk.sql("INSERT INTO videos (session_id, script) VALUES (%s, 'New.')", SESSION_2)
    desk.sql("UPDATE programs SET slug = 'renamed'")


def every_push(synced: Desk, stride: int, start: int, end: End = killed) -> int:
    scene = Scene(synced, to_push)
    synced.ok("push", "--delete")
    wanted = told(synced)
    moment, crashes = start, 0
    while True:
        scene.again()
        if not end(synced, moment, "push", "--delete"):
            return crashes
        crashes += 1
        rows = synced.rows()
        assert rows == scene.rows or told(synced) == wanted, moment
        sensible(synced, scene)
        found = synced.run("push", "--delete")
        assert found.code == 0, (moment, found)
        assert told(synced) == wanted, moment
        assert synced.standings() == {f"{S1}/session.md": {"wiifm": "behind"}}, moment
        assert synced.read(f"{C1}/1.2-new/session.md").count("id: ") == 1
        with unchanged(synced):
            synced.ok("push", "--delete")
        moment += stride


def every_pull(synced: Desk, stride: int, start: int, end: End = killed) -> int:
    scene = Scene(synced, to_pull)
    synced.ok("pull")
    wanted = synced.files()
    moment, crashes = start, 0
    while True:
        scene.again()
        if not end(synced, moment, "pull"):
            return crashes
        crashes += 1
        assert {t: sorted(r) for t, r in synced.rows().items()} == {
            t: sorted(r) for t, r in scene.rows.items()
        }
        old_or_new = {*scene.files.values(), *wanted.values()}
        assert all(d in old_or_new for p, d in synced.files().items() if ".studio-tmp" not in p), moment
        found = synced.run("pull")
        assert found.code == 0, (moment, found, sorted(synced.files()))
        assert synced.files() == wanted, moment
        assert synced.standings() == {}, moment
        with unchanged(synced):
            synced.ok("pull")
            synced.ok("push")
        moment += stride


def sensible(desk: Desk, scene: Scene) -> None:
    """No file lost a line that it had."""
    now = desk.files()
    for path, data in scene.files.items():
        assert set(data.splitlines()) <= set(now[path].splitlines()), path


def test_a_push_killed_at_some_moments(synced: Desk) -> None:
    assert every_push(synced, EVERY, 5) > 5


def test_a_pull_killed_at_some_moments(synced: Desk) -> None:
    assert every_pull(synced, EVERY, 5) > 5


def test_a_push_stopped_by_ctrl_c_at_some_moments(synced: Desk) -> None:
    assert every_push(synced, 2 * EVERY, 3, stopped) > 2


def test_a_pull_stopped_by_ctrl_c_at_some_moments(synced: Desk) -> None:
    assert every_pull(synced, 2 * EVERY, 3, stopped) > 2


def test_what_ctrl_c_leaves_beside_a_replaced_file_is_removed_by_the_next_run(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    synced.sql("UPDATE articles SET content = 'Remote words.' WHERE session_id = %s", SESSION)
    with monkeypatch.context() as patch:
        patch.setattr(FileWriter, "_displace", stop)
        assert synced.run("pull").code == 130
    assert [path for path in synced.files() if ".studio-tmp-" in path]
    synced.ok("pull")
    assert not [path for path in synced.files() if ".studio-tmp-" in path]


@pytest.mark.slow
def test_a_push_stopped_by_ctrl_c_at_every_moment(synced: Desk) -> None:
    assert every_push(synced, 1, 1, stopped) > 50


@pytest.mark.slow
def test_a_pull_stopped_by_ctrl_c_at_every_moment(synced: Desk) -> None:
    assert every_pull(synced, 1, 1, stopped) > 50


@pytest.mark.slow
def test_a_push_killed_at_every_moment(synced: Desk) -> None:
    assert every_push(synced, 1, 1) > 50


@pytest.mark.slow
def test_a_pull_killed_at_every_moment(synced: Desk) -> None:
    assert every_pull(synced, 1, 1) > 50


def test_a_killed_run_leaves_no_lock_behind(synced: Desk) -> None:
    to_push(synced)
    assert killed(synced, 30, "push", "--delete")
    synced.ok("push", "--delete")


def test_what_a_killed_run_left_half_written_is_no_content(synced: Desk) -> None:
    place = synced.content / S1 / ".studio-tmp-0123456789abcdef"
    place.write_text("half")
    assert synced.standings() == {}
    assert synced.json("status")["problems"] == []


def test_a_real_process_killed_while_it_pushes_leaves_all_or_nothing(synced: Desk) -> None:
    to_push(synced)
    before = synced.rows()
    fault = (
        "import os, signal\nfrom studio_sync.database.postgres.rows.row_writer import Writer\n"
        "real = Writer.apply\n"
        "def apply(*a, **k):\n    real(*a, **k); os.kill(os.getpid(), signal.SIGKILL)\n"
        "Writer.apply = apply"
    )
    push = synced.spawn("push", "--delete", code=fault)
    push.communicate(timeout=60)
    assert push.returncode == -signal.SIGKILL
    assert synced.rows() == before
    synced.ok("push", "--delete")
