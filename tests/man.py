"""Man pages, made from the commands: `python -m tests.man FOLDER` writes one for each."""

import re
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

from studio_sync import __version__
from studio_sync.cli.command_table import COMMANDS
from studio_sync.cli.main import studio
from tests.readme import commands


def pages() -> dict[str, str]:
    """The text of each page by the name of its file."""
    return {f"{name.replace(' ', '-')}.1": page(name) for name in commands()}


def page(name: str) -> str:
    """The page of a command, in the macros of man(7)."""
    context = _context(name)
    command = context.command
    title = name.replace(" ", "-")
    short = COMMANDS.get(name.removeprefix("studio ")) or command.get_short_help_str(100).rstrip(".")
    lines = [
        f'.TH "{_text(title.upper())}" "1" "" "studio {__version__}" "studio"',
        ".SH NAME",
        f"{_text(title)} \\- {_text(short)}",
        ".SH SYNOPSIS",
        f".B {_text(name)}",
        _text(" ".join(command.collect_usage_pieces(context))),
        ".SH DESCRIPTION",
        *_paragraphs(cleandoc(command.help or "")),
        ".SH OPTIONS",
        *_options(command, context),
    ]
    if isinstance(command, click.Group):
        inner = sorted(command.list_commands(context))
        lines += [
            ".SH COMMANDS",
            *(
                line
                for n in inner
                for line in (".TP", f".B {_text(f'{name} {n}')}", _text(COMMANDS.get(n, n)))
            ),
        ]
    lines += [
        ".SH EXIT STATUS",
        *_paragraphs(
            "0: done, or in sync. 1: refused. 2: called wrongly. 3: couldn't find out, or couldn't do it."
        ),
    ]
    if name != "studio":
        lines += [".SH SEE ALSO", ".BR studio (1)"]
    return "\n".join(lines) + "\n"


def _context(name: str) -> click.Context:
    # click keeps the option that a command is first asked for help with: it has to be the real one.
    context = click.Context(studio, info_name="studio", help_option_names=["-h", "--help"])
    for word in name.split()[1:]:
        group = context.command
        assert isinstance(group, click.Group)
        command = group.get_command(context, word)
        assert command is not None
        context = click.Context(command, info_name=word, parent=context)
    return context


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record is not None:
            yield from (".TP", f".B {_text(record[0])}", _text(" ".join(record[1].split())))


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of a help text; one that begins with click's mark stays as it is laid out."""
    for k, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        if k:
            yield ".PP"
        if paragraph.startswith("\b"):
            yield from (".nf", *(_text(line) for line in paragraph.split("\n")[1:]), ".fi")
        else:
            yield _text(" ".join(paragraph.split()))


def _text(text: str) -> str:
    """Text in which nothing is a request or an escape of roff."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text[:1] in (".", "'") else text


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in pages().items():
        (folder / file).write_text(text, "utf-8")
