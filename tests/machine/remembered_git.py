"""Git's answers, remembered for as long as nothing in its folder changes: to start it costs most of a step.

What is remembered depends on refs, index, configuration and objects alone: the files of `.git` tell, by their
stats, whether any of that is another one. Git writes each of them anew and renames it, so that a file which
changed is another file. Objects never change; what they are asked for is named by refs, or by their hashes.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO
from unittest import mock

from studio_sync.files.git import process, work_tree
from studio_sync.files.git.git_environment import GitPlace
from studio_sync.files.git.process import Answer, git_failure

_ASKED = frozenset(
    ("rev-parse", "cat-file", "ls-files", "ls-tree", "rev-list", "diff-tree", "merge-base", "config")
)
"""The commands whose answers are remembered."""
_OF_FILES = frozenset(("-o", "--others", "-m", "--modified", "-d", "--deleted", "--exclude-standard"))
"""What makes an answer depend on the files of the working tree."""

Fingerprint = tuple[tuple[str, int, int, int, int], ...]


def fingerprint(folder: str) -> Fingerprint:
    """What is another one once anything in a git folder has changed, but for objects that nothing names."""
    found: list[tuple[str, int, int, int, int]] = []
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "objects":
                        waiting.append(entry.path)
                else:
                    stat = entry.stat(follow_symlinks=False)
                    found.append((entry.path, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_size))
    return tuple(sorted(found))


class RememberedGit:
    """Answers as git does; `checks` asks git each time, too, and holds that it says the same."""

    def __init__(self) -> None:
        self._known: dict[object, Answer] = {}
        self._real = process.run_git
        self.checks = False
        self.asked = self.answered = 0

    def forget(self) -> None:
        """Begin anew: folders are other ones now."""
        self._known.clear()

    def run_git(
        self,
        place: GitPlace,
        *arguments: str,
        at: Path | None = None,
        given: bytes = b"",
        config: Mapping[str, str] | None = None,
    ) -> Answer:
        """What git answers, or answered before."""
        self.asked += 1
        folder = place.folder or place.top / ".git"
        if not _settled(arguments) or not os.path.isdir(folder):
            return self._real(place, *arguments, at=at, given=given, config=config)
        settings = tuple(sorted((config or {}).items()))
        key = (place, arguments, at, given, settings, fingerprint(os.fspath(folder)))
        known = self._known.get(key)
        if known is not None and not self.checks:
            self.answered += 1
            return known
        answer = self._real(place, *arguments, at=at, given=given, config=config)
        if known is not None and known != answer:
            raise AssertionError(f"git {arguments} says {answer.out!r}, and {known.out!r} was remembered")
        self._known[key] = answer
        return answer

    @contextmanager
    def stream_git(
        self, place: GitPlace, *arguments: str, at: Path | None = None, given: bytes = b""
    ) -> Iterator[IO[bytes]]:
        """The same as a stream."""
        answer = self.run_git(place, *arguments, at=at, given=given)
        if answer.code:
            raise git_failure(answer)
        yield BytesIO(answer.out)


def _settled(arguments: Sequence[str]) -> bool:
    return arguments[0] in _ASKED and _OF_FILES.isdisjoint(arguments)


@contextmanager
def remembered_git() -> Iterator[RememberedGit]:
    """Commands in the block get remembered answers."""
    found = RememberedGit()
    with mock.patch.multiple(work_tree, run_git=found.run_git, stream_git=found.stream_git):
        yield found
