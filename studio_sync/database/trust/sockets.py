"""Sockets in the file system: whether another user of the machine could stand behind one."""

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
    """Whether only this user, root or an account of PostgreSQL can listen at `place`.

    One of them owns the socket and each folder on the way, and nobody else could have put another one
    there. A socket that isn't there is nobody's yet, so that anybody could make it.
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
    import pwd  # which Windows has not

    for name in _SERVERS:
        with suppress(KeyError):
            yield pwd.getpwnam(name).pw_uid
