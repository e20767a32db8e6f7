"""Edges of git's history: which files each commit changed. Cached for the process: commits never change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

NO_BLOB = "0" * 40


@dataclass(frozen=True, slots=True)
class Edge:
    """The changes from a parent ("" for a root commit) to a commit: path to (old, new) blob."""

    parent: str
    changes: Mapping[str, tuple[str, str]]


class Git(Protocol):
    """Returns the output of a git command."""

    def __call__(self, *arguments: str, given: str = "") -> str:
        """`given` is the command's standard input."""


_Commit = tuple[str, ...]
"""A commit and its parents, which may become more when a shallow clone is deepened."""

_known: dict[tuple[str, str], dict[_Commit, tuple[Edge, ...]]] = {}


def edges_of(git: Git, place: tuple[str, str], tips: Sequence[str]) -> dict[str, tuple[Edge, ...]]:
    """Every ancestor of `tips`, newest first, with its edges; `place` identifies the repository.

    `watch` asks again and again, so only new commits are read.
    """
    lines = git("rev-list", "--parents", "--topo-order", *tips, "--").split("\n")[:-1]
    commits = [tuple(line.split(" ")) for line in lines]
    known = _known.setdefault(place, {})
    new = [commit for commit in commits if commit not in known]
    known.update(zip(new, _read(git, new), strict=True))
    return {commit[0]: known[commit] for commit in commits}


def edge_between(git: Git, parent: str, commit: str) -> Edge:
    """The changes between two commits."""
    return next(_read(git, [(commit, parent)]))[0]


def _read(git: Git, commits: Sequence[_Commit]) -> Iterator[tuple[Edge, ...]]:
    """The edges of each commit."""
    if not commits:
        return
    pairs = [(c[0], p) for c in commits for p in (c[1:] or ("",))]
    asked = "".join(f"{commit} {parent}".rstrip() + "\n" for commit, parent in pairs)
    out = git(
        "diff-tree", "--stdin", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--root", "--always",
        "--relative", "--", ".",
        given=asked,
    )  # fmt: skip
    sections = _sections(out)
    for commit in commits:
        yield tuple(Edge(parent, next(sections)) for parent in commit[1:] or ("",))
    if next(sections, None) is not None:
        raise ValueError("git told of more commits than it was asked about")


def _sections(out: str) -> Iterator[dict[str, tuple[str, str]]]:
    """Parse the output of `diff-tree --stdin -z --always`, one section for each given pair."""
    changes: dict[str, tuple[str, str]] | None = None
    words = iter(out.split("\0"))
    for word in words:
        if word.startswith(":"):
            _, _, old, new, _ = word[1:].split(" ")
            if changes is not None:
                changes[next(words)] = (old, new)
        elif word:
            if changes is not None:
                yield changes
            changes = {}
    if changes is not None:
        yield changes
