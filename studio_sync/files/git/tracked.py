"""What git tracks of a folder: a file that came with a commit, and not from this machine."""

from pathlib import Path

from studio_sync.files.git.work_tree import WorkTree


def tracked(root: Path, name: str) -> str:
    """The first file at or below `name` in the folder `root` that git tracks, "" if there is none.

    Letters may be large or small where the file system can't tell them apart: then git may track the same
    folder by another spelling.
    """
    tree = WorkTree.around(root)
    if tree is None:
        return ""
    names = {name, *(path.name for path in root.iterdir() if path.name.lower() == name.lower())}
    found = tree.run("ls-files", "-z", "--", *sorted(names), at=root).text
    return found.partition("\0")[0]
