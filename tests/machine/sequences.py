"""Sequences of actions: drawn from a seed, run, and shrunk to what is needed for a finding."""

import random
from collections.abc import Callable, Sequence
from typing import TypeAlias

from tests.machine.actions import ACTIONS, DRAW
from tests.machine.watch import Machine, all_words
from tests.machine.words import FindingError
from tests.machine.world import World

Action: TypeAlias = tuple[str, int, int, int]
"""Its name, and three numbers that say where and how."""

_RUNS_STUDIO = tuple(
    f"tests.machine.{name}" for name in ("studio_actions", "accidents", "encounters", "coincidences")
)


def drawn(seed: int, steps: int, names: Sequence[str] = DRAW) -> list[Action]:
    """The sequence of a seed."""
    draw = random.Random(seed)
    return [(draw.choice(names), *(draw.randrange(840) for _ in range(3))) for _ in range(steps)]


def finding(
    world: World, actions: Sequence[Action], *, rest: bool = True, watcher: type[Machine] = Machine
) -> str:
    """What was found in a sequence, "" if nothing."""
    machine, done = watcher(world.reset()), 0
    try:
        for name, *numbers in actions:
            perform(machine, name, numbers)
            done += 1
        if rest:
            come_to_rest(machine)
    except FindingError as error:
        return f"at {done}: {error}"
    return ""


def perform(machine: Machine, name: str, numbers: Sequence[int]) -> None:
    """One thing happens."""
    act = ACTIONS[name]
    a, b, c = numbers
    if act.__module__ in _RUNS_STUDIO:
        act(machine, a, b, c)
    else:
        with machine.person():
            act(machine, a, b, c)


def come_to_rest(machine: Machine, rounds: int = 5) -> None:
    """Pulls and pushes end: at last a round writes nothing, and where nobody objects both sides say the same.

    Raises FindingError.
    """
    world = machine.world
    at_rest: dict[str, object] = {}
    agreed: set[str] = set()
    for _ in range(rounds):
        for clone in world.clones:
            before = clone.files_now(), world.rows()
            if at_rest.get(clone.name) == before:
                continue
            refused = machine.run(clone, "pull").code + machine.run(clone, "push").code
            agreed = agreed - {clone.name} if refused else agreed | {clone.name}
            if (clone.files_now(), world.rows()) == before:
                at_rest[clone.name] = before
        if all(at_rest.get(clone.name) == (clone.files_now(), world.rows()) for clone in world.clones):
            break
    else:
        raise FindingError("pulls and pushes never end")
    for clone in world.clones:
        apart = clone.words().symmetric_difference(all_words(world.rows())) - machine.words.given_up
        if apart and clone.name in agreed:
            raise FindingError(f"{clone.name} and the database differ in {sorted(apart)}, and nobody says so")


def shrunk(actions: Sequence[Action], fails: Callable[[Sequence[Action]], bool]) -> list[Action]:
    """A shorter sequence that fails, too."""
    found = list(actions)
    size = len(found) // 2
    while size:
        at = 0
        while at < len(found):
            fewer = found[:at] + found[at + size :]
            if fails(fewer):
                found = fewer
            else:
                at += size
        size //= 2
    return found
