"""The workspaces of the rounds: one for each way to the primary."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio_sync.database.address.url import parse_address
from studio_sync.database.postgres.connection.connect import open_connection
from studio_sync.database.postgres.schema.install import install_schema
from tests.ha.cluster import DOORS, Cluster
from tests.harness import TREE, Desk


@contextmanager
def desks(cluster: Cluster) -> Iterator[dict[str, Desk]]:
    """The workspaces by the name of their door. They have the same files, which are pushed."""
    with open_connection(parse_address(cluster.url("haproxy"))) as connection:
        install_schema(connection, create_tables=True)
    with tempfile.TemporaryDirectory(prefix="studio-desks-") as folder:
        made: dict[str, Desk] = {}
        for door in DOORS:
            desk = made[door] = Desk(Path(folder) / door, cluster.url(door))
            desk.write_all(TREE)
            desk.ok("push")
        yield made
