"""A workspace for what works on files alone: its database can't be reached."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import TREE, Desk

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
    git(offline, "init", "-q")
    (offline.root / ".gitignore").write_text(".studio/\n", "utf-8")
    commit(offline)
    return offline


def git(desk: Desk, *arguments: str) -> str:
    """What git prints in the workspace."""
    return subprocess.run(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments],
        cwd=desk.root,
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout


def commit(desk: Desk) -> None:
    """Commit everything."""
    git(desk, "add", "-A")
    git(desk, "commit", "-qm", "all of it")
