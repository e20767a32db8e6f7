"""Walking the content folder incrementally: an unchanged folder is not listed again."""

import os
import stat
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from studio_sync.core.values.bounds import MAX_CONTENT_FILES, MAX_FOLDER_DEPTH
from studio_sync.errors import UnavailableError
from studio_sync.files.tree.disk.plain_file import (
    NOT_PLAIN_HINT,
    Stat,
    kind_name,
    opened_folder,
    stat_as_tuple,
)
from studio_sync.files.tree.ignore.ignoring import IgnoreRules
from studio_sync.files.tree.walking.listing import (
    NO_STAT,
    SUFFIXES,
    WHOLE_TREE,
    Known,
    PathFault,
    Span,
    Survey,
    may_hide_an_edit,
)
from studio_sync.files.tree.walking.mounts import keeps_times

_NO_LINK = "put the real file or folder here, or name it in .studioignore"
_NEVER = -1
"""The stamp of no folder."""
_A_FOLDER = 1 << 32
"""The weight of a subfolder in the number of a folder's entries; a file weighs one."""


def list_files(content: Path, known: Known | None = None, span: Span = WHOLE_TREE) -> Survey:
    """Walk the content folder, and compare the files in `span` with the stamps in `known`.

    Files and folders with an unchanged stamp in `known` are unchanged. Raises UnavailableError if the folder
    doesn't exist or can't be read.
    """
    try:
        return _Walk(content, known or Known(), span).survey()
    except FileNotFoundError:
        raise UnavailableError(
            f"the content folder {content} is not there",
            "nothing was changed; put it back, or correct `content:` in studio.yaml",
        ) from None
    except OSError as error:
        raise UnavailableError(
            f"can't read the content folder {content}: {error.strerror}", "check its permissions"
        ) from None


