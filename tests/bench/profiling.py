"""One command of studio under the profiler, in this process."""

import cProfile
import pstats
import sys
from pathlib import Path

from studio_sync.cli.main import main
from tests.bench.measure import StepError
from tests.bench.steps import Bench
from tests.bench.tree import make_workspace

COMMANDS = ("push", "status", "pull")
_LINES = 25


def profile(bench: Bench, command: str) -> None:
    """Print where the time of a first push, a status where nothing changed, or a first pull goes."""
    bench.prepare("profiled")
    workspace = bench.workspace
    if command != "push":
        bench.place.studio(workspace, "push")
        bench.must_agree(workspace, "status")
    if command == "pull":
        workspace = bench.place.root / "pulled"
        make_workspace(workspace, "profiled")
    profiler = cProfile.Profile()
    code = profiler.runcall(_main, workspace, command)
    if code:
        raise StepError(f"`studio {command}` left with {code}")
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(_LINES)


def _main(workspace: Path, command: str) -> int | str | None:
    """Run the command line as the console script does; its exit code."""
    sys.argv = ["studio", "-C", str(workspace), command]
    try:
        main()
    except SystemExit as left:
        return left.code
    return 0
