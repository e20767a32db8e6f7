"""The git merge driver: attributes that select it, configuration that defines it, and git's own merge.

Attributes can be committed, configuration can't: which programs git runs is each user's own decision.
"""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from studio_sync.errors import RefusedError, UnavailableError
from studio_sync.files.git.attributes import attributes_of
from studio_sync.files.git.git_environment import GitPlace
from studio_sync.files.git.process import run_git
from studio_sync.files.git.work_tree import WorkTree

DRIVER_NAME = "studio"
MAX_ATTRIBUTES = 1 << 20
"""No attributes file written by a person is longer."""
DRIVER, TITLE = f"merge.{DRIVER_NAME}.driver", f"merge.{DRIVER_NAME}.name"

_TITLE = "records of studio, field by field"
_SUFFIXES = ("md", "yaml")
_BINARY = 255
"""The exit code of `git merge-file` if the files can't be merged by line."""

_DRIVER = (
    'case "$({studio} merge-file --driver --marker-size=%L --style="$(git config merge.conflictStyle)"'
    ' --base-label=%S --ours-label=%X --theirs-label=%Y -- %O %A %B %P)"'
    " in clean) exit 0;; conflict) exit 1;; esac;"
    " git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B || exit 1"
)
"""The driver's command. Unless studio reports a merge as its last word, git's own merge follows.

A program that is missing, crashes or is killed must never leave our version without markers, because
`git add` would then lose theirs. An exit code alone can't prove success; a last word can. Nor may it end
with the code of `git merge-file` for files that can't be merged by line, 255: newer versions of git take
codes above 128 for a failure of the driver, and give up the whole merge.
"""


def driver() -> str:
    """The command of the merge driver: the running studio, by its full path.

    Neither a program of that name in some folder of PATH nor a module in the current folder, which is the
    clone's, takes its place (-P).
    """
    return _DRIVER.format(studio=f"{shlex.quote(Path(sys.executable).as_posix())} -P -m studio_sync")


@dataclass(frozen=True, slots=True)
class Setup:
    """How far git is set up for merging: what attributes and configuration lack.

    `attributes` are the missing lines; `configured`: there is a driver; `ours`: it is the driver of this
    studio.
    """

    attributes: tuple[str, ...]
    configured: bool
    ours: bool


def setup_of(tree: WorkTree, root: Path, content: str) -> Setup:
    """Check git's setup for the workspace in `root` with this content folder."""
    configured = tree.setting(DRIVER)
    return Setup(_missing(tree, root, content), bool(configured), configured == driver())


def attribute_lines(content: str) -> tuple[str, ...]:
    """The lines of .gitattributes, beside studio.yaml, that select the driver."""
    escaped = "".join(f"\\{sign}" if sign in "*?[]\\" else sign for sign in content)
    patterns = [f"/{escaped}/**/*.{suffix}" for suffix in _SUFFIXES]
    return tuple(f"{_quoted(pattern)} merge={DRIVER_NAME}" for pattern in patterns)


def _quoted(pattern: str) -> str:
    if not any(sign.isspace() or sign in '"#' for sign in pattern):
        return pattern
    return '"' + pattern.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _missing(tree: WorkTree, root: Path, content: str) -> tuple[str, ...]:
    """The lines without which git would not use the driver, according to git itself."""
    folder = (root.resolve() / content / "a").relative_to(tree.top)
    paths = [(folder / f"b.{suffix}").as_posix() for suffix in _SUFFIXES]
    found = attributes_of(tree, ("merge",), paths, tree.top)
    lines = zip(paths, attribute_lines(content), strict=True)
    return tuple(line for path, line in lines if found[path].get("merge") != DRIVER_NAME)


def with_driver_lines(text: bytes, lines: tuple[str, ...]) -> bytes:
    """The attributes with more lines at the end; the rest stays unchanged."""
    newline = b"\r\n" if b"\r\n" in text else b"\n"
    gap = newline if text and not text.endswith(b"\n") else b""
    return text + gap + b"".join(line.encode() + newline for line in lines)


def configure(tree: WorkTree) -> None:
    """Write the driver into the repository's configuration. Raises UnavailableError if git can't.

    The command is written first: with a name alone, git would fail every merge. Raises RefusedError for a
    configuration that is elsewhere, which may be another repository's.
    """
    place = tree.folder / "config"
    if place.is_symlink():
        raise RefusedError(
            f"{place} is a symbolic link, which is not followed",
            "put a plain file in its place, or type it yourself:"
            f" git config merge.studio.driver {shlex.quote(driver())}",
        )
    for key, value in ((DRIVER, driver()), (TITLE, _TITLE)):
        answer = tree.run("config", "--local", "--replace-all", key, value)
        if answer.code:
            raise UnavailableError(
                f"git could not write {key}: {answer.message}", "run `git config --local -l`"
            )


def merge_by_line(base: Path, ours: Path, theirs: Path, labels: tuple[str, str, str], size: int) -> int:
    """Merge by line as `git merge-file` does, into OURS; returns the number of conflicts.

    If git can't merge by line, OURS stays unchanged and counts as one conflict, as with git.
    """
    named = [word for label in labels for word in ("-L", label)]
    files = [os.path.abspath(place) for place in (ours, base, theirs)]
    answer = run_git(GitPlace(ours.parent), "merge-file", f"--marker-size={size}", *named, *files)
    if answer.code == _BINARY and b"binary" not in answer.err:
        raise UnavailableError(f"git could not merge the files: {answer.message}", "check the paths")
    return 1 if answer.code == _BINARY else answer.code
