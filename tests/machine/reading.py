"""Reading changes nothing: a sequence ends the same with and without commands that read in between."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.machine.actions import DRAW
from tests.machine.sequences import Action, come_to_rest, perform
from tests.machine.watch import READING, Machine
from tests.machine.world import World

# A decision may pass because of what a reading command showed; a moment of time is never the same again.
_APART = ("keep", "resolve", "resolve_field", "follow", "kill", "restore", "read")
NAMES: tuple[str, ...] = tuple(name for name in DRAW if name not in _APART)
"""The actions of which the property holds."""

_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{8,40}\b"
    r"|\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d[.+\d]*)?|\b\d\d:\d\d\b|\b\d+ (seconds?|minutes?) ago"
)


@dataclass(frozen=True)
class Outcome:
    """What commands said, and what stands in files and rows at the end."""

    outputs: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    rows: tuple[str, ...]


def difference(world: World, actions: Sequence[Action]) -> str:
    """How the two runs of a sequence differ, "" if they don't."""
    without, read = _outcome(world, actions, reading=False), _outcome(world, actions, reading=True)
    for name in ("outputs", "files", "rows"):
        one, other = getattr(without, name), getattr(read, name)
        if one != other:
            found = next((pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]), (one, other))
            return f"{name}: without reading {found[0]}, with reading {found[1]}"
    return ""


def _outcome(world: World, actions: Sequence[Action], *, reading: bool) -> Outcome:
    machine = Machine(world.reset())
    for name, *numbers in actions:
        perform(machine, name, numbers)
        if reading:
            clone = machine.clone(numbers[1])
            machine.run(clone, READING[numbers[2] % len(READING)])
    come_to_rest(machine)
    said = ["\n".join(map(_settled, output)) for output in machine.outputs if output[1] not in READING]
    files = [(f"{c.name}/{p}", _settled(c.read(p))) for c in world.clones for p in c.paths()]
    rows = [_settled(row) for found in world.base.rows().values() for row in found]
    return Outcome(tuple(said), tuple(files), tuple(sorted(rows)))


def _settled(text: str) -> str:
    return _RANDOM.sub("#", text)
