"""Terminal colours and text width."""

import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

import click

from studio_sync.cli.render.places import Places

_HERE = Places()
_TOKEN = os.urandom(8).hex()
"""Part of each style of this run, so that no content can forge one."""


def columns(text: str) -> int:
    """The width of `text` in terminal columns; a tab counts as four."""
    if text.isascii():
        return len(text) + 3 * text.count("\t")
    return sum(map(_column, text))


def _column(char: str) -> int:
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    return 4 if char == "\t" else int(unicodedata.category(char) not in ("Mn", "Me", "Cf"))


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
        return self._style(text, fg="green")

    def removed(self, text: str) -> str:
        """Removed."""
        return self._style(text, fg="red")

    def added_words(self, text: str) -> str:
        """Changed words in an added line."""
        return self._style(text, fg="green", reverse=True)

    def removed_words(self, text: str) -> str:
        """Changed words in a removed line."""
        return self._style(text, fg="red", reverse=True)

    def changed(self, text: str) -> str:
        """Kept, with other content."""
        return self._style(text, fg="yellow")

    def heading(self, text: str) -> str:
        """A heading."""
        return self._style(text, bold=True)

    def path(self, text: str) -> str:
        """A path, or a position in a file."""
        return self._style(self.places.path(text), bold=True)

    def said(self, text: str) -> str:
        """A message, with paths in it."""
        return self.places.text(text)

    def place(self, text: str) -> str:
        """The line numbers above a hunk."""
        return self._style(text, fg="cyan")

    def error(self, text: str) -> str:
        """An error."""
        return self._style(text, fg="red", bold=True)

    def warning(self, text: str) -> str:
        """A warning."""
        return self._style(text, fg="yellow", bold=True)

    def dim(self, text: str) -> str:
        """Secondary information."""
        return self._style(text, dim=True)

    def _style(
        self,
        text: str,
        *,
        fg: str | None = None,
        bold: bool | None = None,
        dim: bool | None = None,
        reverse: bool | None = None,
    ) -> str:
        if not self.enabled or not text:
            return text
        before, behind = click.style("\0", fg=fg, bold=bold, dim=dim, reverse=reverse).split("\0")
        return "".join((self._marked(before), text, self._marked(behind)))

    def _marked(self, style: str) -> str:
        return style.replace("\x1b[", f"\x1b{self.token}[") if self.token else style
