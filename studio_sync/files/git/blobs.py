"""Reading committed files as git blobs."""

import re
from collections.abc import Mapping
from hashlib import sha1, sha256
from pathlib import Path

from studio_sync.core.values.bounds import MAX_UNPACKED
from studio_sync.files.git.work_tree import WorkTree

_NAME = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
"""The name of a blob or commit; nothing else is given to git as one."""


def is_object_name(name: str) -> bool:
    """Whether this can be the name of a git object."""
    return _NAME.fullmatch(name) is not None


def committed(content: Path, folder: str) -> dict[str, str]:
    """The blobs of the files at or below `folder` in HEAD, by path relative to `content`."""
    tree = WorkTree.around(content)
    if tree is None:
        return {}
    listed = tree.run("ls-tree", "-r", "-z", "HEAD", "--", folder, at=content).text
    found: dict[str, str] = {}
    for line in filter(None, listed.split("\0")):
        head, _, path = line.partition("\t")
        found[path] = head.split(" ")[2]
    return found


def is_blob(sha: str, data: bytes) -> bool:
    """Whether `data` is the blob named `sha`."""
    return sha in _names(data)


def _names(data: bytes) -> tuple[str, str]:
    """The names of a blob, by either of git's formats."""
    whole = b"blob %d\0%b" % (len(data), data)
    return sha1(whole).hexdigest(), sha256(whole).hexdigest()  # noqa: S324 - git's own names


def stored(content: Path, files: Mapping[str, bytes]) -> set[str]:
    """Those of these files whose bytes git has stored, by commit, stash or index; line ends may differ."""
    names = {
        name: path
        for path, data in files.items()
        for form in {data, data.replace(b"\r\n", b"\n")}
        for name in _names(form)
    }
    tree = WorkTree.around(content)
    if tree is None or not names:
        return set()
    asked = "".join(f"{name}\n" for name in names)
    lines = tree.ask("cat-file", "--batch-check", at=content, given=asked).split("\n")
    return {names[line.partition(" ")[0]] for line in lines if " blob " in line}


def read_blob(content: Path, sha: str) -> bytes | None:
    """A blob's bytes; None if this clone lacks it."""
    tree = WorkTree.around(content) if is_object_name(sha) else None
    if tree is None:
        return None
    size = tree.run("cat-file", "-s", sha).text.strip()
    if not size.isdecimal() or int(size) > MAX_UNPACKED:  # a few bytes of a pack may unpack to gigabytes
        return None
    done = tree.run("cat-file", "blob", sha)
    return None if done.code else done.out
