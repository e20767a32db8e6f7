"""The machine over real files, real git and a real PostgreSQL, for a bounded number of sequences."""

import os
import random
from pathlib import Path

import pytest

from studio_sync.database.embedded import Server
from tests import servers
from tests.harness import Desk
from tests.machine.machine import Machine
from tests.machine.oracle import LossError
from tests.machine.real import RealWorld

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed as POSIX does it")


def ran(pg: Server, folder: Path, seed: int, steps: int) -> str:
    """What the oracle found in one sequence, "" if nothing."""
    with servers.database(pg) as url, Desk(folder / str(seed) / "desk", url) as desk:
        machine = Machine(RealWorld(desk), random.Random(seed).choice, gentle=True, decisions=False)
        try:
            machine.begin()
            for _ in range(steps):
                machine.act()
        except LossError as error:
            return f"{seed}: {error} {machine.log}"
    return ""


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_lost_between_real_files_git_and_database(pg: Server, tmp_path: Path, seed: int) -> None:
    assert ran(pg, tmp_path, seed, 14) == ""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300))
def test_nothing_is_lost_in_more_sequences(pg: Server, tmp_path: Path, seed: int) -> None:
    assert ran(pg, tmp_path, seed, 25) == ""
