"""How paths are printed: as they are seen from where the command runs, so that each can be pasted back."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"Studio-[\w-]+: *\"?$")
"""Before a path in a commit's message, which names it from the workspace."""


@dataclass(frozen=True, slots=True)
class Places:
    """The content folder of a workspace, as it is seen from the folder that a command runs in.

    `prefix` is what its paths begin with as the workspace names them. `inside` are the folders that lead
    from the workspace to where the command runs, `outside` is the way from there to the workspace.
    """

    prefix: str = ""
    inside: tuple[str, ...] = ()
    outside: str = ""

    @classmethod
    def of(cls, root: Path, prefix: str, here: Path) -> "Places":
        """How `here` sees the workspace at `root`."""
        if here.is_relative_to(root):
            return cls(prefix, here.relative_to(root).parts)
        try:
            way = os.path.relpath(root, here)
        except ValueError:  # another drive
            way = os.fspath(root)
        return cls(prefix, (), way.replace(os.sep, "/"))

    def path(self, path: str) -> str:
        """A path of the content folder; any other is left as it is."""
        if not self.prefix or not (path.startswith(self.prefix) or f"{path}/" == self.prefix):
            return path
        if self.outside:
            return f"{self.outside}/{path}"
        parts = path.split("/")
        common = 0
        while common < min(len(parts), len(self.inside)) and parts[common] == self.inside[common]:
            common += 1
        return "/".join([".."] * (len(self.inside) - common) + parts[common:]) or "."

    def text(self, text: str) -> str:
        """A message, with the paths of the content folder in it; lines for a commit's message stay."""
        if not (self.inside or self.outside) or self.prefix not in text:
            return text
        found = re.compile(rf"(?<![\w./\\-]){re.escape(self.prefix)}[^\s`'\",;()]*")
        return found.sub(
            lambda m: m[0] if _LINE.search(text, 0, m.start()) else self.path(m[0].rstrip(".")) + _dots(m[0]),
            text,
        )


def _dots(path: str) -> str:
    return path[len(path.rstrip(".")) :]
