"""The machine over real files, real git and a real PostgreSQL, for a bounded number of sequences."""

import os
import random
from pathlib import Path
from typing import Any

import pytest

from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.locks import Locks
from studio_sync.database.postgres.write import Writer
from tests import servers
from tests.harness import S2, SESSION_2, Desk
from tests.machine.machine import Machine
from tests.machine.oracle import LossError
from tests.machine.real import RealWorld

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed as POSIX does it")


def ran(pg: Server, folder: Path, seed: int, steps: int, *, rest: bool = False) -> str:
    """What the oracle found in one sequence, "" if nothing."""
    with servers.database(pg) as url, Desk(folder / str(seed) / "desk", url) as desk:
        machine = Machine(RealWorld(desk), random.Random(seed).choice, decisions=False)
        try:
            machine.begin()
            for _ in range(steps):
                machine.act()
            if rest:
                machine.settle_down(rounds=2)
        except LossError as error:
            return f"{seed}: {error} {machine.log}"
    return ""


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_lost_between_real_files_git_and_database(pg: Server, tmp_path: Path, seed: int) -> None:
    assert ran(pg, tmp_path, seed, 14, rest=True) == ""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300))
def test_nothing_is_lost_in_more_sequences(pg: Server, tmp_path: Path, seed: int) -> None:
    assert ran(pg, tmp_path, seed, 25) == ""


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that does not look again at what stands below a row before it deletes it."""
    monkeypatch.setattr(Locks, "children", lambda *_: None)


def loses_a_child(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a row that appears below a folder, while its deletion is pushed, is gone afterwards."""
    desk.remove(S2)
    real = Writer.apply

    def apply(self: Writer, *rest: Any, **more: Any) -> Any:
        desk.sql(
            "INSERT INTO videos (session_id, script) VALUES (%s, 't1') ON CONFLICT DO NOTHING", SESSION_2
        )
        return real(self, *rest, **more)

    monkeypatch.setattr(Writer, "apply", apply)
    desk.run("push", "--delete")
    return desk.one("SELECT count(*) FROM videos WHERE session_id = %s", SESSION_2) == 0


def test_a_child_that_appears_while_its_parent_is_deleted_is_not_lost(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not loses_a_child(synced, monkeypatch)


@pytest.mark.usefixtures("blind")
def test_an_engine_that_is_blind_for_cascades_is_caught(
    synced: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert loses_a_child(synced, monkeypatch)
