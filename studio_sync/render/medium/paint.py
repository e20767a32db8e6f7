"""Terminal colours."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from studio_sync.render.places import Places

_RESET, _BOLD, _DIM, _REVERSE = 0, 1, 2, 7
_RED, _GREEN, _YELLOW, _CYAN = 31, 32, 33, 36
"""SGR codes of ECMA-48, which terminals understand."""
_HERE = Places()
_TOKEN = os.urandom(8).hex()
"""Part of each style of this run, so that no content can forge one."""


def enabled_for(stream: TextIO, env: Mapping[str, str], *, no_color: bool) -> bool:
    """Whether to use colours on `stream`.

    `no_color` and NO_COLOR in `env` disable them; otherwise FORCE_COLOR or CLICOLOR_FORCE enable them;
    otherwise they are enabled on a terminal that isn't dumb.
    """
    if no_color or env.get("NO_COLOR"):
        return False
    if any(env.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    try:
        return stream.isatty() and env.get("TERM") != "dumb"
    except ValueError:  # the stream is closed
        return False


def paint_for(
    stream: TextIO, env: Mapping[str, str], *, no_color: bool, places: Places | None = None
) -> "Paint":
    """The colours for `stream`, and how paths are printed there."""
    return Paint(enabled_for(stream, env, no_color=no_color), _TOKEN, places or Places())


@dataclass(frozen=True, slots=True)
class Paint:
    """The styles of the commands; without colour each returns its text unchanged.

    With a `token` its styles have no effect on a terminal until `Output` removes the token. `places` makes
    paths relative to where the command runs.
    """

    enabled: bool
    token: str = ""
    places: Places = _HERE

    def added(self, text: str) -> str:
        """Added."""
        return self._style(text, _GREEN)

    def removed(self, text: str) -> str:
        """Removed."""
        return self._style(text, _RED)

    def added_words(self, text: str) -> str:
        """Changed words in an added line."""
        return self._style(text, _GREEN, _REVERSE)

    def removed_words(self, text: str) -> str:
        """Changed words in a removed line."""
        return self._style(text, _RED, _REVERSE)

    def changed(self, text: str) -> str:
        """Kept, with other content."""
        return self._style(text, _YELLOW)

    def heading(self, text: str) -> str:
        """A heading."""
        return self._style(text, _BOLD)

    def path(self, text: str) -> str:
        """A path, or a position in a file."""
        return self._style(self.places.path(text), _BOLD)

    def message(self, text: str) -> str:
        """A message, with paths in it."""
        return self.places.text(text)

    def place(self, text: str) -> str:
        """The line numbers above a hunk."""
        return self._style(text, _CYAN)

    def error(self, text: str) -> str:
        """An error."""
        return self._style(text, _RED, _BOLD)

    def warning(self, text: str) -> str:
        """A warning."""
        return self._style(text, _YELLOW, _BOLD)

    def dim(self, text: str) -> str:
        """Secondary information."""
        return self._style(text, _DIM)

    def _style(self, text: str, *codes: int) -> str:
        if not self.enabled or not text:
            return text
        return "".join((*map(self._code, codes), text, self._code(_RESET)))

    def _code(self, code: int) -> str:
        return f"\x1b{self.token}[{code}m"


@dataclass(frozen=True, slots=True)
class Screen:
    """How lines are shown: the colours, the terminal's columns (0: none), and long values whole if `full`."""

    paint: Paint
    width: int = 0
    full: bool = False
