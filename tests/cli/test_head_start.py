import os
import re
import sys
from pathlib import Path

import pytest

from studio_sync.cli import head_start
from studio_sync.cli.app import App
from studio_sync.errors import StudioError
from studio_sync.files.memory.entries import FileEntry, packed_stat
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree.walking import survey as surveying
from studio_sync.files.tree.walking.walk import list_files
from studio_sync.files.workspace.workspace import find_workspace

COMMANDS = Path(head_start.__file__).parent / "commands"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """The current folder, in a workspace with two known files; threads are out of the way."""
    (tmp_path / "studio.yaml").write_text("name: acme\n")
    content = tmp_path / "content"
    content.mkdir()
    for name in ("a.md", "b.md"):
        (content / name).write_text(name)
    memory = Memory.open(tmp_path / ".studio")
    with memory.changing():
        memory.put_files(
            FileEntry(path, packed_stat(stat), "x", "", "", None, None, ())
            for path, stat in list_files(content).changed.items()
        )
    memory.close()
    monkeypatch.setattr(surveying, "_MANY_BYTES", 0)
    monkeypatch.setattr(surveying.threading, "active_count", lambda: 1)
    monkeypatch.chdir(content)
    yield find_workspace(tmp_path)
    head_start.end()


def test_it_knows_the_commands_that_survey_in_the_background():
    asking = {p.stem for p in COMMANDS.glob("*.py") if "background=True" in p.read_text("utf-8")}
    assert asking == set(head_start.SURVEYING)


def test_it_needs_nothing_of_what_other_commands_do_without():
    """`studio --help` pays for no survey."""
    text = Path(head_start.__file__).read_text("utf-8")
    assert not re.search("^(?:import|from) studio_sync", text, re.MULTILINE)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux looks ahead")
def test_the_command_gets_the_survey_that_has_begun_once(workspace):
    (workspace.content / "b.md").write_text("another text")
    (workspace.content / "c.md").write_text("new")
    head_start.begin(["status", "--json"])
    ((_, found_here, begun),) = head_start._begun

    assert App().workspace is found_here
    survey = head_start.survey_of(App().workspace)
    again = head_start.survey_of(App().workspace)
    found, other = survey.result(), again.result()

    assert survey is begun is not again
    assert found is not None
    assert other is not None
    assert set(found.changed) == set(other.changed) == {"b.md", "c.md"}


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["show", "a.md"],
        ["status", "--help"],
        ["status", "-C", ".."],
        ["status", "-C.."],
        ["push", "--directory=.."],
        ["-C", "..", "status"],
    ],
)
def test_nothing_begins_for_another_tree_or_command(workspace, words):
    head_start.begin(words)
    assert not head_start._begun


def test_another_workspace_gets_a_survey_of_its_own(workspace, tmp_path_factory):
    head_start.begin(["status"])
    other = tmp_path_factory.mktemp("other")
    (other / "studio.yaml").write_text("name: other\n")

    assert head_start.workspace_around(other, named=True).root == other
    assert head_start.survey_of(find_workspace(other)).result() is None
    assert len(head_start._begun) == 1


def test_what_is_wrong_with_the_workspace_is_told_by_the_command(workspace):
    (workspace.root / "studio.yaml").write_text("nme: acme\n")
    head_start.begin(["status"])
    assert not head_start._begun
    with pytest.raises(StudioError, match="unknown key `nme`"):
        _ = App().workspace


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux looks ahead")
def test_a_survey_that_no_command_took_is_ended(workspace):
    head_start.begin(["push", "nowhere"])
    children = [child for child, _ in head_start._begun[0][2]._children]
    head_start.end()
    assert len(children) == 2
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
