"""A real watcher on real files: every way of saving is one save."""

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio_sync.files.tree.watching import file_events as watching
from studio_sync.files.tree.watching.file_events import Watcher
from studio_sync.files.tree.watching.settling import Batch

NAME = "acme/client.md"
pytestmark = pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    content = tmp_path / "content"
    (content / "acme").mkdir(parents=True)
    (content / NAME).write_text("old")
    return content


@pytest.fixture
def watcher(place: Path) -> Iterator[Watcher]:
    with Watcher(place) as found:
        assert not found.fault
        yield found


def batches(watcher: Watcher, quiet: float = 0.4) -> list[Batch]:
    """What comes until nothing comes."""
    found = []
    while (batch := watcher.wait(2 if not found else quiet)) is not None:
        found.append(batch)
    return found


def in_place(file: Path) -> None:
    file.write_text("new")


def in_two_writes(file: Path) -> None:
    with file.open("w") as opened:
        opened.write("half ")
        opened.flush()
        time.sleep(0.1)
        opened.write("whole")


def renamed_over(file: Path) -> None:
    temporary = file.with_name("client.md.tmp")
    temporary.write_text("new")
    temporary.replace(file)


def hidden_and_renamed_over(file: Path) -> None:
    temporary = file.with_name(".client.md.swp")
    temporary.write_text("new")
    temporary.replace(file)


def vim_with_a_backup(file: Path) -> None:
    probe = file.with_name("4913")
    probe.write_text("")
    probe.unlink()
    backup = file.with_name("client.md~")
    file.rename(backup)
    file.write_text("new")
    file.chmod(0o644)
    backup.unlink()


def safe_write_of_jetbrains(file: Path) -> None:
    new, old = file.with_name("client.md___jb_tmp___"), file.with_name("client.md___jb_old___")
    new.write_text("new")
    file.rename(old)
    new.rename(file)
    old.unlink()


def emacs(file: Path) -> None:
    lock = file.with_name(".#client.md")
    lock.symlink_to("someone@here")
    file.with_name("#client.md#").write_text("new")
    shutil.copy(file, file.with_name("client.md~"))
    file.write_text("new")
    file.with_name("#client.md#").unlink()
    lock.unlink()


def from_another_folder(file: Path) -> None:
    temporary = file.parents[2] / "temporary"
    temporary.write_text("new")
    temporary.replace(file)


def twice_at_once(file: Path) -> None:
    file.write_text("new")
    os.utime(file)
    file.write_text("new")


@pytest.mark.parametrize(
    "save",
    [
        in_place, in_two_writes, renamed_over, hidden_and_renamed_over, vim_with_a_backup,
        safe_write_of_jetbrains, emacs, from_another_folder, twice_at_once,
    ],
)  # fmt: skip
def test_one_save_is_one_batch(watcher: Watcher, place: Path, save: Callable[[Path], None]):
    save(place / NAME)
    assert batches(watcher) == [Batch(frozenset([NAME]))]


def test_reading_and_files_that_are_no_records_are_nothing(watcher: Watcher, place: Path):
    (place / NAME).read_text()
    (place / "acme" / "picture.png").write_text("x")
    (place / "acme" / ".hidden.md").write_text("x")
    (place / ".git").mkdir()
    (place / ".git" / "description.md").write_text("x")
    assert watcher.wait(0.4) is None


def test_a_new_folder_comes_with_its_files(watcher: Watcher, place: Path):
    (place / "acme" / "program" / "01-a").mkdir(parents=True)
    (place / "acme" / "program" / "01-a" / "chapter.md").write_text("x")
    found = Batch()
    for batch in batches(watcher):
        found = found.with_(batch)
    assert "acme/program/01-a/chapter.md" in found.files
    assert "acme/program" in found.folders
    (place / "acme" / "program" / "01-a" / "chapter.md").write_text("y")
    assert batches(watcher) == [Batch(frozenset(["acme/program/01-a/chapter.md"]))]


def test_a_burst_of_saves_of_one_file_comes_to_its_end(watcher: Watcher, place: Path):
    for number in range(200):
        (place / NAME).write_text(f"{number}")
    found = batches(watcher)
    assert found
    assert {path for batch in found for path in batch.files} == {NAME}
    assert len(found) <= 3


def test_what_is_being_written_is_expected(watcher: Watcher, place: Path):
    assert not watcher.expects([NAME])
    with (place / NAME).open("w") as opened:
        opened.flush()
        until = time.monotonic() + 5
        while not watcher.expects([NAME]) and time.monotonic() < until:
            time.sleep(0.01)
        assert not watcher.expects(["acme/other.md", NAME])
        opened.write("new")
    assert batches(watcher) == [Batch(frozenset([NAME]))]
    assert not watcher.expects([NAME])


def test_an_overflow_of_the_system_means_that_anything_may_have_changed(watcher: Watcher):
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; events were lost")
    assert batches(watcher) == [Batch(lost=True)]


def test_what_is_ignored_may_change_everything(watcher: Watcher, place: Path):
    (place / ".studioignore").write_text("*.md\n")
    assert batches(watcher) == [Batch(lost=True)]


def test_another_folder_in_its_place_is_watched(watcher: Watcher, place: Path):
    place.rename(place.with_name("away"))
    watcher.wait(0.3)
    shutil.copytree(place.with_name("away"), place)
    found = [watcher.wait(0.5), watcher.wait(0.5)]
    assert any(batch and batch.lost for batch in found)
    (place / NAME).write_text("new")
    assert batches(watcher) == [Batch(frozenset([NAME]))]


def test_a_system_that_can_not_tell_is_made_up_for_by_looking(place: Path, monkeypatch: pytest.MonkeyPatch):
    limit = place.parent / "limit"
    limit.write_text("1\n")
    monkeypatch.setattr(watching, "_LIMIT", limit)
    monkeypatch.setattr(watching, "POLL_SECONDS", 0.05)
    with Watcher(place) as watcher:
        assert "at most 1 folders" in watcher.fault
        assert watcher.wait(5) == Batch(lost=True)


def test_stopping_ends_a_wait(watcher: Watcher):
    watcher.stop()
    begun = time.monotonic()
    assert watcher.wait(10) is None
    assert time.monotonic() - begun < 1
