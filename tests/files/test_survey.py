import os
import signal
import sys
import time

import pytest

from studio_sync.files.memory.entries import FileEntry, packed_stat
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.walking import survey as module
from studio_sync.files.tree.walking.listing import Span
from studio_sync.files.tree.walking.survey import BackgroundSurvey
from studio_sync.files.tree.walking.walk import list_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux looks ahead")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder with three files that a memory knows, and threads out of the way."""
    content = tmp_path / "content"
    content.mkdir()
    for name in ("a.md", "b.md", "c.md"):
        (content / name).write_text(name)
    memory = Memory.open(tmp_path / ".studio")
    stats = list_files(content).changed
    with memory.changing():
        memory.put_files(
            [FileEntry(p, packed_stat(s), "x", "", "", None, None, ()) for p, s in stats.items()]
        )
    memory.close()
    monkeypatch.setattr(module, "_MANY_BYTES", 0)
    monkeypatch.setattr(module.threading, "active_count", lambda: 1)
    return tmp_path


def look(workspace):
    ahead = BackgroundSurvey(workspace / "content", workspace / ".studio")
    try:
        return ahead.result()
    finally:
        ahead.close()


def known(workspace):
    memory = Memory.open(workspace / ".studio")
    try:
        return memory.known()
    finally:
        memory.close()


def differences(found):
    """What a survey says of files, whatever it learned of folders."""
    return set(found.changed), set(found.deleted), set(found.faults)


def test_a_child_finds_what_a_survey_finds(workspace):
    content = workspace / "content"
    assert differences(look(workspace)) == (set(), set(), set())
    (content / "a.md").write_text("another text")
    (content / "d.md").write_text("new")
    (content / "b.md").unlink()
    found = look(workspace)
    assert found is not None
    assert set(found.changed) == {"a.md", "d.md"}
    assert found.deleted == ("b.md",)
    assert differences(found) == differences(list_files(content, known(workspace)))


def test_a_file_that_was_swapped_for_another_one_is_seen_as_gone_and_new(workspace):
    content = workspace / "content"
    (content / "a.md").rename(content / "z.md")
    found = look(workspace)
    assert found is not None
    assert (set(found.changed), found.deleted) == ({"z.md"}, ("a.md",))


@pytest.mark.parametrize("at", ["", "a", "a.md", "b/", "b/c", "b/c/d.md", "b/c/e.md", "b/d", "c", "z"])
def test_two_spans_hold_each_file_once(tmp_path, at):
    for name in ("a.md", "b/x.md", "b/c/d.md", "b/c/e.md", "b/c-d/f.md", "b.c/g.md", "c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)

    one, other = (list_files(tmp_path, span=span).changed for span in (Span(end=at), Span(first=at)))

    assert at == "" or not one.keys() & other.keys()
    assert {**one, **other} == list_files(tmp_path).changed


def test_a_child_that_dies_or_fails_leaves_the_survey_to_its_parent(workspace, monkeypatch):
    def hang(*_):
        time.sleep(60)

    monkeypatch.setattr(module, "list_files", hang)
    ahead = BackgroundSurvey(workspace / "content", workspace / ".studio")
    os.kill(ahead._children[1][0], signal.SIGKILL)
    os.kill(ahead._children[0][0], signal.SIGKILL)
    assert ahead.result() is None

    def fail(*_):
        raise OSError

    monkeypatch.setattr(module, "list_files", fail)
    assert look(workspace) is None


def test_a_child_that_nobody_asks_is_ended(workspace, monkeypatch):
    monkeypatch.setattr(module, "list_files", lambda *_: time.sleep(60))
    ahead = BackgroundSurvey(workspace / "content", workspace / ".studio")
    children = [child for child, _ in ahead._children]
    ahead.close()
    assert len(children) == 2
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


def test_a_small_memory_or_none_or_a_second_thread_needs_no_child(workspace, monkeypatch):
    monkeypatch.setattr(module.threading, "active_count", lambda: 2)
    assert look(workspace) is None
    monkeypatch.setattr(module.threading, "active_count", lambda: 1)
    monkeypatch.setattr(module, "_MANY_BYTES", 10**9)
    assert look(workspace) is None
    assert BackgroundSurvey(workspace / "content", workspace / "nowhere").result() is None
