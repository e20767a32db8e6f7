"""Which items of two sequences belong together: equal runs, and the likest pairs of what lies between.

The work is bounded: what is too large to compare closely is matched more coarsely, never wrongly.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

_Item = TypeVar("_Item", str, bytes)


class Work:
    """What one comparison may still cost, in pairs looked at: a second or so on a slow machine."""

    def __init__(self) -> None:
        self.left = 3_000_000

    def spend(self, cost: int) -> bool:
        """Whether `cost` can be afforded; then it is taken off."""
        if cost > self.left:
            return False
        self.left -= cost
        return True


def runs(
    old: Sequence[_Item], new: Sequence[_Item], junk: Callable[[_Item], bool] | None, work: Work
) -> list[tuple[int, int, int]]:
    """Equal runs (index in old, index in new, length) in order, and an empty one at the end of both.

    Items that are `junk` are matched beside others only: a blank line says nothing about its place.
    """
    shorter = min(len(old), len(new))
    head = next((k for k in range(shorter) if old[k] != new[k]), shorter)
    tail = next((k for k in range(shorter - head) if old[-1 - k] != new[-1 - k]), shorter - head)
    one, other = old[head : len(old) - tail], new[head : len(new) - tail]
    runs = [(0, 0, head)]
    known = Counter(item for item in other if junk is None or not junk(item))
    if one and other and work.spend(sum(known[item] for item in one)):
        matcher = SequenceMatcher(junk, one, other, autojunk=False)
        runs += [(head + b.a, head + b.b, b.size) for b in matcher.get_matching_blocks()]
    runs += [(len(old) - tail, len(new) - tail, tail), (len(old), len(new), 0)]
    return [run for run in runs[:-1] if run[2]] + runs[-1:]


# Lao, Thai, Burmese, Khmer, kana and Chinese characters stand for themselves: no spaces part their words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+(?:['\u2019][^\W{_UNSPACED}]+)*|\s+|.", re.DOTALL)
_ALONE = re.compile(f"[{_UNSPACED}]")
_JOINER = "\u200d"


def tokens(text: str) -> list[str]:
    """Words, runs of white space and single signs; an accent or vowel sign stays with its letter."""
    found = _TOKEN.findall(text)
    if text.isascii():
        return found
    joined: list[str] = []
    for token in found:
        if joined and _belongs(joined[-1], token):
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def atoms(text: str) -> list[str]:
    """Runs of white space, and what stands between them: a sign of an unspaced script each by itself.

    Unlike tokens, an atom is never taken apart by what it says: an address or a piece of code is one.
    """
    joined: list[str] = []
    for token in tokens(text):
        if joined and not any(part.isspace() or unspaced(part) for part in (joined[-1], token)):
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def unspaced(token: str) -> bool:
    """Whether `token` is a sign of a script that is written without spaces between its words."""
    return _ALONE.match(token) is not None


def _belongs(before: str, token: str) -> bool:
    if token[0] == _JOINER or unicodedata.category(token[0]).startswith("M"):
        return not before.isspace()
    if before[-1] == _JOINER:
        return not token.isspace()
    return token[0].isalnum() and unicodedata.category(before[-1])[0] == "M" and not _ALONE.match(token)


_LIKE = 0.4
"""The share of words from which two lines count as versions of one."""


def _weights(text: str) -> Counter[str]:
    """The words of `text`, long ones weighing more: they tell lines apart, "the" and "of" do not."""
    weights: Counter[str] = Counter()
    for token in tokens(text):
        if not token.isspace():
            weights[token] += len(token)
    return weights


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    if not one and not other:
        return 0.05
    if len(one) > len(other):
        one, other = other, one
    shared = sum(min(weight, other[word]) for word, weight in one.items() if word in other)
    like = 2 * shared / (one.total() + other.total())
    return like if like >= _LIKE else 0.0


def pairs(old: Sequence[str], new: Sequence[str], work: Work) -> list[tuple[int, int]]:
    """The pairs (index in old, index in new), rising on both sides, that are most alike in all."""
    one, other = [_weights(text) for text in old], [_weights(text) for text in new]
    if not work.spend(len(one) * sum(map(len, other)) + len(other) * sum(map(len, one))):
        alike = len(one) == len(other)
        return [(k, k) for k in range(len(one)) if alike and _likeness(one[k], other[k])]
    like = [[_likeness(a, b) for b in other] for a in one]
    best = [[0.0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, row in enumerate(like):
        for j, score in enumerate(row):
            best[i + 1][j + 1] = max(best[i][j + 1], best[i + 1][j], best[i][j] + score)
    pairs: list[tuple[int, int]] = []
    i, j = len(one), len(other)
    while i and j:
        if best[i][j] == best[i - 1][j]:
            i -= 1
        elif best[i][j] == best[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]
