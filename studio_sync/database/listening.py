"""Ports and sockets: whether a server stands behind one."""

import socket
import struct
from pathlib import Path

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(path: Path) -> bool:
    """Whether a server stands behind the socket at `path`."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def is_postgres(port: int) -> bool:
    """Whether what listens on the port speaks PostgreSQL's protocol: after a crash it may be another."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as probe:
            probe.sendall(_SSL_REQUEST)
            return probe.recv(1) in (b"S", b"N")
    except OSError:
        return False
