"""Word counts, for the derived columns with the length of a text."""

import re

UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Myanmar, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # CJK ideographs
    "\U00020000-\U0003ffff"  # CJK extensions
)
"""Characters, as a regular expression's set, of scripts written without spaces between words."""

_WORD = rf"[{UNSPACED}]|[^\s{UNSPACED}]+"
_UNLIKE_ASCII = rf"[\s{UNSPACED}]"
_ASCII = bytes(range(0x80))
_DIGITS = bytes(ord("0") if chr(b).isspace() and b < 0x80 else ord("1") for b in range(0x100))  # noqa: PLR2004


def words_in(text: str) -> list[str]:
    """The words that `count_words` counts, in order."""
    return re.findall(_WORD, text)


def count_words(text: str) -> int:
    """The number of words; in scripts without spaces each character counts as one."""
    data = text.encode("utf-8", "surrogatepass")
    rare = data.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    if rare and re.search(_UNLIKE_ASCII, rare):
        return len(re.findall(_WORD, text))
    # If every space is ASCII, the bytes become bits of a number, 0 for a space, and a word is a 1 after a 0.
    # Counting these takes a quarter of the time of counting bytes (1,600 words: 16 instead of 62 µs).
    bits = int(data.translate(_DIGITS) or b"0", 2)
    return (bits & ~(bits >> 1)).bit_count()
