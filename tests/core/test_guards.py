import pytest

from studio_sync.core.status.guards import mass_deletion


def doomed(count, kind="article", parents=1000):
    return [(kind, f"parent{i % parents}") for i in range(count)]


@pytest.mark.parametrize(
    ("count", "known", "stopped"),
    [
        (0, 0, False),
        (10, 10, False),
        (10, 11, False),
        (11, 11, True),
        (11, 43, True),
        (11, 44, False),
        (12, 44, True),
        (250, 1000, False),
        (251, 1000, True),
    ],
)
def test_more_than_ten_and_more_than_a_quarter_of_a_kind_are_too_many(count, known, stopped):
    reason = mass_deletion(doomed(count), {"article": known, "video": 10_000}, {})
    assert bool(reason) == stopped
    if stopped:
        assert reason == f"{count} of {known} records of the kind article"


@pytest.mark.parametrize(
    ("count", "known", "stopped"), [(10, 10, False), (11, 11, True), (11, 43, True), (11, 44, False)]
)
def test_more_than_ten_and_more_than_a_quarter_below_a_parent_are_too_many(count, known, stopped):
    reason = mass_deletion(doomed(count, parents=1), {"article": 10_000}, {"parent0": known})
    assert bool(reason) == stopped
    if stopped:
        assert reason == f"{count} of {known} records below one parent"


def test_the_kinds_are_counted_each_for_itself():
    both = doomed(8, "article") + doomed(8, "video")
    assert mass_deletion(both, {"article": 1000, "video": 1000}, {}) == ""
    assert mass_deletion(both, {"article": 1000, "video": 8}, {}) == ""


def test_a_whole_small_client_is_too_much_although_no_kind_loses_ten():
    few_of_each = [(kind, f"{kind}{i}") for kind in ("chapter", "session", "article") for i in range(5)]
    by_kind = {"chapter": 6, "session": 6, "article": 6}
    assert mass_deletion(few_of_each, by_kind, {}) == "15 of 18 records in all"


def test_what_is_not_known_is_counted_by_what_would_go():
    assert mass_deletion(doomed(11), {"video": 100}, {}) == "11 of 11 records of the kind article"
    assert mass_deletion(doomed(11, parents=1), {"article": 100}, {}) == "11 of 11 records below one parent"


def test_nothing_doomed_is_never_too_much():
    assert mass_deletion([], {}, {}) == ""
    assert mass_deletion([], {"article": 1000}, {"p": 1000}) == ""


@pytest.mark.parametrize(
    ("count", "known", "stopped"), [(1, 1, True), (3, 3, True), (3, 4, False), (1, 0, True)]
)
def test_a_side_that_would_be_left_empty_is_too_much_however_small_it_is(count, known, stopped):
    assert mass_deletion(doomed(count), {"article": known}, {}) == ("all that there are" if stopped else "")
