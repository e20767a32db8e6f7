"""Printed paths: relative to where the command runs, so that each can be pasted back."""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"Studio-[\w-]+: *\"?$")
"""Precedes a path in a commit's trailer, which is relative to the workspace."""
_COMMAND = re.compile(r"\bstudio [^`;\n]*$")
"""Precedes a path that is a word of a command."""
_CONNECTING = "push pull status diff resolve log show blame restore board undo watch serve doctor db\\ init"
"""The commands that connect as the same role, as a pattern for each; grants are somebody else's to make."""
_BY_OWNER = "owner run: "
"""Precedes a command of the database's owner, who connects as another role."""
_OFFLINE = "validate new import copy mv advance trust editor init hook"
_FLAGS = r"create-tables|delete(?:=\d+)?|adopt-ids|partial|full|reopen|renumber|whole|over"
"""Options without a value of their own: what is added goes behind them."""


def _beginnings(commands: str) -> re.Pattern[str]:
    names = "|".join(commands.replace("\\ ", "\0").split()).replace("\0", " ")
    return re.compile(rf"\bstudio (?:{names})\b(?![\w-])(?: --(?:{_FLAGS})(?![\w-]))*")


_CONNECTS = _beginnings(_CONNECTING)
_ANY = _beginnings(f"{_CONNECTING} {_OFFLINE}")
_HAS_DATABASE = re.compile(r"[^`;\n]*--(?:target|database)\b")
_QUOTED = r"""[^']*'(?:"'"'[^']*')*"""
"""The rest of a word as quoted by `shlex.quote`."""


@dataclass(frozen=True, slots=True)
class Places:
    """The content folder of a workspace, relative to the folder that a command runs in.

    `prefix` begins its paths in the workspace. `inside` are the folders that lead from the workspace to the
    current folder, `outside` is the relative path from there to the workspace. `folder` and `database` are
    the options that the command was given for them, so that a printed command goes on there.
    """

    prefix: str = ""
    inside: tuple[str, ...] = ()
    outside: str = ""
    folder: tuple[str, ...] = ()
    database: tuple[str, ...] = ()

    @classmethod
    def of(cls, root: Path, prefix: str, here: Path) -> "Places":
        """The workspace at `root`, relative to `here`."""
        if here.is_relative_to(root):
            return cls(prefix, here.relative_to(root).parts)
        try:
            way = os.path.relpath(root, here)
        except ValueError:  # another drive
            way = os.fspath(root)
        return cls(prefix, (), way.replace(os.sep, "/"))

    def path(self, path: str) -> str:
        """A path of the content folder relative to here; other paths unchanged."""
        if not self.prefix or not (path.startswith(self.prefix) or f"{path}/" == self.prefix):
            return path
        if self.outside:
            return f"{self.outside}/{path}"
        parts = path.split("/")
        common = 0
        while common < min(len(parts), len(self.inside)) and parts[common] == self.inside[common]:
            common += 1
        shown = "/".join([".."] * (len(self.inside) - common) + parts[common:]) or "."
        return f"./{shown}" if shown.startswith("-") else shown

    def commands(self, text: str) -> str:
        """A text with its commands for the same folder and database."""
        if self.database:
            text = _CONNECTS.sub(self._connected, text)
        if self.folder:
            text = _ANY.sub(lambda found: f"{found[0]} {shlex.join(self.folder)}", text)
        return text

    def _connected(self, found: re.Match[str]) -> str:
        if _HAS_DATABASE.match(found.string, found.end()) or found.string.endswith(
            _BY_OWNER, 0, found.start()
        ):
            return found[0]
        return f"{found[0]} {shlex.join(self.database)}"

    def text(self, text: str) -> str:
        """A message with its content paths relative to here, and its commands completed."""
        return self.commands(self._paths(text))

    def _paths(self, text: str) -> str:
        if not (self.inside or self.outside) or self.prefix not in text:
            return text
        prefix = re.escape(self.prefix)
        found = re.compile(rf"'{prefix}{_QUOTED}|(?<![\w./\\-]){prefix}[^\s`'\",;()]*")
        return found.sub(self._seen, text)

    def _seen(self, found: re.Match[str]) -> str:
        """A path relative to here: quoted if a word of a command, unchanged in a trailer."""
        if _LINE.search(found.string, 0, found.start()):
            return found[0]
        if found[0].startswith("'"):
            return shlex.quote(self.path("".join(shlex.split(found[0]))))
        bare = found[0].rstrip(".")
        shown = self.path(bare)
        in_command = _COMMAND.search(found.string, 0, found.start())
        return (shlex.quote(shown) if in_command else shown) + found[0][len(bare) :]
