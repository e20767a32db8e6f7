"""Unix sockets: whether another user of the machine could be listening on one."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from studio_sync.database.address.hosts import ListeningPlace, is_socket
from studio_sync.database.embedded.account import ACCOUNT

_SERVERS = ("postgres", ACCOUNT)
"""Accounts that run PostgreSQL and nothing else."""


def is_own(place: ListeningPlace) -> bool:
    """Whether only this user, root or a PostgreSQL account can listen at `place`.

    One of them must own the socket and each folder above, so that nobody else could replace it. A missing
    socket doesn't count, because anybody could create it.
    """
    if not is_socket(place.host) or place.host.startswith("@") or os.name == "nt":
        return False
    try:
        folder = Path(place.host).resolve(strict=True)
        above = [one.stat() for one in (*folder.parents, folder)]
        socket = (folder / f".s.PGSQL.{place.port}").lstat()
    except OSError:
        return False
    owners = {0, os.geteuid(), *_accounts()}
    return (
        stat.S_ISSOCK(socket.st_mode)
        and all(one.st_uid in owners for one in (*above, socket))
        and not any(one.st_mode & stat.S_IWOTH and not one.st_mode & stat.S_ISVTX for one in above)
    )


def _accounts() -> Iterator[int]:
    import pwd  # missing on Windows

    for name in _SERVERS:
        with suppress(KeyError):
            yield pwd.getpwnam(name).pw_uid
