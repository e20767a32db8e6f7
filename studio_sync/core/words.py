"""Counting words, for the derived columns that show how long a text is."""

import re

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Myanmar, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # CJK ideographs
    "\U00020000-\U0003ffff"  # CJK extensions
)
_WORD = rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+"
_ANY_UNSPACED = f"[{_UNSPACED}]"


_BELOW_3_BYTES = bytes(range(0xE0))
"""The bytes of UTF-8 other than those with which a character of three or four bytes begins."""


def count_words(text: str) -> int:
    """Runs of non-space; in scripts that are written without spaces each character counts."""
    if text.isascii() or _has_only_signs(text) or not re.search(_ANY_UNSPACED, text):
        return len(text.split())
    return len(re.findall(_WORD, text))


def _has_only_signs(text: str) -> bool:
    """Whether all characters above U+0800 are punctuation, signs and emoji: a quick look that most pass."""
    data = text.encode("utf-8", "surrogatepass")
    leads = data.translate(None, _BELOW_3_BYTES)
    return not leads.translate(None, b"\xe2\xf0") and leads.count(0xF0) == data.count(b"\xf0\x9f")
