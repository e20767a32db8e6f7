import errno
import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import filelock
import pytest

from studio_sync.errors import RefusedError, UnavailableError
from studio_sync.files.tree.disk import file_writer as write
from studio_sync.files.tree.disk.file_writer import ChangedError, FileWriter
from studio_sync.files.tree.disk.leftovers import sweep
from studio_sync.files.tree.lock import only_one
from studio_sync.files.tree.walking.listing import TEMPORARY, stat_of

posix = pytest.mark.skipif(os.name == "nt", reason="permissions and links as POSIX has them")


@pytest.fixture(params=[True, False], ids=["each on disk", "settled at the end"])
def writer(request, tmp_path):
    return FileWriter(tmp_path, sync_each=request.param)


def everything(folder):
    """Path to content of every file, path to None of every folder."""
    return {
        p.relative_to(folder).as_posix(): None if p.is_dir() and not p.is_symlink() else p.read_bytes()
        for p in sorted(folder.rglob("*"))
    }


def test_a_new_file_is_written_with_its_folders(writer, tmp_path):
    found = writer.create("a/b/c.md", b"text")
    writer.settle()
    assert everything(tmp_path) == {"a": None, "a/b": None, "a/b/c.md": b"text"}
    assert found == stat_of(tmp_path / "a/b/c.md")


def test_a_new_file_never_takes_the_place_of_another(writer, tmp_path):
    (tmp_path / "a.md").write_bytes(b"mine")
    with pytest.raises(ChangedError, match=r"a\.md has appeared meanwhile"):
        writer.create("a.md", b"theirs")
    assert everything(tmp_path) == {"a.md": b"mine"}


@posix
def test_a_new_file_never_takes_the_place_of_a_link_that_leads_nowhere(writer, tmp_path):
    (tmp_path / "a.md").symlink_to("gone")
    with pytest.raises(ChangedError):
        writer.create("a.md", b"x")
    assert (tmp_path / "a.md").readlink() == Path("gone")


def test_a_file_is_replaced_if_it_is_what_it_was(writer, tmp_path):
    (tmp_path / "a.md").write_bytes(b"old")
    found = writer.replace("a.md", b"old", b"new")
    writer.settle()
    assert everything(tmp_path) == {"a.md": b"new"}
    assert found == stat_of(tmp_path / "a.md")


@pytest.mark.parametrize(
    "act", [lambda w: w.replace("d/a.md", b"old", b"new"), lambda w: w.remove("d/a.md", b"old")]
)
def test_a_file_that_changed_under_us_is_left_alone(writer, tmp_path, act):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.md").write_bytes(b"edited")
    with pytest.raises(ChangedError, match="has changed meanwhile"):
        act(writer)
    assert everything(tmp_path) == {"d": None, "d/a.md": b"edited"}


@pytest.mark.parametrize(
    "act", [lambda w: w.replace("a.md", b"old", b"new"), lambda w: w.remove("a.md", b"old")]
)
def test_a_file_that_has_gone_is_not_made_again(writer, tmp_path, act):
    with pytest.raises(ChangedError, match="has gone meanwhile"):
        act(writer)
    assert everything(tmp_path) == {}


def test_a_file_that_changes_while_the_new_one_is_written_is_left_alone(writer, tmp_path, monkeypatch):
    (tmp_path / "a.md").write_bytes(b"old")
    real = os.close

    def close(handle):
        real(handle)
        monkeypatch.undo()
        (tmp_path / "a.md").write_bytes(b"an editor saved")

    monkeypatch.setattr(os, "close", close)
    with pytest.raises(ChangedError):
        writer.replace("a.md", b"old", b"new")
    assert everything(tmp_path) == {"a.md": b"an editor saved"}


@posix
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755])
def test_a_file_keeps_its_permissions(writer, tmp_path, mode):
    (tmp_path / "a.md").write_bytes(b"old")
    (tmp_path / "a.md").chmod(mode)
    writer.replace("a.md", b"old", b"new")
    assert stat.S_IMODE((tmp_path / "a.md").stat().st_mode) == mode


