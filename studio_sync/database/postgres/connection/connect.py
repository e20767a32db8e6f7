"""Opening PostgreSQL connections, and explaining failures to connect."""

import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from studio_sync.database.address.url import Target
from studio_sync.database.postgres.connection.server_errors import in_short
from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    import psycopg

    from studio_sync.database.postgres.connection.patience import Patience

Opened = TypeVar("Opened", bound="psycopg.Connection[Any]")

_REQUIRES_AUTH = 160000
"""The first version of libpq with `require_auth`, which excludes methods of authentication."""
_NOTHING_LENT = {"passfile": "/dev/null/none", "sslcert": "/dev/null/none", "gssencmode": "disable"}
"""Parameters that keep libpq from the user's own files and tickets: no file can have this path."""


def open_connection(
    target: Target,
    *,
    application_name: str = "studio",
    patience: "Patience | None" = None,
    without: frozenset[str] = frozenset(),
) -> "psycopg.Connection[Any]":
    """Open a connection in autocommit mode; use `connection.transaction()` for transactions.

    It keeps no session state beyond a transaction, so that it works through a pooler. json and jsonb are
    loaded as text, uuid as str, numeric as Decimal; a str is sent to jsonb as it is. `patience` limits the
    wait for a silent server. `without` names capabilities to leave unused even if the server has them. Raises
    UnavailableError, which names the database and never contains a password.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    from studio_sync.database.postgres.connection.adapters import register_adapters
    from studio_sync.database.postgres.connection.attempts import attempts
    from studio_sync.database.postgres.connection.patience import Connection, Patience

    _keep_environment_out()
    _keep_driver_quiet()
    values = {name: str(value) for name, value in conninfo_to_dict(target.conninfo).items()}
    if not target.lends:
        values = _NOTHING_LENT | values
    if values.get("sslmode") != "verify-full":
        values.setdefault("require_auth", "!password")
    _check_library(psycopg.pq.version(), values, target)
    values |= {"application_name": application_name, "client_encoding": "UTF8"}
    failures: dict[str, UnavailableError] = {}
    try:
        for attempt in attempts(values, time.monotonic() + target.seconds):
            try:
                conninfo = make_conninfo("", **attempt)
                open_one = partial(Connection.connect, conninfo, autocommit=True, prepare_threshold=None)
                found = _in_time(open_one, int(attempt["connect_timeout"]))
            except (psycopg.Error, TimeoutError) as error:
                place = attempt.get("host") or attempt.get("hostaddr", "")
                failures[place] = _explain_connecting(target.scrub(str(error)), target)
                continue
            found.be_patient(patience or Patience(first=float(target.seconds)), partial(_answers, conninfo))
            found.without = without
            register_adapters(found.adapters)
            return found
    except (psycopg.Error, OSError, UnicodeError) as error:
        failures[""] = _explain_connecting(target.scrub(str(error)), target)
    # Raised here, so that no traceback refers to an error that quotes the address.
    raise _one_of(failures, target)


def _one_of(failures: Mapping[str, UnavailableError], target: Target) -> UnavailableError:
    """The error if all of several hosts failed, with each host's reason if they differ."""
    found = list(failures.values())
    if not found:
        return _unreachable(target, "it names no server")
    if len({error.message for error in found}) == 1:
        return found[0]
    start = f"Can't connect to {target.label}: "
    reasons = "; ".join(f"{host}: {e.message.removeprefix(start)}" for host, e in failures.items())
    # A host that was reached gives a better way out than one that was not.
    hints = [e.hint for e in found if e.hint == _NO_PRIMARY] or [e.hint for e in found if e.hint]
    return _unreachable(target, f"no host of it will do. {reasons}", hints[0] if hints else _ADDRESS)


def _keep_environment_out() -> None:
    """Remove the variables that libpq would read from the environment: the address contains everything."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        os.environ.pop(name, None)  # another thread may connect, too


def _keep_driver_quiet() -> None:
    """Stop psycopg from printing a server's words to the terminal."""
    log = logging.getLogger("psycopg")
    log.propagate = False
    log.handlers[:] = [logging.NullHandler()]


def _check_library(version: int, values: Mapping[str, str], target: Target) -> None:
    """Refuse a libpq that sends cleartext passwords to any server that asks; `version` as 160004."""
    if "require_auth" not in values or version >= _REQUIRES_AUTH:
        return
    raise UnavailableError(
        f"Can't connect to {target.label}: the libpq of this machine ({version // 10000}) can't be kept from"
        " sending a password in clear",
        "install one of 16 or later (pip install -U 'psycopg[binary]'), or end the address with"
        " ?sslmode=verify-full",
    )


def _answers(conninfo: str, seconds: int) -> bool:
    """Whether the server answers a second connection within that time, even if it refuses it."""
    import psycopg

    try:
        _in_time(partial(psycopg.connect, conninfo, connect_timeout=seconds), seconds).close()
    except (psycopg.Error, TimeoutError) as error:
        return "FATAL" in str(error)
    return True


