"""Listing of the content folder: its files, and by their stats (as in git's index) which may have changed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from studio_sync.core.values.bounds import MAX_CONTENT_FILE
from studio_sync.files.tree.disk.inside import inside
from studio_sync.files.tree.disk.plain_file import Stat, read_plain, read_with_stat, stat_as_tuple

SUFFIXES = (".md", ".yaml", ".yml")
"""The suffixes of files that are records, or look like records."""

NO_STAT: Stat = (-1, 0, 0, 0)
"""The stat of no file: a file saved with it is read again."""

PathFault: TypeAlias = tuple[str, str, str, str]
"""Path, code, message and hint for something that could not be followed or read."""

TEMPORARY = ".studio-tmp-"
"""Prefix of the names of files whose write is not finished."""


@dataclass(frozen=True, slots=True)
class Known:
    """The saved stamps of a content folder's files, and of its folders while `fingerprint` is the same.

    `fingerprint` is of the folder's path and the ignore rules. A folder's stamp covers its times, its inode
    and the number of its entries when listed. Folders are ordered by path; "" is the content folder itself.
    """

    files: Mapping[str, int] = field(default_factory=dict)
    folders: Mapping[str, int] = field(default_factory=dict)
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """The differences between a walk and the memory. Paths are relative to the content folder, with "/".

    `changed`: Markdown and YAML files that are new, or differ from the saved stamps. `deleted`: saved files
    that no longer exist. `faults`: (path, code, message, hint) of what could not be followed or read, such as
    a symbolic link, a folder without permission, or a name that is no text; nothing is known about paths at
    or below. `folders`: the stamps of listed folders, where they are new. `lost`: saved folders that no
    longer exist. Both are valid with this `fingerprint` only, and not at all if it is empty; it is None if
    there was no walk.
    """

    changed: Mapping[str, Stat]
    deleted: tuple[str, ...] = ()
    faults: tuple[PathFault, ...] = ()
    folders: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """The paths from `first` up to and excluding `end` ("": without end)."""

    first: str = ""
    end: str = ""

    def holds(self, path: str) -> bool:
        """Whether a path is in the span."""
        return self.first <= path and (not self.end or path < self.end)

    def touches(self, folder: str) -> bool:
        """Whether the span may contain paths below a folder."""
        return self.first < f"{folder}0" and (not self.end or f"{folder}/" < self.end)

    def covers(self, folder: str) -> bool:
        """Whether the span contains all paths below a folder; "0" is the character after "/"."""
        return self.first <= f"{folder}/" and (not self.end or f"{folder}0" <= self.end)


WHOLE_TREE = Span()


def stamp_of(stat: Stat) -> int:
    """A stat as one 64-bit number; another stat is unlikely to have the same."""
    return hash(stat)


def stat_of(path: Path | str) -> Stat:
    """The stat of a file; a link is not followed. Raises OSError."""
    return stat_as_tuple(os.stat(path, follow_symlinks=False))


def read_file(path: str) -> tuple[Stat, bytes]:
    """The bytes of a content file, and its stat from before the read. Raises OSError."""
    return read_with_stat(path, MAX_CONTENT_FILE)


def read_content(content: Path, path: str) -> bytes:
    """The bytes of the content file at `path`, which must stay in the folder `content`. Raises OSError."""
    return read_plain(inside(content, path), MAX_CONTENT_FILE)


def content_or_nothing(content: Path, path: str) -> bytes:
    """The same; b"" for a file that can't be read."""
    try:
        return read_content(content, path)
    except OSError:
        return b""


def may_hide_an_edit(found: Stat, now_ns: int) -> bool:
    """Whether a later edit of equal size could leave the same stat as the one read at `now_ns`.

    Clocks of file systems tick every few milliseconds, some only every second or two.
    """
    newest = max(found[1], found[2])
    coarse = found[1] % 1_000_000_000 == 0
    return now_ns - newest < (2_000_000_000 if coarse else 20_000_000)
