"""Connection attempts: resolving a server's addresses, and trying them in turn within one deadline."""

import queue
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import TypeVar, cast

from studio_sync.database.address.hosts import ListeningPlace, is_socket

MOST_ATTEMPTS = 8
"""The most addresses tried for one connection; a name may resolve to more."""
LATE_SECONDS = 2.0
"""How far libpq may exceed its own timeout: it verifies a password (SCRAM) without checking the clock."""
Found = TypeVar("Found")

_SLICE = 0.1
_LEAST = 2.0
"""The least seconds for one attempt, if the others left less."""

_LIFE = {
    "keepalives": "1",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""TCP keepalive settings, where supported: a host that died is noticed after half a minute."""


def attempts(values: Mapping[str, str], deadline: float) -> Iterator[dict[str, str]]:
    """The parameters of each attempt, one address at a time, each with its share of the remaining time.

    `deadline` is a time of `time.monotonic`. Raises OSError if no name could be resolved, TimeoutError if
    that took too long.
    """
    settings = {**_LIFE, **values}
    prefer_standby = settings.get("target_session_attrs") == "prefer-standby"
    found, failure = [], None
    for place in _places(settings):
        try:
            found += [{**place, **way} for way in _ways(place, deadline)]
        except OSError as error:
            failure = error
    if not found and failure is not None:
        raise failure
    if settings.get("load_balance_hosts") == "random":
        random.shuffle(found)
    if prefer_standby:
        found = [{**one, "target_session_attrs": "standby"} for one in found] + [
            {**one, "target_session_attrs": "any"} for one in found
        ]
    found = found[:MOST_ATTEMPTS]
    for i, one in enumerate(found):
        share = (deadline - time.monotonic()) / (len(found) - i)
        yield {**settings, **one, "connect_timeout": str(round(max(share, _LEAST)))}


def _places(settings: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Host, address and port of each server."""
    hosts = settings.get("host", "").split(",")
    addresses = settings.get("hostaddr", "").split(",")
    ports = settings.get("port", "").split(",")
    many = max(len(hosts), len(addresses))
    for i in range(many):
        host, address, port = (
            given[i] if i < len(given) else given[-1] if len(given) == 1 else ""
            for given in (hosts, addresses, ports)
        )
        yield {"host": host, "hostaddr": address, "port": port}


def _ways(place: Mapping[str, str], deadline: float) -> list[dict[str, str]]:
    """The addresses of one server; only those of this machine, if its name refers to it."""
    host = place["host"]
    if place["hostaddr"] or is_socket(host):
        return [{}]
    try:
        return [{"hostaddr": str(ip_address(host))}]
    except ValueError:
        pass
    bare = host.lower().removesuffix(".")
    local = ListeningPlace(bare).local  # with its dot, a name is asked for in the net
    found = _looked_up(bare if local else host, deadline)
    if local:
        found = [address for address in found if ListeningPlace(address).local] or ["127.0.0.1"]
    return [{"hostaddr": address} for address in found]


def _looked_up(host: str, deadline: float) -> list[str]:
    """Resolve a name. The system may take minutes, and can't be interrupted."""

    def look() -> list[str]:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise OSError(f"could not translate host name: {error}") from None
        return list(dict.fromkeys(str(one[4][0]) for one in found))

    try:
        return given_by_then(look, deadline)
    except TimeoutError:
        raise TimeoutError("looking up the host's name timed out") from None


def given_by_then(
    work: Callable[[], Found], deadline: float, discard: Callable[[Found], object] = id
) -> Found:
    """The result of `work` by the `deadline`; a later result is discarded.

    For library calls that nothing can interrupt, not even Ctrl-C. Raises TimeoutError. A signal handler may
    run meanwhile, however long it takes.
    """
    answer: queue.Queue[tuple[Found | None, Exception | None]] = queue.Queue()
    over = threading.Event()

    def run() -> None:
        try:
            found = work()
        except Exception as error:  # noqa: BLE001 (raised again where it is waited for)
            answer.put((None, error))
            return
        answer.put((found, None))
        if over.is_set():
            discard(found)

    threading.Thread(target=run, daemon=True).start()
    try:
        while True:  # in slices, because on some systems Ctrl-C can't interrupt a long wait
            with suppress(queue.Empty):
                found, error = answer.get(timeout=_SLICE)
                break
            if time.monotonic() > deadline:
                raise TimeoutError("it timed out")
    except BaseException:
        over.set()
        raise
    if error is not None:
        raise error
    return cast("Found", found)
