"""The content folder as the disk has it: which files there are, and whether they may have changed."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from studio_sync.core.layout import SUFFIXES
from studio_sync.errors import UnavailableError

Stat: TypeAlias = tuple[int, int, int, int]
"""Size in bytes, mtime and ctime in nanoseconds, inode: what tells that a file may have changed."""

UNKNOWN: Stat = (-1, 0, 0, 0)
"""No file's stat: what is remembered with it is read again."""

TEMPORARY = ".studio-tmp-"
"""What the names of files begin with that a write has not finished."""

_IGNORE_FILE = ".studioignore"


@dataclass(slots=True)
class Listing:
    """What a walk found. Paths are relative to the content folder, with "/" between parts.

    `files` holds the Markdown and YAML files. `faults` are (path, code, message, hint) of what could not
    be followed or read: a symbolic link, a folder without permission, a name that is no text. Nothing is
    known about what lies at or below such a path. `ignored` says of any path whether it is left out.
    """

    files: dict[str, Stat] = field(default_factory=dict)
    faults: list[tuple[str, str, str, str]] = field(default_factory=list)
    ignored: Callable[[str], bool] = field(default=lambda _: False)


def list_files(content: Path) -> Listing:
    """Walk the content folder. Raises UnavailableError if it isn't there or can't be read."""
    ignored = _ignore_rules(content)
    listing = Listing(ignored=lambda path: any(map(ignored, _with_folders(path))))
    try:
        entries = os.scandir(content)
    except FileNotFoundError:
        raise UnavailableError(
            f"the content folder {content} is not there",
            "nothing was changed; put it back, or correct `content:` in studio.yaml",
        ) from None
    except OSError as error:
        raise UnavailableError(f"can't read the content folder {content}: {error.strerror}") from None
    _walk(entries, "", listing, ignored)
    return listing


def _walk(
    entries: "os._ScandirIterator[str]", prefix: str, listing: Listing, ignored: Callable[[str], bool]
) -> None:
    files = listing.files
    folders: list[tuple[str, str]] = []
    with entries:
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            path = prefix + name
            if name.endswith(SUFFIXES) or name.lower().endswith(SUFFIXES):
                if ignored(path):
                    continue
                info = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(info.st_mode) and name.isprintable():
                    files[path] = (info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
                    continue
            elif entry.is_file(follow_symlinks=False):
                continue
            if entry.is_symlink():
                if not ignored(path) and (entry.is_dir() or name.endswith(SUFFIXES)):
                    listing.faults.append(
                        (
                            path,
                            "symlink",
                            "symbolic links are not followed",
                            "put the real file or folder here, or name it in .studioignore",
                        )
                    )
            elif not _is_text(name):
                shown = path.encode("utf-8", "backslashreplace").decode()
                listing.faults.append(
                    (shown, "bad-name", "the name is not valid UTF-8 text", "rename it")
                )
            elif entry.is_dir(follow_symlinks=False):
                if not ignored(path + "/"):
                    folders.append((path, entry.path))
            elif name.endswith(SUFFIXES):
                listing.faults.append(
                    (path, "bad-name", "this is not an ordinary file with a printable name", "rename it")
                )
    for path, place in folders:
        try:
            inner = os.scandir(place)
        except OSError as error:
            listing.faults.append(
                (path, "unreadable", f"can't read this folder: {error.strerror}", "check its permissions")
            )
            continue
        _walk(inner, path + "/", listing, ignored)


def _with_folders(path: str) -> Iterator[str]:
    """A path and the folders above it, which end in "/"."""
    yield path
    at = path.rfind("/")
    while at > 0:
        yield path[: at + 1]
        at = path.rfind("/", 0, at)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _ignore_rules(content: Path) -> Callable[[str], bool]:
    """Whether a path (a folder's ends with "/") is left out by .studioignore, in gitignore's patterns.

    The file may stand in the content folder or beside it, in the workspace.
    """
    lines: list[str] = []
    for folder in (content.parent, content):
        try:
            lines += (folder / _IGNORE_FILE).read_text("utf-8").splitlines()
        except FileNotFoundError:
            continue
        except (OSError, UnicodeError) as error:
            raise UnavailableError(f"can't read {folder / _IGNORE_FILE}: {error}") from None
    if not lines:
        return lambda _: False
    from pathspec import GitIgnoreSpec

    try:
        spec = GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        raise UnavailableError(
            f"{_IGNORE_FILE} has a pattern that can't be read: {error}",
            "it takes the patterns of a .gitignore",
        ) from None
    root = content.name
    return lambda path: spec.match_file(path) or spec.match_file(f"{root}/{path}")


def stat_of(path: Path | str) -> Stat:
    """The stat of one file, following no link. Raises OSError."""
    info = os.stat(path, follow_symlinks=False)
    return (info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)


def may_hide_an_edit(found: Stat, now_ns: int) -> bool:
    """Whether a later edit of the same size could leave the same stat, read at `now_ns`.

    Clocks of file systems tick every few milliseconds, some only every second or two.
    """
    newest = max(found[1], found[2])
    coarse = found[1] % 1_000_000_000 == 0
    return now_ns - newest < (2_000_000_000 if coarse else 20_000_000)
