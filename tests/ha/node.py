"""One node of a cluster: Patroni and the PostgreSQL that it runs, behind wires."""

import json
import os
import signal
import subprocess
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.ha.programs import ACCOUNT, program
from tests.ha.wires import Wire, Wires, free_port

_SETTINGS = """
scope: studio
name: {name}
restapi:
  listen: 127.0.0.1:{rest}
  connect_address: 127.0.0.1:{rest_wire}
etcd3:
  host: 127.0.0.1:{etcd_wire}
  use_proxies: true
bootstrap:
  dcs:
    ttl: {ttl}
    loop_wait: 1
    retry_timeout: 3
    maximum_lag_on_failover: 16777216
    primary_start_timeout: 0
    master_start_timeout: 0
    synchronous_mode: {synchronous}
    synchronous_mode_strict: {synchronous}
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters:
        max_connections: 60
        max_wal_senders: 8
        max_replication_slots: 8
        wal_log_hints: "on"
        wal_keep_size: 128MB
  initdb: [{{encoding: UTF8}}, {{locale: C}}, no-sync]
postgresql:
  listen: 127.0.0.1:{port}
  connect_address: 127.0.0.1:{peer_wire}
  data_dir: {folder}/data
  bin_dir: {bin}
  pgpass: {folder}/pgpass
  basebackup: [{{checkpoint: fast}}, no-sync]
  remove_data_directory_on_rewind_failure: true
  remove_data_directory_on_diverged_timelines: true
  authentication:
    superuser: {{username: postgres, password: postgres}}
    replication: {{username: postgres, password: postgres}}
  pg_hba: [local all all trust, host all all 127.0.0.1/32 trust, host replication all 127.0.0.1/32 trust]
  parameters:
    unix_socket_directories: {folder}
    fsync: "off"
    shared_buffers: 24MB
    max_wal_size: 128MB
    min_wal_size: 32MB
    wal_sender_timeout: 5s
    wal_receiver_timeout: 5s
    log_min_duration_statement: 1000
"""


@dataclass
class Node:
    """A member of the cluster. Whoever talks to it goes through a wire of its own kind."""

    name: str
    folder: Path
    network: Wires
    etcd: int
    synchronous: bool
    ttl: int
    port: int = field(default_factory=free_port)
    rest: int = field(default_factory=free_port)
    patroni: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        """Lay the wires, and write the settings."""
        self.client: Wire = self.network.wire(self.port)
        self.peers: Wire = self.network.wire(self.port)
        self.asked: Wire = self.network.wire(self.rest)
        self.etcd_wire: Wire = self.network.wire(self.etcd)
        self.folder.mkdir(mode=0o700)
        (self.folder / "patroni.yml").write_text(
            _SETTINGS.format(
                name=self.name,
                folder=self.folder,
                port=self.port,
                rest=self.rest,
                rest_wire=self.asked.port,
                etcd_wire=self.etcd_wire.port,
                peer_wire=self.peers.port,
                bin=os.path.dirname(program("postgres")),
                synchronous=str(self.synchronous).lower(),
                ttl=self.ttl,
            )
        )
        own(self.folder)

    @property
    def wires(self) -> tuple[Wire, ...]:
        """Everything that leads to it, and from it to etcd."""
        return self.client, self.peers, self.asked, self.etcd_wire

    def start(self) -> None:
        """Start Patroni, which starts PostgreSQL."""
        if self.patroni is None or self.patroni.poll() is not None:
            self.patroni = run_program(
                [program("patroni"), self.folder / "patroni.yml"], self.folder / "patroni.log"
            )

    def processes(self) -> list[int]:
        """The postmaster, and every server process of it."""
        try:
            postmaster = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return []
        found = [postmaster]
        with suppress(OSError):
            for task in Path(f"/proc/{postmaster}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        return found

    def kill_postgres(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to PostgreSQL, all of it."""
        for pid in self.processes():
            with suppress(OSError):
                os.kill(pid, how)

    def kill(self) -> None:
        """The machine is gone: Patroni and PostgreSQL, and whoever is connected is not told."""
        self.client.forget()
        if self.patroni is not None:
            self.patroni.kill()
            self.patroni.wait(10)
        self.kill_postgres()

    def stop(self) -> None:
        """End it."""
        if self.patroni is not None:
            self.patroni.kill()
            self.patroni.wait(10)
        self.kill_postgres(signal.SIGCONT)
        self.kill_postgres(signal.SIGKILL)

    def ask(self, query: str, *given: Any, database: str = "studio") -> list[tuple[Any, ...]]:
        """The rows of a statement, asked for without a wire between."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname=database, autocommit=True,
            connect_timeout=3, sslmode="disable", application_name="tests",
        ) as connection:  # fmt: skip
            cursor = connection.execute(query.encode(), given or None)
            return cursor.fetchall() if cursor.description else []

    def state(self, path: str = "cluster") -> dict[str, Any]:
        """What Patroni says."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.rest}/{path}", timeout=3) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def order(self, path: str, what: dict[str, Any]) -> str:
        """Tell Patroni to do something."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.rest}/{path}",
            json.dumps(what).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return f"{error.code}: {error.read().decode()}"


def run_program(command: list[Any], log: Path) -> "subprocess.Popen[bytes]":
    """Start a program of the cluster, apart from the terminal, with its output in a file."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, user=ACCOUNT, cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOME": "/tmp"},
        )  # fmt: skip


def own(folder: Path) -> None:
    """Give a folder to the account that runs the cluster."""
    if ACCOUNT is not None:
        import shutil

        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, ACCOUNT, ACCOUNT)
