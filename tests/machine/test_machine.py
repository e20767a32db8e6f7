"""Nothing is lost, proved by machine: random sequences on real files and real git.

Most of them run on a store in memory, which costs less than PostgreSQL. Some run on both, and must end alike:
what the one in memory proves holds for the real one, too.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

import studio_sync
from studio_sync.database.embedded.embedded import Server
from tests.machine.mutants import MUTANTS, breaks_postgres, mutated
from tests.machine.planning import Planner
from tests.machine.reading import NAMES, between, difference
from tests.machine.remembered_git import CONFIG, INDEX, REFS, state
from tests.machine.sequences import drawn, finding
from tests.machine.watch import Machine
from tests.machine.words import FindingError, Words
from tests.machine.world import World, world

STEPS = 25
CHUNKS = 12
REAL = 2
CHUNK = 5


def first_seed(asked: str) -> int:
    """The seed of the first sequence: that which is asked for, or one that nobody knows (`fresh`).

    Else every change of the product has sequences of its own, and the same product always the same:
    what was found can be found again, and nobody mends only what a known sequence finds.
    """
    if asked == "fresh":
        return secrets.randbelow(10**9)
    return int(asked) if asked else int(_digest_of_the_product()[:7], 16)


def _digest_of_the_product() -> str:
    files = sorted(Path(studio_sync.__file__).parent.rglob("*.py"))
    return sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


FIRST = first_seed(os.environ.get("STUDIO_TEST_SEED", ""))

PINNED = json.loads(Path(__file__).with_name("pinned.json").read_text("utf-8"))
"""For each mutant a short sequence that catches it."""

FOUND = json.loads(Path(__file__).with_name("found.json").read_text("utf-8"))
"""Sequences in which something was found once, shrunk to what it takes, by what it was."""

SAYS = {name: "stand nowhere" for name in MUTANTS if name.endswith(("not kept", "not kept first"))}


@pytest.fixture(scope="module")
def real(pg: Server) -> Iterator[World]:
    with world(pg) as found:
        yield found


@pytest.fixture(scope="module")
def in_memory() -> Iterator[World]:
    with world(None) as found:
        yield found


def findings(where: World, chunk: int) -> list[str]:
    again = f"python -m tests.machine --steps {STEPS} --seed"  # it shrinks a finding, too
    seeds = range(FIRST + chunk * CHUNK, FIRST + (chunk + 1) * CHUNK)
    return [f"{again} {seed}: {found}" for seed in seeds if (found := finding(where, drawn(seed, STEPS)))]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_is_lost_in_any_sequence(in_memory: World, chunk: int) -> None:
    assert findings(in_memory, chunk) == []


@pytest.mark.parametrize("chunk", range(REAL))
def test_nothing_is_lost_in_postgresql(real: World, chunk: int) -> None:
    assert findings(real, CHUNKS + chunk) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_sequence_ends_alike_in_every_store(real: World, in_memory: World, seed: int) -> None:
    names = [name for name in NAMES if name != "lost_reply"]  # PostgreSQL ends a reading with a COMMIT, too
    assert between(real, in_memory, drawn(FIRST + seed, 12, names)) == ""


@pytest.mark.parametrize("seed", range(2))
def test_git_says_what_is_remembered_of_it(
    in_memory: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(in_memory.remembered, "checks", True)
    assert finding(in_memory, drawn(FIRST + seed, STEPS)) == ""


def test_what_an_answer_of_git_depends_on_is_seen(in_memory: World) -> None:
    clone = in_memory.reset().base
    changes = {
        "commit --allow-empty -m x": REFS, "branch b": REFS, "checkout b": REFS, "pack-refs --all": REFS,
        "config a.b c": CONFIG, "rm --cached -r content": INDEX, "reset --hard": INDEX,
    }  # fmt: skip
    for command, parts in changes.items():
        known = state(str(clone.root / ".git"), parts)
        clone.git("-c", "gc.auto=0", *command.split(), check=True)
        assert state(str(clone.root / ".git"), parts) != known, command


@pytest.mark.parametrize("seed", range(4))
def test_the_plan_is_what_runs(in_memory: World, seed: int) -> None:
    assert finding(in_memory, drawn(FIRST + seed, 12), watcher=Planner) == ""


@pytest.mark.parametrize("name", MUTANTS)
def test_a_product_without_a_rule_is_caught(in_memory: World, name: str) -> None:
    with mutated(name):
        assert SAYS.get(name, "") in finding(in_memory, PINNED[name]) != ""
    assert finding(in_memory, PINNED[name]) == ""


@pytest.mark.parametrize("name", [name for name in MUTANTS if breaks_postgres(name)])
def test_postgresql_without_a_rule_is_caught(real: World, name: str) -> None:
    with mutated(name):
        assert SAYS.get(name, "") in finding(real, PINNED[name]) != ""
    assert finding(real, PINNED[name]) == ""


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found_once_is_found_no_more(in_memory: World, what: str) -> None:
    assert finding(in_memory, FOUND[what]) == ""


@pytest.mark.parametrize("seed", range(4))
def test_reading_changes_nothing(real: World, seed: int) -> None:
    assert difference(real, drawn(seed, 12, NAMES)) == ""


def test_a_content_that_a_command_was_about_may_not_go_in_a_later_one(in_memory: World) -> None:
    machine = Machine(in_memory.reset())
    clone = machine.clone(0)
    path = next(path for path in clone.paths() if path.endswith("/article.md"))
    machine.run(clone, "status", f"content/{path}")

    @contextmanager
    def losing() -> Iterator[None]:
        yield
        clone.remove(path)

    with pytest.raises(FindingError, match="went, and the session stays"):
        machine.run(clone, "pull", during=losing())


def test_the_words_know_what_is_lost_and_what_comes_back() -> None:
    words = Words()
    first = words.fresh("ada")
    second = words.fresh("ada", [first])
    third = words.fresh("ben", [second])
    assert words.lost({first}, {third}) == set()
    assert words.lost({second}, {first}) == {second}
    words.hold("rows", [first])
    assert words.returned("rows", {first}, {third}) == {first}
    words.want([first], "rows")
    assert words.returned("rows", {first}, {third}) == set()
    words.give_up([second])
    assert words.lost({second}, set()) == set()


def test_nobody_lets_go_of_a_wish_of_which_nobody_there_has_heard() -> None:
    words = Words()
    old = words.fresh("ada")
    new = words.fresh("web", [old])
    for side in ("ada", "ben", "rows"):
        words.hold(side, [old, new])
    words.want([old], "ben")
    words.want([old], "ada")
    words.give_up([old], "ben")
    words.carry("rows", {old})
    assert words.returned("ben", {old}, {new}, "rows") == set()
    words.carry("ben", {old})
    words.give_up([old], "ben")
    assert words.returned("ben", {old}, {new}, "rows") == {old}


def test_the_words_know_what_was_taken_back_for_an_old_word() -> None:
    words = Words()
    old = words.fresh("ada")
    taken_back, other = words.fresh("web", [old]), words.fresh("ben", [old])
    assert words.lost({taken_back}, {other}) == {taken_back}
    words.retype(old, taken_back, "rows")
    assert words.lost({taken_back}, {other}) == set()
    assert words.lost({other}, {taken_back}) == {other}
