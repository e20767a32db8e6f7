"""Folders and files of the embedded server: created with their permissions, never widened later."""

import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from studio_sync.errors import UnavailableError, system_failure

if TYPE_CHECKING:
    from studio_sync.database.embedded.account import Account

_MAX_SOCKET = 100
"""The longest path of a socket in bytes; the smallest limit of a system is 103."""


def make_folders(path: Path, mode: int, *, owner: "Account | None" = None) -> None:
    """Create the folder `path` and its missing parents, all with `mode`.

    Only `path` itself, and only if it was created, is given to `owner`. Existing folders stay unchanged; a
    new one appears with its final mode, even in a race. Raises UnavailableError.
    """
    missing = [p for p in (path, *path.parents) if not os.path.lexists(p)]
    try:
        for folder in reversed(missing):
            new = folder.with_name(f".{secrets.token_hex(6)}")
            new.mkdir(0o700)
            if folder == path and owner and owner.switched:
                os.chown(new, owner.uid, owner.gid)
            new.chmod(mode)
            try:
                new.rename(folder)
            except OSError:
                new.rmdir()
                if not folder.is_dir():
                    raise
        if not path.is_dir():
            raise UnavailableError(f"{path} is not a folder", "set STUDIO_HOME to another folder")
    except OSError as error:
        hint = "set STUDIO_HOME to a folder that you may write to"
        raise system_failure(error, path, "Can't make the folder ", hint=hint) from None


def write_file(path: Path, text: str, mode: int, *, owner: "Account | None" = None) -> None:
    """Write `path` atomically, with `mode`. Raises UnavailableError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        if owner and owner.switched:
            os.chown(temporary, owner.uid, owner.gid)
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise system_failure(error, path, "Can't write ") from None


def socket_folder(folder: Path) -> Path:
    """The folder of the socket of the cluster in `folder`: inside, if the path is short and plain enough.

    Otherwise below /tmp, under a name that is the same for every process, and that changes when the data is
    recreated. TMPDIR is not used: it differs between terminals.
    """
    inside = folder / "run"
    text = str(inside / ".s.PGSQL.5432")
    if len(os.fsencode(text)) <= _MAX_SOCKET and text.isprintable() and not set(text) & set(',"'):
        return inside
    status = (folder / "data").stat()
    digest = hashlib.sha256(f"{folder}\0{status.st_dev}\0{status.st_ino}".encode()).hexdigest()[:16]
    return Path("/tmp") / f"studio-{status.st_uid}-{digest}"  # noqa: S108


def private_folder(path: Path, uid: int) -> bool:
    """Whether `path` is a real folder, not a link, accessible to user `uid` alone."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == uid and not status.st_mode & 0o077
