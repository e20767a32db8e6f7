"""Hosts in an address: canonical spelling, and which hosts are this machine."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from studio_sync.errors import UsageError

DEFAULT_PORT = "5432"
SYSTEM_SOCKETS = ("/run/postgresql", "/var/run/postgresql")
"""Socket folders in which only the system's own PostgreSQL can listen."""

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
_PORT = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True, slots=True, order=True)
class ListeningPlace:
    """Where one server of an address listens. `host` is canonical; "" is libpq's default socket."""

    host: str
    port: str = DEFAULT_PORT

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host or "local socket"
        return host if self.port == DEFAULT_PORT else f"{host}:{self.port}"

    @property
    def local(self) -> bool:
        """Whether it is this machine, by address or by a name that nobody can redirect."""
        return is_socket(self.host) or self.host == "localhost" or _is_loopback(self.host)

    @property
    def needs_trust(self) -> bool:
        """Whether a stranger who names it could receive data there.

        Anyone can listen on a socket in a folder that anyone can write to.
        """
        if not self.local or not self.host:
            return not self.local
        return is_socket(self.host) and os.path.normpath(self.host) not in SYSTEM_SOCKETS


def is_socket(host: str) -> bool:
    """Whether libpq takes `host` for the folder of a socket."""
    return not host or host.startswith(("/", "@")) or os.path.isabs(host)


def canonical_host(host: str) -> str:
    """`host` in canonical spelling. Raises UsageError for text that is no host.

    Only ASCII is allowed: a lookalike in another script resolves to something else.
    """
    if is_socket(host):
        return os.path.normpath(host) if host.startswith("/") else host
    address = _address(host)
    if address is not None:
        return str(address)
    if not _NAME.fullmatch(host):
        raise UsageError(
            "The database's address has a host that is no name of one",
            "a host is letters, digits, dots and hyphens of ASCII; write others as xn--… (punycode)",
        )
    return host.lower().removesuffix(".")


def places(values: Mapping[str, str]) -> tuple[ListeningPlace, ...]:
    """The places that libpq would connect to with these parameters, in order. Raises UsageError."""
    hosts = (values.get("hostaddr") or values.get("host") or "").split(",")
    ports = (values.get("port") or "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    if len(ports) != len(hosts):
        raise UsageError(
            "The database's address has another number of ports than of hosts", "give each host its port"
        )
    if any(port and not _PORT.fullmatch(port) for port in ports):
        raise UsageError("The database's address has a port that is no number", "it's 5432 as a rule")
    return tuple(
        ListeningPlace(canonical_host(host), str(int(port or DEFAULT_PORT)))
        for host, port in zip(hosts, ports, strict=True)
    )


def parse_place(text: str) -> tuple[str, str]:
    """Parse `host`, `host:port` or `[address]:port`; a missing port is "".

    Raises UsageError for text that is no host.
    """
    match = re.fullmatch(
        r"\[(?P<v6>[^\]]*)\](?::(?P<p6>[0-9]{1,5}))?|(?P<host>[^:]+)(?::(?P<port>[0-9]{1,5}))?", text
    )
    if match is None:
        return canonical_host(text), ""
    port = match["p6"] or match["port"] or ""
    return canonical_host(match["v6"] or match["host"] or ""), str(int(port)) if port else ""


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address in `host`; an IPv4-mapped IPv6 address is converted to IPv4."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) and not address.scope_id else None
    return mapped or address


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_loopback and "%" not in host
