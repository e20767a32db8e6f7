"""Whether git tracks files of a folder: such files came with a commit, not from this machine."""

from pathlib import Path

from studio_sync.files.git.work_tree import WorkTree


def tracked(root: Path, name: str) -> str:
    """The first file at or below `name` in `root` that git tracks, "" if there is none.

    On a case-insensitive file system the case of letters doesn't matter: git may track the same folder in
    another spelling.
    """
    tree = WorkTree.around(root)
    if tree is None:
        return ""
    names = {name, *(path.name for path in root.iterdir() if path.name.lower() == name.lower())}
    found = tree.ask("ls-files", "-z", "--", *sorted(names), at=root)
    return found.partition("\0")[0]
