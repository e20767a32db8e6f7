"""A server that loses commits and gives their numbers to others: no words are lost, and it is said."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from psycopg import errors

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded import account as accounts
from studio_sync.database.embedded import programs, settings
from studio_sync.database.embedded.embedded import LATEST
from studio_sync.database.embedded.folders import make_folders
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.connection.server_errors import explain
from studio_sync.database.postgres.schema.install import install_schema
from studio_sync.database.values.failures import CancelledReadError
from studio_sync.sync import connection as source
from studio_sync.sync.compare.bases import recognition
from studio_sync.sync.connection import DatabaseSource
from studio_sync.sync.replica import read
from tests.harness import S1, SESSION, TREE, Desk
from tests.servers import new_home

_SETTINGS = {
    "listen_addresses": "",
    "wal_level": "replica",
    "max_wal_senders": "4",
    "hot_standby": "on",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
    "wal_init_zero": "off",
}
ARTICLE = f"{S1}/article.md"
CONTENT = "SELECT content FROM articles WHERE session_id = %s"


class Machine:
    """A machine with a server of its own: a data folder and a socket."""

    def __init__(self, home: Path, name: str) -> None:
        self.home, self.name = home, name
        self.account = accounts.choose(home)
        self.tools = programs.find_programs(LATEST, self.account, home)
        self.data = home / name
        self.socket = home / f"{name}-socket"
        make_folders(self.socket, 0o711, owner=self.account)

    def run(self, program: str, *arguments: str | Path) -> None:
        code, said = self.tools.run(program, *arguments, cwd=self.home)
        assert not code, said

    def initialise(self) -> None:
        make_folders(self.data, 0o700, owner=self.account)
        self.run(
            "initdb", "-D", self.name, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale",
            "--no-sync", "--no-instructions",
        )  # fmt: skip

    def follow(self, other: "Machine") -> None:
        """Become a standby of another machine's server, which runs."""
        make_folders(self.data, 0o700, owner=self.account)
        self.run(
            "pg_basebackup", "-D", self.name, "-h", other.socket, "-U", "postgres", "-R", "-c", "fast",
            "--no-sync", "--no-manifest",
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        options = settings.command_line({**_SETTINGS, "unix_socket_directories": str(self.socket)})
        # Short sockets, and out of our terminal: Ctrl-C in a test run does not reach it.
        self.run("pg_ctl", "start", "-D", self.name, "-w", "-s", "-l", f"{self.name}.log", "-o", options)

    def stop(self, how: str = "fast") -> None:
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "-D", self.name, "-w", "-s", "-m", how)

    def url(self, database: str = "desk") -> str:
        return f"postgresql://postgres@{str(self.socket).replace('/', '%2F')}/{database}"

    def ask(self, *queries: str, database: str = "desk") -> str:
        """The value that the last of some statements gives, as text."""
        with open_connection(parse_address(self.url(database))) as connection:
            for query in queries[:-1]:
                connection.execute(query.encode())
            row = connection.execute(queries[-1].encode()).fetchone()
        return str(row[0]) if row else ""

    def reach(self, transaction: int) -> None:
        """Use up numbers of transactions, so that the next one is `transaction`."""
        with open_connection(parse_address(self.url())) as connection:
            found = 0
            while found < transaction - 1:
                row = connection.execute("SELECT pg_current_xact_id()::text").fetchone()
                found = int(row[0]) if row else 0
        assert found == transaction - 1


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = new_home()
    account = accounts.choose(folder)
    if account and account.switched:
        shutil.chown(folder, account.uid, account.gid)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def primary(home: Path) -> Iterator[Machine]:
    machine = Machine(home, "a")
    machine.initialise()
    machine.start()
    yield machine
    machine.stop("immediate")


@pytest.fixture
def failing(primary: Machine, tmp_path: Path) -> Iterator[Desk]:
    """A workspace whose files were pushed to a server that will fail."""
    primary.ask("CREATE DATABASE desk", "SELECT 1", database="postgres")
    with open_connection(parse_address(primary.url())) as connection:
        install_schema(connection, create_tables=True)
    with Desk(tmp_path / "desk", primary.url()) as desk:
        desk.write_all(TREE)
        desk.ok("push")
        yield desk


