"""The ratios to the floors that are kept in the repository, and whether they have grown.

A ratio is the CPU seconds of client and server for a first push or pull, divided by those of its floor in
the same run. The least of several rounds counts on both sides: what else a machine does only adds to them.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.steps import Figures

KEPT = Path(__file__).with_name("ratios.json")
ROUNDS = 3
FLOORS = {"first push": "push floor", "first pull": "pull floor"}
_ROOM = 1.2
"""A ratio may grow by a fifth before it counts: that much differs between two machines."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The ratios in the repository, by step, and the size of the tree that they were measured on."""

    sessions: int
    ratios: Mapping[str, float]


def kept(path: Path = KEPT) -> Kept:
    """Read the file with the ratios."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return Kept(found["sessions"], found["ratios"])


def keep(found: Kept, path: Path = KEPT) -> None:
    """Write the file with the ratios."""
    ratios = {step: round(ratio, 2) for step, ratio in found.ratios.items()}
    text = json.dumps({"sessions": found.sessions, "ratios": ratios}, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def ratios(figures: Figures) -> dict[str, float]:
    """The ratio of each step to its floor."""
    return {
        step: min(run.cpu for run in figures[step]) / min(run.cpu for run in figures[floor])
        for step, floor in FLOORS.items()
    }


def grown(found: Mapping[str, float], before: Mapping[str, float]) -> Iterator[str]:
    """A line for each step whose ratio has grown by more than a fifth."""
    for step, ratio in found.items():
        if ratio > before[step] * _ROOM:
            yield (
                f"{step}: {ratio:.2f} times its floor, and {before[step]:.2f} times in {KEPT.name}:"
                f" it grew by more than a fifth; see where with --profile {step.split()[-1]}"
            )
