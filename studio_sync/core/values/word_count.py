"""Counting words, for the derived columns that show how long a text is."""

import re

UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Myanmar, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # CJK ideographs
    "\U00020000-\U0003ffff"  # CJK extensions
)
"""The characters, as a pattern's set has them, of scripts that are written without spaces."""

_WORD = rf"[{UNSPACED}]|[^\s{UNSPACED}]+"
_UNLIKE_ASCII = rf"[\s{UNSPACED}]"
_ASCII = bytes(range(0x80))
_SHAPE = bytes(ord(" ") if chr(b).isspace() and b < 0x80 else ord("x") for b in range(0x100))  # noqa: PLR2004


def words_in(text: str) -> list[str]:
    """The words that `count_words` counts, in order."""
    return re.findall(_WORD, text)


def count_words(text: str) -> int:
    """Runs of non-space; in scripts that are written without spaces each character counts."""
    data = text.encode("utf-8", "surrogatepass")
    rare = data.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    if rare and re.search(_UNLIKE_ASCII, rare):
        return len(re.findall(_WORD, text))
    # Where every space is an ASCII one, words are counted by their first bytes, without making them.
    shape = data.translate(_SHAPE)
    return shape.count(b" x") + shape.startswith(b"x")
