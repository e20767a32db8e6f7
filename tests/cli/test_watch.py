"""`studio watch` as a process: saved to pushed, Ctrl-C, SIGTERM, and a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import pooler
from tests.harness import C1, S1, SESSION, Desk

WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
ARTICLE = f"{S1}/article.md"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent that Windows does not have")


class Watching:
    """A watch at work, and the events that it prints."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def event(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.process.stderr and self.process.stderr.read()
        return json.loads(line)

    def end(self, number: int = signal.SIGINT) -> tuple[int, list[str], str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, [json.loads(line)["event"] for line in out.splitlines()], err


@contextmanager
def watching(desk: Desk, *arguments: str, code: str = "") -> Iterator[Watching]:
    process = desk.spawn("watch", "--json", *arguments, code=code)
    try:
        found = Watching(process)
        assert found.event()["event"] == "watching"
        yield found
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def article(text: str) -> str:
    return f"---\nstatus: draft\n---\n\n{text}\n"


def nobody_else_is_connected(desk: Desk) -> bool:
    """Whether that is so within a moment: a server takes one to let go of a connection.

    A pooler keeps its own connections to the server, and can't be asked this.
    """
    if pooler.EVERYWHERE:
        return True
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'studio' AND pid <> pg_backend_pid()"
    )
    until = time.monotonic() + 2
    while desk.one(others):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_save_is_pushed_within_a_moment_and_a_signal_ends_it(synced: Desk, number: int) -> None:
    with watching(synced) as watch:
        for text in ("One.", "Two."):
            synced.write(ARTICLE, article(text))
            event = watch.event()
            assert event["event"] == "pushed"
            assert [r["path"] for r in event["records"]] == [f"content/{ARTICLE}"]
            assert event["records"][0]["fields"] == {"content": "ahead"} or text == "One."
            assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == text
        assert nobody_else_is_connected(synced)
        assert watch.end(number) == (0, ["stopped"], "")


def test_with_tracking_a_row_is_in_its_file_at_once_though_nobody_looks(synced: Desk) -> None:
    synced.ok("db", "track")
    try:
        with watching(synced, "--pull", "--every", "3600") as watch:
            for text in ("From the web.", "Again."):
                time.sleep(0.5)
                synced.sql("UPDATE articles SET content = %s WHERE session_id = %s", text, SESSION)
                if pooler.EVERYWHERE:
                    break  # it can't hear there, and looks in an hour
                event = watch.event()
                assert (event["event"], event["paths"]) == ("pulled", [f"content/{ARTICLE}"])
                assert text in synced.read(ARTICLE)
            assert watch.end() == (0, ["stopped"], "")
    finally:
        synced.ok("db", "track", "--remove")


def test_what_a_killed_watch_leaves_stops_nobody(synced: Desk) -> None:
    with watching(synced) as watch:
        synced.write(ARTICLE, article("One."))
        assert watch.event()["event"] == "pushed"
        watch.process.kill()
        watch.process.wait()
    synced.write(ARTICLE, article("Two."))
    synced.ok("push")
    with watching(synced) as watch:
        synced.write(ARTICLE, article("Three."))
        assert watch.event()["event"] == "pushed"


def test_for_people_it_says_what_it_does(synced: Desk) -> None:
    process = synced.spawn("watch", code="import os\nos.environ['PYTHONUNBUFFERED'] = '1'")
    assert process.stderr
    assert process.stdout
    assert "watching content/" in process.stderr.readline()
    synced.write(ARTICLE, article("One."))
    line = process.stdout.readline()
    assert line.split(" ", 1)[1].startswith(f"~ content/{ARTICLE}")
    synced.write(ARTICLE, "---\nstatus: [\n---\n")
    while "error[" not in (said := process.stderr.readline()):
        assert said
    assert said.startswith(f"content/{ARTICLE}:")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert err.endswith("stopped watching\n")
    assert process.returncode == 0


