"""Colour, where it is wanted, and how wide a text is on a terminal."""

import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

import click

from studio_sync.cli.render.places import Places

_HERE = Places()
_TOKEN = os.urandom(8).hex()
"""Stands in each style of this run, so that nothing that content says can be one."""


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes; a tab counts as four."""
    if text.isascii():
        return len(text) + 3 * text.count("\t")
    return sum(map(_column, text))


def _column(char: str) -> int:
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    return 4 if char == "\t" else int(unicodedata.category(char) not in ("Mn", "Me", "Cf"))


def enabled_for(stream: TextIO, env: Mapping[str, str], *, no_color: bool) -> bool:
    """Whether to colour what goes to `stream`.

    `no_color` and a NO_COLOR in `env` say no; then FORCE_COLOR or CLICOLOR_FORCE say yes; else a
    terminal is coloured unless it is a dumb one.
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
    """How to colour what goes to `stream`, and how to name paths there."""
    return Paint(enabled_for(stream, env, no_color=no_color), _TOKEN, places or Places())


@dataclass(frozen=True, slots=True)
class Paint:
    """The few styles that the commands use; without colour each gives its text back as it is.

    With a `token` its styles are none to a terminal before `Output` has taken the token out of them.
    `places` says how paths are seen from where the command runs.
    """

    enabled: bool
    token: str = ""
    places: Places = _HERE

    def added(self, text: str) -> str:
        """What is new."""
        return self._style(text, fg="green")

    def removed(self, text: str) -> str:
        """What goes."""
        return self._style(text, fg="red")

    def added_words(self, text: str) -> str:
        """Words that make the difference in a new line."""
        return self._style(text, fg="green", reverse=True)

    def removed_words(self, text: str) -> str:
        """Words that make the difference in an old line."""
        return self._style(text, fg="red", reverse=True)

    def changed(self, text: str) -> str:
        """What stays, with another content."""
        return self._style(text, fg="yellow")

    def heading(self, text: str) -> str:
        """The start of something."""
        return self._style(text, bold=True)

    def path(self, text: str) -> str:
        """A file, or a place in it."""
        return self._style(self.places.path(text), bold=True)

    def said(self, text: str) -> str:
        """A message, with paths in it."""
        return self.places.text(text)

    def place(self, text: str) -> str:
        """The line numbers above a hunk."""
        return self._style(text, fg="cyan")

    def error(self, text: str) -> str:
        """What must be put right."""
        return self._style(text, fg="red", bold=True)

    def warning(self, text: str) -> str:
        """What should be looked at."""
        return self._style(text, fg="yellow", bold=True)

    def dim(self, text: str) -> str:
        """What is there to be looked up."""
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
