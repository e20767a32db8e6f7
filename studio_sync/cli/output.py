"""Output: the only way for commands to print; everything is escaped for its medium.

Content reaches terminals, CI logs, and scripts that read JSON. Callers need not care: each method lets
through only what its medium may contain. A test finds every other way to print.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from studio_sync.core.values.escapes import first_unsafe, json_escaped, safe, without_commands
from studio_sync.errors import RefusedError, about_file
from studio_sync.render.medium.paint import Paint


@dataclass(frozen=True, slots=True)
class Output:
    """The outputs of a run: data on stdout, messages on stderr, each with or without colours."""

    data: Paint
    messages: Paint

    def line(self, text: str) -> None:
        """Print one line of the result for people; line breaks in it are escaped."""
        click.echo(_shown(text, self.data), color=self.data.enabled)

    def lines(self, texts: Iterable[str]) -> None:
        """Print lines of the result for people."""
        for text in texts:
            self.line(text)

    def say(self, text: str) -> None:
        """Print one message line for people, with its paths and commands as they are seen from here."""
        self.tell([self.messages.message(text)])

    def tell(self, texts: Iterable[str]) -> None:
        """Print message lines whose paths and commands are as they are seen from here already."""
        for text in texts:
            click.echo(_shown(text, self.messages), err=True, color=self.messages.enabled)

    def json(self, document: str) -> None:
        """Print a JSON document as the result."""
        click.echo(json_escaped(document))

    def annotation(self, command: str) -> None:
        """Print a workflow command for GitHub, whose parts are escaped already."""
        click.echo(safe(command))

    def summary(self, place: Path, text: str) -> None:
        """Append lines to the job summary, in the file named by the CI host."""
        with about_file(place), place.open("a", encoding="utf-8") as page:
            page.write(without_commands(safe(text, keep="\n\t")))

    def text(self, text: str) -> None:
        """Print lines as the result, for people or a page; they include their line breaks."""
        click.echo(without_commands(safe(text, keep="\n\t")), nl=False)

    def document(self, text: str) -> None:
        """Print a document for another program unchanged (HTML, SQL, shell); its maker has escaped it.

        Raises RefusedError for invisible characters in it.
        """
        unseen = first_unsafe(text, keep="\n\t")
        if unseen:
            raise RefusedError(
                f"what would be printed holds the character U+{ord(unseen):04X}, which nobody would see",
                "leave out --print, or name what has no such character",
            )
        click.echo(text, nl=False)

    def binary(self, data: bytes) -> None:
        """Write a file as the result, for another file or program, never to a terminal."""
        click.echo(data, nl=False)

    def content(self, text: str) -> None:
        """Print a file's whole text as the result: byte for byte to a program, escaped on a terminal."""
        if sys.stdout.isatty():
            self.text(text)
        elif hasattr(sys.stdout, "buffer"):
            self.binary(text.encode("utf-8"))
        else:
            sys.stdout.write(text)

    def taken(self) -> bool:
        """Whether all of the result so far was written. Raises OSError if not.

        False if standard output is closed.
        """
        sys.stdout.flush()
        return sys.__stdout__ is not None  # the null device stands in for a closed one

    def ask(self, what: str, choices: Sequence[str] = ()) -> str:
        """Ask the person at the terminal."""
        shown = click.Choice(choices) if choices else None
        answer: str = click.prompt(safe(what), type=shown, err=True)
        return answer

    def ask_secret(self, what: str) -> str:
        """Ask the person at the terminal for a secret, hidden and twice."""
        answer: str = click.prompt(safe(what), hide_input=True, confirmation_prompt=True, err=True)
        return answer

    @property
    def can_ask(self) -> bool:
        """Whether there is a person at a terminal."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, what: str) -> None:
        """Continue only if the person at the terminal agrees."""
        click.confirm(safe(what), abort=True, err=True)


def _shown(text: str, paint: Paint) -> str:
    """`text` with the styles of this run, without anything else that a terminal or log would interpret."""
    if not paint.token or paint.token not in text:
        return without_commands(safe(text, keep="\t"))
    pieces = re.split(rf"\x1b{paint.token}(\[[0-9;]*m)", text)
    shown = (_style(piece, paint) if k % 2 else safe(piece, keep="\t") for k, piece in enumerate(pieces))
    return without_commands("".join(shown))


def _style(piece: str, paint: Paint) -> str:
    return f"\x1b{piece}" if paint.enabled else ""
