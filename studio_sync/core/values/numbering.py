"""Numbers of chapters and sessions: the next one, and renumbering to make room (shift, rotate)."""

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate

from studio_sync.core.values.kind import Kind, Naming, Type
from studio_sync.core.values.names import name_of, rank, twin

_COUNTED = re.compile(r"(.*?)([0-9]{1,9})")
_LEADING = re.compile(r"([0-9]+(?:\.[0-9]+)*)[\W_]+(.*)", re.DOTALL)
PARKED = ".moving"
"""Suffix of a folder's temporary name while another folder still has its new name."""


def numbered(kind: Kind) -> bool:
    """Whether folders of `kind` begin with a number."""
    return kind.slot is not None and kind.slot.naming is Naming.NUMBERED


def looks_counted(number: str) -> bool:
    """Whether this looks like a number by people: 1.10, 2b, A, IV; no words, and no blanks."""
    return bool(re.fullmatch(r"[^\W\d_]|[A-Z]{2,4}", number)) or (
        any(c.isdigit() for c in number) and not re.search(r"\s|[^\W\d_]{4}", number)
    )


def numbered_name(kind: Kind, name: str, number: str) -> str:
    """A proposed name for the folder `name`: its own leading number, or else `number`, and a hyphen."""
    found = _LEADING.match(name)
    return name_of(kind, found[1], found[2]) if found else name_of(kind, number, name)


def increment(number: str) -> str:
    """The number after `number`: 1.10 after 1.9. Raises ValueError if its end is no number."""
    found = _COUNTED.fullmatch(number)
    if found is None:
        raise ValueError(number)
    return found[1] + str(int(found[2]) + 1).zfill(len(found[2]))


def next_number(taken: Collection[str], first: str) -> str:
    """The number after all that are `taken`; `first` if there is none."""
    counted = [n for n in taken if _COUNTED.fullmatch(n)]
    number = increment(max(counted, key=rank)) if counted else first
    while number in taken:
        number = increment(number)
    return number


def first_number(kind: Kind, above: str) -> str:
    """The number of the first record of `kind` below a parent numbered `above` ("" for none)."""
    text = kind.slot is not None and kind.slot.type is not Type.INTEGER
    return f"{above}.1" if text and above else "1"


def shift_numbers(number: str, taken: Collection[str]) -> dict[str, str]:
    """The renumbering of `taken` that frees `number`, with as few changes as possible."""
    moves: dict[str, str] = {}
    while number in taken:
        moves[number] = number = increment(number)
    return moves


def rotated(numbers: Collection[str], number: str, place: str, *, after: bool) -> dict[str, str]:
    """The renumbering of `numbers` that puts the one at `number` before or after `place`."""
    ranked = sorted(numbers, key=rank)
    order = [n for n in ranked if n != number]
    order.insert(order.index(place) + after, number)
    return {old: new for old, new in zip(order, ranked, strict=True) if old != new}


def follow_number(number: str, old: str, new: str) -> str:
    """The new `number` when its parent is renumbered from `old` to `new`: 3.1 for 2.1.

    A number that doesn't begin with the parent's stays.
    """
    return f"{new}{number[len(old) :]}" if old and number.startswith(f"{old}.") else number


def renumbered(kind: Kind, name: str, number: str, *, reserved: Collection[str] = ()) -> str:
    """The folder name `name` with another number and the same rest, padded to the same digits."""
    old, dash, rest = name.partition("-")
    if kind.slot is not None and kind.slot.type is Type.INTEGER and not number.startswith("-"):
        head = number.zfill(len(old))
    else:
        head = name_of(kind, number, reserved=reserved)
    return f"{head}{dash}{rest}"


def sequence(wanted: Mapping[str, str]) -> list[tuple[str, str]]:
    """The renames that give each path in `wanted` its new one, ordered so that each target is free.

    Paths that exchange places, or that some file system treats as equal, get a temporary
    name in between.
    """
    left = {old: new for old, new in wanted.items() if old != new}
    steps: list[tuple[str, str]] = []
    while left:
        held = {twin(old): old for old in left}
        free = [old for old, new in left.items() if twin(new) not in held]
        steps += [(old, left.pop(old)) for old in free]
        if not free:
            old = next(iter(left))
            parked = old + PARKED
            steps.append((old, parked))
            left[parked] = left.pop(old)
    return steps


def moved(path: str, steps: Sequence[tuple[str, str]]) -> str:
    """The path of `path` after the renames `steps`, each applied to the result of those before."""
    for old, new in steps:
        if path == old or path.startswith(f"{old}/"):
            path = new + path[len(old) :]
    return path


class Renames:
    """Renames of folders, in their order, of which there may be thousands: `steps`."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []
        self._at: dict[str, list[int]] = {}

    def add(self, old: str, new: str) -> None:
        """Add the next rename."""
        self._at.setdefault(old, []).append(len(self.steps))
        self.steps.append((old, new))

    def moved(self, path: str) -> str:
        """The path of `path` after them, as `moved` says it."""
        if not self.steps:  # as in a first pull, which asks twice for each file: 3 % of it
            return path
        done = 0
        while (at := self._next(path, done)) is not None:
            old, new = self.steps[at]
            path, done = new + path[len(old) :], at + 1
        return path

    def _next(self, path: str, done: int) -> int | None:
        """The first rename of a path or a folder above it after `done` ones."""
        above = accumulate(path.split("/"), "{}/{}".format)
        times = (self._at.get(folder, []) for folder in above)
        return min((at[n] for at in times if (n := bisect_left(at, done)) < len(at)), default=None)
