"""Limits on Markdown whose parsing time is quadratic in the number of its marks."""

import re
from functools import lru_cache

from studio_sync.core.values.bounds import MAX_MARKDOWN, MAX_MARKUP

_PARAGRAPH = re.compile(r"\n[ \t\r]*\n")
_MARKS = "[<`*_!&"


def too_dense(text: str) -> str:
    """Why a Markdown text is too dense to check its links and words, "" if it isn't."""
    # Nearly every text has no room for so many: not even its hash is needed.
    return _reason(text) if len(text) > MAX_MARKUP else ""


@lru_cache(maxsize=4)
def _reason(text: str) -> str:
    if len(text) > MAX_MARKDOWN:
        return f"this text has more than {MAX_MARKDOWN} characters"
    if sum(map(text.count, _MARKS)) > MAX_MARKUP:
        counts = [sum(map(part.count, _MARKS)) for part in _PARAGRAPH.split(text)]
        if sum(count * count for count in counts) > MAX_MARKUP * MAX_MARKUP:
            return f"the paragraphs of this text have more than {MAX_MARKUP} brackets, stars and other marks"
    return ""
