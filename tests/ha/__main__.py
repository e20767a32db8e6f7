"""What happens beyond one machine, for real: `python -m tests.ha [--kills N]`.

It needs the packages pgpool2 and pgbouncer of Debian, or what is called so elsewhere; PostgreSQL comes along.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.ha import pools


def main() -> int:
    """Run the stories; 3 where something is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.ha", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how often a push is killed (200)")
    given = parser.parse_args()
    if missing := pools.missing():
        said = f"missing: {', '.join(missing)}; on Debian: apt-get install {' '.join(missing)}"
        print(said, file=sys.stderr)  # noqa: T201
        return 3
    stories = Path(__file__).with_name("stories.py")
    env = {**os.environ, "STUDIO_TEST_KILLS": str(given.kills)}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-n", "0", os.fspath(stories)], check=False, env=env
    ).returncode


sys.exit(main())
