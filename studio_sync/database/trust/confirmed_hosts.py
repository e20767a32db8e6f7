"""The file of hosts that a user has confirmed, and the user's .pgpass."""

import json
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path

from studio_sync.database.trust.trust import PasswordLine, Trusted
from studio_sync.errors import StudioError, UnavailableError

_NAME = "trust.json"
_MAX_BYTES = 1 << 20


def trust_file(home: Path | None = None) -> Path:
    """The file: in `home` (STUDIO_HOME) if that is given, else in the user's configuration."""
    if home is not None:
        return Path(os.path.abspath(home.expanduser())) / _NAME
    import platformdirs

    return platformdirs.user_config_path("studio-sync", appauthor=False) / _NAME


def load_trusted(file: Path) -> tuple[Trusted, ...]:
    """Load the confirmed hosts. Raises StudioError for a damaged file, or one that others may write."""
    text = _own_text(file, 0o022)
    if text is None:
        return ()
    try:
        return tuple(_entry(one) for one in json.loads(text)["hosts"])
    except (ValueError, TypeError, KeyError):
        raise StudioError(
            f"{file} can't be understood", "remove it: then each host is asked about once more"
        ) from None


def change(file: Path, how: Callable[[tuple[Trusted, ...]], tuple[Trusted, ...]]) -> None:
    """Replace the confirmed hosts by the result of `how`. Raises StudioError."""
    from filelock import FileLock, Timeout

    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock"), timeout=10, mode=0o600):
            entries = sorted(set(how(load_trusted(file))))
            text = json.dumps({"version": 1, "hosts": [asdict(one) for one in entries]}, indent=1)
            temporary = file.with_suffix(f".{secrets.token_hex(6)}")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as written:
                written.write(text + "\n")
                written.flush()
                os.fsync(written.fileno())
            temporary.replace(file)
    except (OSError, Timeout) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is locked"
        raise UnavailableError(
            f"Can't write {file}: {reason}", "set STUDIO_HOME to a folder that you may write to"
        ) from None


def password_lines(variables: Mapping[str, str]) -> tuple[PasswordLine, ...]:
    """The lines of .pgpass, as libpq reads it: a file that others may read or write is ignored."""
    given, home = variables.get("PGPASSFILE", ""), variables.get("HOME", "")
    if not given and not home:
        return ()
    try:
        text = _own_text(Path(given) if given else Path(home) / ".pgpass", 0o077) or ""
    except StudioError:
        return ()
    lines = (_fields(line) for line in text.split("\n") if line and not line.startswith("#"))
    return tuple(PasswordLine(*found[:4]) for found in lines if len(found) > len(fields(PasswordLine)))


def _own_text(file: Path, others: int) -> str | None:
    """The text of this user's plain file; None if it doesn't exist. Raises StudioError.

    `others` are the permissions that nobody else may have.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as opened:
            status = os.fstat(opened.fileno())
            owned = os.name == "nt" or (status.st_uid in (os.geteuid(), 0) and not status.st_mode & others)
            if not stat.S_ISREG(status.st_mode) or not owned or status.st_size > _MAX_BYTES:
                raise StudioError(
                    f"{file} is not a plain file that only you can write",
                    "look at what it says; then `chmod 600` it, or remove it",
                )
            return opened.read(_MAX_BYTES).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StudioError(f"Can't read {file}: {error.strerror}", "check its permissions") from None


def _entry(one: Mapping[str, object]) -> Trusted:
    texts = {name: one[name] for name in ("workspace", "host", "port", "user", "variable")}
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(one["unprotected"], bool):
        raise TypeError
    return Trusted(**{name: str(text) for name, text in texts.items()}, unprotected=one["unprotected"])


def _fields(line: str) -> list[str]:
    r"""The fields of a line of .pgpass: `\:` and `\\` are a colon and a backslash."""
    found, escaped = [""], False
    for char in line:
        if char == "\\" and not escaped:
            escaped = True
            continue
        if char == ":" and not escaped:
            found.append("")
        else:
            found[-1] += char
        escaped = False
    return found
