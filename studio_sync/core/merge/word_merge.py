"""The merge inside a line: what two sides did to one passage, word by word."""

from collections.abc import Sequence

from studio_sync.core.merge.align import AlignmentBudget, atoms, unspaced
from studio_sync.core.merge.changes import ChangeGroup, SideChange, applied, changes, groups, within
from studio_sync.core.values.bounds import MAX_WORD_DIFF

APART = 6
"""How much must have stayed between two people's changes for both to stand: three words, each weighing 2.

Fewer, and the two changed one phrase: "one second" and "two more seconds" make no sentence together.
"""


def weight(text: Sequence[str]) -> int:
    """What the words among these atoms weigh: 2 a word, 1 a sign of a script written without spaces."""
    return sum(1 if unspaced(atom) else 2 for atom in text if any(map(str.isalnum, atom)))


def merge_words(base: str, local: str, remote: str, work: AlignmentBudget) -> str | None:
    """The passage with both sides' changes, or None where they meet.

    Words are never taken apart. Changes meet if they overlap, or if less than APART stayed between
    them and no blank line; what is too large to compare closely meets, too.
    """
    if len(base) + len(local) + len(remote) > MAX_WORD_DIFF:
        return None
    old = atoms(base)
    mine, theirs = (changes(old, atoms(side), str.isspace, work) for side in (local, remote))
    met, agreed = groups(old, mine, theirs, _apart)
    whole: list[str] = []
    i = 0
    for group in met:
        whole += applied(old, within(agreed, i, group.start), i, group.start)
        ours, others = group.sides(old)
        if group.local and group.remote and ours != others:
            return None
        whole += ours if group.local else others
        i = group.end
    return "".join([*whole, *applied(old, within(agreed, i, len(old)), i, len(old))])


def _apart(_group: ChangeGroup, _change: SideChange, _mine: bool, between: Sequence[str]) -> bool:
    return weight(between) >= APART or any(atom.count("\n") > 1 for atom in between if atom.isspace())
