"""What tests of files share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_sync.files.memory.memory import Memory


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """A workspace's memory that knows nothing yet."""
    opened = Memory.open(tmp_path / ".studio")
    yield opened
    opened.close()
