"""When a file has settled: one save is one batch, whatever an editor does."""

import pytest

from studio_sync.files.tree.watching import settling
from studio_sync.files.tree.watching.settling import Batch, PathChange, Settling


def test_a_file_that_was_closed_is_taken_after_a_moment_and_once():
    settling = Settling()
    settling.note(PathChange.WRITTEN, "a.md", 0.0)
    settling.note(PathChange.CLOSED, "a.md", 0.01)
    assert settling.take(0.02) is None
    assert settling.take(0.031) == Batch(frozenset(["a.md"]))
    assert settling.take(9) is None
    assert settling.due() is None


def test_a_file_that_is_being_written_is_waited_for_and_not_for_ever():
    settling = Settling()
    settling.note(PathChange.WRITTEN, "a.md", 0.0)
    assert settling.take(0.9) is None
    assert settling.take(1.1) == Batch(frozenset(["a.md"]))


def test_where_closing_is_not_told_a_write_settles_by_itself():
    settling = Settling(closes=False)
    settling.note(PathChange.WRITTEN, "a.md", 0.0)
    settling.note(PathChange.WRITTEN, "a.md", 0.05)
    assert settling.take(0.1) is None
    assert settling.take(0.12) == Batch(frozenset(["a.md"]))


def test_a_file_that_vanished_may_come_back():
    settling = Settling()
    settling.note(PathChange.GONE, "a.md", 0.0)
    assert settling.take(0.2) is None
    settling.note(PathChange.CLOSED, "a.md", 0.2)
    assert settling.take(0.23) == Batch(frozenset(["a.md"]))
    assert settling.take(9) is None


def test_one_file_does_not_wait_for_another():
    settling = Settling()
    settling.note(PathChange.WRITTEN, "slow.md", 0.0)
    settling.note(PathChange.CLOSED, "a.md", 0.0)
    assert settling.take(0.03) == Batch(frozenset(["a.md"]))


def test_an_empty_file_is_waited_for_a_second_and_no_longer():
    settling = Settling()
    settling.note(PathChange.CLOSED, "a.md", 0.0)
    now, found = 0.03, None
    while found is None and now < 5:
        found = settling.take(now, hollow=lambda _: True)
        now += 0.02
    assert found == Batch(frozenset(["a.md"]))
    assert 0.9 < now < 1.3


def test_files_of_a_folder_that_comes_wait_for_it():
    settling = Settling()
    settling.note(PathChange.CLOSED, "f/a.md", 0.0)
    settling.note(PathChange.FOLDER, "f", 0.0)
    assert settling.take(0.05) is None
    assert settling.take(0.11) == Batch(frozenset(["f/a.md"]), frozenset(["f"]))


def test_what_happens_while_git_writes_is_told_with_it():
    settling = Settling()
    settling.note_git(0.0)
    settling.note(PathChange.CLOSED, "a.md", 0.0)
    assert settling.take(0.05) is None
    assert settling.take(0.13) == Batch(frozenset(["a.md"]), git=True)


def test_of_too_many_paths_it_is_known_only_that_they_were_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settling, "_MOST", 10)
    many = Settling()
    for number in range(11):
        many.note(PathChange.CLOSED, f"{number}.md", 0.0)
    found = many.take(1)
    assert found
    assert found.lost
    assert len(found.files) <= 1
