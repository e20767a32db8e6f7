"""A workspace for what works on files alone: its database can't be reached."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import TREE, Desk
from tests.repository import new_repository

NOWHERE = "postgresql://127.0.0.1:1/none"


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Desk]:
    """A workspace with a file of each kind, and no database."""
    with Desk(tmp_path / "desk", NOWHERE) as desk:
        desk.write_all(TREE)
        yield desk


@pytest.fixture
def tracked(offline: Desk) -> Desk:
    """The same, committed to git."""
    return new_repository(offline)