@posix
def test_a_new_file_has_the_permissions_that_the_user_gives_new_files(tmp_path):
    before = os.umask(0o027)
    try:
        FileWriter(tmp_path).create("a.md", b"x")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.md").stat().st_mode) == 0o640


@posix
@pytest.mark.parametrize(
    "act", [lambda w: w.replace("a.md", b"old", b"new"), lambda w: w.remove("a.md", b"old")]
)
def test_a_read_only_file_is_refused(writer, tmp_path, act):
    (tmp_path / "a.md").write_bytes(b"old")
    (tmp_path / "a.md").chmod(0o444)
    with pytest.raises(UnavailableError, match=r"a\.md is read-only") as refused:
        act(writer)
    assert "make it writable" in refused.value.hint
    assert everything(tmp_path) == {"a.md": b"old"}
    assert stat.S_IMODE((tmp_path / "a.md").stat().st_mode) == 0o444


@posix
@pytest.mark.parametrize(
    "act", [lambda w: w.replace("a.md", b"old", b"new"), lambda w: w.remove("a.md", b"old")]
)
def test_a_link_in_a_files_place_is_refused(writer, tmp_path, act):
    (tmp_path / "real.txt").write_bytes(b"old")
    (tmp_path / "a.md").symlink_to("real.txt")
    with pytest.raises(ChangedError, match="no ordinary file"):
        act(writer)
    assert (tmp_path / "a.md").readlink() == Path("real.txt")
    assert (tmp_path / "real.txt").read_bytes() == b"old"


@posix
@pytest.mark.parametrize(
    "act",
    [
        lambda w: w.create("link/a.md", b"x"),
        lambda w: w.create("link/deeper/a.md", b"x"),
        lambda w: w.replace("link/a.md", b"old", b"x"),
        lambda w: w.remove("link/a.md", b"old"),
        lambda w: w.rename("link/a.md", "b.md"),
        lambda w: w.rename("mine.md", "link/b.md"),
    ],
)
def test_nothing_is_written_behind_a_link(tmp_path, act):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.md").write_bytes(b"old")
    root = tmp_path / "root"
    root.mkdir()
    (root / "mine.md").write_bytes(b"mine")
    (root / "link").symlink_to(outside)
    with pytest.raises(RefusedError, match="symbolic link"):
        act(FileWriter(root))
    assert everything(outside) == {"a.md": b"old"}
    assert (root / "mine.md").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "../x", "a/../../x", "a/..", "/etc/passwd", "/x", "a//b", "./a", "a/./b", "a/", "//x"],
)
def test_a_path_that_is_no_plain_path_below_the_root_is_refused(tmp_path, path):
    root = tmp_path / "root"
    root.mkdir()
    with pytest.raises(RefusedError, match="no path inside"):
        FileWriter(root).create(path, b"x")
    assert everything(tmp_path) == {"root": None}


@pytest.mark.parametrize("at", [0, 3, 8])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(writer, tmp_path, monkeypatch, at):
    (tmp_path / "a.md").write_bytes(b"old")
    real, left = os.write, [at]

    def write(handle, data):
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(handle, bytes(data)[: min(left[0], 2)])
        left[0] -= written
        return written

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(UnavailableError, match=r"the disk is full: a\.md .* is as it was") as refused:
        writer.replace("a.md", b"old", b"a longer text")
    assert "make room" in refused.value.hint
    with pytest.raises(UnavailableError, match="the disk is full"):
        writer.create("new.md", b"a longer text")
    assert everything(tmp_path) == {"a.md": b"old"}


@pytest.mark.parametrize("name", ["fsync", "close", "exchange"])
def test_a_disk_that_fails_late_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, name):
    (tmp_path / "a.md").write_bytes(b"old")
    module = write if name == "exchange" else os
    real = getattr(module, name)

    def fail(*args):
        if name == "close":
            real(*args)
        monkeypatch.undo()
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(module, name, fail)
    with pytest.raises(UnavailableError, match=r"can't (write|keep) a\.md: Input/output error"):
        FileWriter(tmp_path).replace("a.md", b"old", b"new")
    assert everything(tmp_path) == {"a.md": b"old"}


def test_a_stop_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "a.md").write_bytes(b"old")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "exchange", stop)
    with pytest.raises(KeyboardInterrupt):
        FileWriter(tmp_path).replace("a.md", b"old", b"new")
    assert everything(tmp_path) == {"a.md": b"old"}