def _in_time(connect: Callable[[], Opened], seconds: int) -> Opened:
    """Connect within libpq's timeout of `seconds`, or a little more. Raises TimeoutError.

    A server may demand a password proof that takes an hour, during which libpq doesn't check its timeout.
    """
    from studio_sync.database.postgres.connection.attempts import LATE_SECONDS, given_by_then

    def close(late: Opened) -> None:
        late.close()

    return given_by_then(connect, time.monotonic() + seconds + LATE_SECONDS, close)


_NO_PRIMARY = (
    "name the primary's host, too, or wait until one is promoted; to read from a standby, leave"
    " target_session_attrs out of the address"
)
_ADDRESS = "check the address: `studio doctor` says where it comes from"
_CONNECTING: tuple[tuple[str, str, str], ...] = (
    # First the messages that may quote a name which other patterns would match.
    (
        r"unrecognized configuration parameter|invalid value for parameter|parameter .* cannot be changed",
        "it refuses a setting of `options` in the address",
        "take it out of the address, or correct its name or value",
    ),
    (
        r"unsupported startup parameter",
        "there is a pooler between, which takes no `options`",
        "leave out `options` (and PGOPTIONS), or let PgBouncer have ignore_startup_parameters = options",
    ),
    (
        r"invalid connection option|invalid URI query parameter",
        "the address has a parameter that libpq does not know",
        "correct its name, or take it out of the address",
    ),
    (r"session is read-only|server is in hot standby mode", "it is a standby, and no primary", _NO_PRIMARY),
    (
        r"server is not in hot standby mode|session is not read-only",
        "it is a primary, and no standby",
        "the address asks for a standby (target_session_attrs): name one, or say prefer-standby",
    ),
    (
        r"server requested a cleartext password",
        "the server asks for the password in clear, which only a server gets whose certificate was checked",
        "use ?sslmode=verify-full&sslrootcert=system; your own address may say ?require_auth=password",
    ),
    (
        r"no password supplied",
        "the server asks for a password, and the address has none",
        "put it there, as in postgresql://USER:PASSWORD@HOST/DATABASE, or set PGPASSWORD",
    ),
    (
        r"password authentication failed|\(SCRAM\)|authentication failed",
        "the user's name or password is wrong",
        "check both in the address; a password with special characters must be percent-encoded",
    ),
    (
        r'database "[^"]*" does not exist|3D000',
        "the server has no such database",
        "check the name at the end of the address",
    ),
    (r'role "[^"]*" does not exist', "the server has no such user", "check the user in the address"),
    (
        r"translate host name|resolve host|Name or service not known|nodename nor servname|getaddrinfo",
        "there is no host of this name, or no network",
        "check the host in the address, and your network",
    ),
    (
        r"invalid port number|invalid integer value .* for connection option \"port\"",
        "its port is no number from 1 to 65535",
        "check the port in the address",
    ),
    (r"Connection refused", "nothing answers there", "is the server running, and is the port right?"),
    (
        r"timeout|timed out",
        "it did not answer in time",
        "is the host right, and is there a firewall in between?",
    ),
    (
        r"does not support SSL|SSL is not enabled|server refused SSL|does not support TLS",
        "the server has no TLS, so the password and all content would be readable on the way",
        "turn TLS on in the server, or accept that with ?sslmode=disable at the end of the address",
    ),
    (
        r"certificate|SSL error|SSL SYSCALL|tlsv1",
        "the encrypted connection failed",
        "check sslmode and sslrootcert in the address",
    ),
    (
        r"no pg_hba\.conf entry",
        "the server doesn't let this user in from here",
        "let who runs the server allow this address (pg_hba.conf), or try ?sslmode=require",
    ),
    (
        r"too many (clients|connections)|remaining connection slots|max_client_conn|MaxClients",
        "it has no free connection",
        "try again in a moment, or use the address of its pooler",
    ),
    (r"starting up|shutting down|recovery mode|not yet accepting", "the server is not ready", "try again"),
    (
        r"No such file or directory",
        "no server runs on this socket",
        "start it, or give a host in the address",
    ),
    (r"[Pp]ermission denied", "the system doesn't let this user connect", "check who may use the socket"),
    (r"Network is unreachable|No route to host", "there is no way to that host", "check your network"),
    (
        r"peer authentication failed",
        "the server doesn't let this user of the system in",
        "give a host and a user with a password in the address",
    ),
    (
        r"closed the connection unexpectedly|reset by peer",
        "the connection was cut",
        "is it a PostgreSQL server?",
    ),
)


def _explain_connecting(message: str, target: Target) -> UnavailableError:
    """The error for libpq's message `message`, without the target's secrets, when connecting failed."""
    server = re.findall(r"FATAL:\s*(.+)", message)
    for pattern, what, hint in _CONNECTING:
        if re.search(pattern, message):
            quoted = f" ({in_short(server[-1])})" if server and "`options`" in what else ""
            return _unreachable(target, f"{what}{quoted}", hint)
    message = server[-1] if server else message.rpartition("failed: ")[2].strip().partition("\n")[0]
    message = in_short(message) or "the reason is unknown"
    return _unreachable(target, message)


def _unreachable(target: Target, what: str, hint: str = _ADDRESS) -> UnavailableError:
    return UnavailableError(f"Can't connect to {target.label}: {what}", hint, code="unreachable")
