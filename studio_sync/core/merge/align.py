"""Sequence alignment for diffs and merges: equal runs of two sequences, and pairs of similar items.

The work is bounded: large inputs are aligned more coarsely, never wrongly.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

from studio_sync.core.values.bounds import MAX_WORD_DIFF
from studio_sync.core.values.word_count import UNSPACED

_Item = TypeVar("_Item", str, bytes, int)


class AlignmentBudget:
    """The cost that one comparison may still have, in compared pairs; about a second on a slow machine."""

    def __init__(self) -> None:
        self.left = 3_000_000

    def spend(self, cost: int) -> bool:
        """Spend `cost` if enough is left, and say whether it was."""
        if cost > self.left:
            return False
        self.left -= cost
        return True


def runs(
    old: Sequence[_Item], new: Sequence[_Item], junk: Callable[[_Item], bool] | None, work: AlignmentBudget
) -> list[tuple[int, int, int]]:
    """Equal runs (index in old, index in new, length) in order, with an empty one at the end of both.

    `junk` items are matched only next to others: a blank line alone doesn't identify its place.
    """
    shorter = min(len(old), len(new))
    head = next((k for k in range(shorter) if old[k] != new[k]), shorter)
    tail = next((k for k in range(shorter - head) if old[-1 - k] != new[-1 - k]), shorter - head)
    one, other = old[head : len(old) - tail], new[head : len(new) - tail]
    found: list[tuple[int, int, int]] = [(0, 0, head)]
    for low, begin, high, end in _gaps(one, other, junk):
        found += ((head + low + a, head + begin + b, size) for a, b, size in
                  _matched(one[low:high], other[begin:end], junk, work))  # fmt: skip
        if high < len(one):
            found.append((head + high, head + end, 1))
    found.append((len(old) - tail, len(new) - tail, tail))
    return [*_joined(run for run in found if run[2]), (len(old), len(new), 0)]


_SMALL = 1_000_000
"""Up to this many pairs of items, no anchors are searched first."""


def _matched(
    one: Sequence[_Item], other: Sequence[_Item], junk: Callable[[_Item], bool] | None, work: AlignmentBudget
) -> Iterator[tuple[int, int, int]]:
    """Equal runs, as far as the budget allows: each run may cost a scan of all items."""
    if not one or not other:
        return
    known = Counter(item for item in other if junk is None or not junk(item))
    if work.spend(max(sum(known[item] for item in one), len(one) * len(other) // 8)):
        for run in SequenceMatcher(junk, one, other, autojunk=False).get_matching_blocks():
            yield run.a, run.b, run.size


def _gaps(
    one: Sequence[_Item], other: Sequence[_Item], junk: Callable[[_Item], bool] | None
) -> Iterator[tuple[int, int, int, int]]:
    """The gaps between anchors: (start in one, start in other, end in one, end in other).

    In large inputs, items that occur exactly once on both sides are anchors, as many as ascend on both. An
    anchor is the item at the end of a gap; the last gap has none.
    """
    low = begin = 0
    if len(one) * len(other) > _SMALL:
        for high, end in anchors(one, other, junk):
            yield low, begin, high, end
            low, begin = high + 1, end + 1
    yield low, begin, len(one), len(other)


def anchors(
    one: Sequence[_Item], other: Sequence[_Item], junk: Callable[[_Item], bool] | None = None
) -> list[tuple[int, int]]:
    """The longest ascending list of pairs of items that occur exactly once on both sides."""
    counts, others = Counter(one), Counter(other)
    places = {item: k for k, item in enumerate(other) if others[item] == 1}
    tops: list[int] = []  # the smallest end of an ascending list of each length
    ends: list[int] = []  # the pair with that end
    chain: list[tuple[int, int, int]] = []  # pairs, each with its predecessor, or -1
    for k, item in enumerate(one):
        place = places.get(item)
        if place is None or counts[item] != 1 or (junk is not None and junk(item)):
            continue
        at = bisect_left(tops, place)
        chain.append((k, place, ends[at - 1] if at else -1))
        tops[at : at + 1], ends[at : at + 1] = [place], [len(chain) - 1]
    found: list[tuple[int, int]] = []
    pair = ends[-1] if ends else -1
    while pair >= 0:
        k, place, pair = chain[pair]
        found.append((k, place))
    return found[::-1]


def _joined(found: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Runs, with adjacent ones joined."""
    whole: list[tuple[int, int, int]] = []
    for a, b, size in found:
        if whole and (a, b) == (whole[-1][0] + whole[-1][2], whole[-1][1] + whole[-1][2]):
            whole[-1] = (whole[-1][0], whole[-1][1], whole[-1][2] + size)
        else:
            whole.append((a, b, size))
    return whole


# In scripts without spaces each character is a token: no spaces separate the words.
_TOKEN = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+(?:['\u2019][^\W{UNSPACED}]+)*|\s+|.", re.DOTALL)
_ALONE = re.compile(f"[{UNSPACED}]")
_JOINER = "\u200d"


def tokens(text: str) -> list[str]:
    """Split into words, runs of white space and single characters; combining marks stay with their letter."""
    found = _TOKEN.findall(text)
    if text.isascii():
        return found
    groups: list[list[str]] = []
    for token in found:
        if groups and _belongs(groups[-1][-1], token):
            groups[-1].append(token)
        else:
            groups.append([token])
    return ["".join(group) for group in groups]


def atoms(text: str) -> list[str]:
    """Split into runs of white space and runs of other characters; unspaced scripts character by character.

    Unlike tokens, an atom is never split by its content: a URL or a piece of code is one atom.
    """
    groups: list[list[str]] = []
    open_ended = False  # whether the last atom takes another character
    for token in tokens(text):
        alone = token.isspace() or unspaced(token)
        if open_ended and not alone:
            groups[-1].append(token)
        else:
            groups.append([token])
        open_ended = not alone
    return ["".join(group) for group in groups]


def unspaced(token: str) -> bool:
    """Whether `token` is a character of a script written without spaces between words."""
    return _ALONE.match(token) is not None


def _belongs(before: str, token: str) -> bool:
    if token[0] == _JOINER or unicodedata.category(token[0]).startswith("M"):
        return not before.isspace()
    if before[-1] == _JOINER:
        return not token.isspace()
    return token[0].isalnum() and unicodedata.category(before[-1])[0] == "M" and not _ALONE.match(token)


_LIKE = 0.4
"""The share of common words from which two lines count as versions of each other."""


def _weights(text: str) -> Counter[str]:
    """The words of `text`; long words weigh more, because they identify a line and "the" doesn't."""
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


_MOST_READ = 4 * MAX_WORD_DIFF
"""The most characters, on both sides of a change, in which similar lines are searched."""


def pairs(old: Sequence[str], new: Sequence[str], work: AlignmentBudget) -> list[tuple[int, int]]:
    """The most similar pairs (index in old, index in new), ascending on both sides."""
    if sum(map(len, old)) + sum(map(len, new)) > _MOST_READ:
        return []
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
