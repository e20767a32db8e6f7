import signal
import socket
import struct
import threading
import time
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.attempts import given_by_then
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.connection.server_errors import explain
from studio_sync.errors import StudioError, UnavailableError

UUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"


def explained(connection, statement, *arguments):
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(statement, arguments or None)
    return explain(caught.value, "ann@h/studio")


@pytest.fixture
def role(connection):
    """A role that may connect and nothing else, and what to connect as it with."""
    name = f"role_{connection.info.dbname}"
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    yield name
    connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
    connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def plain(role, url):
    with open_connection(parse_address(url.replace("postgres@", f"{role}@"))) as connection:
        yield connection


@pytest.mark.parametrize("binary", [False, True])
def test_json_uuid_and_numbers_arrive_without_a_loss(connection, binary):
    row = connection.execute(
        """SELECT '{"a":1.10}'::json, '12345678901234567890.10'::jsonb, %s::uuid, 12.50::numeric,
                  NULL::jsonb""",
        [UUID],
        binary=binary,
    ).fetchone()
    assert row == ('{"a":1.10}', "12345678901234567890.10", UUID, Decimal("12.50"), None)
    assert str(row[3]) == "12.50"


@pytest.mark.parametrize("form", ["", "(FORMAT binary)"])
def test_a_text_is_sent_to_json_and_uuid_as_it_is(connection, form):
    connection.execute("CREATE TEMP TABLE t (j json, b jsonb, u uuid, x text)")
    values = ('{"a":1.10}', '{"a": 1.10}', UUID, "{")
    connection.execute("INSERT INTO t VALUES (%s, %s, %s, %s)", values)
    with connection.cursor().copy(f"COPY t FROM STDIN {form}".encode()) as copy:
        copy.set_types(["json", "jsonb", "uuid", "text"])
        copy.write_row(values)
    assert connection.execute("SELECT * FROM t").fetchall() == [values, values]


def test_a_connection_commits_each_statement_and_prepares_none(connection):
    assert connection.autocommit
    for _ in range(10):
        connection.execute("SELECT %s::int", [1])
    assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
    assert connection.execute("SHOW application_name").fetchone() == ("studio",)
    assert connection.execute("SHOW client_encoding").fetchone() == ("UTF8",)


def failure(url):
    with pytest.raises(UnavailableError) as caught:
        open_connection(parse_address(url))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def test_a_port_where_nothing_answers_is_explained():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = failure(f"postgres://ann:s3cret@127.0.0.1:{port}/studio")
    assert error.message == f"Can't connect to ann@127.0.0.1:{port}/studio: nothing answers there"
    assert error.hint


def test_a_host_that_does_not_exist_is_explained():
    error = failure("postgres://ann:s3cret@no-such-host.invalid/studio")
    assert "no host of this name" in error.message
    assert "s3cret" not in str(error)


def test_a_server_that_does_not_answer_is_given_up():
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        port = mute.getsockname()[1]
        error = failure(f"postgres://ann@127.0.0.1:{port}/studio?connect_timeout=2")
    assert "did not answer in time" in error.message


