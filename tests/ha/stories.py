"""What is tried beyond one machine. Run it by `python -m tests.ha`."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.schema.install import install_schema
from tests import pooler
from tests.ha.cluster import Cluster, cluster, wait_for
from tests.harness import S1, S2, TREE, Desk


@pytest.mark.parametrize("which", pooler.POOLERS, ids=lambda one: one.package)
def test_everything_goes_through_a_pool(desk: Desk, which: pooler.Program) -> None:
    env = {"STUDIO_DATABASE_URL": pooler.through(desk.url, which)}
    desk.ok("push", **env)
    assert "nothing to push" in desk.ok("push", **env).out
    desk.sql("UPDATE videos SET script = 'New.'")
    desk.edit(f"{S2}/article.md", "Ask", "Frag")
    desk.ok("push", **env)
    desk.ok("pull", **env)
    assert desk.read(f"{S1}/video.md").endswith("New.\n")
    for command in ("log", "board", "doctor", "db access", "db prune --before 2026-01-01 -n", "undo -n"):
        desk.ok(*command.split(), **env)
    # More rows than are fetched at once.
    desk.sql(
        "INSERT INTO client_knowledge (client_id, type, content)"
        " SELECT id, 'type' || g, '{}' FROM clients, generate_series(1, 3000) AS g"
    )
    desk.ok("pull", **env)
    assert len(desk.files()) > 3000
    assert desk.json("status", **env)["records"] == []


@pytest.fixture(scope="module")
def trio() -> Iterator[Cluster]:
    with cluster(synchronous=False) as made:
        with open_connection(parse_address(made.url("haproxy"))) as connection:
            install_schema(connection, create_tables=True)
        yield made


def test_a_replica_that_lags_is_read_as_soon_as_it_has_what_this_workspace_wrote(
    trio: Cluster, tmp_path: Path
) -> None:
    desk = Desk(tmp_path / "desk", trio.url("haproxy"))
    desk.config("targets:\n  production:\n    url: ${MAIN}\n    read: ${REPLICAS}\n")
    desk.write_all(TREE)
    env = {"MAIN": trio.url("haproxy"), "REPLICAS": trio.url("replicas")}

    def replica_is_read() -> bool:
        found = desk.ok("status", "--target", "production", "--json", **env)
        assert found.json["records"] == []
        return "replica" in found.json["database"]

    desk.ok("push", "--target", "production", **env)
    wait_for(replica_is_read, 20, "the replica is not read")
    # Patroni resumes a replay that is paused.
    startup = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'"
    replaying = [node.ask(startup)[0][0] for node in trio.standbys()]
    for pid in replaying:
        os.kill(pid, signal.SIGSTOP)
    desk.edit(f"{S2}/article.md", "Ask", "Frag")
    desk.ok("push", "--target", "production", **env)
    assert not replica_is_read()
    desk.ok("pull", "--target", "production", **env)
    assert "Frag" in desk.read(f"{S2}/article.md")
    for pid in replaying:
        os.kill(pid, signal.SIGCONT)
    wait_for(replica_is_read, 20, "the replica is not read")


def test_a_read_that_the_standby_cancels_again_and_again_is_answered(trio: Cluster, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", trio.url("haproxy"))
    desk.config("targets:\n  production:\n    url: ${MAIN}\n    read: ${REPLICAS}\n")
    env = {"MAIN": trio.url("haproxy"), "REPLICAS": trio.url("replicas")}
    desk.ok("pull", "--target", "production", **env)
    leader, standbys = trio.leader(), trio.standbys()
    for node in standbys:
        node.ask("ALTER SYSTEM SET max_standby_streaming_delay = 0")
        node.ask("SELECT pg_reload_conf()")
    conflicts = "SELECT sum(confl_lock + confl_snapshot + confl_bufferpin) FROM pg_stat_database_conflicts"
    cancelled = Counter[str]()

    def count() -> int:
        return sum(int(node.ask(conflicts)[0][0]) for node in standbys)

    before = count()
    for _ in range(200):
        status = desk.spawn("status", "--target", "production", "--exit-code", **env)
        while status.poll() is None:  # what is locked so on the primary ends reads of a standby
            leader.ask("BEGIN; LOCK TABLE articles, studio_sync.versions; SELECT pg_sleep(0.02); COMMIT")
        out, err = status.communicate()
        assert "Traceback" not in err
        assert status.returncode == 0, (out, err)
        cancelled["status"] += 1
        if count() - before >= 5:
            break
    assert count() > before, cancelled
    print(f"  {count() - before} reads cancelled in {cancelled['status']} runs of status")  # noqa: T201
