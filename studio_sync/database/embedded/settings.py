"""How the embedded server is set up, and who may connect to it."""

import os
import shlex
from collections.abc import Mapping

SETTINGS = {
    # A first push writes as much as a whole workspace. So that whoever writes rows need not write out pages
    # and log in between; and fewer, larger checkpoints.
    "shared_buffers": "256MB",
    "wal_buffers": "32MB",
    # No log is written twice: once as zeros, when its file is made.
    "wal_init_zero": "off",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # Nothing replicates from it.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "50",
    "unix_socket_permissions": "0700",
    "log_checkpoints": "off",
    # Statements that fail hold what people wrote: it has no place in a log.
    "log_min_error_statement": "panic",
}

SOCKET_RULES = "local all all peer map=studio\n"
TCP_RULES = "host all all 127.0.0.1/32 scram-sha-256\n"


def ident_map(*users: str) -> str:
    """The text of pg_ident.conf that lets these users of the system in, as any role."""
    return "".join(f'studio "{user}" all\n' for user in users if user)


def command_line(settings: Mapping[str, str]) -> str:
    """The settings as pg_ctl hands them to the shell."""
    parts = [f"{name}={value}" for name, value in settings.items()]
    if os.name == "nt":
        return " ".join(f'-c "{part}"' for part in parts)
    return " ".join(f"-c {shlex.quote(part)}" for part in parts)
