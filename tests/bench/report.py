"""The figures as a table for people, and as JSON."""

import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tests.bench.measure import Run
from tests.bench.steps import Bench

MEANT_FOR = 10_000
"""The sessions that the targets are meant for: in a small tree, starting Python is most of the time."""

_PEAK = 400
_BESIDE: tuple[tuple[str, str, float | None], ...] = (
    ("first push", "git add", 1.0),
    ("first push", "\\copy from", None),
    ("status", "git status", 2.0),
    ("one-file push", "status after it", 1.3),
    ("first pull", "git checkout", 1.0),
    ("first pull", "\\copy to", None),
)
_FLOORS = (("first push", "push floor", 4.0), ("first pull", "pull floor", 3.5))
"""The CPU seconds of client and server, beside those of what no tool can do without."""
_OURS = ("first push", "status", "one-file push", "first pull")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A step of studio beside another: medians in seconds, and the largest ratio that is wanted, if any."""

    step: str
    seconds: float
    beside: str
    beside_seconds: float
    ratio: float
    target: float | None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        return None if self.target is None else self.ratio <= self.target


def comparisons(bench: Bench) -> Iterator[Comparison]:
    """Each step of studio beside what it is compared with."""
    for step, beside, target in _BESIDE:
        if bench.figures.get(step) and bench.figures.get(beside):
            ours, other = _seconds(bench.figures[step]), _seconds(bench.figures[beside])
            yield Comparison(step, ours, beside, other, ours / other, target)


def table(bench: Bench, sessions: int) -> str:
    """The figures as lines of text."""
    lines = [_heading(bench, sessions), ""]
    rows = [("", "studio", "", "beside", "ratio", "target", "")]
    for found in comparisons(bench):
        target = "" if found.target is None else f"≤ {found.target:.1f}"
        rows.append(
            (
                found.step,
                _time(found.seconds),
                found.beside,
                _time(found.beside_seconds),
                f"{found.ratio:.2f}",
                target,
                _verdict(found.met, sessions),
            )
        )
    rows += _floor_rows(bench, sessions)
    for step in _OURS:
        peak = _peak(bench.figures[step])
        verdict = _verdict(peak <= _PEAK, sessions)
        rows.append((f"memory, {step}", f"{peak:.0f} MB", "", "", "", f"≤ {_PEAK} MB", verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if column in (0, 2, 6) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    if sessions < MEANT_FOR:
        lines += [
            "",
            f"The targets are meant for {MEANT_FOR:,} sessions; starting up is most of the time here.",
        ]
    lines += ["", "Medians of wall time; files in the page cache; peak memory without the server's."]
    return "\n".join(lines)


def _floor_rows(bench: Bench, sessions: int) -> Iterator[tuple[str, ...]]:
    """A line for each floor, and one for how busy both cores were."""
    for found in floors(bench):
        yield (
            f"CPU, {found.step}",
            _time(found.seconds),
            found.beside,
            _time(found.beside_seconds),
            f"{found.ratio:.2f}",
            f"≤ {found.target:.1f}",
            _verdict(found.met, sessions),
        )
        runs = bench.figures[found.step]
        wall, cpu = _seconds(runs), median(run.cpu for run in runs)
        parts = (
            f"client {_time(median(r.client for r in runs))}, server {_time(median(r.server for r in runs))}"
        )
        yield f"wall of CPU, {found.step}", _time(wall), parts, _time(cpu), f"{wall / cpu:.2f}", "≤ 0.7", ""


def floors(bench: Bench) -> Iterator[Comparison]:
    """The CPU seconds of a first push and a first pull beside their floors', each run beside its own."""
    for step, beside, target in _FLOORS:
        ours, other = bench.figures.get(step, []), bench.figures.get(beside, [])
        if ours and other:
            ratio = median(one.cpu / floor.cpu for one, floor in zip(ours, other, strict=True))
            cpu = median(run.cpu for run in ours), median(run.cpu for run in other)
            yield Comparison(step, cpu[0], beside, cpu[1], ratio, target)


def data(bench: Bench, sessions: int) -> dict[str, Any]:
    """The same for programs; times in seconds, memory in bytes."""
    return {
        "sessions": sessions,
        "files": bench.made.files,
        "bytes": bench.made.bytes,
        "other_clients": {"clients": bench.others[0], "sessions_each": bench.others[1]},
        "machine": {
            "system": platform.platform(),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "git": bench.place.git("--version").stdout.strip(),
            "postgresql": bench.postgresql,
        },
        "steps": {
            step: {
                "seconds": [r.seconds for r in runs],
                "client_cpu_seconds": [r.client for r in runs],
                "server_cpu_seconds": [r.server for r in runs],
                "peak_bytes": max(r.peak for r in runs),
            }
            for step, runs in bench.figures.items()
        },
        "comparisons": [{**asdict(found), "met": found.met} for found in comparisons(bench)],
        "floors": [{**asdict(found), "met": found.met} for found in floors(bench)],
        "memory": {"target_bytes": _PEAK * 1_000_000, "met": all(_fits(bench.figures[s]) for s in _OURS)},
    }


def _heading(bench: Bench, sessions: int) -> str:
    size = f"{sessions:,} sessions, {bench.made.files:,} files, {bench.made.bytes / 1e6:.1f} MB"
    others = f"; beside {bench.others[0]} other clients of {bench.others[1]:,} sessions"
    return size + (others if bench.others[0] else "")


def _verdict(met: bool | None, sessions: int) -> str:
    return "" if met is None or sessions < MEANT_FOR else "met" if met else "missed"


def _seconds(runs: list[Run]) -> float:
    return median(run.seconds for run in runs)


def _peak(runs: list[Run]) -> float:
    return max(run.peak for run in runs) / 1e6


def _fits(runs: list[Run]) -> bool:
    return _peak(runs) <= _PEAK


def _time(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds < 10 else f"{seconds:.1f} s"
