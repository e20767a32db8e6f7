"""Which saved files git may have written, where it wrote its index at the same time."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from studio_sync.errors import StudioError
from studio_sync.files.git.blobs import stored
from studio_sync.files.git.repository import Repository
from studio_sync.files.git.state import GitFolder, GitState
from studio_sync.files.tree.walking.listing import read_content


def written_by_git(
    content: Path, git: GitFolder, before: GitState, now: GitState, files: Collection[str]
) -> set[str]:
    """Those of these files that git may have written between two states; `files` are below `content`.

    `git status` and `git commit` write the index and no file. What git writes it has stored; the index may
    say so, too, where a filter converts it. New words that `git add` stored at once count as git's as well.
    """
    if not git.committed(before, now):
        return set(files)
    if now.head != before.head:
        return set()
    try:
        return _written(content, files)
    except StudioError:
        return set(files)  # git can't be asked: nothing is pushed that it may have written


def _written(content: Path, files: Collection[str]) -> set[str]:
    repository = Repository.around(content)
    if repository is None:
        return set(files)
    indexed, found, texts = repository.rewritten(files), set(), dict[str, bytes]()
    for path in files:
        with suppress(OSError):
            texts[path] = read_content(content, path)
            if path in indexed and (content / path).stat().st_mtime_ns == indexed[path][1]:
                found.add(path)
    return found | stored(content, texts)
