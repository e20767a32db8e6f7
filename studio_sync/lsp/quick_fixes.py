"""Quick fixes: edits that apply a problem's way out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from studio_sync.core.values.escapes import first_unsafe
from studio_sync.core.values.problem import Problem

_BREAK = re.compile(r"\r\n|\r|\n")
_MEANT = re.compile(r"did you mean `([^`]+)`\?")
_SHOWN = re.compile(
    r"`((?:- +)?[\w-]+: [^`\n]*[^`\s…])`|in quotes: (.+?); a comment has|a space there: (.+)$"
)
_INSTEAD = re.compile(r"write instead: ([^,(\n]+?)(?: \(|$)")
_USED = re.compile(r"“([^”]+)”")
_DELETE = re.compile(r"delete the (?:`\w+:` )?line\b")
_HEAD = re.compile(r"([ \t]*(?:-[ \t]+)*)([\w-]+)[ \t]*:")
_SCALAR = re.compile(r"[ \t]*[\w-]+[ \t]*:[ \t]*[^\s|>&*\[{#][^\r\n]*|[ \t]*[\w-]+[ \t]*:[ \t]*[\"'][^\r\n]*")
_TOKEN = re.compile(r"\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s,:\[\]{}]+")


@dataclass(frozen=True, slots=True)
class QuickFix:
    """A replacement in one line: of the text from `start` to `end` in `line`, counted from 0, by `text`.

    With `whole` the line is removed with its line end; `text` may contain further lines.
    """

    title: str
    line: int
    start: int
    end: int
    text: str
    whole: bool = False


def quick_fixes(problem: Problem, text: str) -> Iterator[QuickFix]:
    """The quick fixes for a problem in a file with this text."""
    lines = _BREAK.split(text)
    number = max(problem.line - 1, 0)
    row = lines[number] if number < len(lines) else ""
    column = max(problem.column - 1, 0)
    hint = problem.hint
    if problem.code == "missing-id" and lines[0].lstrip("\ufeff").startswith("---"):
        yield QuickFix("Give it an id", 1, 0, 0, f"id: {uuid4()}\n")
    if problem.code == "hidden-character" and first_unsafe(row, keep="\t"):
        clean = row
        while unseen := first_unsafe(clean, keep="\t"):
            clean = clean.replace(unseen, "")
        yield QuickFix("Delete the invisible character", number, 0, len(row), clean)
    meant, token = _MEANT.search(hint), _TOKEN.match(row, column)
    if meant and token and problem.line and not token[0].startswith(("!", "#")) and row[column] != "[":
        yield QuickFix(f"Write {meant[1]}", number, token.start(), token.end(), meant[1])
    shown = _SHOWN.search(hint)
    if shown and problem.line:
        yield from _line(shown[1] or shown[2] or shown[3], number, row)
    instead, used = _INSTEAD.search(hint), _USED.search(problem.message)
    if instead and used and row.startswith(used[1], column):
        yield QuickFix(f"Write {instead[1]}", number, column, column + len(used[1]), instead[1])
    if _DELETE.search(hint) and problem.line and _SCALAR.fullmatch(row):
        yield QuickFix("Delete the line", number, 0, len(row), "", whole=True)


def _line(shown: str, number: int, row: str) -> Iterator[QuickFix]:
    """The line that a hint shows as replacement for the line with the same key."""
    there, wanted = _HEAD.match(row), _HEAD.match(shown)
    if there and wanted and there[2] == wanted[2]:
        new = there[1] + shown[wanted.start(2) :]
        if new != row:
            yield QuickFix(f"Write {shown.strip()}", number, 0, len(row), new)
