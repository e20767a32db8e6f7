"""What a tree has seen of a record, step by step."""

from studio_sync.core.history.known_versions import (
    NOTHING,
    LedgerNote,
    RecordHistory,
    absent,
    advance_base,
    newest_of_each,
    superseded_by,
)
from studio_sync.core.values.record import UNKNOWN_VALUE, Version
from studio_sync.core.values.value import ABSENT, digest
from tests.core.test_reconcile_laws import KIND


def content(title: str, text: str = "t", place: bytes | None = None, status: str = "draft") -> Version:
    data = (digest(title), digest(status), digest(1) if place is None else place, digest(text))
    return Version("r", "page", "p", "1", b"".join(data))


ONE, TWO, THREE = content("one"), content("two"), content("three")


def history(*versions: Version | None, notes: tuple[LedgerNote, ...] = ()) -> RecordHistory:
    return RecordHistory(KIND, dict(enumerate(versions, 1)), notes)


def everywhere(number: int) -> dict[str, int]:
    return dict.fromkeys(("parent", "number", "title", "status", "place", "text"), number)


def test_with_an_empty_ledger_nothing_is_ever_seen() -> None:
    assert advance_base(history(), NOTHING, [], ONE) == NOTHING


def test_a_first_content_that_the_ledger_knows_stands_on_its_smallest_occurrence() -> None:
    assert advance_base(history(ONE, TWO, ONE), NOTHING, [], ONE) == everywhere(1)


def test_the_same_content_as_a_predecessors_has_seen_nothing_new() -> None:
    assert advance_base(history(ONE, TWO), everywhere(1), [ONE], ONE) == everywhere(1)


def test_a_newer_version_that_was_committed_was_seen() -> None:
    assert advance_base(history(ONE, TWO, THREE), everywhere(1), [ONE], THREE) == everywhere(3)


def test_an_older_version_that_comes_back_is_a_revert() -> None:
    assert advance_base(history(ONE, TWO), everywhere(2), [TWO], ONE) == everywhere(2)


def test_an_older_version_that_the_database_has_again_is_taken_for_its_next_occurrence() -> None:
    assert advance_base(history(ONE, TWO, ONE), everywhere(2), [TWO], ONE) == everywhere(3)


def test_an_edit_stands_where_its_predecessor_stood() -> None:
    assert advance_base(history(ONE, TWO), everywhere(1), [ONE], content("mine")) == everywhere(1)


def test_in_an_edit_a_field_that_a_newer_version_has_moves_there_alone() -> None:
    both = history(ONE, content("one", "web"))
    assert advance_base(both, everywhere(1), [ONE], content("mine", "web")) == {**everywhere(1), "text": 2}


def test_a_note_says_on_which_version_some_fields_of_a_content_stand() -> None:
    mine = content("mine", "merged")
    noted = history(ONE, TWO, THREE, notes=(LedgerNote(mine, {"title"}, 3),))
    assert advance_base(noted, everywhere(1), [ONE], mine) == {**everywhere(1), "title": 3}
    assert advance_base(noted, everywhere(1), [ONE], content("other")) == everywhere(1)


def test_a_note_never_takes_a_field_back() -> None:
    mine = content("mine")
    noted = history(ONE, TWO, THREE, notes=(LedgerNote(mine, {"title"}, 1),))
    assert advance_base(noted, everywhere(2), [TWO], mine) == everywhere(2)


def test_a_merge_has_seen_what_each_of_its_parents_has() -> None:
    before = newest_of_each([everywhere(1), {**everywhere(1), "text": 4}])
    assert before == {**everywhere(1), "text": 4}
    assert advance_base(history(ONE, TWO), before, [ONE, TWO], ONE) == before


def test_an_edit_that_is_undone_has_seen_nothing_new() -> None:
    assert advance_base(history(ONE, TWO, ONE), everywhere(1), [content("mine")], ONE) == everywhere(1)


def test_an_old_content_that_was_settled_on_is_noted() -> None:
    noted = history(ONE, TWO, ONE, notes=(LedgerNote(ONE, frozenset(everywhere(3)), 3),))
    assert advance_base(noted, everywhere(1), [content("mine")], ONE) == everywhere(3)


SILENT = content("two", place=ABSENT)


def test_a_file_that_leaves_out_its_place_is_known_all_the_same_and_has_seen_no_other_place() -> None:
    assert advance_base(history(ONE, TWO), NOTHING, [], SILENT) == everywhere(2)
    assert advance_base(history(ONE, TWO), everywhere(1), [ONE], SILENT) == {**everywhere(2), "place": 1}


def test_a_file_that_is_there_again_stands_nowhere_on_the_deletion_before_it() -> None:
    assert advance_base(history(ONE, None, TWO), everywhere(2), [None], SILENT) == everywhere(3)


def test_a_note_says_nothing_of_a_place_that_is_left_out() -> None:
    mine = content("mine", place=ABSENT)
    noted = history(ONE, TWO, notes=(LedgerNote(mine, frozenset(everywhere(2)), 2),))
    assert advance_base(noted, everywhere(1), [ONE], mine) == {**everywhere(2), "place": 1}


def test_a_place_that_is_stated_first_stands_on_the_newest_of_what_was_seen() -> None:
    seen = {**everywhere(2), "place": 1}
    stated = content("two", place=digest(8))
    assert advance_base(history(ONE, TWO), seen, [SILENT], stated) == everywhere(2)
    assert advance_base(history(ONE, TWO), seen, [SILENT, ONE], stated) == seen


def test_a_deletion_is_seen_only_where_there_was_something() -> None:
    gone = history(ONE, None)
    assert advance_base(gone, NOTHING, [], None) == NOTHING
    assert advance_base(gone, NOTHING, [None], None) == NOTHING
    assert advance_base(gone, everywhere(1), [ONE], None) == everywhere(2)
    assert gone.base(everywhere(2)) is None


def test_a_file_deleted_before_the_database_had_it_deleted_stands_where_it_stood() -> None:
    assert advance_base(history(ONE, TWO), everywhere(1), [ONE], None) == everywhere(1)


def test_a_deletion_that_was_kept_against_a_newer_version_is_noted() -> None:
    noted = history(ONE, TWO, notes=(LedgerNote(absent(ONE), frozenset(everywhere(1)), 2),))
    assert advance_base(noted, everywhere(1), [ONE], None) == everywhere(2)


def test_a_base_is_put_together_from_what_each_field_has_seen() -> None:
    both = history(ONE, content("two", "web"))
    found = both.base({**everywhere(1), "text": 2})
    assert found == content("one", "web")


def test_a_base_marks_what_was_never_seen() -> None:
    found = history(ONE).base({"title": 1})
    assert found is not None
    assert found.digests == digest("one") + UNKNOWN_VALUE * 3


def test_a_version_that_was_pruned_is_as_good_as_unseen() -> None:
    pruned = RecordHistory(KIND, {3: THREE})
    found = pruned.base({**everywhere(3), "title": 1})
    assert found is not None
    assert found.digests.startswith(UNKNOWN_VALUE)


def test_a_file_of_a_deleted_row_is_superseded_where_the_last_version_changed_a_field_since() -> None:
    gone = history(ONE, TWO, None)
    assert superseded_by(gone, everywhere(1), ONE) == 2
    assert superseded_by(gone, everywhere(2), TWO) == 0
    assert superseded_by(history(ONE, content("one"), None), everywhere(1), ONE) == 0
    assert superseded_by(gone, {**everywhere(1), "title": 2}, content("mine")) == 0
    assert superseded_by(history(), everywhere(1), ONE) == 0
    assert superseded_by(None, everywhere(1), ONE) == 0
