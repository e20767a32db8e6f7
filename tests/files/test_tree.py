import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from studio_sync.errors import UnavailableError
from studio_sync.files.tree.ignore.ignoring import ignored_in
from studio_sync.files.tree.walking import walk
from studio_sync.files.tree.walking.listing import NO_STAT, may_hide_an_edit, stat_of
from studio_sync.files.tree.walking.walk import list_files

posix = pytest.mark.skipif(os.name == "nt", reason="links and names as POSIX has them")


def write(folder, *paths, text="x"):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


@pytest.fixture
def content(tmp_path):
    folder = tmp_path / "content"
    folder.mkdir()
    return folder


def faults(content):
    return [(path, code) for path, code, _, _ in list_files(content).faults]


def test_markdown_and_yaml_files_are_found_with_their_stats(content):
    write(content, "a/client.md", "a/knowledge/brief.yaml", "a/p/x.yml", "top.md")
    listing = list_files(content)
    assert listing.changed == {
        p: stat_of(content / p) for p in ("a/client.md", "a/knowledge/brief.yaml", "a/p/x.yml", "top.md")
    }
    assert listing.faults == ()


def test_other_files_are_left_alone(content):
    write(content, "a/picture.png", "a/notes.txt", "a/md", "a/README", "a/x.md.bak", "a/x.md~")
    listing = list_files(content)
    assert listing.changed == {}
    assert listing.faults == ()


def test_hidden_files_and_folders_are_left_alone(content):
    write(content, ".git/x.md", ".x.md", "a/.studio-tmp-1-2", "a/.obsidian/y.md", "a/.#x.md")
    assert list_files(content).changed == {}


def test_an_ending_in_capitals_is_found_too(content):
    write(content, "a/QUIZ.YAML", "a/Client.Md")
    assert set(list_files(content).changed) == {"a/QUIZ.YAML", "a/Client.Md"}


def test_a_folder_called_like_a_file_is_a_folder(content):
    write(content, "a.md/b.md")
    assert set(list_files(content).changed) == {"a.md/b.md"}


def test_an_empty_tree_is_no_fault(content):
    assert list_files(content).changed == {}


def test_a_tree_that_is_not_there_is_no_empty_one(tmp_path):
    with pytest.raises(UnavailableError, match="is not there") as refused:
        list_files(tmp_path / "content")
    assert "nothing was changed" in refused.value.hint


def test_a_file_in_the_trees_place_is_told(tmp_path):
    write(tmp_path, "content")
    with pytest.raises(UnavailableError, match="can't read the content folder"):
        list_files(tmp_path / "content")


# --- .studioignore


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        ("", ["a/client.md", "a/drafts/x.md", "a/p/drafts/y.md", "b/x.md"]),
        ("# nothing\n\n", ["a/client.md", "a/drafts/x.md", "a/p/drafts/y.md", "b/x.md"]),
        ("drafts/\n", ["a/client.md", "b/x.md"]),
        ("drafts", ["a/client.md", "b/x.md"]),
        ("/a/drafts/", ["a/client.md", "a/p/drafts/y.md", "b/x.md"]),
        ("x.md", ["a/client.md", "a/p/drafts/y.md"]),
        ("*.md\n!client.md\n", ["a/client.md"]),
        ("*.md\n!/a/client.md\n", ["a/client.md"]),
        ("**/drafts/*.md", ["a/client.md", "b/x.md"]),
        ("drafts/\n!drafts/x.md\n", ["a/client.md", "b/x.md"]),
        ("\ufeffdrafts/\n", ["a/client.md", "b/x.md"]),
    ],
)
def test_studioignore_takes_the_patterns_of_git(content, patterns, found):
    write(content, "a/client.md", "a/drafts/x.md", "a/p/drafts/y.md", "b/x.md")
    (content / ".studioignore").write_text(patterns, "utf-8")
    assert sorted(list_files(content).changed) == found


@pytest.mark.parametrize(
    ("outer", "inner", "found"),
    [
        ("x.md", "", []),
        ("/content/a/", "", ["b/x.md"]),
        ("content/a", "", ["b/x.md"]),
        ("/a/", "", ["a/x.md", "b/x.md"]),
        ("*.md\n!/content/a/x.md", "", ["a/x.md"]),
        ("x.md", "!/a/x.md", ["a/x.md"]),
        ("!x.md", "x.md", []),
    ],
)
def test_a_studioignore_beside_the_tree_counts_too_and_the_inner_one_more(content, outer, inner, found):
    write(content, "a/x.md", "b/x.md")
    (content.parent / ".studioignore").write_text(outer, "utf-8")
    (content / ".studioignore").write_text(inner, "utf-8")
    assert sorted(list_files(content).changed) == found


