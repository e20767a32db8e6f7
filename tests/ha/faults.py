"""What is done to a cluster while `studio` runs."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.ha.cluster import Cluster
from tests.ha.node import Node

_STUDIO = "application_name = 'studio' AND backend_type = 'client backend'"


@dataclass
class Scene:
    """A cluster, the door that a run of `studio` goes through, its process, and who was primary before."""

    cluster: Cluster
    door: str
    process: "subprocess.Popen[str]"
    primary: Node

    def backends(self) -> list[int]:
        """The server processes of `studio`."""
        found: list[tuple[Any, ...]] = []
        with suppress(psycopg.Error):
            found = self.primary.ask(f"SELECT pid FROM pg_stat_activity WHERE {_STUDIO}")
        return [pid for (pid,) in found]


@dataclass(frozen=True)
class Fault:
    """A fault: what it does, and for how many seconds it lasts before everything is mended.

    `prepare` is done before the run begins.
    """

    name: str
    do: Callable[[Scene], object]
    lasts: float = 0.0
    prepare: Callable[[Cluster], object] | None = None
    ends_studio: bool = False
    weight: int = 3


def _terminate(scene: Scene) -> None:
    with suppress(psycopg.Error):
        scene.primary.ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_STUDIO}")


def _kill_backend(scene: Scene) -> None:
    for pid in scene.backends():
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _stop_backend(scene: Scene) -> None:
    """Stop its server processes for a while, as when the machine is suspended or out of memory."""
    pids = scene.backends()
    for how in (signal.SIGSTOP, signal.SIGCONT):
        for pid in pids:
            with suppress(OSError):
                os.kill(pid, how)
        time.sleep(4 if how is signal.SIGSTOP else 0)


def _freeze(scene: Scene) -> None:
    """Stop all of PostgreSQL for longer than the cluster waits for it, then let it go on."""
    pids = scene.primary.processes()
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signal.SIGSTOP)
    time.sleep(12)
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signal.SIGCONT)


def _isolate(scene: Scene) -> None:
    """The primary is alone: no clients, no standbys, no etcd."""
    for wire in scene.primary.wires:
        wire.cut()


def _cut(*, up: bool, down: bool) -> Callable[[Scene], None]:
    def cut(scene: Scene) -> None:
        for wire in scene.cluster.wires_of(scene.door):
            wire.cut(up=up, down=down)

    return cut


def _forget(scene: Scene) -> None:
    for wire in scene.cluster.wires_of(scene.door):
        wire.forget()


def _hang_up(scene: Scene) -> None:
    for wire in scene.cluster.wires_of(scene.door):
        wire.hang_up()


def _switch(scene: Scene) -> None:
    scene.primary.order("switchover", {"leader": scene.primary.name})


def _restart(program: str) -> Callable[[Scene], None]:
    def restart(scene: Scene) -> None:
        scene.cluster.end(program)
        time.sleep(0.5)
        scene.cluster.begin(program)

    return restart


def _signal(how: signal.Signals) -> Callable[[Scene], None]:
    def send(scene: Scene) -> None:
        scene.process.send_signal(how)

    return send


def _starve(cluster: Cluster) -> None:
    """No standby hears of what is written from now on."""
    cluster.leader().peers.cut()


def _starve_and(do: Callable[[Scene], object]) -> Callable[[Scene], None]:
    """A COMMIT has begun and no standby answers it; then something happens."""

    def done(scene: Scene) -> None:
        _starve(scene.cluster)
        time.sleep(1.5)
        do(scene)

    return done


FAULTS = (
    Fault("connections ended by the server", _terminate, weight=8),
    Fault("a server process killed", _kill_backend, weight=6),
    Fault("server processes stopped for 4 s", _stop_backend),
    Fault("PostgreSQL killed on the primary", lambda scene: scene.primary.kill_postgres(), weight=8),
    Fault("the primary's machine gone", lambda scene: scene.primary.kill(), lasts=12, weight=6),
    Fault("the primary frozen for 12 s", _freeze),
    Fault("the primary cut off from everything", _isolate, lasts=15),
    Fault("switchover", _switch, weight=5),
    Fault("the standbys cut off, then connections ended", _starve_and(_terminate), lasts=1),
    Fault(
        "the standbys cut off, then the primary's machine gone",
        _starve_and(lambda scene: scene.primary.kill()),
        lasts=12,
    ),
    Fault(
        "commits lost by a failover",
        lambda scene: scene.primary.kill(),
        lasts=12,
        prepare=_starve,
        weight=8,
    ),
    Fault("network silent, both directions", _cut(up=True, down=True), lasts=35, weight=2),
    Fault("network silent, to the server", _cut(up=True, down=False), lasts=35, weight=2),
    Fault("network silent, from the server", _cut(up=False, down=True), lasts=35, weight=2),
    Fault("network silent for 3 s", _cut(up=True, down=True), lasts=3),
    Fault("connections silent for ever", _forget, lasts=1, weight=2),
    Fault("connections reset", _hang_up, weight=5),
    Fault("PgBouncer restarted", _restart("pgbouncer")),
    Fault("HAProxy restarted", _restart("haproxy")),
    Fault("studio killed", _signal(signal.SIGKILL), ends_studio=True, weight=6),
    Fault("studio interrupted (Ctrl-C)", _signal(signal.SIGINT), ends_studio=True),
)
"""All of them. `weight`: how often it is drawn."""
