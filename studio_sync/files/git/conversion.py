"""Converting blobs to working tree files, as git's attributes require: filters, encodings, Git LFS.

A filter from the user's own configuration is applied, as git applies it. One that only the repository's
configuration defines is never run. Git LFS isn't run either: its pointers are resolved here.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shlex import quote

from studio_sync.errors import UnavailableError
from studio_sync.files.git.attributes import attributes_of
from studio_sync.files.git.lfs import pointer_in
from studio_sync.files.git.process import git_failure
from studio_sync.files.git.work_tree import OFF_FILTER, WorkTree
from studio_sync.files.tree.disk.plain_file import read_plain

MAX_BLOB = 64 * 1024 * 1024
"""A larger blob is skipped: no record's file is that large."""

_FILTER, _IDENT, _ENCODING = _ASKED = ("filter", "ident", "working-tree-encoding")
_NONE = ("unspecified", "unset")
_LFS = "lfs"
_COMMANDS = ("clean", "smudge", "process")


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of one path that change its content; `filter` is "" if none is set."""

    filter: str = ""
    converts: bool = False
    """Whether `ident` or `working-tree-encoding` is set."""


class Conversion:
    """Converts blobs to their working tree form. Paths are relative to the content folder."""

    def __init__(self, tree: WorkTree, content: Path, top: str) -> None:
        """`top` is the content folder's path inside the working tree."""
        self._tree, self._content, self._top = tree, content, top
        self._known: dict[str, Attributes] = {}
        self._expected: set[str] = set()

    def expect(self, paths: Iterable[str]) -> None:
        """Announce paths, so that git is asked for the attributes of all at once."""
        self._expected.update(path for path in paths if path not in self._known)

    def worktree_form(self, path: str, blob: str, data: bytes) -> bytes:
        """The bytes of the file at `path` after a checkout of `blob`, whose bytes are `data`.

        An LFS pointer whose content isn't here stays a pointer. Raises UnavailableError for a filter that
        only the repository defines.
        """
        asked = self._attributes(path)
        if asked.filter and self._is_lfs(asked.filter):
            return self._followed(path, data)
        if asked.filter:
            self._hold_trusted(path, asked.filter)
        elif not asked.converts:
            return data
        answer = self._tree.run(
            "cat-file", "--filters", f"--path={self._top}{path}", blob, config=self._trusted
        )
        if answer.code:
            raise git_failure(answer)
        return answer.out

    def filters(self, path: str) -> bool:
        """Whether a filter makes the file at `path` from its blob: it need not give back what was there."""
        driver = self._attributes(path).filter
        return bool(driver) and not self._is_lfs(driver)

    # --- attributes

    def _attributes(self, path: str) -> Attributes:
        if path not in self._known:
            self.expect([path])
            self._ask()
        return self._known[path]

    def _ask(self) -> None:
        asked = attributes_of(self._tree, _ASKED, sorted(self._expected), self._content)
        for path, spelled in asked.items():
            values = {name: "" if value in _NONE else value for name, value in spelled.items()}
            converts = bool(values.get(_IDENT) or values.get(_ENCODING))
            self._known[path] = Attributes(values.get(_FILTER, ""), converts)
        self._expected.clear()

    # --- filters

    def _commands(self, driver: str, *, trusted: bool) -> dict[str, str]:
        """The commands that configuration defines for a filter: the user's own, or the repository's."""
        start = f"filter.{driver}."
        return {
            setting.key.removeprefix(start): setting.value
            for setting in self._tree.settings
            if setting.trusted is trusted and setting.key.startswith(start)
        }

    def _is_lfs(self, driver: str) -> bool:
        own = self._commands(driver, trusted=True)
        return driver == _LFS or any(
            own.get(name, "").startswith(("git-lfs ", "git lfs ")) for name in _COMMANDS
        )

    def _hold_trusted(self, path: str, driver: str) -> None:
        own, theirs = (self._commands(driver, trusted=trusted) for trusted in (True, False))
        # If a `process` command is configured, git ignores the others, and nothing can unset it.
        foreign = theirs.get("process") and not own.get("process")
        if foreign or (any(map(theirs.get, _COMMANDS)) and not any(map(own.get, _COMMANDS))):
            raise UnavailableError(
                f"{self._content.name}/{path} has the attribute filter={driver}, and only this repository's "
                "own configuration says what that runs: studio never does",
                "if you trust it, define it for yourself: "
                f"git config --global {quote(f'filter.{driver}.smudge')} COMMAND, and .clean",
            )

    @property
    def _trusted(self) -> dict[str, str]:
        """Configuration that overrides what the repository defines for any filter."""
        found: dict[str, str] = {}
        for setting in self._tree.settings:
            section, _, rest = setting.key.partition(".")
            driver, _, name = rest.rpartition(".")
            if section == "filter" and name in OFF_FILTER and not setting.trusted:
                found[setting.key] = self._commands(driver, trusted=True).get(name, OFF_FILTER[name])
        return found

    # --- Git LFS

    def _followed(self, path: str, data: bytes) -> bytes:
        """The content of an LFS pointer, from the file itself or the local LFS store; else the pointer."""
        if not (name := pointer_in(data)):
            return data
        kept = self._tree.shared / "lfs" / "objects" / name[:2] / name[2:4] / name
        for place in (self._content / path, kept):
            with suppress(OSError):
                if sha256(content := read_plain(place, MAX_BLOB)).hexdigest() == name:
                    return content
        return data
