"""Rendering of explained error codes: the list of all, or cause, example and way out of each."""

import json
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from studio_sync.render.medium.paint import Paint
from studio_sync.sync.error_entries import ErrorEntry

_WIDEST = 100
"""The widest paragraph in columns, even on a wider terminal."""


def list_lines(entries: Sequence[ErrorEntry], paint: Paint) -> Iterator[str]:
    """Each code with its meaning, one line each, below its group's name."""
    width = max(len(entry.code) for entry in entries)
    for k, (group, members) in enumerate(groupby(entries, key=lambda entry: entry.group)):
        if k:
            yield ""
        yield paint.dim(group)
        for entry in members:
            yield f"  {paint.error(entry.code)}{' ' * (width - len(entry.code))}  {entry.meaning}"


def entry_lines(entries: Sequence[ErrorEntry], paint: Paint) -> Iterator[str]:
    """Each entry with a heading, its cause, an example and the way out."""
    for k, entry in enumerate(entries):
        if k:
            yield ""
        yield from _paragraph(f"{entry.code}: {entry.meaning}")
        yield ""
        yield from _paragraph(f"Cause: {entry.cause}")
        yield ""
        yield "Example:"
        yield from (f"  {paint.dim(line)}" for line in entry.example.split("\n"))
        yield ""
        yield from _paragraph(f"Way out: {entry.way_out}")


def explain_report(entries: Sequence[ErrorEntry]) -> str:
    """The same as one JSON object."""
    codes = [asdict(entry) for entry in entries]
    report = {"version": 1, "command": "explain", "outcome": "ok", "problems": [], "codes": codes}
    return json.dumps(report, ensure_ascii=False, indent=2)


def _paragraph(text: str) -> list[str]:
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
