"""`python -m tests.snapshots` writes the pages anew."""

import os
import sys

import pytest

from tests.snapshots.record import PAGES
from tests.snapshots.test_snapshots import WRITE

if __name__ == "__main__":
    os.environ[WRITE] = "1"
    for page in PAGES.iterdir():
        page.unlink()
    sys.exit(pytest.main([os.path.dirname(__file__), "-q", "-k", "printed"]))