def test_a_target_of_ci_is_validated_for_and_not_pushed_to(synced: Desk) -> None:
    synced.config(f"name: desk\ntargets:\n  live:\n    url: {synced.url}\n    push: ci\n")
    with watching(synced, "--target", "live") as watch:
        synced.write(ARTICLE, article("One."))
        while (event := watch.event())["paths"] != [f"content/{ARTICLE}"]:
            assert event["event"] == "checked"
        assert event["event"] == "checked"
    assert "One two" in synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION)


def test_another_studio_yaml_is_heeded_and_a_broken_one_is_not(synced: Desk) -> None:
    with watching(synced) as watch:
        synced.config("name: [\n")
        synced.write(ARTICLE, article("One."))
        assert [watch.event()["event"] for _ in range(2)] == ["watching", "pushed"]
        synced.config("name: desk\nclients: [another]\n")
        synced.write(ARTICLE, article("Two."))
        assert watch.event()["event"] == "watching"
        code, _, err = watch.end()
        assert code == 0
        assert "studio.yaml has changed and is ignored" in err
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == "One."


def test_what_is_moved_with_git_mv_is_shown_and_a_save_in_it_is_pushed(synced: Desk) -> None:
    for arguments in (["init", "-q"], ["add", "content"], ["commit", "-qm", "all"]):
        subprocess.run(["git", *WHO, *arguments], cwd=synced.root, check=True)
    with watching(synced) as watch:
        synced.ok("mv", "1.1", "--after", "1.2")
        event = watch.event()
        assert (event["event"], event["message"]) == ("pending", "git has changed files")
        assert [r["fields"] for r in event["records"]] == [{"number": "ahead"}] * 2
        (moved,) = synced.content.glob(f"{C1}/1.2-*/article.md")
        moved.write_text(article("One."), "utf-8")
        event = watch.event()
        path = moved.relative_to(synced.root).as_posix()
        assert (event["event"], [r["path"] for r in event["records"]]) == ("pushed", [path])
        assert watch.end()[0] == 0
    numbers = "SELECT number FROM sessions WHERE id = %s"
    assert synced.one(numbers, SESSION) == "1.1"
    synced.ok("push")
    assert synced.one(numbers, SESSION) == "1.2"


QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
WITH_A_SHORT_QUEUE = f"""
from pathlib import Path
from studio_sync.files.tree.watching.file_events import Watcher
start = Watcher._start
def short(self, queue=Path("{QUEUE}")):
    before = queue.read_text()
    queue.write_text("64")
    try:
        start(self)
    finally:
        queue.write_text(before)
Watcher._start = short
"""


@pytest.mark.skipif(not os.access(QUEUE, os.W_OK), reason="only root can make the system's queue so short")
def test_a_save_whose_event_the_system_lost_is_pushed_all_the_same(synced: Desk) -> None:
    length = QUEUE.read_text()
    with watching(synced, code=WITH_A_SHORT_QUEUE) as watch:
        assert QUEUE.read_text() == length
        watch.process.send_signal(signal.SIGSTOP)
        for number in range(100):
            (synced.content / f"{number}.png").touch()
        synced.write(ARTICLE, article("One."))
        begun = time.monotonic()
        watch.process.send_signal(signal.SIGCONT)
        event = watch.event()
        assert (event["event"], event["paths"]) == ("pushed", [f"content/{ARTICLE}"])
        assert time.monotonic() - begun < 10, "it was found by the look that comes twice a minute anyway"
        assert watch.end()[0] == 0
    assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION) == "One."


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_stays_flat_over_a_hundred_thousand_events(synced: Desk) -> None:
    with watching(synced) as watch:
        sizes = []
        for number in range(50_000):  # each is a write and a close
            if number % 500 == 0:
                text = f"The {number}th."
                synced.write(ARTICLE, article(text))
                event = watch.event()
                assert event["event"] == "pushed", f"{number}: {json.dumps(event)}"
                pages = Path(f"/proc/{watch.process.pid}/statm").read_text().split()[1]
                sizes.append(int(pages) * os.sysconf("SC_PAGE_SIZE"))
            synced.write(ARTICLE, article(text))
        assert max(sizes[50:]) - max(sizes[10:50]) < 4_000_000, sizes
        assert watch.end()[0] == 0
