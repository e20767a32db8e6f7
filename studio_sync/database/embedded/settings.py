"""Configuration of the embedded server, and who may connect to it."""

import os
import shlex
from collections.abc import Mapping

SETTINGS = {
    # A first push writes a whole workspace at once. With these its backend need not flush pages and WAL in
    # between; and checkpoints are fewer and larger.
    "shared_buffers": "256MB",
    "wal_buffers": "32MB",
    # Don't write WAL files twice: first zeroed, when created.
    "wal_init_zero": "off",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # It has no replicas.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "50",
    "unix_socket_permissions": "0700",
    "log_checkpoints": "off",
    # Failed statements contain people's texts, which don't belong in a log.
    "log_min_error_statement": "panic",
}

SOCKET_RULES = "local all all peer map=studio\n"
TCP_RULES = "host all all 127.0.0.1/32 scram-sha-256\n"


def ident_map(*users: str) -> str:
    """The text of pg_ident.conf that lets these system users in, as any role."""
    return "".join(f'studio "{user}" all\n' for user in users if user)


def command_line(settings: Mapping[str, str]) -> str:
    """The settings as options for pg_ctl, quoted for its shell."""
    parts = [f"{name}={value}" for name, value in settings.items()]
    if os.name == "nt":
        return " ".join(f'-c "{part}"' for part in parts)
    return " ".join(f"-c {shlex.quote(part)}" for part in parts)
