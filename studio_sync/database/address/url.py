"""Parsing database addresses as hosting providers print them and people paste them.

No message of this module repeats a part of an address before it is known which parts are secret.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from studio_sync.core.values.nearest import nearest
from studio_sync.database.address import parameters
from studio_sync.database.address.address import WrittenAddress, decoded_value, split_address, unwrapped
from studio_sync.database.address.environment import completed
from studio_sync.database.address.hosts import ListeningPlace, is_socket, places
from studio_sync.database.address.variables import reference, value_of, without
from studio_sync.errors import UsageError

CONNECT_SECONDS = 15
"""Timeout in seconds for connecting and the first answer, unless the address sets another."""
_FEWEST_SECONDS, _MOST_SECONDS = 2, 120

_PLACEHOLDER = re.compile(r"\[?your[-_ ]?password\]?|<password>|\[password\]", re.IGNORECASE)
_PLAIN_HOST = re.compile(r"[A-Za-z0-9._-]+")
_UNPROTECTED = ("disable", "allow", "prefer")
"""The TLS modes in which a server may do without TLS."""


@dataclass(frozen=True, slots=True)
class Target:
    """A database to connect to.

    `conninfo`: all parameters for libpq; secret. `label`: the database's name for people, without a password.
    `places`: its servers. `loopback`: they are this machine, so that TLS isn't required. `notes`: parts of
    the address that were ignored, and why that is no loss. `secrets` must not appear in any message. `named`:
    places that a stranger may have chosen, which need the user's trust. `variable`: the variable for the
    password. `unprotected`: the server may do without TLS. `lends`: libpq may use the user's own files, such
    as .pgpass, certificates and tickets. `seconds`: the timeout for connecting.
    """

    conninfo: str = field(repr=False)
    label: str
    user: str = ""
    dbname: str = ""
    loopback: bool = False
    places: tuple[ListeningPlace, ...] = ()
    named: tuple[ListeningPlace, ...] = ()
    variable: str = ""
    unprotected: bool = False
    lends: bool = False
    seconds: int = CONNECT_SECONDS
    notes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def scrub(self, text: str) -> str:
        """`text` without this target's secrets."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            for form in (secret, quote(secret, safe=""), quote(secret)):
                text = text.replace(form, "***")
        return text


def parse_address(text: str, variables: Mapping[str, str] | None = None, *, label: str = "") -> Target:
    """The target of an address chosen by the user: a URL, or libpq's `host=… dbname=…`.

    `variables` is the caller's environment: `${NAME}` in `text` is replaced by its value, and libpq's own
    variables count. Without it, the server gets nothing of the user's. `label` overrides the label made from
    the address. Raises UsageError, which shows the form of an address and never repeats the text.
    """
    return _target(_written(unwrapped(text), variables or {}), variables, label)


def parse_declared(text: str, variables: Mapping[str, str], *, look: bool = False) -> Target:
    """The target of a URL in studio.yaml, which may come from a stranger.

    With `look` it is only inspected, so that its variables need not be set.

    If the whole URL is one variable, the user has chosen the server. Otherwise `named` has the places that
    the file chose. Raises UsageError for a password, and for parameters that a file may not decide.
    """
    pasted = unwrapped(text)
    whole = reference(pasted)
    if whole:
        return Target("", f"${{{whole}}}") if look else parse_address(pasted, variables)
    if has_password(text):
        raise UsageError(
            "The database's address holds a password", "name a variable instead: USER:${NAME}@HOST"
        )
    written = split_address(pasted)
    for name, value in _settled(written.values)[0].items():
        if name not in parameters.DECLARABLE:
            raise UsageError(
                f"The database's address says {name}, which a file has no say in",
                "put the whole URL into a variable: url: ${STUDIO_PRODUCTION_URL}",
            )
        allowed = parameters.DECLARABLE[name]
        if allowed is not None and value not in allowed:
            raise UsageError(
                f"The database's address has a value of {name} that a file has no say in",
                f"there it can only be {' or '.join(sorted(allowed))}; or put the whole URL into a variable:"
                " url: ${STUDIO_PRODUCTION_URL}",
            )
    known = {**variables, written.variable: "?"} if look else variables
    target = _target(written, known, "")
    if "host" not in written.values:
        return target
    return replace(target, named=tuple(place for place in target.places if place.needs_trust))


def is_declarable(text: str, variables: Mapping[str, str]) -> bool:
    """Whether an address may be written to studio.yaml as it is."""
    try:
        parse_declared(text, variables, look=True)
    except UsageError:
        return False
    return True


