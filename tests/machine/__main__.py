"""Long runs: `python -m tests.machine --steps N --seed S`.

With `--mutant NAME` a rule of the product is switched off, and the run ends with what catches that. More of
them are taken one after the other; `all` is all.
"""

import argparse
import json
import os
import sys
import time

from tests import servers
from tests.machine.mutants import MUTANTS, mutated
from tests.machine.sequences import drawn, finding, shrunk
from tests.machine.world import World, world


def main() -> int:
    """Run sequences from a seed on; print what was found, and where to go on."""
    parser = argparse.ArgumentParser(prog="python -m tests.machine", description=__doc__)
    parser.add_argument("--steps", type=int, default=5_000, help="how many steps to run, for each mutant")
    parser.add_argument("--seed", type=int, default=0, help="the first sequence's seed")
    parser.add_argument("--length", type=int, default=25, help="the steps of one sequence")
    parser.add_argument("--no-shrink", action="store_true", help="print findings as they are")
    parser.add_argument(
        "--mutant", choices=["all", *MUTANTS], action="append", help="a rule to switch off", metavar="NAME"
    )
    parser.add_argument(
        "--store", choices=["memory", "postgres"], default="memory", help="where the rows are"
    )
    given = parser.parse_args()
    with world(servers.server() if given.store == "postgres" else None) as one:
        if given.mutant:
            names = MUTANTS if "all" in given.mutant else given.mutant
            return 1 if [name for name in names if not _caught(one, name, given)] else 0
        return _run(one, given)


def _run(one: World, given: argparse.Namespace) -> int:
    began, seed, done, findings = time.monotonic(), given.seed, 0, 0
    while done < given.steps:
        actions = drawn(seed, given.length)
        if found := finding(one, actions):
            findings += 1
            if not given.no_shrink:
                actions = shrunk(actions, lambda fewer: bool(finding(one, fewer)))
            _say(f"seed {seed}: {found}\n{json.dumps(actions)}\n{finding(one, actions)}\n")
        done += given.length
        seed += 1
    spent, used = time.monotonic() - began, sum(os.times()[:4])
    _say(
        f"{given.store}: {done} steps, {findings} findings, {done / spent:.1f} steps a second"
        f" ({done / used:.1f} of processor time); go on with --seed {seed}"
    )
    return 1 if findings else 0


def _caught(one: World, name: str, given: argparse.Namespace) -> bool:
    """Whether a run without a rule finds something in so many steps."""
    for number in range(given.steps // given.length):
        seed = given.seed + number
        actions = drawn(seed, given.length)
        with mutated(name):
            found = finding(one, actions)
        if found and not finding(one, actions):
            first = found.partition("\n")[0]
            _say(f"{name}: caught within {(number + 1) * given.length} steps, by seed {seed}, {first}")
            return True
    _say(f"{name}: not caught within {given.steps} steps")
    return False


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