@pytest.fixture
def left_behind(failing: Desk, primary: Machine, home: Path) -> Iterator[Machine]:
    """A standby that no longer gets what its primary commits; the test promotes it when that one fails."""
    standby = Machine(home, "b")
    standby.follow(primary)
    until(standby, f"SELECT pg_last_wal_replay_lsn() >= '{primary.ask('SELECT pg_current_wal_lsn()')}'")
    standby.ask("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
    until(standby, "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)")
    yield standby
    failing.hang_up()
    standby.stop("immediate")
    shutil.rmtree(standby.data)
    shutil.rmtree(standby.socket)
    primary.stop("immediate")
    primary.start()
    primary.ask("DROP DATABASE desk WITH (FORCE)", "SELECT 1", database="postgres")


def until(machine: Machine, query: str) -> None:
    """Wait until a query gives true."""
    end = time.monotonic() + 20
    while machine.ask(query) != "True":
        assert time.monotonic() < end, query
        time.sleep(0.02)


def pushed(desk: Desk, new: str) -> tuple[int, int]:
    """Push other words of the article; its row's token, and the number of the next transaction then."""
    for _ in range(10):
        desk.one("SELECT pg_current_xact_id()::text")
    desk.edit(ARTICLE, "One two three", new)
    desk.ok("push")
    token = int(desk.one("SELECT xmin::text FROM articles WHERE session_id = %s", SESSION))
    desk.ok("status", "--exit-code")
    return token, int(desk.one("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")) + 10


def reuse(machine: Machine, token: int, later: int) -> None:
    """A colleague writes the article in a transaction that has the number of the lost one."""
    machine.reach(token)
    machine.ask(
        f"UPDATE articles SET content = 'A colleague''s words.' WHERE session_id = '{SESSION}' RETURNING 1"
    )
    assert machine.ask(f"SELECT xmin::text FROM articles WHERE session_id = '{SESSION}'") == str(token)
    machine.reach(later)


def assert_nothing_is_lost(desk: Desk) -> None:
    """It is said, in every command, and neither side's words are overwritten."""
    for command in (["status"], ["diff"], ["push", "-n"], ["status"], ["push"], ["pull"]):
        found = desk.run(*command, "--json")
        assert found.codes.count("set-back") == 1, found
        standings = {r["path"]: r["standing"] for r in found.json["records"]}
        assert standings == {f"content/{ARTICLE}": "conflict"}
    desk.edit(ARTICLE, "Mine", "Mine again")
    desk.refused("push")
    assert desk.one(CONTENT, SESSION) == "A colleague's words."
    assert "Mine again" in desk.read(ARTICLE)
    desk.edit(f"{S1}/video.md", "Listen now", "Listen")
    desk.refused("push", "--partial")
    assert "NARRATOR: Listen." in desk.one("SELECT script FROM videos")


def test_a_replica_is_read_where_it_has_come_as_far_as_this_workspace(
    failing: Desk, primary: Machine, home: Path
) -> None:
    replica = Machine(home, "r")
    replica.follow(primary)
    failing.config("targets:\n  production:\n    url: ${MAIN}\n    read: ${REPLICA}\n")
    env = {"MAIN": primary.url(), "REPLICA": replica.url()}

    def caught_up() -> None:
        until(replica, f"SELECT pg_last_wal_replay_lsn() >= '{primary.ask('SELECT pg_current_wal_lsn()')}'")

    def read_from(*command: str, **other: str) -> str:
        found = failing.ok(*command, "--target", "production", "--json", **{**env, **other})
        return "replica" if "replica" in found.json["database"] else "primary"

    try:
        caught_up()
        for command in ("status", "diff", "log", "board"):
            assert read_from(command) == "replica", command
        assert (
            "database: production, replica (postgres@"
            in failing.ok("status", "--target", "production", **env).err
        )
        replica.ask("SELECT pg_wal_replay_pause()::text")
        failing.edit(ARTICLE, "One two three", "Mine")
        assert read_from("status") == "primary", "what is to push may be on its way to the replica"
        failing.ok("push", "--target", "production", **env)
        for command in ("status", "diff", "log", "board"):
            assert read_from(command) == "primary", command
        replica.ask("SELECT pg_wal_replay_resume()::text")
        caught_up()
        assert read_from("status") == "replica"
        assert read_from("status", REPLICA="") == "primary"
        primary.ask("UPDATE videos SET script = 'By the web app.' RETURNING 1")
        caught_up()
        assert failing.run("status", "--target", "production", "--exit-code", **env).code == 1
        failing.ok("pull", "--target", "production", **env)
        assert "By the web app." in failing.read(f"{S1}/video.md")
        replica.stop("immediate")
        assert read_from("status") == "primary"
    finally:
        failing.hang_up()
        replica.stop("immediate")
        primary.ask("DROP DATABASE desk WITH (FORCE)", "SELECT 1", database="postgres")


def test_a_pull_does_not_wait_for_a_synchronous_standby_that_is_gone(failing: Desk, primary: Machine) -> None:
    primary.ask(
        "UPDATE videos SET script = 'By the web app.' RETURNING 1",
        "ALTER SYSTEM SET synchronous_standby_names = 'gone'",
        "SELECT pg_reload_conf()",
    )
    until(primary, "SELECT current_setting('synchronous_standby_names') = 'gone'")
    try:
        failing.ok("pull", STUDIO_WAIT="5")
        assert "By the web app." in failing.read(f"{S1}/video.md")
        assert failing.one("SELECT count(*) FROM studio_sync.runs WHERE source = 'pull'") == 1
        failing.edit(ARTICLE, "One two three", "Mine")
    finally:
        failing.hang_up()
        primary.ask("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        primary.ask("DROP DATABASE desk WITH (FORCE)", "SELECT 1", database="postgres")


@pytest.mark.parametrize("how", ["", "pg_cancel_backend", "pg_terminate_backend"])
def test_a_push_that_no_synchronous_standby_has_is_not_told_as_pushed(
    failing: Desk, primary: Machine, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A COMMIT whose wait for the standby is cancelled is visible, and lost with the primary."""
    monkeypatch.setattr(source, "_PAUSES", (0,))
    gone = "SELECT current_setting('synchronous_standby_names') = '{}'"
    primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'gone'", "SELECT pg_reload_conf()")
    until(primary, gone.format("gone"))
    waits = "SELECT coalesce(bool_and({}(pid)), false) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    ending = Thread(target=until, args=(primary, waits.format(how)))
    try:
        failing.edit(ARTICLE, "One two three", "Mine")
        if how:
            ending.start()
        found = failing.run("push", STUDIO_WAIT="1")
        assert (found.code, found.out) == (3, ""), found
        assert "it is not known whether the push arrived" in found.err
    finally:
        if how:
            ending.join()
        primary.ask("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        until(primary, gone.format(""))
    status = failing.json("status")
    assert [p["code"] for p in status["problems"]] == ["push-arrived"]
    assert status["records"] == []
    found = failing.ok("push")  # it lasts by now
    assert "nothing to push" in found.out
    (run,) = failing.sql("SELECT id::text FROM studio_sync.runs ORDER BY at DESC LIMIT 1")
    assert f"whether it arrived has arrived: revision {run[0][:8]}" in found.err
    assert failing.ok("show", run[0][:8]).out
    assert "arrived" not in failing.ok("status").text + failing.ok("push").text
    failing.hang_up()
    primary.ask("DROP DATABASE desk WITH (FORCE)", "SELECT 1", database="postgres")


def test_a_read_that_a_standby_cancels_is_tried_again_and_told_as_such() -> None:
    class Cancelled(errors.SerializationFailure):
        diag = SimpleNamespace(message_primary="canceling statement due to conflict with recovery")  # type: ignore[assignment]

    told = explain(Cancelled(), "db")
    assert "the standby cancelled this read" in told.message
    assert isinstance(told, CancelledReadError)
    tries: list[str] = []

    def run(source: DatabaseSource) -> str:
        tries.append(source.label)
        if len(tries) < 3:
            raise told
        return source.label

    main = DatabaseSource("main", "", lambda *_: None)  # type: ignore[arg-type,return-value]
    assert read(replace(main, replica=replace(main, label="replica")), run, will_do=bool)[0] == "replica"
    assert tries == ["replica"] * 3
    tries[:] = []
    assert read(main, run, will_do=bool)[0] == "main"
    with pytest.raises(CancelledReadError):
        read(main, lambda _: (_ for _ in ()).throw(told), will_do=bool)


def test_a_failover_that_loses_commits_and_reuses_their_numbers(
    failing: Desk, primary: Machine, left_behind: Machine
) -> None:
    standby = left_behind
    token, later = pushed(failing, "Mine")
    failing.hang_up()
    failing.url = standby.url()
    found = failing.run("status")
    assert found.code == 3
    assert "is behind what this workspace last wrote" in found.err
    primary.stop("immediate")
    standby.ask("SELECT pg_promote()")
    reuse(standby, token, later)
    assert_nothing_is_lost(failing)


@pytest.mark.usefixtures("with_every_capability")
def test_a_push_that_a_failover_lost_is_said_and_pushed_again(
    failing: Desk, primary: Machine, left_behind: Machine
) -> None:
    standby = left_behind
    failing.edit(f"{S1}/video.md", "Listen now", "Listen")
    for new in ("Mine", "Mine, at last"):
        failing.edit(ARTICLE, "One two three" if new == "Mine" else "Mine", new)
        failing.ok("push")
    failing.hang_up()
    primary.stop("immediate")
    standby.ask("SELECT pg_promote()")
    failing.url = standby.url()
    article, video = f"content/{ARTICLE}", f"content/{S1}/video.md"

    def status() -> tuple[dict[str, str], str]:
        found = failing.json("status")
        (said,) = [p["message"] for p in found["problems"] if p["code"] == "set-back"]
        return {r["path"]: r["standing"] for r in found["records"]}, said

    def restart(target: str) -> None:
        standby.ask(f"ALTER SYSTEM SET recovery_target_time = '{target}'", "SELECT 1")
        standby.stop()
        standby.start()

    # Who restores an earlier state on purpose wants to have it.
    restart("2030-01-01 00:00:00+00")
    assert status() == ({article: "conflict", video: "conflict"}, recognition._WENT_BACK)
    restart("")
    standings, said = status()
    assert standings == {article: "ahead", video: "ahead"}
    assert said.endswith("; 2 records that were pushed are to push again")
    # What somebody has written since is not taken back, though it got the number of a lost version.
    standby.ask("UPDATE videos SET script = 'A colleague''s words.' RETURNING 1")
    standings, said = status()
    assert standings == {article: "ahead", video: "conflict"}
    assert said.endswith("; 1 record that was pushed is to push again")
    found = failing.ok("push", f"{failing.content}/{ARTICLE}")
    assert "1 record that was pushed is to push again" in found.err
    assert failing.one(CONTENT, SESSION).startswith("Mine, at last")
    assert failing.one("SELECT script FROM videos") == "A colleague's words."
    assert failing.standings().keys() == {f"{S1}/video.md"}


def test_a_disk_that_is_set_back_keeps_its_servers_name_and_reuses_numbers(
    failing: Desk, primary: Machine, home: Path
) -> None:
    primary.stop()
    snapshot = home / "snapshot"
    shutil.copytree(primary.data, snapshot)
    primary.start()
    token, later = pushed(failing, "Mine")
    failing.hang_up()
    primary.stop("immediate")
    shutil.rmtree(primary.data)
    snapshot.rename(primary.data)
    _owned(primary)
    primary.start()
    reuse(primary, token, later)
    assert_nothing_is_lost(failing)
    failing.hang_up()
    primary.ask("DROP DATABASE desk WITH (FORCE)", "SELECT 1", database="postgres")


def _owned(machine: Machine) -> None:
    """Give a copied data folder to the account that runs the server."""
    if machine.account and machine.account.switched:
        for path in (machine.data, *machine.data.rglob("*")):
            shutil.chown(path, machine.account.uid, machine.account.gid)
