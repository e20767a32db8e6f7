"""Three-way merge inside a line, word by word."""

from collections.abc import Sequence

from studio_sync.core.merge.align import AlignmentBudget, atoms, unspaced
from studio_sync.core.merge.changes import ChangeGroup, SideChange, changes, merge_changes
from studio_sync.core.values.bounds import MAX_WORD_DIFF

APART = 6
"""The least weight of unchanged words between two changes that both stay: three words of weight 2.

With fewer, both changed the same phrase: "one second" and "two more seconds" don't combine.
"""


def weight(text: Sequence[str]) -> int:
    """The weight of the words among these atoms: 2 a word, 1 a character of an unspaced script."""
    return sum(1 if unspaced(atom) else 2 for atom in text if any(map(str.isalnum, atom)))


def merge_words(base: str, local: str, remote: str, work: AlignmentBudget) -> str | None:
    """The passage with both sides' changes; None on a conflict.

    Words are never split. Changes conflict if they overlap, if less than APART and no blank line is between
    them, or if the passage is too large to compare closely.
    """
    if len(base) + len(local) + len(remote) > MAX_WORD_DIFF:
        return None
    old = atoms(base)
    mine, theirs = (changes(old, atoms(side), str.isspace, work) for side in (local, remote))
    whole = merge_changes(old, mine, theirs, _apart)
    return None if whole is None else "".join(whole)


def _apart(_group: ChangeGroup, _change: SideChange, _mine: bool, between: Sequence[str]) -> bool:
    return weight(between) >= APART or any(atom.count("\n") > 1 for atom in between if atom.isspace())
