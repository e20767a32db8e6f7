from collections.abc import Iterator

import psycopg
import pytest

from studio_sync.database.address.url import parse_address
from studio_sync.database.embedded.embedded import Server
from studio_sync.database.postgres.connection.connect import open_connection
from tests import servers


@pytest.fixture(params=servers.VERSIONS, scope="session")
def server(request: pytest.FixtureRequest) -> Server:
    return servers.server(request.param)


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    with servers.database(server) as url:
        yield url


@pytest.fixture
def empty_url(server: Server) -> Iterator[str]:
    with servers.database(server, empty=True) as url:
        yield url


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection]:
    with open_connection(parse_address(url)) as connection:
        yield connection


@pytest.fixture
def empty(empty_url: str) -> Iterator[psycopg.Connection]:
    with open_connection(parse_address(empty_url)) as connection:
        yield connection
