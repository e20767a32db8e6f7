"""What another user of the machine prepares where one of our users will look, and what may come of it.

Each attack is named by what the attacker wants.
"""

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from studio_sync.files.memory.kept import Door, Kept, coming_by
from tests.harness import S1, Desk
from tests.security.deadline import within

pytestmark = pytest.mark.skipif(
    os.name == "nt" or os.geteuid() != 0, reason="only root can make another user's files"
)
STRANGER = 65534


def forged(folder: Path, path: str, words: bytes) -> None:
    """A run in `folder` that says it had deleted `path`."""
    said = {"verb": "delete", "path": path, "size": len(words), "before": sha256(words).hexdigest()}
    head = {"version": 1, "command": "pull", "workspace": "w"}
    data = json.dumps(head).encode() + b"\n" + json.dumps(said).encode() + b"\n" + words + b"\n"
    (folder / f"{1:020d}-deadbeef.kept").write_bytes(data)


@pytest.fixture
def prepared(desk: Desk, tmp_path: Path) -> Path:
    """The folder in which what a command replaces would be kept, made beforehand."""
    with coming_by(Door(home=tmp_path / "shared")):
        folder = Kept(desk.root).folder
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    return folder


@pytest.mark.parametrize("whose", ["the folder", "the folder above it"])
def test_words_of_a_stranger_don_t_come_back_by_undo(desk: Desk, prepared: Path, whose: str) -> None:
    forged(prepared, "content/forged.md", b"whatever a stranger likes\n")
    home = str(prepared.parents[1])
    assert "forged.md" in desk.ok("undo", "--list", STUDIO_HOME=home).out
    os.chown(prepared if whose == "the folder" else prepared.parent, STRANGER, STRANGER)
    assert "forged.md" not in desk.run("undo", "--list", STUDIO_HOME=home).text
    desk.run("undo", STUDIO_HOME=home)
    assert not (desk.root / "content/forged.md").exists()


def test_nothing_is_kept_where_a_stranger_can_read_or_change_it(desk: Desk, prepared: Path) -> None:
    desk.write("acme/client.md", "---\nname: Acme\n---\n")
    os.chown(prepared, STRANGER, STRANGER)
    found = desk.run("validate", "--fix", STUDIO_HOME=str(prepared.parents[1]))
    assert "belongs to another user" in found.text
    assert "Traceback" not in found.text
    assert not list(prepared.iterdir())
    assert desk.read("acme/client.md") == "---\nname: Acme\n---\n"


def test_a_pipe_among_what_is_kept_holds_nobody_up(desk: Desk, prepared: Path) -> None:
    os.mkfifo(prepared / f"{2:020d}-deadbeef.kept")
    with within(10):
        desk.ok("undo", "--list", STUDIO_HOME=str(prepared.parents[1]))


@pytest.mark.parametrize("name", ["memory.db", "moving", "schemas"])
def test_what_a_stranger_left_in_a_studio_folder_that_was_open_is_not_believed(desk: Desk, name: str) -> None:
    state = desk.root / ".studio"
    state.mkdir(mode=0o775)
    place = state / name
    if name == "schemas":
        place.mkdir()
    else:
        place.write_bytes(b"")
    os.chown(place, STRANGER, STRANGER)
    found = desk.refused("validate")
    assert f"{place} is no plain file of yours" in found.err


COMMANDS = (
    ("validate",),
    ("status",),
    ("diff",),
    ("push", "-n"),
    ("advance", f"content/{S1}/article.md", "-n"),
    ("doctor",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_checkout_that_its_reader_may_not_write_in_can_be_looked_at(
    synced: Desk, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(synced.root / ".studio")
    theirs, allowed = os.fspath(synced.root), os.access
    monkeypatch.setattr(
        os, "access", lambda place, mode: not os.fspath(place).startswith(theirs) and allowed(place, mode)
    )
    synced.ok(*command)
    assert not (synced.root / ".studio").exists()


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder in which everybody may write, with a workspace that a stranger put there."""
    folder = tmp_path / "everybodys"
    folder.mkdir()
    folder.chmod(0o1777)
    (folder / "studio.yaml").write_text("name: desk\ncontent: mine\n")
    os.chown(folder / "studio.yaml", STRANGER, STRANGER)
    return folder


@pytest.mark.parametrize("command", [("pull",), ("status",), ("push", "-n"), ("validate",)], ids=" ".join)
def test_a_studio_yaml_of_a_stranger_above_catches_nobody_s_rows(
    synced: Desk, shared: Path, command: tuple[str, ...]
) -> None:
    (shared / "mine").mkdir()
    found = synced.run("-C", str(shared / "mine"), *command)
    assert found.code == 1
    assert f"another user put {shared / 'studio.yaml'} into a folder" in found.err
    assert not list((shared / "mine").iterdir())
    shared.chmod(0o755)
    assert "another user put" not in synced.run("-C", str(shared / "mine"), *command).text


def test_a_studio_yaml_of_a_stranger_above_takes_no_workspace_into_its_content(
    desk: Desk, shared: Path
) -> None:
    (shared / "mine" / "content").mkdir(parents=True)
    (shared / "mine" / "studio.yaml").write_text("name: mine\n")
    desk.ok("-C", str(shared / "mine"), "validate")
