"""The system account that runs the embedded PostgreSQL, and what it can access.

PostgreSQL refuses to run as root, so root uses an account of its own for it. The permissions of existing
folders are never widened for it: what it can't access is copied, or refused.
"""

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from studio_sync.errors import UnavailableError

ACCOUNT = "studio-postgres"

_ELSEWHERE = "give a database with --database, --target or STUDIO_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Account:
    """The account that runs the server. With `switched`, commands must change from root to it."""

    name: str
    uid: int
    gid: int
    switched: bool

    def allowed(self, path: Path, bits: int) -> bool:
        """Whether the mode of `path` gives the account all `bits` (4 read, 2 write, 1 execute)."""
        status = path.stat()
        if status.st_uid == self.uid:
            return stat.S_IMODE(status.st_mode) >> 6 & bits == bits
        if status.st_gid == self.gid:
            return stat.S_IMODE(status.st_mode) >> 3 & bits == bits
        return status.st_mode & bits == bits

    def blocked_at(self, path: Path) -> Path | None:
        """The first folder above `path`, or `path` itself, that the account can't enter."""
        for folder in (*reversed(path.parents), path, *reversed(path.resolve().parents), path.resolve()):
            if folder.is_dir() and not self.allowed(folder, 1):
                return folder
        return None


def choose(data: Path) -> Account | None:
    """The account for a server with its data in `data`; None on Windows.

    That is the user who runs studio; for root the owner of existing data, else an account created for it.
    Raises UnavailableError if there is none, or the data is another user's.
    """
    if os.name == "nt":
        return None
    uid = os.geteuid()
    owner = _owner(data)
    if uid:
        if (owner or _owner(data.parent) or uid) != uid:
            raise UnavailableError(
                f"The embedded PostgreSQL in {data.parent.parent} belongs to another user",
                "set STUDIO_HOME to a folder of your own",
            )
        return _account(uid, switched=False)
    return _account(owner or _made(), switched=True)


def _account(uid: int, *, switched: bool) -> Account:
    import pwd

    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise UnavailableError(
            f"The user with number {uid} has no name on this system, and PostgreSQL refuses to run so",
            f"give the user a line in /etc/passwd, or {_ELSEWHERE}",
        ) from None
    return Account(entry.pw_name, uid, entry.pw_gid, switched)


def _owner(path: Path) -> int | None:
    """The owner of `path`; None if it doesn't exist or can't be accessed, and for root."""
    try:
        return path.stat().st_uid or None
    except OSError:
        return None


def _made() -> int:
    """The id of the account that runs the server for root; it is created if missing."""
    import pwd

    try:
        return pwd.getpwnam(ACCOUNT).pw_uid
    except KeyError:
        pass
    hint = (
        f"make a system user called {ACCOUNT} (useradd --system {ACCOUNT}), "
        f"or run studio as a user other than root, or {_ELSEWHERE}"
    )
    why = "this system has no useradd"
    if useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin"):
        command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        command += ["--shell", "/usr/sbin/nologin", ACCOUNT]
        done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
        why = done.stderr.decode(errors="replace").strip()
    try:
        return pwd.getpwnam(ACCOUNT).pw_uid
    except KeyError:
        raise UnavailableError(
            f"PostgreSQL can't run as root, and a user to run it as could not be made: {why}", hint
        ) from None
