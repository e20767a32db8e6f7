"""Parsing the text of a database address.

No message of this module repeats a part of the address: it isn't known yet which parts are secret.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from studio_sync.database.address import parameters
from studio_sync.database.address.variables import mentions, misplaced_variable, reference
from studio_sync.errors import UsageError

_SCHEME = re.compile(
    r"(?:jdbc:)?(?:postgres|postgresql)(?:\+(?:psycopg|psycopg2|psycopg_async|asyncpg|pg8000))?://",
    re.IGNORECASE,
)
_PASTED = re.compile(r"(?:(?:export\s+)?[A-Za-z_]\w*_URL\s*[=:]\s*|psql\s+|url\s*:\s+)", re.IGNORECASE)
_QUOTES = {'"': '"', "'": "'", "`": "`", "<": ">"}
_HEX = re.compile(r"%[0-9A-Fa-f]{2}")
_HOST = r"(?:\[[0-9A-Fa-f:.%]+\]|(?:[\w.-]|%[0-9A-Fa-f]{2})*)"
_PORT = r"(?::(?:[0-9]{1,5})?)?"
_PLACE = re.compile(rf"(?P<hosts>{_HOST}{_PORT}(?:,{_HOST}{_PORT})*)(?:/(?P<dbname>[^/@?#]*))?")
_HOST_AND_PORT = re.compile(r"\[?(?P<host>.*?)\]?(?::(?P<port>[^:\]]*))?")
_PAIR = re.compile(r"\s*(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)(?=\s|$)", re.DOTALL)
_OTHERS = re.compile(r"(mysql|mariadb|sqlite|mongodb|mongodb\+srv|redis|rediss|mssql|libsql):", re.IGNORECASE)
_EXAMPLE = "postgresql://USER:PASSWORD@HOST:5432/DATABASE"
_ESCAPES = (
    f"an address looks like {_EXAMPLE}; inside a password write @ as %40, : as %3A, / as %2F, ? as %3F, "
    "# as %23 and % as %25"
)


def unwrapped(text: str) -> str:
    """Strip what people paste with an address: blanks, quotes, `psql`, the name of a variable."""
    before = None
    while text != before:
        before, text = text, text.strip()
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
            text = text[1:-1]
        if match := _PASTED.match(text):
            text = text[match.end() :]
    return text


@dataclass(frozen=True, slots=True)
class WrittenAddress:
    """A parsed address: its non-empty parameters, decoded.

    `variable` names the variable for the password; then `values` has no password.
    """

    values: dict[str, str] = field(repr=False)
    variable: str = ""


_PIECES = {
    "password": "a part of its password",
    "user": "its user",
    "dbname": "its database",
    "host": "its host",
}
"""The name of a part, by parameter, for the message about a variable in it."""


def split_address(text: str, *, literal: bool = False) -> WrittenAddress:
    """Parse an address. With `literal`, as for the value of a variable, it can't contain variables.

    Raises UsageError for text that is no address, and for a variable in place of anything but the whole
    password.
    """
    if not text:
        raise UsageError("The database's address is empty", f"an address looks like {_EXAMPLE}")
    if re.search(r"[\ud800-\udfff]", text):  # what Python makes of a byte that is no UTF-8
        raise UsageError("The database's address is not UTF-8", "write such a letter as %C3%A9 (é in UTF-8)")
    if match := _SCHEME.match(text):
        pieces = _split_url(text[match.end() :], literal=literal)
    elif re.match(r"\w+\s*=", text):
        pieces = _split_pairs(text)
    elif mentions(text) and not literal:
        raise misplaced_variable("its beginning")
    else:
        raise _no_address(text)
    variable, values = "", {}
    for name, piece, encoded in pieces:
        if name == "password" and not literal and (found := reference(piece)):
            variable = found
            continue
        value = _decoded(piece) if encoded else piece
        # A password may contain these two characters if encoded; no other part needs them.
        if not literal and mentions(piece if name == "password" else piece + value):
            raise misplaced_variable(_PIECES.get(name, "one of its parameters"))
        if value:
            values[name] = value
    if any("\0" in value for value in values.values()):
        raise UsageError("The database's address has a NUL character in it", _ESCAPES)
    if not variable and not parameters.KNOWN & values.keys() and not _SCHEME.match(text):
        raise _no_address(text)
    return WrittenAddress(values, variable)


def decoded_value(value: str) -> str:
    """The password in the value of a variable: taken as it is, or decoded if percent-encoded."""
    raw = set(value) & set("@:/?#[] ") or len(_HEX.findall(value)) != value.count("%")
    return value if raw else _decoded(value)


_Piece = tuple[str, str, bool]
"""A parameter, its text, and whether that is percent-encoded."""


def _split_url(rest: str, *, literal: bool) -> Iterator[_Piece]:
    """Split `user:password@host:port/dbname?query`, even with unescaped characters in the password."""
    login, place, query = _parts(rest, literal=literal)
    user, _, password = login.partition(":")
    yield "user", user, True
    yield "password", password, True
    matches = [_HOST_AND_PORT.fullmatch(one) for one in place["hosts"].split(",")]
    for name in ("host", "port"):
        values = [match[name] or "" for match in matches if match]
        yield name, ",".join(values) if any(values) else "", True
    yield "dbname", place["dbname"] or "", True
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        yield name, value, True


def _parts(rest: str, *, literal: bool) -> tuple[str, re.Match[str], str]:
    """The login, host part and query of a URL without its scheme.

    The last @ before the query ends the login. A ? followed by an @ belongs to the password, unless
    everything after it is known parameters, as in `host/db?user=me@tenant`.
    """
    for mark in re.finditer(r"\?|\Z", rest):
        before, query = rest[: mark.start()], rest[mark.end() :]
        names = [pair.partition("=")[0] for pair in query.split("&") if pair]
        login, _, tail = before.rpartition("@")
        if "@" in query and not (parameters.KNOWN.issuperset(names) and (login or "/" in tail)):
            continue
        place = _PLACE.fullmatch(tail)
        if place and all(re.fullmatch(r"[\w.-]+", name) for name in names):
            return login, place, query
    if mentions(rest) and not literal:
        raise misplaced_variable("its host, its port, its database or its parameters")
    raise UsageError("The database's address can't be read: its parts can't be told apart", _ESCAPES)


def _split_pairs(text: str) -> Iterator[_Piece]:
    """Split libpq's `name=value` pairs, with quotes around blanks and backslash escapes."""
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _PAIR.match(text, at)
        if not match:
            raise UsageError(
                "The database's address can't be read as libpq's name=value pairs",
                r"put a value with blanks or quotes in it between single quotes: password='it\'s'",
            )
        at = match.end()
        value = match[2][1:-1] if match[2].startswith("'") else match[2]
        yield match[1], re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL), False


def _decoded(piece: str) -> str:
    """A part's value: percent-decoded only if every % begins an escape."""
    escapes = len(_HEX.findall(piece))
    if not escapes:
        return piece
    try:
        if escapes == piece.count("%"):
            return unquote(piece, errors="strict")
    except UnicodeDecodeError:
        pass
    raise UsageError("The database's address has a % that begins no escape in UTF-8, beside others", _ESCAPES)


def _no_address(text: str) -> UsageError:
    """The error for `text` that is no address, guessing what it is."""
    dashboard = "look in the hoster's dashboard for the connection string, which begins with postgresql://"
    if re.match(r"https?:", text, re.IGNORECASE):
        return UsageError("The database's address is a web address", dashboard)
    if match := _OTHERS.match(text):
        return UsageError(
            f"The database's address is one of {match[1].lower()}; studio works with PostgreSQL",
            f"it looks like {_EXAMPLE}",
        )
    if re.fullmatch(r"[\w.=+/-]{20,}", text):
        return UsageError("The database's address looks like an API key", dashboard)
    return UsageError(
        "The database's address is neither a URL nor libpq's name=value pairs", f"it looks like {_EXAMPLE}"
    )
