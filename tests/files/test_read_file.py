"""One file's bytes, with the stat that they belong to."""

import os
from pathlib import Path

import pytest

from studio_sync.files.tree.walking import listing as tree
from studio_sync.files.tree.walking.listing import read_file, stat_of


@pytest.mark.parametrize("data", [b"", b"x", b"a\r\nb\x1ac\n", b"long " * 100_000])
def test_all_bytes_are_read_as_they_are(tmp_path: Path, data: bytes) -> None:
    place = tmp_path / "article.md"
    place.write_bytes(data)
    assert read_file(str(place)) == (stat_of(place), data)


def test_a_file_that_the_system_gives_in_pieces_is_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "article.md"
    place.write_bytes(bytes(range(256)) * 10)
    real = os.read
    monkeypatch.setattr(tree.os, "read", lambda opened, size: real(opened, min(size, 100)))
    assert read_file(str(place))[1] == bytes(range(256)) * 10


@pytest.mark.parametrize(("now", "size"), [(b"more than before", 7), (b"less", 4)])
def test_a_file_that_changes_while_it_is_read_does_not_have_the_size_that_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: bytes, size: int
) -> None:
    place = tmp_path / "article.md"
    place.write_bytes(b"before")
    real = os.read

    def read(opened: int, size: int) -> bytes:
        place.write_bytes(now)
        return real(opened, size)

    monkeypatch.setattr(tree.os, "read", read)
    stat, data = read_file(str(place))
    assert (stat[0], len(data)) == (6, size)


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system opens what a link leads to")
def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "article.md").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic link"):
        read_file(str(tmp_path / "article.md"))


def test_a_file_that_is_gone_and_a_folder_are_errors_and_leave_nothing_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for place in (tmp_path / "gone.md", tmp_path):
        with pytest.raises(OSError):
            read_file(str(place))
    if before:
        assert len(os.listdir("/proc/self/fd")) == before
