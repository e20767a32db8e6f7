"""Deciding whether the user trusts a host: a pure function of values, without reading files or asking."""

from collections.abc import Iterable
from dataclasses import dataclass

from studio_sync.database.address.hosts import ListeningPlace, canonical_host, parse_place
from studio_sync.database.address.url import Target
from studio_sync.errors import UsageError

LIST = "STUDIO_TRUST"
"""The variable that lists hosts."""


@dataclass(frozen=True, slots=True, order=True)
class Trusted:
    """A host confirmed for one workspace, with what the user saw.

    `variable` is sent there as the password. `unprotected`: the server may do without TLS.
    """

    workspace: str
    host: str
    port: str
    user: str = ""
    variable: str = ""
    unprotected: bool = False


@dataclass(frozen=True, slots=True)
class PasswordLine:
    """A line of .pgpass, without its password."""

    host: str
    port: str
    dbname: str
    user: str

    def names(self, place: ListeningPlace, target: Target) -> bool:
        """Whether libpq would use this line for `place`, and it names the host itself, not `*`."""
        return (
            self.host not in ("", "*")
            and self.host.lower().removesuffix(".") == place.host
            and self.port in ("*", place.port)
            and self.dbname in ("*", target.dbname or target.user)
            and self.user in ("*", target.user)
        )


def asked_for(workspace: str, target: Target) -> tuple[Trusted, ...]:
    """What must be confirmed before this workspace connects to `target`."""
    return tuple(
        Trusted(workspace, place.host, place.port, target.user, target.variable, target.unprotected)
        for place in target.named
    )


def unknown(
    workspace: str,
    target: Target,
    confirmed: Iterable[Trusted],
    listed: str,
    lines: Iterable[PasswordLine],
) -> tuple[Trusted, ...]:
    """What remains unconfirmed after the confirmed hosts, the list, and the lines of .pgpass.

    `listed` is the value of STUDIO_TRUST. Raises UsageError if it can't be parsed.
    """
    known, named, lines = frozenset(confirmed), hosts(listed), tuple(lines)
    return tuple(
        need
        for need, place in zip(asked_for(workspace, target), target.named, strict=True)
        if need not in known
        and not named & {(place.host, ""), (place.host, place.port)}
        and not any(line.names(place, target) for line in lines)
    )


def hosts(listed: str) -> frozenset[tuple[str, str]]:
    """Parse hosts and ports from `host, host:port, [address]:port`; a missing port is "".

    Raises UsageError.
    """
    try:
        return frozenset(parse_place(one.strip()) for one in listed.split(",") if one.strip())
    except UsageError:
        raise UsageError(
            f"{LIST} has something in it that is no host",
            f"it lists hosts: {LIST}=db.example.com,10.0.0.7:5433",
        ) from None


def same_host(given: str, entry: Trusted) -> bool:
    """Whether `given`, a host or `host:port` as people write it, is that of `entry`."""
    try:
        host, port = parse_place(given)
    except UsageError:
        return False
    return canonical_host(host) == entry.host and port in ("", entry.port)
