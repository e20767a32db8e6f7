"""Texts that git keeps: what was committed can be read again, as long as the history is there."""

import shutil
import subprocess
from hashlib import sha1, sha256
from pathlib import Path

_SHA1_DIGITS = 40


def run_git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run git in a folder; paths in the arguments are taken literally. It asks nothing."""
    return subprocess.run(
        ["git", "--literal-pathspecs", *arguments],  # noqa: S607 - the git that the user's shell finds
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def has_git(folder: Path) -> bool:
    """Whether a folder is in a git repository, and git is at hand."""
    if shutil.which("git") is None or not folder.is_dir():
        return False
    return run_git(folder, "rev-parse", "--is-inside-work-tree").stdout.strip() == b"true"


def committed(content: Path, folder: str) -> dict[str, str]:
    """The blobs of the files at or below `folder` as HEAD has them, by path relative to `content`."""
    if not has_git(content):
        return {}
    listed = run_git(content, "ls-tree", "-r", "-z", "HEAD", "--", folder).stdout
    found: dict[str, str] = {}
    for line in filter(None, listed.split(b"\0")):
        head, _, path = line.partition(b"\t")
        found[path.decode("utf-8", "surrogateescape")] = head.split()[2].decode()
    return found


def is_blob(sha: str, data: bytes) -> bool:
    """Whether `data` is what git calls `sha`."""
    whole = b"blob %d\0%b" % (len(data), data)
    hashed = sha1(whole) if len(sha) == _SHA1_DIGITS else sha256(whole)  # noqa: S324 - git's own names
    return hashed.hexdigest() == sha


def read_blob(content: Path, sha: str) -> bytes | None:
    """A blob's bytes; None where this clone doesn't have it."""
    if not has_git(content):
        return None
    done = run_git(content, "cat-file", "blob", sha)
    return done.stdout if done.returncode == 0 else None
