"""Where every second of a first push and a first pull is: by stage and process, beside the floor."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.bench.measure import Run
from tests.bench.steps import Bench

_CLOCKS = Path(__file__).with_name("clocks")
_STEPS = {"push": "push floor", "pull": "pull floor"}
_LEAST = 0.005
"""Stages of fewer seconds are added up."""


def measure_stages(bench: Bench, rounds: int) -> str:
    """First pushes and pulls with a clock for each stage, and their floors without; tables of the means."""
    kept = bench.place.root / "clocks"
    kept.mkdir()
    env = {**bench.place.env, "PYTHONPATH": str(_CLOCKS), "BENCH_CLOCKS": str(kept)}
    clocked = Bench(replace(bench.place, env=env), bench.made, figures=bench.figures)
    found: dict[str, dict[str, Counter[str]]] = {command: {} for command in _STEPS}
    for number in range(1, rounds + 1):
        name = f"stages-{number}"
        url = clocked._first_push(name)
        _add(found["push"], kept, "push")
        bench._floors(name, url)
        clocked._first_pull(name, url)
        _add(found["pull"], kept, "pull")
    lines = []
    for command, floor in _STEPS.items():
        ours, beside = bench.figures[f"first {command}"], bench.figures[floor]
        lines += [
            f"{bench.made.files:,} files, first {command}:",
            "",
            *_table(found[command], ours, beside),
            "",
        ]
    return "\n".join(lines)


def _add(found: dict[str, Counter[str]], kept: Path, command: str) -> None:
    """Add the seconds of the command's processes, which are in files in `kept`, and empty that."""
    for file in kept.iterdir():
        each = json.loads(file.read_text(encoding="utf-8"))
        if each["process"] == "helper" or each["command"] == command:
            found.setdefault(each["process"], Counter()).update(each["seconds"])
        file.unlink()


def _table(found: dict[str, Counter[str]], ours: list[Run], floors: list[Run]) -> Iterator[str]:
    """The mean seconds of each stage in each process, the largest first, and those measured from outside."""
    rounds = len(ours)
    means = {process: {k: v / rounds for k, v in found[process].items()} for process in sorted(found)[::-1]}
    stages = Counter(k for each in means.values() for k in each)
    for stage in stages:
        stages[stage] = sum(each.get(stage, 0.0) for each in means.values())
    yield f"| CPU seconds | {' | '.join(f'{p} process' for p in means)} | both |"
    yield f"|---{'|---' * len(means)}|---|"
    for stage, both in stages.most_common():
        if both >= _LEAST:
            yield _row(stage, *(each.get(stage, 0.0) for each in means.values()), both)
    sums = [sum(each.values()) for each in means.values()]
    yield _row("**sum, with all smaller stages**", *sums, sum(sums))
    beside = "| " * (len(means) + 1)
    for what, part in (("client", "client"), ("server", "server"), ("**client and server**", "cpu")):
        mine, least = (sum(getattr(run, part) for run in runs) / rounds for runs in (ours, floors))
        ratio = f"{mine / least:.2f} times" if part == "cpu" else ""
        yield f"| {what}, as measured; of the floor; ratio {beside}{mine:.2f}; {least:.2f}; {ratio} |"


def _row(name: str, *seconds: float) -> str:
    return f"| {name} | {' | '.join(f'{each:.2f}' for each in seconds)} |"
