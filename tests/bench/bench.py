"""The benchmark's own command line."""

import argparse
import json
import os
import sys
from pathlib import Path
from unittest.mock import patch

from tests.bench.measure import StepError
from tests.bench.place import Place, memory, place
from tests.bench.profiling import COMMANDS, profile
from tests.bench.ratios import ROUNDS, Kept, grown, keep, kept, ratios
from tests.bench.report import MEANT_FOR, data, table
from tests.bench.stages import measure_stages
from tests.bench.steps import Bench
from tests.bench.tree import make_tree


def main(arguments: list[str]) -> int:
    """Measure, print, and give 0; 1 if a step failed or a kept ratio grew, 130 if stopped.

    A missed target is no failure.
    """
    options = _options(arguments)
    if not hasattr(os, "wait4"):
        sys.stderr.write("the benchmark needs a system with wait4: Linux or macOS\n")
        return 1
    try:
        with place(folder=options.folder, keep=options.keep) as here:
            return _check(here, options) if options.check or options.keep_ratios else _run(here, options)
    except StepError as error:
        sys.stderr.write(f"the benchmark failed: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 130


def _check(here: Place, options: argparse.Namespace) -> int:
    """Measure the first push and the first pull beside their floors; 1 if a kept ratio grew."""
    before = kept()
    _tell(f"making a tree of {before.sessions:,} sessions")
    bench = Bench(here, make_tree(here.root / "workspace" / "content", before.sessions))
    for number in range(1, ROUNDS + 1):
        _tell(f"first push and first pull, round {number} of {ROUNDS}")
        bench.beside_floors(f"bench-{number}")
    found = ratios(bench.figures)
    for step, ratio in found.items():
        sys.stdout.write(
            f"{step}: {ratio:.2f} times its floor ({before.ratios[step]:.2f} in the repository)\n"
        )
    if options.keep_ratios:
        keep(Kept(before.sessions, found))
        return 0
    worse = list(grown(found, before.ratios))
    sys.stderr.write("".join(f"{line}\n" for line in worse))
    return 1 if worse else 0


def _run(here: Place, options: argparse.Namespace) -> int:
    _tell(f"making a tree of {options.sessions:,} sessions")
    made = make_tree(here.root / "workspace" / "content", options.sessions)
    others = (options.other_clients, options.other_sessions or options.sessions)
    bench = Bench(here, made, others if options.other_clients else (0, 0))
    if options.profile:
        with patch.dict(os.environ, here.env, clear=True):
            profile(bench, options.profile)
        return 0
    if options.stages:
        _tell("first pushes and first pulls, with a clock for each stage")
        sys.stdout.write(measure_stages(bench, options.rounds))
        return 0
    for number in range(1, options.rounds + 1):
        _tell(f"first push and first pull, round {number} of {options.rounds}")
        repository = bench.first_time(f"bench-{number}")
    _tell("status where nothing changed")
    bench.statuses(repository, options.runs)
    _tell("pushes of one file")
    bench.edits(options.runs)
    sys.stdout.write(table(bench, options.sessions) + "\n")
    if options.json:
        options.json.write_text(json.dumps(data(bench, options.sessions), indent=2) + "\n", encoding="utf-8")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Time studio on a made-up tree, beside git and psql on the same, and print the ratios.",
    )
    add = parser.add_argument
    add("--sessions", type=_positive, default=MEANT_FOR, metavar="N", help="size of the tree (%(default)s)")
    add("--rounds", type=_positive, default=1, metavar="N", help="first pushes and pulls (%(default)s)")
    add("--runs", type=_positive, default=5, metavar="N", help="statuses and one-file pushes (%(default)s)")
    add(
        "--other-clients",
        type=_positive,
        default=0,
        metavar="K",
        help="clients beside it in the database (none)",
    )
    add(
        "--other-sessions", type=_positive, metavar="N", help="sessions of each of them (as many as the tree)"
    )
    add("--json", type=Path, metavar="FILE", help="write the figures to FILE, too")
    add(
        "--in",
        dest="folder",
        type=Path,
        default=memory(),
        metavar="DIR",
        help="where the temporary folder is made; a file system of its own is the steadiest (%(default)s)",
    )
    add("--keep", action="store_true", help="leave the temporary folder")
    add(
        "--check",
        action="store_true",
        help="only compare first push and pull with tests/bench/ratios.json, on a tree of its size",
    )
    add("--keep-ratios", action="store_true", help="measure these ratios, and write them into that file")
    add("--stages", action="store_true", help="only tell in which stage every second of push and pull is")
    add("--profile", choices=COMMANDS, help="profile this command instead, and print where its time goes")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _tell(text: str) -> None:
    sys.stderr.write(f"{text} …\n")
