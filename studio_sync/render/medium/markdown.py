"""Safe Markdown for GitHub, in which content is never more than text."""

from collections.abc import Sequence
from dataclasses import dataclass

from studio_sync.core.values.escapes import code_fence, code_span, safe

LIMIT = 65_536
"""The most characters of a comment. Bytes are counted, which are never fewer."""

_LONG = 600
"""Longer pieces of content are truncated, so that one row can't fill a comment."""


def code(text: str) -> str:
    """`text` as an inline code span: no markup, mention, link, reference or HTML in it has an effect."""
    return code_span(text if len(text) <= _LONG else f"{text[:_LONG]}…")


def code_block(lines: Sequence[str], most: int = 60) -> str:
    """Lines as a fenced code block; lines beyond `most` are counted."""
    shown = [safe(line)[:_LONG] for line in lines[:most]]
    if len(lines) > most:
        shown.append(f"… and {len(lines) - most:,} more lines")
    text = "\n".join(shown)
    fence = code_fence(text, 3)
    return f"{fence}text\n{text}\n{fence}"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with rows, of which the last ones may be left out and counted.

    `text` is between the two. With `fenced` the rows are the lines of one code block.
    """

    heading: str
    rows: Sequence[str]
    text: str = ""
    fenced: bool = False

    def markdown(self, most: int) -> str:
        """The section with at most this many rows."""
        rows, left = self.rows[:most], len(self.rows) - most
        body = code_block(rows, len(rows)) if self.fenced and rows else "\n".join(rows)
        parts = [f"#### {self.heading}", self.text, body]
        if left > 0:
            parts.append(f"… and {left:,} more; a comment has no room for them.")
        return "\n\n".join(part for part in parts if part)


def page(head: str, sections: Sequence[Section], limit: int = LIMIT) -> str:
    """Join everything; if it exceeds `limit`, leave rows out of the largest sections.

    Whatever is left out is counted in its place.
    """
    sections = [section for section in sections if section.rows]
    most = [len(section.rows) for section in sections]
    while True:
        texts = [section.markdown(n) for section, n in zip(sections, most, strict=True)]
        whole = "\n\n".join((head, *texts)) + "\n"
        sizes = [len(text.encode()) if n else 0 for text, n in zip(texts, most, strict=True)]
        if len(whole.encode()) <= limit or not any(sizes):
            return whole
        largest = max(range(len(sizes)), key=sizes.__getitem__)
        most[largest] = most[largest] * 3 // 4
