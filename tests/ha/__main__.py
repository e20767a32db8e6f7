"""What happens beyond one machine, for real: a cluster of three whose primary dies again and again.

It needs Debian's packages postgresql, patroni, etcd-server, haproxy, pgbouncer and pgpool2. Each round runs
push, pull or watch against Patroni's cluster through HAProxy, PgBouncer or an address with all hosts, lets
one thing happen at a random moment or around COMMIT, and then looks whether an acknowledged push is lost,
whether anything is doubled or taken back, and whether what was said is true. At the end stands a table.

A round follows from the seed and its number: --results FILE goes on where an earlier run ended.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.ha import programs

if TYPE_CHECKING:
    from tests.ha.rounds import Told


def main() -> int:
    """Run the stories and the rounds; 1 where something is wrong, 3 where a program is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.ha", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    say = parser.add_argument
    say("--rounds", type=int, default=200, help="how many rounds (200)")
    say("--first", type=int, default=1, help="the number of the first round (1)")
    say("--seed", type=int, default=17, help="what the rounds are drawn by (17)")
    say("--mode", choices=("both", "sync", "async"), default="both", help="of replication (both)")
    say("--results", type=Path, help="gets a line a round; rounds that it has are not run again")
    say("--only", default="", help="only faults whose name contains this")
    say("--no-stories", action="store_true", help="leave out the stories of poolers and replicas")
    given = parser.parse_args()
    if missing := programs.missing():
        said = f"missing: {', '.join(missing)}; on Debian: apt-get install {' '.join(missing)}"
        print(said, file=sys.stderr)  # noqa: T201
        return 3
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))  # what was started is ended then, too
    # Under `nohup … &` SIGINT is ignored, and by every command of a round, too: no Ctrl-C would be tried.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    failed = 0
    if not given.no_stories:
        stories = os.fspath(Path(__file__).with_name("stories.py"))
        failed = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-s", "-n", "0", stories], check=False
        ).returncode
    return failed or rounds(given)


def rounds(given: argparse.Namespace) -> int:
    """Play the rounds, in the first half under synchronous replication; 1 where something was wrong."""
    from tests.ha.cluster import cluster
    from tests.ha.desks import desks
    from tests.ha.report import table
    from tests.ha.rounds import Round, Told, draw

    place = given.results or Path(tempfile.mkstemp(prefix="studio-ha-", suffix=".jsonl")[1])
    place.touch()
    told = [Told(**json.loads(line)) for line in place.read_text().splitlines()]
    wanted = [draw(given.seed, number) for number in range(given.first, given.first + given.rounds)]
    wanted = [drawn for drawn in wanted if given.only in drawn.fault.name]
    modes = {"sync": [True], "async": [False], "both": [True, False]}[given.mode]
    for synchronous in modes:
        mode = "synchronous" if synchronous else "asynchronous"
        mine = wanted if len(modes) == 1 else wanted[not synchronous :: 2]
        done = {t.number for t in told if t.mode == mode}
        if not (left := [drawn for drawn in mine if drawn.number not in done]):
            continue
        with cluster(synchronous=synchronous) as made, desks(made) as at:
            for drawn in left:
                result = Round(made, at[drawn.door], drawn).play()
                told.append(result)
                with place.open("a") as results:
                    results.write(f"{result.line()}\n")
                print(_in_short(result), flush=True)  # noqa: T201
    print(f"\n{table(told)}\n\n{place}")  # noqa: T201
    return int(any(t.wrong for t in told))


def _in_short(told: "Told") -> str:
    """A round in a line."""
    what = f"{told.number} {told.mode}: {told.command} by {told.door}, {told.fault}, {told.moment}"
    wrong = f" WRONG: {told.wrong}" if told.wrong else ""
    return f"{what}: exit {told.code}, {told.seconds:.0f} s{wrong}"


sys.exit(main())
