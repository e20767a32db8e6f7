"""Explaining PostgreSQL errors in plain words: refused statements, and lost connections."""

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from typing import TYPE_CHECKING, LiteralString

from studio_sync.database.values.failures import CancelledReadError
from studio_sync.errors import StudioError, UnavailableError

if TYPE_CHECKING:
    import psycopg

MISREAD = (ValueError, TypeError, LookupError, AttributeError, struct.error)
"""Exceptions that a malformed answer causes; `explain_misread` tells them from bugs."""
_READERS = ("studio_sync.database.", "studio_sync.sync.doctor.database_exam")
"""The modules that parse answers."""
_MAX_MESSAGE = 300
"""How many characters of a server's own message a message of studio repeats."""

_INIT: LiteralString = "prepare the database: studio db init (with --create-tables for an empty one)"
_STATES: tuple[tuple[str, str, str], ...] = (
    ("42P01", "a table is missing", _INIT),
    ("3F000", "a schema is missing", _INIT),
    (
        "42883",
        "a function is missing",
        "who runs the database can bring studio's own up to date, by any studio db grant done again",
    ),
    ("42703", "a column is missing", "compare the tables with studio's: studio db init names what differs"),
    (
        "25006",
        "it can only be read: it is a standby, or its role is read-only",
        "use the primary server's address",
    ),
    (
        "57014",
        "it stopped a statement that took too long",
        "raise statement_timeout for the role, or push less",
    ),
    ("53100", "its disk is full", "make room on the server, then try again; nothing was written"),
    ("53200", "it is out of memory", "try again, with fewer paths"),
    ("53300", "it has no free connection", "try again in a moment"),
    ("54", "something is larger than it can hold", "make the text or the statement smaller"),
    ("55P03", "another transaction holds a row for too long", "try again in a moment"),
    ("40", "another transaction was changing the same rows", "try again"),
    ("25P03", "it ended a transaction that was idle for too long", "try again"),
    ("57P", "the server is restarting", "try again in a moment"),
    ("08", "the connection was lost", "try again: what was already written is found out then"),
    ("28", "the server doesn't let this user in", "check the user and the password in the address"),
    ("0A000", "it lacks something that studio needs of PostgreSQL", ""),
    ("22001", "a text is longer than its column takes", "shorten it, or let the column take more"),
    ("22021", "a text holds characters that its encoding can't keep", "use a database in UTF8"),
    ("22P05", "a text holds characters that its encoding can't keep", "use a database in UTF8"),
)
_NAMING = frozenset({"42P01", "3F000", "42703", "42883", "0A000", "22001"})
"""SQLSTATEs whose server message says more than ours, and contains no values."""

_LOST = re.compile(r"connection|server closed|SSL|EOF|terminat|no answer|reset|broken pipe", re.IGNORECASE)
_LEDGER = frozenset({"runs", "versions", "notes"})
_OWNERS = frozenset({"access", "bound", "meta", "changes"})
"""Tables of studio_sync that are for their owner alone: who may write them grants itself anything."""
_DENIED = re.compile(r"permission denied for (?:relation )?(\w+(?: \S+)?)")


@contextmanager
def explained(label: str) -> Iterator[None]:
    """Turn every database failure in the block into a StudioError for people."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise explain(error, label) from error
    except MISREAD as error:
        explanation = explain_misread(error, label)
        if explanation is None:
            raise
        raise explanation from error


def in_short(message: str) -> str:
    """A server's message, of any content, as a part of one line of ours."""
    line = " ".join(message.split())
    return line if len(line) <= _MAX_MESSAGE else f"{line[:_MAX_MESSAGE]}…"


def explain(error: "psycopg.Error", label: str) -> StudioError:
    """The failure of a statement in plain words, with the way out. `label` names the database.

    It repeats the server's words on names and limits, never values.
    """
    from studio_sync.database.postgres.connection.patience import SilentError

    state, diag = error.sqlstate or "", error.diag
    message = in_short(diag.message_primary or "")
    if isinstance(error, SilentError):
        return UnavailableError(f"{label}: {error}", error.hint)
    if state == "42501":
        return _denied(message, label)
    if state.startswith("40") and "recovery" in message:
        return CancelledReadError(
            f"{label}: the standby cancelled this read, as it had to replay what the primary did",
            "try again, or give the primary's address; who runs the standby can set hot_standby_feedback",
        )
    for prefix, what, hint in _STATES:
        if state.startswith(prefix):
            named = f" ({message})" if state in _NAMING and message else ""
            return UnavailableError(f"{label}: {what}{named}", hint)
    if not state:
        text = str(error)
        if "NUL" in text:
            return StudioError(f"{label}: a text holds a NUL character, which PostgreSQL can't keep")
        if _LOST.search(text):
            return UnavailableError(
                f"{label}: the connection was lost", "try again: what was written is found out then"
            )
        # The driver's own messages are about its internals.
        return nonsense(type(error).__name__, label)
    if state.startswith("23"):
        where = in_short(".".join(filter(None, (diag.table_name, diag.column_name))))
        rule = f" (rule {in_short(diag.constraint_name)})" if diag.constraint_name else ""
        return StudioError(
            f"{label}: the database refuses a row{' of ' + where if where else ''}{rule}",
            "the database has a rule of its own, or someone wrote the same at this moment: try again",
        )
    where = f" in {in_short(diag.table_name)}" if diag.table_name else ""
    return UnavailableError(f"{label}: PostgreSQL reports an error{where} ({state}): {message}")


def _denied(message: str, label: str) -> UnavailableError:
    if "row-level security" in message:
        table = "".join(re.findall(r'table "([^"]+)"', message))
        return UnavailableError(
            f"{label}: row-level security doesn't let this role see or write all of {table or 'these rows'}",
            "who runs the database can grant more: studio db grant ROLE --client SLUG --can approve; or add a"
            f" policy of its own: CREATE POLICY … ON {table or 'TABLE'} … TO ROLE",
        )
    match = _DENIED.search(message)
    what, _, name = match[1].partition(" ") if match else ("", "", "")
    grants = {
        "table": f"GRANT SELECT, INSERT ON studio_sync.{name} TO ROLE"
        if name in _LEDGER
        else f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO ROLE",
        "schema": f"GRANT USAGE ON SCHEMA {name} TO ROLE (and CREATE, to make tables)",
        "database": f"GRANT CREATE ON DATABASE {name} TO ROLE",
        "sequence": f"GRANT USAGE ON SEQUENCE {name} TO ROLE",
        "function": f"GRANT EXECUTE ON FUNCTION {name} TO ROLE",
    }
    owner = "connect as the owner of the tables, or let the owner do it"
    return UnavailableError(
        f"{label}: permission denied{f' for {what} {name}' if name else ''}",
        f"who runs the database can allow it: {grants[what]}"
        if what in grants and name not in _OWNERS
        else owner,
    )


def explain_misread(error: Exception, label: str) -> UnavailableError | None:
    """The error in plain words, if it arose in parsing a server's answer; None for any other."""
    where = ""
    for frame, line in walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("studio_sync."):
            where = f"{module.removeprefix('studio_sync.')}:{line}" if module.startswith(_READERS) else ""
    if not where:
        return None
    return nonsense(f"{type(error).__name__} in {where}", label)


def nonsense(what: str, label: str) -> UnavailableError:
    """The error for a malformed answer; `what` tells maintainers where it arose."""
    return UnavailableError(
        f"{label}: an answer that PostgreSQL doesn't give ({what})",
        "is it a PostgreSQL server, and does nothing between change its answers?",
    )