def test_a_listing_says_of_any_path_whether_it_is_left_out(content):
    (content / ".studioignore").write_text("drafts/\nx.md\n")
    ignored = ignored_in(content)
    assert ignored("a/drafts/deep/y.md")
    assert ignored("a/x.md")
    assert not ignored("a/y.md")
    assert not ignored("drafts")
    (content / ".studioignore").unlink()
    assert not ignored_in(content)("a/x.md")


def test_a_studioignore_that_can_not_be_read_is_told_by_its_line(content):
    (content / ".studioignore").write_text("fine\n!\n")
    with pytest.raises(UnavailableError) as refused:
        list_files(content)
    assert f"{content / '.studioignore'}:2:" in refused.value.message
    (content / ".studioignore").write_bytes(b"\xff")
    with pytest.raises(UnavailableError, match="UTF-8"):
        list_files(content)
    (content / ".studioignore").unlink()
    (content / ".studioignore").mkdir()
    with pytest.raises(UnavailableError, match="can't read"):
        list_files(content)


# --- what can't be followed or read


@posix
def test_links_are_faults_and_nothing_behind_them_is_read(content, tmp_path):
    write(tmp_path / "outside", "client.md", "picture.png")
    (content / "linked").symlink_to(tmp_path / "outside")
    (content / "x.md").symlink_to(tmp_path / "outside/client.md")
    (content / "offline").symlink_to("/not/mounted/now")
    (content / "gone.md").symlink_to("nowhere")
    (content / "loop").symlink_to("loop")
    (content / "picture.png").symlink_to(tmp_path / "outside/picture.png")
    assert sorted(faults(content)) == [
        (p, "symlink") for p in ("gone.md", "linked", "loop", "offline", "x.md")
    ]
    assert list_files(content).changed == {}


@posix
@pytest.mark.parametrize("pattern", ["linked", "/linked", "linked/"])
def test_a_link_that_is_ignored_is_no_fault(content, tmp_path, pattern):
    (tmp_path / "outside").mkdir()
    (content / "linked").symlink_to(tmp_path / "outside")
    (content / ".studioignore").write_text(pattern)
    assert faults(content) == []


@posix
def test_the_content_folder_itself_may_be_a_link(content, tmp_path):
    write(content, "a/client.md")
    (tmp_path / "other").symlink_to(content)
    assert set(list_files(tmp_path / "other").changed) == {"a/client.md"}


NO_TEXT = [(b"caf", b""), (b"caf", b".md"), (b"caf", b".png"), (b"link", b"")]


@posix
def test_names_that_are_no_text_are_faults(content):
    folder, file, picture, link = (content / os.fsdecode(b"%s\xe9%s" % n) for n in NO_TEXT)
    try:
        folder.mkdir()
        file.touch()
        picture.touch()
        link.symlink_to(content)
    except OSError:
        pytest.skip("this file system takes no such names")
    found = list_files(content)
    assert sorted((path, code) for path, code, _, _ in found.faults) == [
        ("caf\\udce9", "bad-name"),
        ("caf\\udce9.md", "bad-name"),
        ("link\\udce9", "symlink"),
    ]
    assert found.changed == {}


@posix
def test_names_that_nobody_could_see_are_faults(content):
    write(content, "a\u200bb.md", "tab\t.md", "a\u00a0b.md", "fine name.md", "日本語.md")
    os.mkfifo(content / "pipe.md")
    os.mkfifo(content / "PIPE.MD")
    found = list_files(content)
    assert set(found.changed) == {"fine name.md", "日本語.md"}
    assert {(path, code) for path, code, _, _ in found.faults} == {
        *((name, "bad-name") for name in ("a\u200bb.md", "tab\t.md", "a\u00a0b.md")),
        *((name, "unreadable") for name in ("pipe.md", "PIPE.MD")),
    }
    (pipe,) = [fault for fault in found.faults if fault[0] == "pipe.md"]
    assert pipe[2:] == (
        "can't read this file: it is a named pipe, and no plain file",
        "put a plain file in its place",
    )


