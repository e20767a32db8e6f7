"""Numbers: what comes next, who makes room, and in which order folders are renamed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_sync.core.values.names import rank, twin
from studio_sync.core.values.numbering import (
    Renames,
    first_number,
    follow_number,
    increment,
    moved,
    next_number,
    renumbered,
    rotated,
    sequence,
    shift_numbers,
)
from studio_sync.kinds import KINDS

SESSION, CHAPTER = KINDS["session"], KINDS["chapter"]


@pytest.mark.parametrize(
    ("taken", "first", "number"),
    [
        ([], "1.1", "1.1"),
        (["1.1", "1.2"], "1.1", "1.3"),
        (["1.9", "1.2"], "1.1", "1.10"),
        (["1.10", "1.9"], "1.1", "1.11"),
        (["1.09"], "1.1", "1.10"),
        (["intro"], "1.1", "1.1"),
        (["1", "2"], "1", "3"),
        (["3.1", "3.2"], "1.1", "3.3"),
    ],
)
def test_the_next_number_follows_those_that_are_there(taken: list[str], first: str, number: str):
    assert next_number(taken, first) == number


def test_the_first_number_follows_the_chapter():
    assert first_number(SESSION, "3") == "3.1"
    assert first_number(CHAPTER, "") == "1"


def test_a_number_that_does_not_count_has_no_next():
    with pytest.raises(ValueError, match="intro"):
        increment("intro")


def test_only_those_move_on_that_have_to():
    assert shift_numbers("1.2", ["1.1", "1.2", "1.3", "1.5"]) == {"1.2": "1.3", "1.3": "1.4"}
    assert shift_numbers("1.4", ["1.1", "1.5"]) == {}


def test_reordering_keeps_the_same_numbers():
    numbers = ["1.1", "1.2", "1.3", "1.4", "1.6"]
    assert rotated(numbers, "1.4", "1.2", after=False) == {"1.4": "1.2", "1.2": "1.3", "1.3": "1.4"}
    assert rotated(numbers, "1.1", "1.3", after=True) == {"1.1": "1.3", "1.2": "1.1", "1.3": "1.2"}
    assert rotated(numbers, "1.2", "1.3", after=False) == {}


@given(st.sets(st.integers(1, 30), min_size=2), st.data(), st.booleans())
def test_reordering_is_a_permutation_that_puts_it_where_it_was_asked(numbers, data, after):
    named = [f"1.{n}" for n in sorted(numbers)]
    one, other = data.draw(st.permutations(named))[:2]
    moves = rotated(named, one, other, after=after)
    now = {n: moves.get(n, n) for n in named}
    assert sorted(now.values()) == sorted(named)
    line = sorted(named, key=lambda n: rank(now[n]))
    assert line.index(one) == line.index(other) + (1 if after else -1)
    assert [n for n in line if n != one] == [n for n in named if n != one]


def test_a_session_goes_along_with_its_chapter_only_if_its_number_follows():
    assert follow_number("2.1", "2", "3") == "3.1"
    assert follow_number("2.1.4", "2", "10") == "10.1.4"
    assert follow_number("20.1", "2", "3") == "20.1"
    assert follow_number("intro", "2", "3") == "intro"


@pytest.mark.parametrize(
    ("kind", "name", "number", "new"),
    [
        (SESSION, "1.1-why", "1.2", "1.2-why"),
        (SESSION, "1.1", "1.2", "1.2"),
        (SESSION, "1.1-a-b", "2-x", "2%2Dx-a-b"),
        (CHAPTER, "01-found", "2", "02-found"),
        (CHAPTER, "1-found", "2", "2-found"),
        (CHAPTER, "09", "10", "10"),
    ],
)
def test_a_folder_keeps_the_rest_of_its_name_and_its_zeros(kind, name, number, new):
    assert renumbered(kind, name, number) == new


names = st.sampled_from(["a", "b", "c", "d", "A", "e"])


@given(st.dictionaries(names, names, max_size=6))
def test_a_sequence_of_renames_gives_each_its_name_and_overwrites_none(wanted):
    olds = {twin(o) for o in wanted}
    news = [twin(n) for n in wanted.values()]
    if len(olds) < len(wanted) or len(set(news)) < len(news):
        return
    there = {twin(old): old for old in wanted}
    for old, new in sequence(wanted):
        owner = there.pop(twin(old))
        assert twin(new) not in there
        there[twin(new)] = owner
    assert there == {twin(new): old for old, new in wanted.items()}


def test_a_path_is_followed_through_all_renames():
    steps = [("p/02/2.1", "p/02/3.1"), ("p/02", "p/03"), ("p/03-x", "p/04")]
    assert moved("p/02/2.1/a.md", steps) == "p/03/3.1/a.md"
    assert moved("p/03-xy", steps) == "p/03-xy"


folders = st.lists(st.sampled_from(["a", "b", "a-x"]), min_size=1, max_size=3).map("/".join)


@given(st.lists(st.tuples(folders, folders), max_size=8), folders)
def test_a_path_is_followed_alike_through_few_renames_and_through_thousands(
    steps: list[tuple[str, str]], path: str
):
    renames = Renames()
    for old, new in steps:
        renames.add(old, new)
    assert renames.moved(f"{path}/f.md") == moved(f"{path}/f.md", steps)
    assert renames.moved(path) == moved(path, steps)
