"""Addresses of databases, as hosters print them and people paste them.

No message of this module repeats a piece of an address before it is clear which pieces are secret.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from urllib.parse import quote

from studio_sync.database.address import parameters
from studio_sync.database.address.address import VARIABLE, split, unwrapped, value_of
from studio_sync.errors import UsageError

_TIMEOUT = "10"
"""Seconds to wait for a connection, unless the address says otherwise."""

_PLACEHOLDER = re.compile(r"\[?your[-_ ]?password\]?|<password>|\[password\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A database to connect to.

    `conninfo` is what libpq connects with, and secret. `label` names the database to people and never
    holds a password. `loopback` is true for this machine, where TLS is not asked for. `notes` say what
    of the address was left out, and why that is no loss. `secrets` must not stand in any message.
    """

    conninfo: str = field(repr=False)
    label: str
    user: str = ""
    loopback: bool = False
    notes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def scrub(self, text: str) -> str:
        """`text` without this target's secrets."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            for form in (secret, quote(secret, safe=""), quote(secret)):
                text = text.replace(form, "***")
        return text


def parse(text: str, variables: Mapping[str, str] | None = None, *, label: str = "") -> Target:
    """The target that an address names: a URL, or libpq's `host=… dbname=…`.

    `variables` is the caller's environment: `${NAME}` in `text` stands for a value of it, and PGHOST and
    PGSSLMODE count where libpq would read them. `label` replaces the label made from the address.
    Raises UsageError, which says how the address should look and never repeats it.
    """
    known = variables or {}
    pasted = unwrapped(text)
    if pasted.startswith("${"):
        pasted = unwrapped(VARIABLE.sub(lambda m: value_of(m[1], known), pasted, count=1))
    values, notes = _settled(split(pasted, known))
    if _PLACEHOLDER.fullmatch(values.get("password", "")):
        raise UsageError(
            "The database's address still has a placeholder where the password belongs",
            "put the password there; who made the database can reset it in the hoster's dashboard",
        )
    if not {"host", "hostaddr", "service"} & set(values) and known.get("PGHOST"):
        values["host"] = known["PGHOST"]
    loopback = "service" not in values and all(map(_is_loopback, _hosts(values)))
    values.setdefault("connect_timeout", _TIMEOUT)
    if not loopback and "sslmode" not in values:
        asked = known.get("PGSSLMODE", "")
        values["sslmode"] = asked if asked in ("verify-ca", "verify-full") else "require"
    secrets = tuple(values[k] for k in parameters.SECRET if k in values)
    conninfo = " ".join(f"{k}={_quoted(v)}" for k, v in values.items())
    return Target(conninfo, label or _label(values), values.get("user", ""), loopback, notes, secrets)


def has_password(text: str) -> bool:
    """Whether an address holds a password itself, rather than the name of a variable that does."""
    pasted = unwrapped(text)
    try:
        given = split(pasted, None)
    except UsageError:
        return bool(re.search(r":(?!//)[^@]+@|password\s*=", VARIABLE.sub("", pasted), re.DOTALL))
    return any(VARIABLE.sub("", given.get(name, "")) for name in parameters.SECRET)


def _settled(given: dict[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The parameters for libpq among those given, foreign ones translated or left out with a note."""
    values: dict[str, str] = {}
    notes: list[str] = []
    for name, value in given.items():
        if name in parameters.LIBPQ:
            values[name] = value
        elif name in parameters.SSL and value.lower() in parameters.SSL[name]:
            values.setdefault("sslmode", parameters.SSL[name][value.lower()])
        elif name in parameters.SEARCH_PATH and value != "public":
            raise UsageError(
                f"The database's address asks for another schema with {name}=, which PostgreSQL doesn't know",
                "let the role look there: ALTER ROLE … SET search_path = …; then leave the parameter out",
            )
        elif name in parameters.FOREIGN:
            notes.append(f"{name} in the database's address is for other programs and was left out")
        elif near := get_close_matches(name, parameters.LIBPQ, n=1, cutoff=0.8):
            raise UsageError(f"The database's address has an unknown parameter; did you mean {near[0]}?")
        else:
            notes.append("A parameter that PostgreSQL doesn't know was left out of the database's address")
    mode = values.get("sslmode")
    if mode is not None and mode not in parameters.SSL_MODES:
        if mode not in parameters.SSL["sslmode"]:
            raise UsageError(
                "The database's address has an unknown sslmode",
                f"it's one of {', '.join(parameters.SSL_MODES)}",
            )
        values["sslmode"] = parameters.SSL["sslmode"][mode]
    return values, tuple(notes)


def _hosts(values: Mapping[str, str]) -> list[str]:
    return (values.get("hostaddr") or values.get("host") or "").split(",")


def _is_loopback(host: str) -> bool:
    return (
        not host
        or host.startswith(("/", "@"))
        or host.lower() in ("localhost", "::1")
        or re.fullmatch(r"127\.\d+\.\d+\.\d+", host) is not None
    )


def _label(values: Mapping[str, str]) -> str:
    """`user@host:port/dbname`, as far as they are given; the usual port is left out."""
    host = values.get("host") or values.get("hostaddr") or "local socket"
    host = "local socket" if host.startswith(("/", "@")) else host
    host = f"service {values['service']}" if "service" in values else host
    port = values.get("port", "")
    place = f"{host}:{port}" if set(port.split(",")) - {"", "5432"} else host
    user = f"{values['user']}@" if "user" in values else ""
    text = f"{user}{place}/{values.get('dbname') or values.get('user') or ''}".rstrip("/")
    return "".join(c if c.isprintable() else "?" for c in text)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