def test_a_file_where_a_folder_must_be_is_told(writer, tmp_path):
    (tmp_path / "a").write_bytes(b"a file")
    with pytest.raises(UnavailableError, match="can't write a"):
        writer.create("a/b.md", b"x")
    assert everything(tmp_path) == {"a": b"a file"}


def test_a_removed_file_takes_the_folders_with_it_that_it_leaves_empty(writer, tmp_path):
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/picture.png").write_bytes(b"png")
    (tmp_path / "a/b/c/x.md").write_bytes(b"x")
    writer.remove("a/b/c/x.md", b"x")
    writer.settle()
    assert everything(tmp_path) == {"a": None, "a/picture.png": b"png"}
    writer.create("a/b/c/x.md", b"y")
    assert everything(tmp_path)["a/b/c/x.md"] == b"y"


def test_the_root_itself_stays_when_its_last_file_goes(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "x.md").write_bytes(b"x")
    FileWriter(root).remove("x.md", b"x")
    assert everything(tmp_path) == {"root": None}


def test_a_renamed_folder_keeps_all_that_is_in_it(writer, tmp_path):
    writer.create("a/b.md", b"x")
    writer.rename("a", "c/d")
    assert everything(tmp_path) == {"c": None, "c/d": None, "c/d/b.md": b"x"}
    writer.create("a/b.md", b"y")
    assert (tmp_path / "a/b.md").read_bytes() == b"y"


def test_nothing_is_renamed_over_what_is_there(writer, tmp_path):
    writer.create("a.md", b"a")
    writer.create("b.md", b"b")
    with pytest.raises(ChangedError, match="there already"):
        writer.rename("a.md", "b.md")
    with pytest.raises(UnavailableError, match=r"can't write gone\.md"):
        writer.rename("gone.md", "c.md")
    assert everything(tmp_path) == {"a.md": b"a", "b.md": b"b"}


@posix
def test_each_change_of_a_folder_is_on_the_disk_before_the_next_one(tmp_path, monkeypatch):
    synced = []
    real = os.fsync

    def fsync(handle):
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc here")
    root = os.fspath(tmp_path)
    writer = FileWriter(tmp_path)
    writer.create("a/b/c.md", b"x")
    assert {root, f"{root}/a", f"{root}/a/b"} <= set(synced)
    synced.clear()
    writer.rename("a/b/c.md", "a/c.md")
    assert {f"{root}/a", f"{root}/a/b"} <= set(synced)
    synced.clear()
    writer.remove("a/c.md", b"x")
    assert f"{root}/a" in synced


