"""Line authors of a file, by git blame."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from studio_sync.files.git.attributes import hold_attributes
from studio_sync.files.git.work_tree import WorkTree

_HEAD = re.compile(r"([0-9a-f]{40,64}) \d+ (\d+)(?: \d+)?")
_NOBODY = "not.committed.yet"


@dataclass(frozen=True, slots=True)
class LineAuthor:
    """The commit that introduced a line; `commit` is "" for an uncommitted line."""

    commit: str
    name: str
    at: datetime | None
    subject: str


def line_authors(place: Path) -> dict[int, LineAuthor]:
    """The commit that introduced each line of a file, by line number from 1; empty if git can't tell."""
    tree = WorkTree.around(place.parent)
    if tree is None:
        return {}
    path = place.resolve().relative_to(tree.top).as_posix()
    hold_attributes(tree, [path], tree.top)
    answer = tree.run("blame", "--line-porcelain", "--", path)
    found: dict[int, LineAuthor] = {}
    number, commit = 0, ""
    headers: dict[str, str] = {}
    for line in answer.text.split("\n") if not answer.code else ():
        if head := _HEAD.fullmatch(line):
            commit, number, headers = head[1], int(head[2]), {}
        elif line.startswith("\t"):
            found[number] = _author(commit, headers)
        else:
            key, _, value = line.partition(" ")
            headers[key] = value
    return found


def _author(commit: str, headers: dict[str, str]) -> LineAuthor:
    if headers.get("author-mail") == f"<{_NOBODY}>" or not commit.strip("0"):
        return LineAuthor("", "", None, "")
    moment = headers.get("author-time", "")
    at = datetime.fromtimestamp(int(moment), UTC) if re.fullmatch(r"\d{1,11}", moment) else None
    return LineAuthor(commit, headers.get("author", ""), at, headers.get("summary", ""))
