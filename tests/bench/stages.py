"""Where every second of a first push and a first pull is: by stage and process, beside the floor."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.bench.measure import Run
from tests.bench.steps import Bench

_CLOCKS = Path(__file__).with_name("clocks")
_STEPS = {"push": "push floor", "pull": "pull floor"}
_LEAST = 0.005
"""Stages of fewer seconds are added up."""


@dataclass(slots=True)
class Told:
    """What the clocks of one kind of process told in all rounds: seconds, and calls, by stage."""

    seconds: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)


def measure_stages(bench: Bench, rounds: int) -> str:
    """First pushes and pulls with clocks, beside the same and their floors without; tables of the means."""
    kept = bench.place.root / "clocks"
    kept.mkdir()
    env = {**bench.place.env, "PYTHONPATH": str(_CLOCKS), "BENCH_CLOCKS": str(kept)}
    clocked = Bench(replace(bench.place, env=env), bench.made)
    told: dict[str, dict[str, Told]] = {command: defaultdict(Told) for command in _STEPS}
    for number in range(1, rounds + 1):
        bench.beside_floors(f"plain-{number}")
        name = f"clocked-{number}"
        url = clocked._first_push(name)
        _add(told["push"], kept, "push")
        clocked._first_pull(name, url)
        _add(told["pull"], kept, "pull")
    lines = []
    for command, floor in _STEPS.items():
        plain, beside = bench.figures[f"first {command}"], bench.figures[floor]
        lines += [f"{bench.made.files:,} files, first {command}:", ""]
        lines += [*_table(_means(told[command], plain), plain, beside), ""]
    return "\n".join(lines)


def _add(told: dict[str, Told], kept: Path, command: str) -> None:
    """Add what the command's processes told, each in a file in `kept`, and empty that."""
    for file in kept.iterdir():
        each = json.loads(file.read_text(encoding="utf-8"))
        if each["process"] == "helper" or each["command"] == command:
            told[each["process"]].seconds.update(each["seconds"])
            told[each["process"]].calls.update(each["calls"])
        file.unlink()


def _means(told: Mapping[str, Told], plain: list[Run]) -> dict[str, dict[str, float]]:
    """The mean seconds of each stage in each process, less what the clocks took.

    That is by how much the rounds with clocks took longer than those without, `plain`: for each call alike.
    """
    without = sum(run.client for run in plain)
    longer = sum(each.seconds.total() for each in told.values()) - without
    cost = longer / sum(each.calls.total() for each in told.values())
    return {
        process: {
            k: (v - cost * told[process].calls[k]) / len(plain) for k, v in told[process].seconds.items()
        }
        for process in sorted(told, reverse=True)
    }


def _table(means: dict[str, dict[str, float]], plain: list[Run], floors: list[Run]) -> Iterator[str]:
    """The stages, the largest first; then their sum, and what was measured from outside."""
    stages = {
        stage: sum(each.get(stage, 0.0) for each in means.values())
        for each in means.values()
        for stage in each
    }
    yield f"| CPU seconds | {' | '.join(f'{p} process' for p in means)} | both |"
    yield f"|---{'|---' * len(means)}|---|"
    for stage in sorted(stages, key=stages.__getitem__, reverse=True):
        if stages[stage] >= _LEAST:
            yield _row(stage, *(each.get(stage, 0.0) for each in means.values()), stages[stage])
    sums = [sum(each.values()) for each in means.values()]
    yield _row("**client**, with all smaller stages", *sums, sum(sums))
    beside = "| " * (len(means) + 1)
    for what in ("client", "server", "cpu"):
        ours, least = (sum(getattr(run, what) for run in runs) / len(plain) for runs in (plain, floors))
        name = "**client and server**" if what == "cpu" else what
        yield f"| {name}; the floor's; ratio {beside}{ours:.2f}; {least:.2f}; {ours / least:.2f} |"


def _row(name: str, *seconds: float) -> str:
    return f"| {name} | {' | '.join(f'{each:.2f}' for each in seconds)} |"