@posix
def test_thousands_of_files_are_brought_to_the_disk_at_once(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(os, "fsync", lambda _: calls.append("fsync"))
    monkeypatch.setattr(os, "sync", lambda: calls.append("sync"))
    writer = FileWriter(tmp_path, sync_each=False)
    for i in range(5):
        writer.create(f"a/{i}.md", b"x")
    writer.settle()
    assert calls == ["sync"]


def test_what_a_killed_run_left_is_swept_and_nothing_else(tmp_path):
    (tmp_path / "a").mkdir()
    for name in (f"{TEMPORARY}1-2", f"a/{TEMPORARY}3-4", "a/x.md", ".hidden"):
        (tmp_path / name).write_bytes(b"x")
    sweep(tmp_path, [tmp_path / "a", tmp_path / "not there"])
    assert everything(tmp_path) == {".hidden": b"x", "a": None, "a/x.md": b"x"}


def test_a_new_folder_is_written_with_all_its_files(writer, tmp_path):
    found = writer.create_folder("a/b", [("x.md", b"one"), ("y.md", b"")])
    writer.settle()
    assert everything(tmp_path) == {"a": None, "a/b": None, "a/b/x.md": b"one", "a/b/y.md": b""}
    assert found == [stat_of(tmp_path / "a/b/x.md"), stat_of(tmp_path / "a/b/y.md")]


def test_a_folder_that_is_there_by_now_is_left_as_it_is(writer, tmp_path):
    (tmp_path / "a").mkdir()
    assert writer.create_folder("a", [("x.md", b"one")]) is None
    assert everything(tmp_path) == {"a": None}


@posix
def test_a_folder_that_appears_while_it_is_built_is_left_as_it_is(writer, tmp_path, monkeypatch):
    rename = os.rename

    def late(source, target):
        (tmp_path / "a").mkdir()
        (tmp_path / "a/mine.md").write_bytes(b"mine")
        rename(source, target)

    monkeypatch.setattr(os, "rename", late)
    assert writer.create_folder("a", [("x.md", b"one")]) is None
    assert everything(tmp_path) == {"a": None, "a/mine.md": b"mine"}


@posix
@pytest.mark.parametrize("call", ["open", "write", "fstat", "rename"])
def test_a_folder_is_whole_or_not_at_all_wherever_a_run_ends(tmp_path, monkeypatch, call):
    writer, real, seen = FileWriter(tmp_path), getattr(os, call), set()
    for moment in range(10):
        with monkeypatch.context() as patched:
            left = [moment]

            def ended(*arguments, left=left, **named):
                left[0] -= 1
                if left[0] < 0:
                    raise KeyboardInterrupt
                return real(*arguments, **named)

            patched.setattr(os, call, ended)
            with suppress(KeyboardInterrupt):
                writer.create_folder(f"a{moment}", [("x.md", b"one"), ("y.md", b"two")])
        found = {p.name: p.read_bytes() for p in (tmp_path / f"a{moment}").glob("*")}
        assert found in ({}, {"x.md": b"one", "y.md": b"two"})
        seen.add(len(found))
    assert seen == {0, 2}


@posix
def test_a_folder_on_a_full_disk_is_not_made(writer, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    writer.create("first.md", b"x")  # the place for what is kept is made
    monkeypatch.setattr(writer._keeper, "created", lambda *_: None)
    monkeypatch.setattr(os, "write", full)
    assert writer.create_folder("a", [("x.md", b"one")]) is None
    assert everything(tmp_path) == {"first.md": b"x"}


def test_a_folder_that_a_killed_run_had_not_named_yet_is_swept_and_links_are_left(tmp_path):
    unnamed = tmp_path / f"a/{TEMPORARY}1-2~1.1-x"
    unnamed.mkdir(parents=True)
    (unnamed / "session.md").write_bytes(b"x")
    sweep(tmp_path, [tmp_path / "a"])
    assert everything(tmp_path) == {"a": None}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/x.md").write_bytes(b"mine")
    (tmp_path / f"a/{TEMPORARY}5").symlink_to(tmp_path / "mine", target_is_directory=True)
    sweep(tmp_path, [tmp_path / "a"])
    assert (tmp_path / "mine/x.md").read_bytes() == b"mine"


def test_one_command_at_a_time_writes_in_a_workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(filelock.FileLock, "acquire", _impatient(filelock.FileLock.acquire))
    code = (
        "import sys; from pathlib import Path; from studio_sync.files.tree.lock import only_one\n"
        "with only_one(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(RefusedError, match="another studio command"), only_one(tmp_path / "lock"):
            pass
    finally:
        other.kill()
        other.communicate()
    with only_one(tmp_path / "lock"):
        pass


def _impatient(acquire):
    return lambda self, *args, **kwargs: acquire(self, timeout=0.1)


def test_a_lock_that_can_not_be_made_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnavailableError, match="can't lock"), only_one(tmp_path / "file" / "lock"):
        pass


def test_a_file_that_appears_at_the_last_moment_is_never_replaced(tmp_path, monkeypatch):
    (tmp_path / "a.md").write_text("somebody's words")
    monkeypatch.setattr("studio_sync.files.tree.disk.file_writer.os.path.lexists", lambda _: False)
    with pytest.raises(ChangedError, match="appeared"):
        FileWriter(tmp_path).create("a.md", b"ours")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.md", "somebody's words")]


def test_a_new_file_is_made_where_there_are_no_hard_links(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("studio_sync.files.tree.disk.one_file.os.link", refuse)
    FileWriter(tmp_path).create("a/b.md", b"ours")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.md"]
    assert (tmp_path / "a" / "b.md").read_bytes() == b"ours"
