"""Ports and sockets: whether a server listens on one."""

import socket
import struct
from pathlib import Path

_PATIENCE = 5
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def free_port() -> int:
    """A free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(address: Path | int) -> bool:
    """Whether a PostgreSQL answers on a socket's path, or a port of 127.0.0.1.

    A successful connect proves nothing: the system keeps a dead server's socket open for a moment, and after
    a crash another program may have its port.
    """
    try:
        if isinstance(address, int):
            probe = socket.create_connection(("127.0.0.1", address), timeout=_PATIENCE)
        else:
            probe = socket.socket(socket.AF_UNIX)
            probe.settimeout(_PATIENCE)
        with probe:
            if isinstance(address, Path):
                probe.connect(str(address))
            probe.sendall(_SSL_REQUEST)
            return probe.recv(1) in (b"S", b"N")
    except OSError:
        return False
