"""Reading changes nothing: a sequence ends the same with and without commands that read in between."""

import re
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import dataclass, replace
from typing import Self
from unittest import mock

from studio_sync.files.workspace.workspace import find_workspace
from studio_sync.sync.editor import EditorSession
from tests.machine.actions import DRAW
from tests.machine.sequences import Action, come_to_rest, perform
from tests.machine.watch import Machine
from tests.machine.world import Clone, World

# A decision may pass because of what a reading command showed; a moment of time is never the same again.
_APART = (
    "keep", "resolve", "resolve_field", "decide", "decide_about_places", "follow", "kill", "restore", "read",
)  # fmt: skip
NAMES: tuple[str, ...] = tuple(name for name in DRAW if name not in _APART)
"""The actions of which the property holds."""

_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{8,40}\b"
    r"|\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d[.+\d]*)?|\b\d\d:\d\d\b|\b\d+ (seconds?|minutes?) ago"
)

_PROGRESS = re.compile(r"^[a-z ]+: (done|[\d,]+) in [\d.]+ s\n", re.MULTILINE)

_ADDRESS = re.compile(r"postgresql://\S+|postgres@local socket/test_\w+|\bmemory/\w+")

Look = Callable[[Machine, Clone], object]
"""Somebody looks at how things are in a clone."""


@dataclass(frozen=True)
class Outcome:
    """What commands said, and what stands in files and rows at the end."""

    outputs: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    rows: tuple[object, ...]


def difference(world: World, actions: Sequence[Action]) -> str:
    """How the two runs of a sequence differ, "" if they don't."""
    without, read = outcome(world, actions, reading=False), outcome(world, actions, reading=True)
    return _apart(("without reading", without), ("with reading", read))


def between(real: World, memory: World, actions: Sequence[Action]) -> str:
    """How a sequence ends otherwise on a store in memory than on a real one, "" if it doesn't."""
    ends = [(name, outcome(world, actions)) for name, world in (("real", real), ("in memory", memory))]
    one, other = [(name, replace(end, outputs=tuple(map(_anywhere, end.outputs)))) for name, end in ends]
    return _apart(one, other)


def _anywhere(output: str) -> str:
    return _ADDRESS.sub("(a database)", output)


def _apart(first: tuple[str, Outcome], second: tuple[str, Outcome]) -> str:
    for field in ("outputs", "files", "rows"):
        one, other = (getattr(end, field) for _, end in (first, second))
        if one != other:
            found = next((pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]), (one, other))
            return f"{field}: {first[0]} {found[0]}, {second[0]} {found[1]}"
    return ""


def outcome(world: World, actions: Sequence[Action], *, reading: bool = False) -> Outcome:
    """How a sequence ends, and what was said on the way."""
    machine = Machine(world.reset())
    looks = len(machine.outputs)
    said: list[str] = []
    for name, *numbers in actions:
        looks = len(machine.outputs)
        perform(machine, name, numbers)
        said += ["\n".join(map(_settled, output)) for output in machine.outputs[looks:]]
        if reading:
            LOOKS[numbers[2] % len(LOOKS)](machine, machine.clone(numbers[1]))
    looks = len(machine.outputs)
    come_to_rest(machine)
    said += ["\n".join(map(_settled, output)) for output in machine.outputs[looks:]]
    files = [(f"{c.name}/{p}", _settled(c.read(p))) for c in world.clones for p in c.paths()]
    rows = [(r.table, r.status, r.number, tuple(sorted(r.words))) for r in world.web.rows()]
    # New rows are named as they are first seen, which two databases may do at different moments.
    return Outcome(tuple(said), tuple(files), tuple(sorted(rows, key=repr)))


def _settled(text: str) -> str:
    return _RANDOM.sub("#", _PROGRESS.sub("", text))


# --- looking


def _by(*arguments: str) -> Look:
    return lambda machine, clone: machine.run(clone, *arguments)


def _by_show(machine: Machine, clone: Clone) -> None:
    machine.run(clone, "show", machine.world.web.runs()[0][:8])


class _Stopped:
    """Changes that nobody makes: a watch looks once, and ends."""

    fault, stopped = "", True

    def __init__(self, *_: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def stop(self) -> None:
        pass


def _by_watching(machine: Machine, clone: Clone) -> None:
    with mock.patch("studio_sync.files.tree.watching.file_events.Watcher", _Stopped):
        machine.run(clone, "watch")


def _by_editing(_: Machine, clone: Clone) -> None:
    """An editor has the files open, and asks the language server about them."""
    with chdir(clone.root):
        editor = EditorSession(find_workspace(clone.root))
        for path in clone.paths():
            spot = editor.spot(clone.content / path)
            if spot is not None:
                editor.problems(spot, clone.read(path))
                editor.offers(spot, clone.read(path), 1, 0)


LOOKS: tuple[Look, ...] = (
    _by("status"),
    _by("diff"),
    _by("push", "-n"),
    _by("pull", "-n"),
    _by("status", "--json"),
    _by("push", "-n", "--partial", "--delete"),
    _by("log"),
    lambda machine, clone: machine.run(clone, "board", "-o", str(machine.world.home / "board.html")),
    _by("validate"),
    _by("doctor"),
    _by_show,
    _by_watching,
    _by_editing,
)
