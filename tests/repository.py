"""A desk whose folder is a git repository, and what people and CI do there with git."""

import os
import subprocess
from pathlib import Path

from tests.harness import Desk

ADA = ("Ada", "ada@example.org")


def git(
    desk: Desk, *arguments: str, who: tuple[str, str] = ADA, given: str = "", cwd: Path | None = None
) -> str:
    """What git prints, asked by a person with no settings of this machine; it has to succeed."""
    done = subprocess.run(
        ["git", "-c", f"user.name={who[0]}", "-c", f"user.email={who[1]}", *arguments],
        cwd=cwd or desk.root,
        input=given,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "HOME": str(desk.root.parent), "GIT_CONFIG_NOSYSTEM": "1"},
    )
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout.strip()


def commit(desk: Desk, *paragraphs: str, who: tuple[str, str] = ADA) -> str:
    """Commit everything, also where nothing changed; the commit's id."""
    git(desk, "add", "--all")
    said = [word for paragraph in paragraphs or ("more",) for word in ("-m", paragraph)]
    git(desk, "commit", "-q", "--allow-empty", *said, who=who)
    return git(desk, "rev-parse", "HEAD")


def new_repository(desk: Desk) -> Desk:
    """The desk, in a new repository with everything committed but what is the machine's."""
    git(desk, "init", "-q", "-b", "main")
    (desk.root / ".gitignore").write_text(".studio/\n")
    commit(desk, "first")
    return desk


def clone(desk: Desk, name: str, *options: str, url: str = "") -> Desk:
    """A fresh clone beside the desk, as CI makes one: it remembers nothing. `url`: its database."""
    root = desk.root.with_name(name)
    git(desk, "clone", "-q", *options, f"file://{desk.root}", str(root))
    return desk.at(root, url)
