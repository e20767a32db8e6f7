"""A small workspace among a million sessions of others: `python -m tests.bench.crowd [--clients N]`.

Two databases of one server hold the same workspace of 44 records; in one of them 100 other clients have
10,000 sessions each, and the ledger has two versions of each of these. Every command is measured in both by
turns, at the end the first push of 10,000 sessions. What it prints are the ratios, and every statement that
took the server longer than 250 ms.
"""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.schema.install import install_schema
from tests import servers
from tests.bench.tree import make_tree, make_workspace
from tests.harness import Desk

MOST = 1.2
"""How much longer a command may take among others."""
MOST_FIRST = 1.1
"""How much longer the first push may take."""
SLOW_MS = 250
"""How long a statement may take, in milliseconds, but for writes of the workspace's own rows."""
MOST_PRUNE_MS = 2_000
_SESSIONS = 7
_DURATION = re.compile(rb"duration: ([\d.]+) ms\s+\w+[^:]*: (.*)")


def main() -> int:
    """Fill, measure, print; 1 if something is slower than it may be."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crowd", description=__doc__)
    parser.add_argument("--clients", type=int, default=100, help="other clients, of 10,000 sessions (100)")
    parser.add_argument("--runs", type=int, default=9, help="runs of each command (9)")
    parser.add_argument("--first", type=int, default=10_000, help="sessions of the first push (10,000)")
    given = parser.parse_args()
    server = servers.server()
    log = next(server.data.parent.rglob("server.log"))
    with (
        tempfile.TemporaryDirectory(prefix="studio-crowd-") as folder,
        servers.database(server, empty=True) as alone,
        servers.database(server, empty=True) as among,
    ):
        desks = {name: _desk(Path(folder) / name, url) for name, url in (("alone", alone), ("among", among))}
        began = time.monotonic()
        _fill(among, given.clients)
        _say(f"{given.clients * 10_000:,} sessions of others made in {time.monotonic() - began:.0f} s")
        with open_connection(parse_address(among)) as connection:
            name = among.rpartition("/")[2]
            connection.execute(f"ALTER DATABASE {name} SET log_min_duration_statement = {SLOW_MS}".encode())
        start = log.stat().st_size
        ratios = {what: _ratio(desks, run, given.runs) for what, run in _COMMANDS.items()}
        slow = _slow(log, start)
        start = log.stat().st_size
        began = time.monotonic()
        said = desks["among"].ok("db", "prune", "--before", "2026-05-01", "--yes").text.strip()
        _say(f"{said} ({time.monotonic() - began:.0f} s)")
        parts = [ms for ms, _ in _slow(log, start)]
        first = _first_push(desks, given.first) if given.first else 0.0
        for desk in desks.values():
            desk.hang_up()
    wrong = [what for what, ratio in ratios.items() if ratio > MOST]
    for ms, statement in slow:
        _say(f"SLOW {ms:.0f} ms: {statement}")
    _say(f"longest statement of the pruning: {max(parts, default=0):.0f} ms")
    return int(bool(wrong or slow or first > MOST_FIRST or max(parts, default=0) > MOST_PRUNE_MS))


def _push(desk: Desk, number: int) -> None:
    path = next(p for p in desk.files() if p.endswith("/article.md"))
    desk.write(path, f"{desk.read(path).rstrip()}\n\nWord {number}.\n")
    _timed(desk, "push")


def _pull(desk: Desk, number: int) -> None:
    one = "(SELECT id FROM videos ORDER BY id LIMIT 1)"  # others have no videos
    desk.sql(f"UPDATE videos SET script = script || %s WHERE id = {one}", f"\n\nWord {number}.")
    _timed(desk, "pull")


def _timed(desk: Desk, *command: str) -> None:
    began = time.perf_counter()
    desk.ok(*command)
    _took[desk.root.name] = time.perf_counter() - began


_took: dict[str, float] = {}
_COMMANDS: dict[str, Callable[[Desk, int], None]] = {
    "status": lambda desk, _: _timed(desk, "status"),
    "push of one file": _push,
    "pull of one row": _pull,
    "log of a folder": lambda desk, _: _timed(desk, "log", str(_folder(desk))),
    "prune -n": lambda desk, _: _timed(desk, "db", "prune", "--before", "2025-01-01", "-n"),
}


def _folder(desk: Desk) -> Path:
    return next(desk.content.rglob("1.1-*"))


def _ratio(desks: dict[str, Desk], run: Callable[[Desk, int], None], runs: int) -> float:
    """How much longer it takes among others, by the fastest of runs by turns."""
    seconds: dict[str, list[float]] = {name: [] for name in desks}
    for number in range(runs + 1):
        for name, desk in desks.items():
            run(desk, number)
            if number:  # the first one warms up
                seconds[name].append(_took[name])
    alone, among = (min(seconds[name]) for name in ("alone", "among"))
    what = next(name for name, one in _COMMANDS.items() if one is run)
    _say(f"{what}: {alone * 1000:.0f} ms alone, {among * 1000:.0f} ms among others: {among / alone:.2f}")
    return among / alone


def _first_push(desks: dict[str, Desk], sessions: int) -> float:
    """How much longer it takes to push this many sessions among others."""
    for name, desk in desks.items():
        make_tree(desk.content, sessions)
        _timed(desk, "push")
        _say(f"first push of {sessions:,} sessions {name}: {_took[name]:.1f} s")
    return _took["among"] / _took["alone"]


def _desk(root: Path, url: str) -> Desk:
    make_workspace(root, "desk")
    make_tree(root / "content", _SESSIONS)
    with open_connection(parse_address(url)) as connection:
        install_schema(connection, create_tables=True)
    desk = Desk.__new__(Desk)
    desk.root, desk.url, desk.content = root, url, root / "content"
    desk.ok("push")
    _say(f"{root.name}: {len(desk.files())} files")
    return desk


def _fill(url: str, clients: int) -> None:
    texts = (Path(__file__).with_name(name).read_text("utf-8") for name in ("wanted.sql", "crowd.sql"))
    script = "SET synchronous_commit = off; SET maintenance_work_mem = '512MB';" + "".join(texts)
    for name, value in {":clients": clients, ":sessions": 10_000, ":program": 1_000}.items():
        script = script.replace(name, str(value))
    with psycopg.connect(url, autocommit=True) as connection:  # which waits as long as it takes
        connection.execute(script.encode())
        connection.execute("VACUUM ANALYZE")


def _slow(log: Path, start: int) -> list[tuple[float, str]]:
    """The statements since a place in the server's log that took too long, with their milliseconds."""
    with log.open("rb") as file:
        file.seek(start)
        found = _DURATION.findall(file.read())
    return [(float(ms), " ".join(text.decode("utf-8", "replace").split())[:300]) for ms, text in found]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
