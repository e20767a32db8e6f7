"""Several workspaces in one repository: which of them a commit is about."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from posixpath import basename

from studio_sync.core.plan.trailers import Trailer

_SETTINGS = "studio.yaml"


def told_apart(trailers: Iterable[Trailer], git: Callable[..., str], top: str) -> list[Trailer]:
    """The trailers, those marked that may be about another workspace.

    They are if the repository has another one, and their commit changes nothing in the folder `top` of this
    one; a merge changes what it brings to its first parent. `git` runs a command at the top of the tree.
    """
    found = list(trailers)
    if not found or not _has_others(git):
        return found
    here = _changing({trailer.commit for trailer in found}, git, top.rstrip("/"))
    return [t if t.commit in here else replace(t, elsewhere=True) for t in found]


def _has_others(git: Callable[..., str]) -> bool:
    """Whether git has the settings of more than one workspace."""
    paths = git("ls-files", "--full-name", "-z").split("\0")
    return len({path for path in paths if basename(path) == _SETTINGS}) > 1


def _changing(commits: Collection[str], git: Callable[..., str], top: str) -> set[str]:
    """Those of the commits that change something in the folder."""
    if "\n" in top or "\r" in top:  # which no line of a request can name
        return set(commits)
    asked = "".join(f"{commit}:{top}\n{commit}^1:{top}\n" for commit in commits)
    lines = git("cat-file", "--batch-check=%(objectname) %(objecttype)", given=asked).split("\n")
    trees = [line.removesuffix(" tree") if line.endswith(" tree") else "" for line in lines]
    pairs = zip(commits, trees[::2], trees[1::2], strict=False)
    return {commit for commit, after, before in pairs if after != before}
