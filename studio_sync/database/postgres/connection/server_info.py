"""Facts about a connection: server, pooler, encryption, role."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class Examination:
    """A server and the connection to it.

    `standby`: a replica; `read_only`: nothing can be written, for another reason. `pooled`: a pooler is in
    between, which may use another server process for each transaction. `encrypted`: with TLS. `local`: on
    this machine.
    """

    version: str
    number: int
    product: str
    standby: bool
    read_only: bool
    pooled: bool
    encrypted: bool
    local: bool
    encoding: str
    role: str


def examine(connection: "Connection[Any]") -> Examination:
    """Read the facts about `connection`."""
    query = Path(__file__).with_name("server_info.sql").read_bytes()
    row = connection.execute(query).fetchone()
    if row is None:
        raise LookupError("the role that is connected does not exist")
    version, number, product, standby, read_only, pid, encoding, role = row
    # A pooler reports a process id of its own; the server knows another one.
    pooled = pid != connection.info.backend_pid
    host = connection.info.host
    return Examination(
        version, number, product.partition(" ")[0], standby, read_only and not standby, pooled,
        bool(connection.pgconn.ssl_in_use), host.startswith("/") or host in ("127.0.0.1", "::1", "localhost"),
        encoding, role,
    )  # fmt: skip
