"""Long runs: `python -m tests.machine --steps N --seed S`."""

import argparse
import json
import os
import sys
import time

from tests import servers
from tests.machine.sequences import drawn, finding, shrunk
from tests.machine.world import world


def main() -> int:
    """Run sequences from a seed on; print what was found, and where to go on."""
    parser = argparse.ArgumentParser(prog="python -m tests.machine", description=__doc__)
    parser.add_argument("--steps", type=int, default=5_000, help="how many steps to run")
    parser.add_argument("--seed", type=int, default=0, help="the first sequence's seed")
    parser.add_argument("--length", type=int, default=25, help="the steps of one sequence")
    parser.add_argument("--no-shrink", action="store_true", help="print findings as they are")
    given = parser.parse_args()
    began, seed, done, findings = time.monotonic(), given.seed, 0, 0
    with world(servers.server()) as one:
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
        f"{done} steps, {findings} findings, {done / spent:.1f} steps a second"
        f" ({done / used:.1f} of processor time); go on with --seed {seed}"
    )
    return 1 if findings else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
