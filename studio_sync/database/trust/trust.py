"""Does the user know this host? Decided over plain values: no file is read, and nobody is asked."""

from collections.abc import Iterable
from dataclasses import dataclass

from studio_sync.database.address.hosts import ListeningPlace, canonical_host, parse_place
from studio_sync.database.address.url import Target
from studio_sync.errors import UsageError

LIST = "STUDIO_TRUST"
"""The variable that lists hosts."""


@dataclass(frozen=True, slots=True, order=True)
class Trusted:
    """A host that was confirmed for one workspace, with what was shown then.

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
        """Whether libpq would take this line for `place`, and it says the host itself, not `*`."""
        return (
            self.host not in ("", "*")
            and self.host.lower().removesuffix(".") == place.host
            and self.port in ("*", place.port)
            and self.dbname in ("*", target.dbname or target.user)
            and self.user in ("*", target.user)
        )


def asked_for(workspace: str, target: Target) -> tuple[Trusted, ...]:
    """What has to be confirmed before this workspace's `target` is connected with."""
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
    """Of that what was not confirmed, stands in no list and in no line of .pgpass.

    `listed` is the value of STUDIO_TRUST. Raises UsageError where it can't be understood.
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
    """The hosts and ports of `host, host:port, [address]:port`; the port of one without it is "".

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
