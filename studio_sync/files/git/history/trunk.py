"""The branch point: where a branch left the remote's default branch, as far as a clone knows."""

from studio_sync.files.git.work_tree import WorkTree

_TRUNKS = tuple(f"refs/remotes/origin/{name}" for name in ("HEAD", "main", "master"))
"""The remote's default branch as the clone knows it, else its usual names."""


def branched_off(tree: WorkTree, head: str) -> tuple[str, str]:
    """The commit where the branch of `head` left the default branch, and the name of that branch.

    Both are "" if no such branch is known, or `head` has no commit that it lacks.
    """
    listed = tree.run("for-each-ref", "--format=%(refname) %(symref:lstrip=3)", *_TRUNKS).text.split("\n")
    known = dict(line.split(" ", 1) for line in listed if line)
    trunk = next((ref for ref in _TRUNKS if ref in known), "")
    found = tree.run("merge-base", head, trunk, "--") if trunk else None
    commit = found.text.split("\n")[0] if found is not None and not found.code else ""
    if commit in ("", head):
        return "", ""
    return commit, known[trunk] or trunk.rpartition("/")[2]
