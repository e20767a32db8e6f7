"""Converting positions between studio's problems and the editor's encoding."""

import re
from typing import Any

from lsprotocol import types

_BREAK = re.compile(r"\r\n|\r|\n")
_LINK = re.compile(r"!?\[[^\[\]]*\](?:\([^()\s]*\)|\[[^\[\]]*\])")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_WORD = re.compile(r"[^\s,:\[\]{}]+")


class TextPositions:
    """One text, with the protocol's line ends; `codec` counts in the editor's encoding."""

    def __init__(self, text: str, codec: Any) -> None:
        self._lines = _BREAK.split(text)
        self._codec = codec

    def position(self, line: int, column: int) -> types.Position:
        """The editor's position of a line and column, counted from 0 in characters."""
        line = min(max(line, 0), len(self._lines) - 1)
        before = self._lines[line][: max(column, 0)]
        return types.Position(line, int(self._codec.client_num_units(before)))

    def column(self, position: types.Position) -> int:
        """The number of characters before the editor's position in its line."""
        if position.line >= len(self._lines):
            return 0
        line = self._lines[position.line]
        units = 0
        for column, character in enumerate(line):
            if units >= position.character:
                return column
            units += int(self._codec.client_num_units(character))
        return len(line)

    def spanned(self, line: int, column: int) -> types.Range:
        """The link, text or word at a line and column, from 1; without a line, the first line."""
        whole = not line
        line, column = max(line - 1, 0), max(column - 1, 0)
        text = self._lines[line] if line < len(self._lines) else ""
        if whole:
            end = len(text)
        else:
            found = next((m for p in (_LINK, _QUOTED, _WORD) if (m := p.match(text, column))), None)
            end = found.end() if found else column + 1
        return types.Range(self.position(line, column), self.position(line, end))
