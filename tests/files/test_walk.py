"""Folders that have not changed since they were listed aren't listed again, and nothing is missed by that."""

import os
import random
import shutil
import time
from pathlib import Path

import pytest

from studio_sync.files.memory.entries import FileEntry, packed_stat
from studio_sync.files.tree.walking import mounts, walk
from studio_sync.files.tree.walking.listing import Known, Span, stamp_of
from studio_sync.files.tree.walking.mounts import keeps_times
from studio_sync.files.tree.walking.survey import halves, known_files
from studio_sync.files.tree.walking.walk import list_files

NAMES = ("a", "b", "c.d", "e-f")


@pytest.fixture
def content(tmp_path):
    folder = tmp_path / "content"
    for path in ("a/x.md", "a/b/y.md", "a/b/notes.txt", "c/z.yaml", "top.md"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    if not keeps_times(folder):
        pytest.skip("nothing is sure of this file system")
    return folder


@pytest.fixture
def listed(monkeypatch):
    """The folders that were listed since the list was last emptied."""
    folders = []
    real = os.scandir
    monkeypatch.setattr(walk.os, "scandir", lambda folder: folders.append(Path(folder).name) or real(folder))
    return folders


def settle():
    """Wait until a change can't have the time of one before."""
    time.sleep(0.03)


def look(content, memory):
    """Survey the folder and remember what was found, as a command does."""
    found = list_files(content, memory.known())
    keep(memory, found)
    return found


def keep(memory, found):
    with memory.changing():
        memory.put_files(
            [FileEntry(p, packed_stat(s), "x", "", "", None, None, ()) for p, s in found.changed.items()]
        )
        memory.drop_files(found.deleted)
        memory.put_folders(found.fingerprint, found.folders, found.lost)


def test_what_has_not_changed_is_not_listed(content, memory, listed):
    settle()
    assert set(look(content, memory).changed) == {"a/x.md", "a/b/y.md", "c/z.yaml", "top.md"}
    assert set(listed) == {"content", "a", "b", "c"}
    listed.clear()
    (content / "a/b/y.md").write_text("edited in place")
    assert set(look(content, memory).changed) == {"a/b/y.md"}
    assert listed == []
    (content / "c/new.md").write_text("new")
    (content / "a/b/y.md").unlink()
    found = look(content, memory)
    assert (set(found.changed), found.deleted, sorted(listed)) == ({"c/new.md"}, ("a/b/y.md",), ["b", "c"])


def test_a_folder_that_was_just_changed_is_listed_again(content, memory, listed):
    (content / "c/new.md").write_text("new")
    look(content, memory)
    listed.clear()
    look(content, memory)
    assert "c" in listed, "another file may have come in the same tick of the clock"


def test_folders_come_and_go_and_change_places(content, memory):
    settle()
    look(content, memory)
    (content / "a").rename(content / "z")
    found = look(content, memory)
    assert (set(found.changed), set(found.deleted)) == ({"z/x.md", "z/b/y.md"}, {"a/x.md", "a/b/y.md"})
    settle()
    look(content, memory)
    (content / "z/b").rename(content / "a")
    found = look(content, memory)
    assert (set(found.changed), set(found.deleted)) == ({"a/y.md"}, {"z/b/y.md"})
    assert look(content, memory).changed == {}


def test_a_link_in_a_folders_place_is_not_followed(content, memory, tmp_path):
    settle()
    look(content, memory)
    (content / "a").rename(tmp_path / "elsewhere")
    (content / "a").symlink_to(tmp_path / "elsewhere")
    found = look(content, memory)
    assert set(found.deleted) == {"a/x.md", "a/b/y.md"}
    assert [fault[:2] for fault in found.faults] == [("a", "symlink")]
    settle()
    assert [fault[:2] for fault in look(content, memory).faults] == [("a", "symlink")], "told every time"


def test_a_folder_that_cant_be_read_is_told_every_time(content, memory, monkeypatch):
    settle()
    real = os.scandir

    def scandir(folder):
        if Path(folder).name == "b":
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(walk.os, "scandir", scandir)
    for _ in range(3):
        assert [fault[:2] for fault in look(content, memory).faults] == [("a/b", "unreadable")]
    monkeypatch.undo()
    found = look(content, memory)
    assert (found.faults, set(found.changed)) == ((), {"a/b/y.md"})


def test_other_rules_of_what_is_ignored_void_what_is_known(content, memory):
    rules = content.parent / ".studioignore"
    rules.write_text("c/\n")
    settle()
    assert set(look(content, memory).changed) == {"a/x.md", "a/b/y.md", "top.md"}
    assert look(content, memory).changed == {}
    rules.unlink()
    assert set(look(content, memory).changed) == {"c/z.yaml"}
    rules.write_text("b/\n")
    assert look(content, memory).deleted == ("a/b/y.md",)


def test_what_was_listed_before_is_kept_when_the_rules_change(content, memory):
    settle()
    look(content, memory)
    (content / ".studioignore").write_text("nothing.md\n")
    settle()
    for _ in range(3):
        found = look(content, memory)
        assert (found.changed, found.deleted) == ({}, ())
        assert set(memory.known().folders) == {"", "a", "a/b", "c"}


@pytest.mark.parametrize(
    "lost", ["DELETE FROM folders WHERE path = 'a/b'", "DELETE FROM files WHERE path = 'c/z.yaml'"]
)
def test_a_memory_that_lacks_something_is_not_trusted(content, memory, lost):
    settle()
    look(content, memory)
    memory._db.execute(lost)
    look(content, memory)
    assert set(memory.known().files) == {"a/x.md", "a/b/y.md", "c/z.yaml", "top.md"}
    assert set(memory.known().folders) == {"", "a", "a/b", "c"}


def test_no_folder_is_trusted_on_a_file_system_that_isnt_known(content, memory, listed, monkeypatch):
    settle()
    look(content, memory)
    assert memory.known().folders
    monkeypatch.setattr(mounts, "_SURE", frozenset())
    listed.clear()
    assert look(content, memory).fingerprint == ""
    assert sorted(listed) == ["a", "b", "c", "content"]
    assert memory.known().folders == {}


def test_a_mount_is_found_by_the_deepest_point(tmp_path, monkeypatch):
    table = tmp_path / "mounts"
    table.write_text(
        "1 0 8:1 / / rw shared:1 - ext4 /dev/sda rw\n"
        f"2 1 0:5 / {tmp_path}/my\\040share rw - fuse.sshfs host: rw\n"
        f"3 2 8:2 / {tmp_path}/my\\040share/inner rw - xfs /dev/sdb rw\n"
    )
    monkeypatch.setattr(mounts, "_MOUNTS", table)
    assert keeps_times(tmp_path)
    assert keeps_times(tmp_path / "my share-2")
    assert not keeps_times(tmp_path / "my share")
    assert not keeps_times(tmp_path / "my share" / "content")
    assert keeps_times(tmp_path / "my share" / "inner" / "content")
    monkeypatch.setattr(mounts, "_MOUNTS", tmp_path / "nowhere")
    assert not keeps_times(tmp_path)


def change(content, chance):
    """Do something to the tree, as people and programs do."""
    folders = sorted(p for p in (content, *content.rglob("*")) if p.is_dir() and not p.is_symlink())
    files = sorted(p for p in content.rglob("*") if p.is_file() and not p.is_symlink())
    folder, name = chance.choice(folders), chance.choice(NAMES)
    match chance.randrange(9):
        case 8:
            (content / ".studioignore").write_text(f"{chance.choice(NAMES)}.md\n")
        case 0 | 1:
            (folder / f"{name}.md").unlink(missing_ok=True)
            (folder / f"{name}.md").write_text(str(chance.random()))
        case 2 if files:
            chance.choice(files).write_text(str(chance.random()))
        case 3 if files:
            chance.choice(files).unlink()
        case 4:
            (folder / name).mkdir(exist_ok=True)
        case 5 if folder != content:
            shutil.rmtree(folder)
        case 6 if folder != content and not (content / name).exists():
            folder.rename(content / name)
        case 7 if files and not (folder / f"{name}.md").exists():
            chance.choice(files).rename(folder / f"{name}.md")


@pytest.mark.parametrize("seed", range(6))
def test_a_walk_that_trusts_folders_finds_what_one_finds_that_doesnt(content, memory, seed):
    chance = random.Random(seed)
    for _ in range(12):
        for _ in range(chance.randrange(4)):
            change(content, chance)
        if chance.random() < 0.7:
            settle()
        known = memory.known()
        bare = list_files(content, Known(known.files))
        at = chance.choice(sorted(known.files) or [""])
        for span in (Span(end=at), Span(first=at)):
            inside = {path for path in bare.changed if span.holds(path)}
            part = list_files(content, known_files(memory._db, span), span)
            assert set(part.changed) == inside
            assert set(part.deleted) == {path for path in bare.deleted if span.holds(path)}
        found = look(content, memory)
        assert (found.changed, set(found.deleted)) == (bare.changed, set(bare.deleted))
        whole = list_files(content).changed
        assert memory.known().files == {path: stamp_of(stat) for path, stat in whole.items()}


def test_halves_that_are_put_together_miss_nothing(content, memory):
    """A file that comes between the looks of two halves is found by the next look at the latest."""
    settle()
    look(content, memory)
    settle()
    (content / "a/b/w.md").write_text("makes the folder change")
    settle()
    one, other = halves(memory._db)
    first = list_files(content, known_files(memory._db, one), one)
    (content / "a/b/a.md").write_text("in the first half, and behind its back")
    settle()
    second = list_files(content, known_files(memory._db, other), other)
    keep(memory, first)
    keep(memory, second)
    look(content, memory)
    assert set(memory.known().files) == set(list_files(content).changed)
