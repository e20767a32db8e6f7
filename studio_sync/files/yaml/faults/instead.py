"""Corrected lines: what to type instead of a line that YAML misreads.

A correction is made from the line's own text, and parsed again to prove that it has the intended value.
"""

import re

from studio_sync.files.yaml.parser.compose import Composer

_LONG = 70
"""Longer lines are not repeated."""
_COMMENT = re.compile(r"(?<![ \t])[ \t]+#(?:[ \t].*)?$")
_PAIRS = (
    ('"', '"'), ("\u201c", "\u201d"), ("\u201e", "\u201c"), ("\u201e", "\u201d"), ("\u00ab", "\u00bb"),
    ("\u00bb", "\u00ab"), ("\u2018", "\u2019"), ("\u201a", "\u2018"),
)  # fmt: skip
TYPOGRAPHIC = "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a"
"""Typographic quotes, which are no quotes in YAML."""


def without_comment(value: str) -> tuple[str, str]:
    """Split a value after a colon into text and trailing comment.

    A comment has a blank after its `#`: in `Lesson #1` it is part of the text.
    """
    found = _COMMENT.search(value)
    return (value[: found.start()], found.group().strip()) if found else (value.rstrip(), "")


def meant(value: str) -> str:
    """The intended text of `value`: without quotes around all of it."""
    text = value.strip()
    for first, last in _PAIRS:
        inner = text[1:-1]
        if len(text) > 1 and text[0] == first and text[-1] == last and not set(inner) & {first, last}:
            return inner.strip()
    return text


def line(head: str, text: str, comment: str = "") -> str:
    """`head` with `text` in quotes after it; "" if that is long, or isn't parsed as `text`."""
    from studio_sync.files.yaml.yaml_writer import quoted

    shown = f"{head} {quoted(text)}" + (f" {comment}" if comment else "")
    return shown if text and len(shown) <= _LONG and _reads(quoted(text), text) else ""


def plain_line(head: str, value: str) -> str:
    """`head` with `value` after it, quoted if needed; "" if neither can be shown."""
    shown = f"{head} {value}"
    if len(shown) <= _LONG and _reads(value, None):
        return shown
    return line(head, *map(meant, without_comment(value)))


def _reads(shown: str, text: str | None) -> bool:
    """Whether `shown` is parsed as `text`, or, without one, is valid at all."""
    found = Composer(f"key: {shown}\n")
    if found.faults or found.root is None:
        return False
    return text is None or found.root.value == {"key": text}
