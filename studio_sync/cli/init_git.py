"""`studio init --git`: configure git to merge records field by field (merge driver)."""

import os
from pathlib import Path

from studio_sync.cli.app import App


def write_git_setup(app: App, root: Path, content: str, *, dry_run: bool) -> None:
    """Write the missing git attributes and configuration for a workspace, and report them."""
    from studio_sync.files.git import merge_driver
    from studio_sync.files.git.attributes import ATTRIBUTES
    from studio_sync.files.git.work_tree import hold_repository
    from studio_sync.files.tree.disk.file_writer import FileWriter
    from studio_sync.files.tree.disk.plain_file import read_plain

    tree = hold_repository(root)
    found = merge_driver.setup_of(tree, root, content)
    name = ATTRIBUTES
    if found.attributes:
        place, writer = root / name, FileWriter(root)
        before = read_plain(place, merge_driver.MAX_ATTRIBUTES) if os.path.lexists(place) else None
        after = merge_driver.with_driver_lines(before or b"", found.attributes)
        if not dry_run and before is None:
            writer.create(name, after)
        elif not dry_run and before is not None:
            writer.replace(name, before, after)
        app.say(
            f"{'would write' if dry_run else 'wrote'} {name}: git asks studio how to merge records; commit it"
        )
    else:
        app.say(f"git's attributes ask studio already how to merge records in {content}")
    if not found.ours:
        if not dry_run:
            merge_driver.configure(tree)
        done = "would set" if dry_run else "set"
        app.say(f"{done} {merge_driver.DRIVER} in this clone's configuration, which git never shares:")
    else:
        app.say(f"{merge_driver.DRIVER} is set in this clone's configuration, which git never shares:")
    for line in _MEANING:
        app.say(line)


_MEANING = (
    "  merge, rebase, cherry-pick, revert and stash pop now merge records field by field; anything else,",
    "  and whatever studio can't merge, git merges itself; each other clone runs `studio init --git` once",
)
