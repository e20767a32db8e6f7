"""Markdown that takes a parser long: it looks back from each mark, so that many marks cost their square."""

import re
from functools import lru_cache

from studio_sync.core.values.bounds import MAX_MARKDOWN, MAX_MARKUP

_PARAGRAPH = re.compile(r"\n[ \t\r]*\n")
_MARKS = "[<`*_!&"


@lru_cache(maxsize=4)
def too_dense(text: str) -> str:
    """Why links and words are not looked for in a Markdown text, "" if they are."""
    if len(text) > MAX_MARKDOWN:
        return f"this text has more than {MAX_MARKDOWN} characters"
    if sum(map(text.count, _MARKS)) > MAX_MARKUP:
        counts = [sum(map(part.count, _MARKS)) for part in _PARAGRAPH.split(text)]
        if sum(count * count for count in counts) > MAX_MARKUP * MAX_MARKUP:
            return f"the paragraphs of this text have more than {MAX_MARKUP} brackets, stars and other marks"
    return ""
