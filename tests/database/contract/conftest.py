from collections.abc import Iterator

import pytest

from tests.database.contract.backends import Backend, InMemory, Postgres


@pytest.fixture(params=["postgres", "memory"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """An empty database of each kind: what a test of this folder says holds for all of them."""
    if request.param == "memory":
        yield InMemory()
        return
    found = Postgres(request.getfixturevalue("shared_url"))
    yield found
    found.close()


@pytest.fixture(params=["postgres", "memory"])
def granting(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """The same, of which roles may be granted parts: what that needs stays in a database."""
    if request.param == "memory":
        yield InMemory()
        return
    found = Postgres(request.getfixturevalue("own_url"))
    yield found
    found.close()
