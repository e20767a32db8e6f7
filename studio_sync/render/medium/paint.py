"""Terminal colours."""

import os
from collections.abc import Callable, Mapping
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


def _styled(*codes: int) -> "Callable[[Paint, str], str]":
    """The method of a style."""

    def styled(self: "Paint", text: str) -> str:
        if not self.enabled or not text:
            return text
        return "".join(f"\x1b{self.token}[{code}m" for code in codes) + f"{text}\x1b{self.token}[{_RESET}m"

    return styled


@dataclass(frozen=True, slots=True)
class Paint:
    """The styles of the commands; without colour each returns its text unchanged.

    With a `token` its styles have no effect on a terminal until `Output` removes the token. `places` makes
    paths relative to where the command runs.
    """

    enabled: bool
    token: str = ""
    places: Places = _HERE

    added = _styled(_GREEN)
    removed = _styled(_RED)
    added_words = _styled(_GREEN, _REVERSE)
    """Changed words in an added line."""
    removed_words = _styled(_RED, _REVERSE)
    """Changed words in a removed line."""
    changed = _styled(_YELLOW)
    """Kept, with other content."""
    heading = _styled(_BOLD)
    place = _styled(_CYAN)
    """The line numbers above a hunk."""
    error = _styled(_RED, _BOLD)
    warning = _styled(_YELLOW, _BOLD)
    dim = _styled(_DIM)
    """Secondary information."""

    def path(self, text: str) -> str:
        """A path, or a position in a file."""
        return self.heading(self.places.path(text))

    def message(self, text: str) -> str:
        """A message, with paths in it."""
        return self.places.text(text)


@dataclass(frozen=True, slots=True)
class Screen:
    """How lines are shown: the colours, the terminal's columns (0: none), and long values whole if `full`."""

    paint: Paint
    width: int = 0
    full: bool = False
