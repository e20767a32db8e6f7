"""The content folder as the disk has it: which files there are, and whether they may have changed."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from studio_sync.core.layout import SUFFIXES
from studio_sync.errors import UnavailableError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Stat: TypeAlias = tuple[int, int, int, int]
"""Size in bytes, mtime and ctime in nanoseconds, inode: what tells that a file may have changed."""

UNKNOWN: Stat = (-1, 0, 0, 0)
"""No file's stat: what is remembered with it is read again."""

Fault: TypeAlias = tuple[str, str, str, str]
"""Path, code, message and hint of what could not be followed or read."""

TEMPORARY = ".studio-tmp-"
"""What the names of files begin with that a write has not finished."""

_IGNORE_FILE = ".studioignore"
_NO_LINK = "put the real file or folder here, or name it in .studioignore"


@dataclass(slots=True)
class Listing:
    """What a walk found. Paths are relative to the content folder, with "/" between parts.

    `files` holds the Markdown and YAML files, less the `same`
    ones: so many are as they are known to be. `faults` are (path, code, message, hint) of what could not
    be followed or read: a symbolic link, a folder without permission, a name that is no text. Nothing is
    known about what lies at or below such a path.
    """

    files: dict[str, Stat] = field(default_factory=dict)
    same: int = 0
    faults: list[Fault] = field(default_factory=list)

    def known(self, stored: Mapping[str, int]) -> int:
        """How many of the files are among those `stored`, changed or not."""
        return self.same + sum(path in stored for path in self.files)


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


ALL = Span()


def stamp_of(stat: Stat) -> int:
    """A stat as one number: 64 bits that another stat hardly has."""
    return hash(stat)


def list_files(content: Path, stored: Mapping[str, int] | None = None, span: Span = ALL) -> Listing:
    """Walk the content folder, for the files in `span`.

    Files whose stamp is the one that is `stored` are only counted. Raises UnavailableError if the folder
    isn't there or can't be read.
    """
    try:
        entries = _entries(content)
    except FileNotFoundError:
        raise UnavailableError(
            f"the content folder {content} is not there",
            "nothing was changed; put it back, or correct `content:` in studio.yaml",
        ) from None
    except OSError as error:
        raise UnavailableError(f"can't read the content folder {content}: {error.strerror}") from None
    ignored = _ignore_rules(content)
    listing, known = Listing(), stored or {}
    folders = _look(entries, "", listing, known, ignored, span)
    while folders:
        path, place = folders.pop()
        if span is not ALL and not span.touches(path):
            continue
        try:
            entries = _entries(place)
        except OSError as error:
            listing.faults.append(_unreadable(path, "folder", error))
            continue
        inside = span is ALL or span.covers(path)
        folders += _look(entries, f"{path}/", listing, known, ignored, ALL if inside else span)
    return listing


def ignored_in(content: Path) -> Callable[[str], bool]:
    """Whether a path (relative to `content`) is left out, by itself or with a folder above it."""
    rules = _ignore_rules(content)
    if rules is None:
        return lambda _: False
    return lambda path: any(map(rules, _with_folders(path)))


def _entries(folder: Path | str) -> "list[os.DirEntry[str]]":
    """What stands in a folder, all of it: half a folder would look as if the rest were gone."""
    with os.scandir(folder) as found:
        return list(found)


def _look(
    entries: "list[os.DirEntry[str]]",
    prefix: str,
    listing: Listing,
    stored: Mapping[str, int],
    ignored: Callable[[str], bool] | None,
    span: Span,
) -> list[tuple[str, str]]:
    """Put what a folder holds into `listing`; the folders in it, by path and place."""
    folders: list[tuple[str, str]] = []
    files, same = listing.files, 0
    for entry in entries:
        name = entry.name
        if name[0] == ".":
            continue
        path = prefix + name
        named = name.endswith(SUFFIXES) or name.lower().endswith(SUFFIXES)
        if named and (ignored is None or not ignored(path)):
            try:
                info = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            except OSError as error:
                listing.faults.append(_unreadable(path, "file", error))
                continue
            if stat.S_ISREG(info.st_mode) and name.isprintable():
                if span is not ALL and not span.holds(path):
                    continue
                found = (info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
                if stored.get(path) == hash(found):
                    same += 1
                else:
                    files[path] = found
                continue
        elif entry.is_file(follow_symlinks=False):
            continue
        if not entry.is_dir(follow_symlinks=False):
            if ignored is None or not (ignored(path) or ignored(f"{path}/")):
                listing.faults += _odd(entry, path, named=named)
        elif ignored is None or not ignored(f"{path}/"):
            if _is_text(name):
                folders.append((path, entry.path))
            else:
                listing.faults += _odd(entry, path, named=named)
    listing.same += same
    return folders


def _odd(entry: "os.DirEntry[str]", path: str, *, named: bool) -> Iterator[tuple[str, str, str, str]]:
    """What is wrong with something that is no ordinary file or folder, if it matters."""
    if entry.is_symlink():
        if named or not _leads_to_a_file(entry):
            yield (_shown(path), "symlink", "symbolic links are not followed", _NO_LINK)
    elif not _is_text(entry.name):
        yield (_shown(path), "bad-name", "the name is not valid UTF-8 text", "rename it")
    elif named:
        yield (path, "bad-name", "this is not an ordinary file with a printable name", "rename it")


def _unreadable(path: str, what: str, error: OSError) -> tuple[str, str, str, str]:
    return (path, "unreadable", f"can't read this {what}: {error.strerror}", "check its permissions")


def _leads_to_a_file(link: "os.DirEntry[str]") -> bool:
    """Whether a link's target is a file; one that leads nowhere may be a folder that is offline."""
    try:
        return link.is_file()
    except OSError:
        return False


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()


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


def _ignore_rules(content: Path) -> Callable[[str], bool] | None:
    """Whether a path (a folder's ends with "/") is left out by .studioignore, in gitignore's patterns.

    The file may stand in the content folder or beside it, in the workspace; what the inner one says of a
    path counts more, as git has it. None where neither is there.
    """
    outer, inner = _spec(content.parent / _IGNORE_FILE), _spec(content / _IGNORE_FILE)
    if outer is None and inner is None:
        return None
    root = content.name

    def ignored(path: str) -> bool:
        found = inner.check_file(path).include if inner else None
        if found is None and outer:
            found = outer.check_file(f"{root}/{path}").include
        return bool(found)

    return ignored


def _spec(place: Path) -> "GitIgnoreSpec | None":
    """The patterns in a file; None if there is none. Raises UnavailableError."""
    try:
        lines = place.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        return None
    except UnicodeError:
        raise UnavailableError(f"{place} is not valid UTF-8", "save it as UTF-8 in your editor") from None
    except OSError as error:
        raise UnavailableError(f"can't read {place}: {error.strerror}", "check its permissions") from None
    from pathspec import GitIgnoreSpec

    for number, line in enumerate(lines, 1):
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            raise UnavailableError(
                f"{place}:{number}: the pattern {line!r} can't be read",
                "it takes the patterns of a .gitignore",
            ) from None
    return GitIgnoreSpec.from_lines(lines)


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