def test_a_folder_that_can_not_be_read_is_a_fault_and_the_rest_is_found(content, monkeypatch):
    write(content, "a/client.md", "closed/client.md", "z/client.md")
    real = os.scandir

    def scandir(folder):
        if os.fspath(folder).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    found = list_files(content)
    assert set(found.changed) == {"a/client.md", "z/client.md"}
    assert list(found.faults) == [
        ("closed", "unreadable", "can't read this folder: Permission denied", "check its permissions")
    ]


class Entries:
    """A folder that fails in the middle of being read."""

    def __init__(self, real):
        self._real = real

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._real.close()

    def __iter__(self):
        yield next(self._real)
        raise OSError(5, "Input/output error")


def test_half_a_folder_is_never_taken_for_all_of_it(content, monkeypatch):
    write(content, "bad/a.md", "bad/b.md")
    real = os.scandir
    monkeypatch.setattr(
        os, "scandir", lambda f: Entries(real(f)) if os.fspath(f).endswith("bad") else real(f)
    )
    found = list_files(content)
    assert found.changed == {}
    assert [(path, code) for path, code, _, _ in found.faults] == [("bad", "unreadable")]
    monkeypatch.setattr(os, "scandir", lambda f: Entries(real(f)))
    with pytest.raises(UnavailableError, match="Input/output error"):
        list_files(content)


class Vanishing:
    """A directory entry whose file can't be looked at any more."""

    def __init__(self, entry, error):
        self._entry, self._error = entry, error

    def stat(self, *, follow_symlinks):
        raise self._error

    def __getattr__(self, name):
        return getattr(self._entry, name)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(2, "No such file"), []),
        (PermissionError(13, "Permission denied"), [("a.md", "unreadable")]),
    ],
)
def test_a_file_that_goes_while_it_is_looked_at_is_gone_and_one_that_is_closed_is_a_fault(
    content, monkeypatch, error, told
):
    write(content, "a.md", "b.md")
    real = walk._entries
    monkeypatch.setattr(
        walk, "_entries", lambda f: [Vanishing(e, error) if e.name == "a.md" else e for e in real(f)]
    )
    assert faults(content) == told
    assert set(list_files(content).changed) == {"b.md"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can become someone else")
def test_permissions_of_another_user_are_told_as_they_are():
    with tempfile.TemporaryDirectory() as place:
        content = Path(place)
        content.chmod(0o755)
        write(content, "open/a.md", "closed/b.md", "listed/c.md")
        (content / "closed").chmod(0o700)
        (content / "listed").chmod(0o744)
        code = (
            "import os, sys\n"
            "from pathlib import Path\n"
            "from studio_sync.files.tree.walking.walk import list_files\n"
            "os.setuid(65534)\n"
            "found = list_files(Path(sys.argv[1]))\n"
            "print(sorted(found.changed), sorted(f[:2] for f in found.faults))"
        )
        ran = subprocess.run([sys.executable, "-c", code, place], capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == "['open/a.md'] [('closed', 'unreadable'), ('listed/c.md', 'unreadable')]"


# --- stats


def test_a_stat_changes_with_the_file(content):
    write(content, "a.md", text="one")
    before = stat_of(content / "a.md")
    write(content, "b.md", text="longer")
    (content / "b.md").replace(content / "a.md")
    assert stat_of(content / "a.md") != before
    assert before != NO_STAT


@posix
def test_a_stat_follows_no_link(content):
    write(content, "a.md", text="text")
    (content / "b.md").symlink_to("a.md")
    assert stat_of(content / "b.md") != stat_of(content / "a.md")


NOW = 1_700_000_000_123_456_789
MS = 1_000_000


@pytest.mark.parametrize(
    ("mtime", "ctime", "hides"),
    [
        (NOW - 5 * MS, NOW - 5 * MS, True),
        (NOW - 500 * MS, NOW - 5 * MS, True),
        (NOW - 500 * MS, NOW - 500 * MS, False),
        (NOW + 5_000 * MS, NOW, True),
        (NOW - NOW % 1_000_000_000, NOW - NOW % 1_000_000_000, True),
        (1_700_000_000_000_000_000 - 3_000 * MS, 1_700_000_000_000_000_000 - 3_000 * MS, False),
    ],
)
def test_a_file_touched_a_moment_ago_may_hide_an_edit(mtime, ctime, hides):
    assert may_hide_an_edit((10, mtime, ctime, 1), NOW) == hides


def test_a_file_that_was_just_written_may_hide_an_edit(content):
    write(content, "a.md")
    assert may_hide_an_edit(stat_of(content / "a.md"), time.time_ns())
