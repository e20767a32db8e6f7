"""Nothing is lost, proved by machine: random sequences on real files, real git and a real PostgreSQL."""

from collections.abc import Iterator

import pytest

from studio_sync.database.embedded.embedded import Server
from tests.machine.sequences import drawn, finding
from tests.machine.words import Words
from tests.machine.world import World, world

STEPS = 25
CHUNKS = 8
CHUNK = 3


@pytest.fixture(scope="module")
def real(pg: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(pg, tmp_path_factory.mktemp("machine")) as found:
        yield found


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_is_lost_in_any_sequence(real: World, chunk: int) -> None:
    seeds = range(chunk * CHUNK, (chunk + 1) * CHUNK)
    assert [f"seed {seed}: {found}" for seed in seeds if (found := finding(real, drawn(seed, STEPS)))] == []


def test_the_words_know_what_is_lost_and_what_comes_back() -> None:
    words = Words()
    first = words.fresh("ada")
    second = words.fresh("ada", [first])
    third = words.fresh("ben", [second])
    assert words.lost({first}, {third}) == set()
    assert words.lost({second}, {first}) == {second}
    words.hold("rows", [first])
    assert words.returned("rows", {first}, {third}) == {first}
    words.want([first])
    assert words.returned("rows", {first}, {third}) == set()
    words.give_up([second])
    assert words.lost({second}, set()) == set()
