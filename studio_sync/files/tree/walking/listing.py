"""What a walk over the content folder tells: which files there are, and whether they may have changed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from studio_sync.core.values.bounds import MAX_CONTENT_FILE
from studio_sync.files.tree.disk.inside import inside
from studio_sync.files.tree.disk.plain_file import Stat, read_plain, read_with_stat, stat_as_tuple

NO_STAT: Stat = (-1, 0, 0, 0)
"""No file's stat: what is remembered with it is read again."""

PathFault: TypeAlias = tuple[str, str, str, str]
"""Path, code, message and hint of what could not be followed or read."""

TEMPORARY = ".studio-tmp-"
"""What the names of files begin with that a write has not finished."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a content folder: the stamps of files and, where `basis` holds, of folders.

    A folder's stamp is of its times, its inode and how much stood in it when it was listed. Folders come in
    the order of their paths; "" is the content folder itself.
    """

    files: Mapping[str, int] = field(default_factory=dict)
    folders: Mapping[str, int] = field(default_factory=dict)
    basis: str = ""


@dataclass(slots=True)
class Listing:
    """What a walk found. Paths are relative to the content folder, with "/" between parts.

    `files` holds the Markdown and YAML files that are not as they are known to be, `gone` those that are
    known and not there. `faults` are (path, code, message, hint) of what could not be followed or read: a
    symbolic link, a folder without permission, a name that is no text. Nothing is known about what lies at
    or below such a path. `folders` has the stamps of folders that were listed, `lost` known ones that are
    none any more; they mean something on this `basis`, and nothing where that is empty.
    """

    files: dict[str, Stat] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    faults: list[PathFault] = field(default_factory=list)
    folders: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The paths from `first` on, up to and without `end` ("": all that follow)."""

    first: str = ""
    end: str = ""

    def holds(self, path: str) -> bool:
        """Whether a path is one of them."""
        return self.first <= path and (not self.end or path < self.end)

    def touches(self, folder: str) -> bool:
        """Whether paths below a folder may be among them."""
        return self.first < f"{folder}0" and (not self.end or f"{folder}/" < self.end)

    def covers(self, folder: str) -> bool:
        """Whether all paths below a folder are; "0" is what follows on "/"."""
        return self.first <= f"{folder}/" and (not self.end or f"{folder}0" <= self.end)


WHOLE_TREE = Span()


def stamp_of(stat: Stat) -> int:
    """A stat as one number: 64 bits that another stat hardly has."""
    return hash(stat)


def stat_of(path: Path | str) -> Stat:
    """The stat of one file, following no link. Raises OSError."""
    return stat_as_tuple(os.stat(path, follow_symlinks=False))


def read_file(path: str) -> tuple[Stat, bytes]:
    """The bytes of one content file, and its stat from before they were read. Raises OSError."""
    return read_with_stat(path, MAX_CONTENT_FILE)


def read_content(content: Path, path: str) -> bytes:
    """The bytes of the content file at `path`, which stays in the folder `content`. Raises OSError."""
    return read_plain(inside(content, path), MAX_CONTENT_FILE)


def may_hide_an_edit(found: Stat, now_ns: int) -> bool:
    """Whether a later edit of the same size could leave the same stat, read at `now_ns`.

    Clocks of file systems tick every few milliseconds, some only every second or two.
    """
    newest = max(found[1], found[2])
    coarse = found[1] % 1_000_000_000 == 0
    return now_ns - newest < (2_000_000_000 if coarse else 20_000_000)