class _Walk:
    """One walk over a content folder, which lists only the folders that may have changed."""

    def __init__(self, content: Path, known: Known, span: Span) -> None:
        self._root, self._known, self._span = os.fspath(content), known, span
        self._began = time.time_ns()
        self._device = os.stat(f"{self._root}/.").st_dev
        rules = IgnoreRules(content)
        self._ignored = rules.ignored
        self._changed: dict[str, Stat] = {}
        self._deleted: list[str] = []
        self._faults: list[PathFault] = []
        self._folders: dict[str, int] = {}
        self._lost: list[str] = []
        self._fingerprint = ""
        if keeps_times(content):
            self._fingerprint = repr((os.path.realpath(content), rules.text, SUFFIXES))
        self._there: set[str] = set()
        self._confirmed: set[str] = set()
        """The known folders that still are folders."""
        # Looked up from the open folder, what is above it costs nothing: 13 % of the time of a walk.
        with opened_folder(self._root) as self._top:
            self._begin = f"{self._root}/" if self._top is None else ""
            fresh = self._look_at_folders()
            self._look_at_files(fresh)

    def survey(self) -> Survey:
        known = self._known.folders if self._known.fingerprint == self._fingerprint else {}
        folders = {path: stamp for path, stamp in self._folders.items() if known.get(path) != stamp}
        deleted, faults, lost = tuple(self._deleted), tuple(self._faults), tuple(self._lost)
        return Survey(self._changed, deleted, faults, folders, lost, self._fingerprint)

    def _place(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _look_at_folders(self) -> set[str]:
        """List the folders that may have changed; returns those that have not."""
        fresh: set[str] = set()
        waiting: list[tuple[str, Stat]] = []
        fingerprint = self._fingerprint
        known = self._known.folders if fingerprint and self._known.fingerprint == fingerprint else {}
        inside = self._inside(known) if known else {}
        for path, stamp in known.items():  # parents come first
            if path and path.rpartition("/")[0] not in self._confirmed:
                continue
            times = self._times(path)
            if times is None:
                continue
            self._confirmed.add(path)
            if stamp != _NEVER and stamp == hash((times, inside.get(path, 0))):
                fresh.add(path)
            else:
                waiting.append((path, times))
        self._lost = [path for path in known if path not in self._confirmed]
        if "" not in self._confirmed:
            waiting.append(("", self._times("") or NO_STAT))
        while waiting:
            path, times = waiting.pop()
            if path and self._span is not WHOLE_TREE and not self._span.touches(path):
                continue
            new = [f for f in self._list(path, times) if f not in self._confirmed]
            waiting += [(f, self._times(f) or NO_STAT) for f in new]
        return fresh

    def _inside(self, folders: Mapping[str, int]) -> dict[str, int]:
        """The number of known entries in each folder; if it is not the number found, the stamp is invalid."""
        counts: dict[str, int] = defaultdict(int)
        for path in self._known.files:
            counts[path.rpartition("/")[0]] += 1
        for path in folders:
            if path:
                counts[path.rpartition("/")[0]] += _A_FOLDER
        return counts

    def _times(self, path: str) -> Stat | None:
        """A folder's times before it is listed; None if it doesn't exist. UNKNOWN: they prove nothing."""
        try:
            info = os.stat(self._begin + (path or "."), dir_fd=self._top, follow_symlinks=False)
        except OSError:
            return None
        if not stat.S_ISDIR(info.st_mode):
            return None
        times = (0, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
        return NO_STAT if info.st_dev != self._device or may_hide_an_edit(times, self._began) else times

    def _list(self, path: str, times: Stat) -> list[str]:
        """Add a folder's entries to the listing; returns its subfolders."""
        faults, files = len(self._faults), len(self._there)
        prefix = f"{path}/" if path else ""
        inside = self._span is WHOLE_TREE or (bool(path) and self._span.covers(path))
        try:
            entries = _entries(self._place(path))
        except OSError as error:
            if not path:
                raise
            self._faults.append(_unreadable(path, "folder", error))
            folders = []
        else:
            folders = self._look(entries, prefix, WHOLE_TREE if inside else self._span)
        if self._fingerprint:
            # A folder with faults is listed every time; so is one that this span covers only in part.
            whole = inside and times != NO_STAT and len(self._faults) == faults
            count = len(self._there) - files + len(folders) * _A_FOLDER
            self._folders[path] = hash((times, count)) if whole else _NEVER
        return folders

    def _look(self, entries: "list[os.DirEntry[str]]", prefix: str, span: Span) -> list[str]:
        folders: list[str] = []
        changed, faults, ignored = self._changed, self._faults, self._ignored
        there, stored = self._there, self._known.files
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
                    faults.append(_unreadable(path, "file", error))
                    continue
                if stat.S_ISREG(info.st_mode) and name.isprintable():
                    if span is not WHOLE_TREE and not span.holds(path):
                        continue
                    there.add(path)
                    if len(there) > MAX_CONTENT_FILES:
                        raise _too_many()
                    found = (info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
                    if stored.get(path) != hash(found):
                        changed[path] = found
                    continue
            elif entry.is_file(follow_symlinks=False):
                continue
            if not entry.is_dir(follow_symlinks=False):
                if ignored is None or not (ignored(path) or ignored(f"{path}/")):
                    faults += _odd(entry, path, named=named)
            elif ignored is None or not ignored(f"{path}/"):
                if path.count("/") >= MAX_FOLDER_DEPTH:
                    faults.append(_too_deep(path))
                elif _is_text(name):
                    folders.append(path)
                else:
                    faults += _odd(entry, path, named=named)
        return folders

    def _look_at_files(self, fresh: set[str]) -> None:
        """Find changed files in the unchanged folders, and files that are deleted."""
        changed, begin, top, look = self._changed, self._begin, self._top, os.stat
        all_fresh = not self._folders and not self._lost and bool(fresh)
        for path, stamp in self._known.files.items():
            if not all_fresh and path.rpartition("/")[0] not in fresh:
                if path not in self._there:
                    self._deleted.append(path)
                continue
            try:
                info = look(begin + path, dir_fd=top, follow_symlinks=False)
            except OSError as error:
                self._deleted.append(path)
                if not isinstance(error, FileNotFoundError):
                    self._faults.append(_unreadable(path, "file", error))
                continue
            # As stamp_of(stat_as_tuple(info)), without two calls for each file: 5 % of a walk.
            if hash((info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)) != stamp:
                changed[path] = stat_as_tuple(info)


def _entries(folder: str) -> "list[os.DirEntry[str]]":
    """All entries of a folder: a partial list would look as if the rest were deleted."""
    with os.scandir(folder) as found:
        return list(found)


def _odd(entry: "os.DirEntry[str]", path: str, *, named: bool) -> Iterator[tuple[str, str, str, str]]:
    """The fault of an entry that is no ordinary file or folder, if it matters."""
    if entry.is_symlink():
        if named or not _leads_to_a_file(entry):
            yield (_shown(path), "symlink", "symbolic links are not followed", _NO_LINK)
    elif not _is_text(entry.name):
        yield (_shown(path), "bad-name", "the name is not valid UTF-8 text", "rename it")
    elif named and not entry.is_file(follow_symlinks=False):
        found = kind_name(entry.stat(follow_symlinks=False).st_mode)
        yield (path, "unreadable", f"can't read this file: it is {found}, and no plain file", NOT_PLAIN_HINT)
    elif named:
        yield (path, "bad-name", "its name has characters that can't be printed", "rename it")


def _too_deep(path: str) -> PathFault:
    message = f"folders are nested deeper than {MAX_FOLDER_DEPTH} here, and are not looked into"
    return (path, "unreadable", message, "move it up, or name it in .studioignore")


def _too_many() -> UnavailableError:
    return UnavailableError(
        f"the content folder holds more than {MAX_CONTENT_FILES} Markdown and YAML files",
        "name in .studioignore what is no content",
    )


def _unreadable(path: str, what: str, error: OSError) -> tuple[str, str, str, str]:
    return (path, "unreadable", f"can't read this {what}: {error.strerror}", "check its permissions")


def _leads_to_a_file(link: "os.DirEntry[str]") -> bool:
    """Whether a link's target is a file; a dangling link may be a folder that is offline."""
    try:
        return link.is_file()
    except OSError:
        return False


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
