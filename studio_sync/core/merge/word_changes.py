"""Counts of words added and removed between two values: the size of a change."""

from collections.abc import Iterable, Mapping, Sequence
from string import punctuation

from studio_sync.core.merge.align import AlignmentBudget, runs
from studio_sync.core.values.value import Value
from studio_sync.core.values.word_count import words_in

_SIGNS = f"{punctuation}\u2018\u2019\u201c\u201d\u00ab\u00bb\u2026"


def words_changed(pairs: Iterable[tuple[Value, Value]]) -> tuple[int, int]:
    """The number of words added and removed, over all (before, after) pairs of values.

    Words are those in texts, also inside lists and objects; punctuation does not count. Swapping before and
    after swaps the numbers.
    """
    came = went = 0
    work = AlignmentBudget()
    for before, after in pairs:
        if before == after:
            continue
        old, new = _words(before), _words(after)
        kept = sum(size for _, _, size in runs(old, new, None, work))
        came, went = came + len(new) - kept, went + len(old) - kept
    return came, went


def _words(value: Value) -> list[str]:
    """The words of the texts in a value, without punctuation; the order of keys doesn't matter."""
    if isinstance(value, str):
        words = words_in(value)
        return [word.strip(_SIGNS) or word for word in words]
    if isinstance(value, Mapping):
        return [word for key in sorted(value) for word in _words(value[key])]
    if isinstance(value, Sequence):
        return [word for item in value for word in _words(item)]
    return []