def variables_of(text: str) -> tuple[tuple[str, ...], bool]:
    """The variables that a URL in studio.yaml needs, and whether one is the whole URL."""
    pasted = unwrapped(text)
    whole = reference(pasted)
    if whole:
        return (whole,), True
    variable = split_address(pasted).variable
    return (variable,) if variable else (), False


def has_password(text: str) -> bool:
    """Whether an address contains a password itself, rather than a variable for it."""
    pasted = unwrapped(text)
    if reference(pasted):
        return False
    try:
        written = split_address(pasted)
    except UsageError:
        return bool(re.search(r":(?!//)[^@]+@|password\s*=", without(pasted), re.DOTALL))
    return any(name in written.values for name in parameters.SECRET)


def without_password(text: str) -> str:
    """The address as it was written, or the same without its password; "" if it can't be read."""
    pasted = unwrapped(text)
    try:
        values = {} if reference(pasted) else split_address(pasted).values
    except UsageError:
        return ""
    if not any(name in values for name in parameters.SECRET):
        return text
    left = {name: value for name, value in values.items() if name not in parameters.SECRET}
    user, database = (quote(left.pop(name, ""), safe="") for name in ("user", "dbname"))
    host, port = left.get("host", ""), left.get("port", "")
    place = ""
    if _PLAIN_HOST.fullmatch(host) and "," not in port:
        place = host + (f":{port}" if port else "")
        left = {name: value for name, value in left.items() if name not in ("host", "port")}
    return f"postgresql://{user}{'@' if user else ''}{place}/{database}" + (
        f"?{urlencode(left, quote_via=quote)}" if left else ""
    )


def _written(pasted: str, variables: Mapping[str, str]) -> WrittenAddress:
    whole = reference(pasted)
    return (
        split_address(unwrapped(value_of(whole, variables)), literal=True) if whole else split_address(pasted)
    )


def _target(written: WrittenAddress, variables: Mapping[str, str] | None, label: str) -> Target:
    known = variables or {}
    values, notes = _settled(written.values)
    if written.variable:
        values["password"] = decoded_value(value_of(written.variable, known))
    if _PLACEHOLDER.fullmatch(values.get("password", "")):
        raise UsageError(
            "The database's address still has a placeholder where the password belongs",
            "put the password there; who made the database can reset it in the hoster's dashboard",
        )
    values = completed(values, known)
    found = places(values)
    loopback = all(place.local for place in found)
    values["connect_timeout"] = _seconds(values.get("connect_timeout", ""))
    asked = known.get("PGSSLMODE", "")
    if "sslmode" not in values and values.get("sslrootcert") == "system":
        values["sslmode"] = "verify-full"
    elif not loopback and "sslmode" not in values:
        values["sslmode"] = asked if asked in ("verify-ca", "verify-full") else "require"
    elif "sslmode" not in values and asked in parameters.SSL_MODES:
        values["sslmode"] = asked
    secrets = tuple(values[k] for k in parameters.SECRET if k in values)
    conninfo = " ".join(f"{k}={_quoted(v)}" for k, v in values.items())
    return Target(
        conninfo,
        label or _label(values),
        values.get("user", ""),
        values.get("dbname", ""),
        loopback,
        found,
        (),
        written.variable,
        not loopback and values.get("sslmode") in _UNPROTECTED,
        variables is not None,
        int(values["connect_timeout"]),
        notes,
        secrets,
    )


def _seconds(given: str) -> str:
    """The timeout for connecting: the given one, within bounds; 0 does not mean for ever."""
    try:
        seconds = int(given)
    except ValueError:
        return str(CONNECT_SECONDS)
    return str(min(max(seconds, _FEWEST_SECONDS), _MOST_SECONDS)) if seconds > 0 else str(CONNECT_SECONDS)


def _settled(given: dict[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The given parameters for libpq; foreign ones are translated, or ignored with a note."""
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
        elif near := nearest(name, parameters.LIBPQ, cutoff=0.8):
            raise UsageError(f"The database's address has an unknown parameter; did you mean {near}?")
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


def _label(values: Mapping[str, str]) -> str:
    """`user@host:port/dbname`, as far as given, without the default port."""
    host = values.get("host") or values.get("hostaddr") or "local socket"
    host = "local socket" if is_socket(host) else host
    port = values.get("port", "")
    place = f"{host}:{port}" if set(port.split(",")) - {"", "5432"} else host
    user = f"{values['user']}@" if "user" in values else ""
    text = f"{user}{place}/{values.get('dbname') or values.get('user') or ''}".rstrip("/")
    return "".join(c if c.isprintable() else "?" for c in text)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
