"""YAML parser events: from libyaml if available, else from a Python parser.

Both follow YAML 1.1 in two respects that this module corrects: in YAML 1.2 NEL, LS and PS are no line ends,
and a byte-order mark is an ordinary character, unless the text begins with it.
"""

import re
from collections.abc import Iterator

from studio_sync.files.yaml.parser.event import YamlEvent

try:
    from yaml.cyaml import CParser as Parser
except ImportError:
    from studio_sync.files.yaml.parser.pure import PureParser as Parser

__all__ = ["BAD_CHARACTER", "Masked", "Parser", "needs_mask"]

BOM = "\ufeff"
_MASKED = "\x85\u2028\u2029\ufeff"
_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")
"""One character that JSON writes as two escapes, after an even number of backslashes."""
BAD_CHARACTER = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that a YAML text must not contain unescaped."""


def needs_mask(text: str) -> bool:
    """Whether the parser would misread a character of `text`, so that the text must be `Masked`."""
    return not text.isascii() and any(c in text for c in _MASKED)


class Masked:
    """The events of a text in which the characters that the parser misreads are masked.

    Each is replaced by one private-use character, so that offsets are those in `text` less `shift`. `plain`
    restores the original characters in the parser's strings. A pair of escapes, as JSON writes an emoji, is
    replaced by one such character and as many fillers as it is longer.
    """

    def __init__(self, text: str) -> None:
        self.shift = 1 if text.startswith(BOM) else 0
        text = BAD_CHARACTER.sub("\ufffd", text[self.shift :])
        written = text.lower()
        spare = (c for c in range(0xE000, 0xF8FF) if chr(c) not in text and f"{c:x}" not in written)
        hide = {ord(c): chr(next(spare)) for c in _MASKED if c in text}
        self.text = text.translate(hide) if hide else text
        self._show: dict[int, str] = {ord(shown): chr(hidden) for hidden, shown in hide.items()}
        self._escaped: dict[int, str] = {}
        if "\\u" in text and (pairs := {found[2] for found in _PAIR.finditer(text)}):
            filler = next(spare)
            masks = {pair: chr(next(spare)) for pair in sorted(pairs)}
            self.text = _PAIR.sub(lambda m: m[1] + masks[m[2]] + chr(filler) * (len(m[2]) - 1), self.text)
            self._escaped = {filler: "", **{ord(mask): _unpaired(pair) for pair, mask in masks.items()}}
            self._show |= {filler: "", **{ord(mask): pair for pair, mask in masks.items()}}

    def plain(self, value: str, style: str = "") -> str:
        """A string from the parser, with its masked characters restored; escapes count in double quotes."""
        if not self._show:
            return value
        return value.translate({**self._show, **self._escaped} if style == '"' else self._show)

    def events(self) -> Iterator[YamlEvent]:
        """All events. Raises YAMLError for invalid YAML."""
        step = Parser(self.text).get_event
        while (event := step()) is not None:
            yield event


def _unpaired(pair: str) -> str:
    """The character that two escapes mean together."""
    high, low = (int(half, 16) for half in pair.lower().split("\\u")[1:])
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
