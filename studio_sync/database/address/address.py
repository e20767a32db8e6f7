"""The text of a database's address, taken apart.

No message of this module repeats a piece of an address: it can't be known yet which pieces are secret.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from studio_sync.database.address import parameters
from studio_sync.errors import UsageError

VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")

_SCHEME = re.compile(
    r"(?:jdbc:)?(?:postgres|postgresql)(?:\+(?:psycopg|psycopg2|psycopg_async|asyncpg|pg8000))?://",
    re.IGNORECASE,
)
_PASTED = re.compile(r"(?:(?:export\s+)?[A-Za-z_]\w*_URL\s*[=:]\s*|psql\s+|url\s*:\s+)", re.IGNORECASE)
_QUOTES = {'"': '"', "'": "'", "`": "`", "<": ">"}
_HEX = re.compile(r"%[0-9A-Fa-f]{2}")
_HOST = r"(?:\[[0-9A-Fa-f:.%]+\]|(?:[\w.-]|%[0-9A-Fa-f]{2}|\$\{\w+\})*)"
_PORT = r"(?::(?:\d{1,5}|\$\{\w+\})?)?"
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
    """`text` without what people paste along: blanks, quotes, `psql`, the name of a variable."""
    before = None
    while text != before:
        before, text = text, text.strip()
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
            text = text[1:-1]
        if match := _PASTED.match(text):
            text = text[match.end() :]
    return text


def split(text: str, variables: Mapping[str, str] | None) -> dict[str, str]:
    """The parameters of an address that are not empty, decoded.

    `${NAME}` in them is replaced from `variables`; where that is None, nothing is decoded or replaced.
    Raises UsageError for what is no address.
    """
    if not text:
        raise UsageError("The database's address is empty", f"an address looks like {_EXAMPLE}")
    if match := _SCHEME.match(text):
        pairs = _split_url(text[match.end() :], variables)
    elif re.match(r"\w+\s*=", text):
        pairs = _split_pairs(text, variables)
    else:
        raise _no_address(text)
    values = {name: value for name, value in pairs if value}
    if any("\0" in value for value in values.values()):
        raise UsageError("The database's address has a NUL character in it", _ESCAPES)
    return values


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """`text` with each `${NAME}` replaced by the variable's value, as it is."""
    return VARIABLE.sub(lambda found: value_of(found[1], variables), text)


def value_of(name: str, variables: Mapping[str, str]) -> str:
    """The value of the variable `name`. Raises UsageError naming it if it isn't set or is empty."""
    if not variables.get(name):
        raise UsageError(
            f"The database's address names the environment variable {name}, which is not set",
            f"set it: export {name}=…",
        )
    return variables[name].strip()


def _split_url(rest: str, variables: Mapping[str, str] | None) -> Iterator[tuple[str, str]]:
    """Split `user:password@host:port/dbname?query`, whatever unescaped characters the password has."""
    login, place, query = _parts(rest)
    user, _, password = login.partition(":")
    yield "user", _decoded(user, variables)
    yield "password", _decoded(password, variables)
    matches = [_HOST_AND_PORT.fullmatch(one) for one in place["hosts"].split(",")]
    for name in ("host", "port"):
        values = [_decoded(match[name] or "", variables) for match in matches if match]
        yield name, ",".join(values) if any(values) else ""
    yield "dbname", _decoded(place["dbname"] or "", variables)
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        yield name, _decoded(value, variables)


def _parts(rest: str) -> tuple[str, re.Match[str], str]:
    """The login, the place and the query of a URL without its scheme.

    The last @ before the query ends the login. A ? with an @ behind it belongs to the password, unless
    all that follows are parameters that we know, as in `host/db?user=me@tenant`.
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
    raise UsageError("The database's address can't be read: its parts can't be told apart", _ESCAPES)


def _split_pairs(text: str, variables: Mapping[str, str] | None) -> Iterator[tuple[str, str]]:
    """Split libpq's `name=value` pairs, where quotes may hold blanks and a backslash escapes."""
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
        value = re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
        yield match[1], value if variables is None else expanded(value, variables)


def _decoded(piece: str, variables: Mapping[str, str] | None) -> str:
    """The value that a piece of a URL stands for.

    A piece in which every % begins an escape is decoded, one in which none does was never encoded. A
    variable's value is taken likewise, but as it is if it holds what an encoded one can't.
    """
    if variables is None:
        return piece
    texts = VARIABLE.split(piece)
    for i, text in enumerate(texts):
        found = value_of(text, variables) if i % 2 else text
        raw = i % 2 and (set(found) & set("@:/?#[] ") or len(_HEX.findall(found)) != found.count("%"))
        texts[i] = found if raw else _unescaped(found)
    return "".join(texts)


def _unescaped(piece: str) -> str:
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
    """What `text`, which is no address, seems to be."""
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
