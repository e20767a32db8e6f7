"""The blocks of a Markdown text, and its lines: what every reader of Markdown begins with."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_BREAK = re.compile(r"\r\n|\r")
VERBATIM = re.compile(r"\s*<(?:!--|pre\b|script\b|style\b|textarea\b)", re.IGNORECASE)
"""The beginning of an HTML block whose content is no prose."""


def with_line_feeds(text: str) -> str:
    r"""`text` with \n as its only line end; each character keeps its index."""
    return _BREAK.sub(lambda m: " \n" if len(m[0]) > 1 else "\n", text)


def line_starts(text: str) -> list[int]:
    """The start of each line of a text with line feeds, and its end."""
    return [0, *(m.end() for m in re.finditer("\n", text)), len(text)]


def block_parser() -> "MarkdownIt":
    """A new parser that leaves inline text to its callers."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").disable("inline")


known_blocks = cache(block_parser)
"""The parser for whoever adds no rule of its own."""
