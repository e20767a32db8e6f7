"""The settings of CI files: the workspace's folder, its database, and what to install."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from studio_sync.files.git.work_tree import WorkTree
from studio_sync.files.workspace.package import Package


@dataclass(frozen=True, slots=True)
class CiSettings:
    """The parameters of a CI host's files.

    `folder` is the workspace's folder in the repository, "" for its top; `content` the folder of the tree in
    the workspace. `mark` begins comments that later ones replace. `names` are the database's variables;
    `trust` lists the hosts in studio.yaml that CI may connect to. Without a `package` the files say in their
    first lines that they are incomplete, and fail before they use a secret.
    """

    package: Package | None
    mark: str
    folder: str
    content: str
    branch: str
    names: tuple[str, ...]
    trust: str = ""


def repository_top(root: Path) -> Path:
    """The folder of the git repository around `root`; `root` itself if there is none."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)


def default_branch(top: Path) -> str:
    """The branch that pull requests are merged into, as far as the repository in `top` knows; else main.

    A repository that was not cloned doesn't know its remote's branches; then its own branches decide.
    """
    tree = WorkTree.around(top)
    if tree is None:
        return "main"
    named = _line(tree, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    if named:
        return named
    branches = tree.ask("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").split("\n")[:-1]
    if not branches:
        return _line(tree, "symbolic-ref", "--short", "HEAD") or "main"
    usual = [name for name in ("main", "master") if name in branches]
    return usual[0] if usual else branches[0] if len(branches) == 1 else "main"


def _line(tree: WorkTree, *arguments: str) -> str:
    """The line that git prints, "" if it fails."""
    found = tree.run(*arguments)
    return "" if found.code else found.text.removesuffix("\n")


def filled(template: str, marks: Mapping[str, str]) -> str:
    """A template's text, with the text of each mark in the place of <<mark>>."""
    text = (Path(__file__).with_name("templates") / template).read_text("utf-8")
    for mark, value in marks.items():
        text = text.replace(f"<<{mark}>>", value)
    return text