def served(reply):
    """The port of a server that reads once, answers `reply` and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener, listener.accept()[0] as client:
            client.recv(1000)
            client.sendall(reply)

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def fatal(text):
    body = b"SFATAL\0C99999\0M" + text.encode() + b"\0\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


def test_a_server_without_tls_is_explained():
    error = failure(f"postgres://ann:s3cret@127.0.0.1:{served(b'N')}/studio?sslmode=require")
    assert "no TLS" in error.message
    assert "sslmode=disable" in error.hint


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('password authentication failed for user "ann"', "name or password is wrong"),
        ("sorry, too many clients already", "no free connection"),
        ("remaining connection slots are reserved for roles with SUPERUSER", "no free connection"),
        ("the database system is starting up", "not ready"),
        ('no pg_hba.conf entry for host "1.2.3.4", user "ann"', "doesn't let this user in from here"),
        ("Tenant or user not found", "Tenant or user not found"),
        (
            'unrecognized configuration parameter "statement_timeoutt"',
            "setting of `options` in the address (unr",
        ),
        ('invalid value for parameter "lock_timeout": "x"', "setting of `options` in the address"),
        ("unsupported startup parameter in options: statement_timeout", "a pooler between"),
        ("Passwort s3cret ist falsch", "Passwort *** ist falsch"),
    ],
)
def test_what_a_server_says_when_it_refuses_is_put_in_plain_words(said, shown):
    error = failure(f"postgres://ann:s3cret@127.0.0.1:{served(fatal(said))}/studio?sslmode=disable")
    assert shown in error.message
    assert "s3cret" not in error.message + error.hint


def test_an_address_without_the_password_that_is_asked_for_is_explained():
    asks = b"R" + struct.pack("!II4s", 12, 5, b"salt")
    error = failure(f"postgres://ann@127.0.0.1:{served(asks)}/studio?sslmode=disable&passfile=/nowhere")
    assert "asks for a password" in error.message
    assert "USER:PASSWORD@" in error.hint


def test_each_of_several_hosts_has_its_own_reason_and_the_best_hint_is_given(url):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"127.0.0.1:{free.getsockname()[1]}"
    place, name = url.partition("@")[2].split("/")
    own = f"postgresql://postgres@{place},{nowhere}/{name}"
    error = failure(f"{own}?target_session_attrs=standby&sslmode=disable")
    assert "it is a primary, and no standby; 127.0.0.1: nothing answers there" in error.message
    with open_connection(parse_address(url)) as connection:
        database = sql.Identifier(connection.info.dbname)
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(database)
        )
    error = failure(f"{own}?target_session_attrs=read-write&sslmode=disable")
    assert "it is a standby, and no primary; 127.0.0.1: nothing answers there" in error.message
    assert "leave target_session_attrs out" in error.hint
    with open_connection(parse_address(own)) as connection:  # the way out
        assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)


def test_something_else_on_the_port_is_explained():
    error = failure(f"postgres://ann@127.0.0.1:{served(b'')}/studio?sslmode=disable")
    assert "the connection was cut" in error.message


def test_a_missing_database_user_and_socket_are_explained(url):
    assert "no such database" in failure(url.replace("/test_", "/nope_")).message
    assert "no such user" in failure(url.replace("postgres@", "nobody_here@")).message
    assert "no server runs on this socket" in failure("postgresql://ann@%2Fnowhere/d").message


def test_a_missing_table_and_column_are_named(connection):
    connection.execute("DROP TABLE articles")
    error = explained(connection, "SELECT 1 FROM articles")
    assert "articles" in error.message
    assert "studio db init" in error.hint
    assert "nope" in explained(connection, "SELECT nope FROM clients").message


def test_permission_denied_names_the_table_and_the_grant(connection, plain, role):
    error = explained(plain, "SELECT 1 FROM programs")
    assert error.message == "ann@h/studio: permission denied for table programs"
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON programs TO" in error.hint
    error = explained(plain, "CREATE TABLE public.t (a int)")
    assert "schema public" in error.message
    assert "CREATE" in error.hint
    connection.execute(sql.SQL("GRANT ALL ON clients TO {}").format(sql.Identifier(role)))
    error = explained(plain, "INSERT INTO clients (name, slug) VALUES ('a', 'a')")
    assert "row-level security" in error.message
    assert "clients" in error.message
    assert "POLICY" in error.hint
    with plain.transaction(force_rollback=True):
        plain.execute("SET LOCAL row_security = off")
        error = explained(plain, "SELECT 1 FROM clients")
    assert "row-level security" in error.message


def test_a_database_that_can_only_be_read_is_explained(connection):
    with connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION READ ONLY")
        error = explained(connection, "INSERT INTO clients (name, slug) VALUES ('a', 'a')")
    assert "only be read" in error.message


def test_a_statement_that_takes_too_long_is_explained(connection):
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL statement_timeout = 10")
        error = explained(connection, "SELECT pg_sleep(5)")
    assert "took too long" in error.message


def test_a_lost_connection_is_explained(connection, url):
    with open_connection(parse_address(url)) as other:
        connection.execute("SELECT pg_terminate_backend(%s)", [other.info.backend_pid])
        first = explained(other, "SELECT 1")
        second = explained(other, "SELECT 1")
    assert "restarting" in first.message or "connection was lost" in first.message
    assert "connection was lost" in second.message


def test_a_refused_row_is_named_by_its_rule_and_not_by_its_values(connection):
    statement = "INSERT INTO clients (name, slug) VALUES (%s, %s)"
    connection.execute(statement, ["a", "private"])
    error = explained(connection, statement, "b", "private")
    assert type(error) is StudioError
    assert "clients_slug_key" in error.message
    assert "private" not in error.message
    assert "clients.name" in explained(connection, statement, None, "c").message


def test_values_that_the_database_cannot_keep_are_explained(connection):
    assert "NUL" in explained(connection, "SELECT %s::text", "a\0b").message
    assert "can't keep" in explained(connection, "SELECT %s::jsonb", '"\\u0000"').message
    connection.execute("ALTER TABLE clients ALTER industry TYPE varchar(3)")
    error = explained(connection, "INSERT INTO clients (name, slug, industry) VALUES ('a', 'a', 'long')")
    assert "longer than its column" in error.message
    assert "character varying(" in error.message


def test_any_other_error_keeps_what_the_server_says(connection):
    error = explained(connection, "SELECT 1 / 0")
    assert error.message == "ann@h/studio: PostgreSQL reports an error (22012): division by zero"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that sends a signal")
def test_a_signal_at_any_moment_does_not_prolong_the_wait():
    began, handled, over = time.monotonic(), [], threading.Event()

    def outlast_a_slice(*_: object) -> None:
        handled.append(1)
        if len(handled) > 5:
            raise AssertionError("it waits for ever")
        time.sleep(0.15)

    before = signal.signal(signal.SIGALRM, outlast_a_slice)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 3)
    try:
        with pytest.raises(TimeoutError):
            given_by_then(lambda: over.wait(20), began + 0.5)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        over.set()
    assert handled
    assert time.monotonic() - began < 2
