"""YAML parser events: from libyaml if available, else from PyYAML's own parser.

That is forty times slower, and differs in a few corner cases (a tab before a comment).
Both follow YAML 1.1 in two respects that this module corrects: in YAML 1.2 NEL, LS and PS are no line ends,
and a byte-order mark is an ordinary character, unless the text begins with it.
"""

import re
from collections.abc import Iterator
from typing import Protocol

try:
    from yaml.cyaml import CParser as Parser
except ImportError:
    from yaml import SafeLoader as Parser

__all__ = ["BAD_CHARACTER", "Masked", "Parser", "YamlEvent", "needs_mask"]

BOM = "\ufeff"
_MASKED = "\x85\u2028\u2029\ufeff"
BAD_CHARACTER = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that a YAML text must not contain unescaped."""


class TextMark(Protocol):
    """A position in the parser's text."""

    index: int


class YamlEvent(Protocol):
    """One parser event; each class of events has some of these attributes."""

    start_mark: TextMark
    end_mark: TextMark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None
    flow_style: bool
    version: object
    tags: object


def needs_mask(text: str) -> bool:
    """Whether the parser would misread a character of `text`, so that the text must be `Masked`."""
    return not text.isascii() and any(c in text for c in _MASKED)


class Masked:
    """The events of a text in which the characters that the parser misreads are masked.

    Each is replaced by one private-use character, so that offsets are those in `text` less `shift`. `plain`
    restores the original characters in the parser's strings.
    """

    def __init__(self, text: str) -> None:
        self.shift = 1 if text.startswith(BOM) else 0
        text = BAD_CHARACTER.sub("\ufffd", text[self.shift :])
        written = text.lower()
        spare = (c for c in range(0xE000, 0xF8FF) if chr(c) not in text and f"{c:x}" not in written)
        hide = {ord(c): chr(next(spare)) for c in _MASKED if c in text}
        self.text = text.translate(hide) if hide else text
        self._show = {ord(shown): hidden for hidden, shown in hide.items()}

    def plain(self, value: str) -> str:
        """A string from the parser, with its masked characters restored."""
        return value.translate(self._show) if self._show else value

    def events(self) -> Iterator[YamlEvent]:
        """All events. Raises YAMLError for invalid YAML."""
        step = Parser(self.text).get_event
        while (event := step()) is not None:
            yield event
