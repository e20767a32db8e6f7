"""What each commit changed. git is asked once a process: commits never change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

NO_BLOB = "0" * 40


@dataclass(frozen=True, slots=True)
class Edge:
    """What changed between a parent ("" for a first commit) and a commit: path to (old, new) blob."""

    parent: str
    changes: Mapping[str, tuple[str, str]]


class Git(Protocol):
    """Gives what a git command prints."""

    def __call__(self, *arguments: str, given: str = "") -> str:
        """`given` is what the command reads."""
        ...


_Commit = tuple[str, ...]
"""A commit and its parents. A shallow clone may learn of more of them."""

_known: dict[tuple[str, str], dict[_Commit, tuple[Edge, ...]]] = {}


def edges_of(git: Git, place: tuple[str, str], tips: Sequence[str]) -> dict[str, tuple[Edge, ...]]:
    """Every commit that `tips` have seen, newest first, with its edges; `place` is the repository's name.

    Who watches a workspace asks again and again: only commits that are new are looked into.
    """
    lines = git("rev-list", "--parents", "--topo-order", *tips, "--").split("\n")[:-1]
    commits = [tuple(line.split(" ")) for line in lines]
    known = _known.setdefault(place, {})
    new = [commit for commit in commits if commit not in known]
    known.update(zip(new, _read(git, new), strict=True))
    return {commit[0]: known[commit] for commit in commits}


def edge_between(git: Git, parent: str, commit: str) -> Edge:
    """What changed between two commits."""
    return next(_read(git, [(commit, parent)]))[0]


def _read(git: Git, commits: Sequence[_Commit]) -> Iterator[tuple[Edge, ...]]:
    """The edges of each of the commits."""
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
    """What `diff-tree --stdin -z --always` says of each pair that it was given."""
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
