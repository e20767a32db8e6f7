"""The one door through which a command says anything: what goes out is shown, and never acts.

Content reaches a terminal, the log of a CI system, a script that reads JSON. Whoever prints need not think of
that: each of these lets through only what its medium may carry. A test finds every other way out.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from studio_sync.cli.render.medium.paint import Paint
from studio_sync.core.values.escapes import first_unsafe, json_escaped, safe, without_commands
from studio_sync.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Output:
    """Where a run writes to: data to stdout, messages to stderr, each with colours of its own or none."""

    data: Paint
    messages: Paint

    def line(self, text: str) -> None:
        """One line of the result for people; line ends in it are spelled out."""
        click.echo(_shown(text, self.data), color=self.data.enabled)

    def say(self, text: str) -> None:
        """One line for people beside the result."""
        click.echo(_shown(self.messages.said(text), self.messages), err=True, color=self.messages.enabled)

    def json(self, document: str) -> None:
        """A JSON document as the result."""
        click.echo(json_escaped(document))

    def annotation(self, command: str) -> None:
        """A command for GitHub, whose parts are escaped already."""
        click.echo(safe(command))

    def summary(self, place: Path, text: str) -> None:
        """Lines at the end of the page of this job, which the host of the repository named."""
        with place.open("a", encoding="utf-8") as page:
            page.write(without_commands(safe(text, keep="\n\t")))

    def text(self, text: str) -> None:
        """Lines as the result, for people or for a page; they bring their own line ends."""
        click.echo(without_commands(safe(text, keep="\n\t")), nl=False)

    def document(self, text: str) -> None:
        """What another program reads, as it is: HTML, SQL, a shell's script. Its maker has escaped it.

        Raises RefusedError for characters that nobody would see in it.
        """
        unseen = first_unsafe(text, keep="\n\t")
        if unseen:
            raise RefusedError(
                f"what would be printed holds the character U+{ord(unseen):04X}, which nobody would see",
                "leave out --print, or name what has no such character",
            )
        click.echo(text, nl=False)

    def binary(self, data: bytes) -> None:
        """A file as the result, for another file or program and never for a terminal."""
        click.echo(data, nl=False)

    def content(self, text: str) -> None:
        """A file's whole text as the result: to the byte for a program, and harmless on a terminal."""
        if sys.stdout.isatty():
            self.text(text)
        elif hasattr(sys.stdout, "buffer"):
            self.binary(text.encode("utf-8"))
        else:
            sys.stdout.write(text)

    def taken(self) -> bool:
        """Whether all of the result so far was taken by whom it was written for. Raises OSError if not.

        Where standard output is closed there is nobody to take it.
        """
        stream = sys.stdout
        if stream is not None:
            stream.flush()
        return stream is not None

    def ask(self, what: str, choices: Sequence[str] = ()) -> str:
        """What the person at the terminal answers."""
        shown = click.Choice(choices) if choices else None
        said: str = click.prompt(safe(what), type=shown, err=True)
        return said

    def ask_secret(self, what: str) -> str:
        """What the person at the terminal answers, unseen and twice."""
        said: str = click.prompt(safe(what), hide_input=True, confirmation_prompt=True, err=True)
        return said

    @property
    def can_ask(self) -> bool:
        """Whether there is a person at a terminal."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, what: str) -> None:
        """Go on only if the person at the terminal agrees."""
        click.confirm(safe(what), abort=True, err=True)


def _shown(text: str, paint: Paint) -> str:
    """`text` with the styles of this run, and with nothing else that a terminal or a log would obey."""
    if not paint.token or paint.token not in text:
        return without_commands(safe(text, keep="\t"))
    pieces = re.split(rf"\x1b{paint.token}(\[[0-9;]*m)", text)
    shown = (_style(piece, paint) if k % 2 else safe(piece, keep="\t") for k, piece in enumerate(pieces))
    return without_commands("".join(shown))


def _style(piece: str, paint: Paint) -> str:
    return f"\x1b{piece}" if paint.enabled else ""
