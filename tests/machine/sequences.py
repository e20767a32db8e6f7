"""Sequences of actions: drawn from a seed, run, and shrunk to what is needed for a finding."""

import random
from collections.abc import Callable, Sequence
from typing import TypeAlias

from tests.machine.actions import ACTIONS, DRAW
from tests.machine.watch import Machine
from tests.machine.words import FindingError
from tests.machine.world import World

Action: TypeAlias = tuple[str, int, int, int]
"""Its name, and three numbers that say where and how."""

_STUDIO = "tests.machine.studio_actions"


def drawn(seed: int, steps: int) -> list[Action]:
    """The sequence of a seed."""
    draw = random.Random(seed)
    return [(draw.choice(DRAW), *(draw.randrange(840) for _ in range(3))) for _ in range(steps)]


def finding(world: World, actions: Sequence[Action], *, rest: bool = True) -> str:
    """What was found in a sequence, "" if nothing."""
    machine, done = Machine(world.reset()), 0
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
    if act.__module__ == _STUDIO:
        act(machine, a, b, c)
    else:
        with machine.person():
            act(machine, a, b, c)


def come_to_rest(machine: Machine, rounds: int = 5) -> None:
    """Pulls and pushes end: at last a round writes nothing. Raises FindingError."""
    clones, base = machine.world.clones, machine.world.base
    before = None
    for _ in range(rounds):
        now = [clone.files() for clone in clones], base.rows()
        if now == before:
            return
        before = now
        for clone in clones:
            machine.run(clone, "pull")
            machine.run(clone, "push")
    raise FindingError("pulls and pushes never end")


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
