"""A cluster of three nodes: Patroni over etcd, with HAProxy and PgBouncer before it."""

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.ha.node import Node, own, run_program
from tests.ha.programs import program
from tests.ha.wires import Wire, Wires, free_port

_HAPROXY = """
defaults
  mode tcp
  timeout connect 2s
  timeout client 30m
  timeout server 30m
  timeout check 1s
listen primary
  bind 127.0.0.1:{port}
  option httpchk GET /primary
  http-check expect status 200
  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
listen replicas
  bind 127.0.0.1:{second}
  option httpchk GET /replica
  http-check expect status 200
  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""
_PGBOUNCER = """
[databases]
* = host=127.0.0.1 port={haproxy}
[pgbouncer]
pool_mode = transaction
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users.txt
default_pool_size = 5
max_client_conn = 100
server_login_retry = 1
ignore_startup_parameters = extra_float_digits
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
"""
DOORS = ("haproxy", "pgbouncer", "hosts")
"""How a workspace reaches the primary: HAProxy, PgBouncer before it, or an address with all hosts."""
_LONGEST = 90.0


class Cluster:
    """The nodes and what stands before them."""

    def __init__(self, folder: Path, *, synchronous: bool, ttl: int = 8) -> None:
        self.folder, self.synchronous, self.network = folder, synchronous, Wires()
        self._ports = {name: free_port() for name in ("etcd", "peer", "haproxy", "replicas", "pgbouncer")}
        self.nodes = [
            Node(name, folder / name, self.network, self._ports["etcd"], synchronous, ttl) for name in "abc"
        ]
        self.doors: dict[str, Wire] = {
            name: self.network.wire(self._ports[name]) for name in ("haproxy", "pgbouncer", "replicas")
        }
        self._programs: dict[str, subprocess.Popen[bytes]] = {}

    # --- its programs

    def start(self) -> None:
        """Start everything, and make the database."""
        for name in ("etcd", "haproxy", "pgbouncer"):
            self.begin(name)
        wait_for(self._decided, 30, "etcd doesn't start")
        self.nodes[0].start()
        wait_for(lambda: self.leader() is self.nodes[0], 60, "the first node is no leader")
        for node in self.nodes[1:]:
            node.start()
        for statement in ("CREATE ROLE studio LOGIN", "CREATE DATABASE studio OWNER studio"):
            self.leader().ask(statement, database="postgres")  # it waits for a synchronous standby
        self.settle()

    def begin(self, name: str) -> None:
        """Start a program that all nodes share."""
        folder = self.folder / name
        if not folder.exists():
            folder.mkdir()
            own(folder)
        ports = self._ports
        if name == "etcd":
            place, peer = f"http://127.0.0.1:{ports['etcd']}", f"http://127.0.0.1:{ports['peer']}"
            command: list[Any] = [
                program("etcd"), "--data-dir", folder / "data", "--name", "one",
                "--listen-client-urls", place, "--advertise-client-urls", place,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", f"one={peer}", "--unsafe-no-fsync",
            ]  # fmt: skip
            if (
                "unsafe-no-fsync"
                not in subprocess.run(
                    [program("etcd"), "--help"], capture_output=True, text=True, check=False
                ).stdout
            ):
                command.pop()
        elif name == "haproxy":
            servers = "\n".join(
                f"  server {n.name} 127.0.0.1:{n.client.port} check port {n.asked.port}" for n in self.nodes
            )
            text = _HAPROXY.format(port=ports["haproxy"], second=ports["replicas"], servers=servers)
            (folder / "haproxy.cfg").write_text(text)
            command = [program("haproxy"), "-db", "-f", folder / "haproxy.cfg"]
        else:
            text = _PGBOUNCER.format(haproxy=ports["haproxy"], port=ports["pgbouncer"], folder=folder)
            (folder / "pgbouncer.ini").write_text(text)
            (folder / "users.txt").write_text('"postgres" ""\n"studio" ""\n')
            command = [program("pgbouncer"), "-q", folder / "pgbouncer.ini"]
        own(folder)
        (folder / "pgbouncer.pid").unlink(missing_ok=True)
        self._programs[name] = run_program(command, folder / "log")

    def end(self, name: str) -> None:
        """Kill a program that all nodes share."""
        self._programs[name].kill()
        self._programs[name].wait(10)

    def stop(self) -> None:
        """End everything."""
        for node in self.nodes:
            node.stop()
        for name in self._programs:
            self.end(name)
        self.network.close()

    # --- what it is like

    def leader(self) -> Node:
        """The node that takes writes now. Raises TimeoutError."""
        end = time.monotonic() + _LONGEST
        while time.monotonic() < end:
            for node in self.nodes:
                with suppress(psycopg.Error):
                    if node.ask("SELECT NOT pg_is_in_recovery()", database="postgres") == [(True,)]:
                        with suppress(OSError, ValueError, KeyError):
                            if _role(node.state("patroni")) == "primary":
                                return node
            time.sleep(0.1)
        raise TimeoutError("no leader")

    def promotions(self) -> int:
        """How often a node was promoted; a timeline doesn't tell where its primary of before comes back."""
        logs = [node.folder / "patroni.log" for node in self.nodes]
        return sum(log.read_text(errors="replace").count("promoted self to leader") for log in logs)

    def standbys(self) -> list[Node]:
        """The other nodes."""
        leader = self.leader()
        return [node for node in self.nodes if node is not leader]

    def settle(self) -> Node:
        """Have everything run again, and wait until all three nodes are there; the leader."""
        self.network.heal()
        for name, running in self._programs.items():
            if running.poll() is not None:
                self.begin(name)
        for node in self.nodes:
            node.start()
        for mend in (self._reinitialise, self._forget_synchronous, self._restart_patroni, self._reinitialise):
            try:
                wait_for(self._healthy, _LONGEST / 3, "the cluster doesn't recover")
            except TimeoutError:
                mend()
            else:
                return self.leader()
        wait_for(self._healthy, _LONGEST, "the cluster doesn't recover")
        return self.leader()

    def _reinitialise(self) -> None:
        """Make the standbys anew that don't follow, as who runs a cluster does."""
        leader = self.leader()
        follow = leader.ask("SELECT application_name FROM pg_stat_replication", database="postgres")
        for node in self.nodes:
            if node is not leader and (node.name,) not in follow:
                with suppress(OSError):
                    node.order("reinitialize", {"force": True})

    def _forget_synchronous(self) -> None:
        """Let the leader name a synchronous standby anew: one of before can be stuck in etcd."""
        key = base64.b64encode(b"/service/studio/sync").decode()
        place = f"http://127.0.0.1:{self._ports['etcd']}/v3/kv/deleterange"
        with suppress(OSError):
            urllib.request.urlopen(place, json.dumps({"key": key}).encode(), timeout=5).close()

    def _restart_patroni(self) -> None:
        """Start Patroni again on each node, PostgreSQL stays up."""
        for node in self.nodes:
            if node.patroni is not None:
                node.patroni.kill()
                node.patroni.wait(10)
            node.start()

    def _decided(self) -> bool:
        """Whether etcd knows its own version: Patroni ends where it doesn't."""
        with suppress(OSError):
            place = f"http://127.0.0.1:{self._ports['etcd']}/version"
            with urllib.request.urlopen(place, timeout=2) as answer:
                return b"not_decided" not in answer.read()
        return False

    def _healthy(self) -> bool:
        with suppress(psycopg.Error, OSError, ValueError, KeyError, TimeoutError):
            leader = self.leader()
            streams = leader.ask(
                "SELECT count(*) FILTER (WHERE state = 'streaming' AND replay_lsn = pg_current_wal_lsn()),"
                " count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) FROM pg_stat_replication"
                " WHERE application_name = ANY (%s)",
                [node.name for node in self.nodes],
                database="postgres",
            )
            members = leader.state()["members"]
            running = [m for m in members if m["state"] in ("running", "streaming")]
            # One that etcd doesn't know as synchronous yet would not be promoted.
            ready = sum(m["role"] == "sync_standby" for m in members) == int(self.synchronous)
            streaming = streams == [(2, int(self.synchronous))]
            return streaming and ready and len(running) == 3 and self._open(leader)
        return False

    def _open(self, leader: Node) -> bool:
        """Whether every door leads to the leader."""
        for door in DOORS:
            with psycopg.connect(self.url(door, database="postgres"), connect_timeout=3) as connection:
                row = connection.execute("SHOW port").fetchone()
                if row != (str(leader.port),):
                    return False
        return True

    def url(self, door: str, *, database: str = "studio", user: str = "studio") -> str:
        """The address of the database by way of a door."""
        if door == "hosts":
            places = ",".join(f"127.0.0.1:{node.client.port}" for node in self.nodes)
            more = "&target_session_attrs=read-write"
        else:
            places, more = f"127.0.0.1:{self.doors[door].port}", ""
        return f"postgresql://{user}@{places}/{database}?sslmode=disable{more}"

    def wires_of(self, door: str) -> list[Wire]:
        """The wires that a workspace's own connections go over first."""
        return [node.client for node in self.nodes] if door == "hosts" else [self.doors[door]]


def _role(said: dict[str, Any]) -> str:
    """The role of a node; Patroni 3 says master where later ones say primary."""
    return "primary" if said["role"] in ("master", "primary") else str(said["role"])


def wait_for(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.2)


@contextmanager
def cluster(*, synchronous: bool, keep: bool = False) -> Iterator[Cluster]:
    """A running cluster, which is removed afterwards; with `keep` its folder and logs stay."""
    folder = Path(tempfile.mkdtemp(prefix="studio-ha-"))
    folder.chmod(0o711)
    own(folder)
    made = Cluster(folder, synchronous=synchronous)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
