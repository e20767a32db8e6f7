"""How soon a row's change stands in its file: `python -m tests.sync.watch_latency`."""

import random
import sys
import tempfile
import time
from pathlib import Path

from tests import servers
from tests.harness import Desk
from tests.sync.watch_storm import Storm, Watched

_TIMES = 60


def latencies(storm: Storm, times: int) -> list[float]:
    """Seconds from a committed row to its file, sorted, while the watch has nothing else to do."""
    storm.prepare()
    found = []
    with Watched(storm):
        for number in range(times):
            word = f"t{number}"
            text = list(storm.words)[number % len(storm.words)]
            storm.web(text, word, random.Random(number))
            began = time.monotonic()
            while word not in text.place.read_text():
                assert time.monotonic() - began < 60, "it never came"
                time.sleep(0.005)
            found.append(time.monotonic() - began)
            time.sleep(0.1)
    return sorted(found)


def main() -> None:
    """Measure in a database of its own."""
    with (
        servers.database(servers.server()) as url,
        Desk(Path(tempfile.mkdtemp()) / "desk", url) as desk,
    ):
        found = latencies(Storm(desk, 0), _TIMES)
        median, late = found[_TIMES // 2] * 1000, found[_TIMES * 95 // 100] * 1000
        sys.stdout.write(f"row to file: median {median:.0f} ms, p95 {late:.0f} ms\n")


if __name__ == "__main__":
    main()
