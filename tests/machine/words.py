"""Who wrote which word, over which others: all that the machine knows of what may go, and come.

A wish is that of a side, and reaches another one with the word itself.

Every edit writes words that nobody has written before. A word knows those that its author replaced by it,
and those that these had replaced. It knows nothing of bases, ledgers and standings.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

WORD = re.compile(r"w\d{5}(?!\d)")  # JSON may have the n of an escaped line end before it


class FindingError(AssertionError):
    """Something happened that must never happen."""


def words_of(text: str) -> set[str]:
    """The words of the machine that stand in a text."""
    return set(WORD.findall(text))


@dataclass(eq=False)
class Decision:
    """What a decision let go and wished, to undo that; `wanted` is what was wanted on each side before it."""

    wanted: dict[str, set[str]] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    wishes: set[tuple[str, str]] = field(default_factory=set)

    def about(self, words: set[str]) -> "Decision":
        """What it said about these words alone."""
        return Decision({}, self.given_up & words, {wish for wish in self.wishes if wish[1] in words})


@dataclass
class Words:
    """What was written, replaced, knowingly given up, and wished back.

    `over` gives for each word those that replaced it; `held` what has ever stood on each side.
    """

    count: int = 0
    author: dict[str, str] = field(default_factory=dict)
    over: dict[str, set[str]] = field(default_factory=dict)
    under: dict[str, set[str]] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    wanted: dict[str, set[str]] = field(default_factory=dict)
    """By side, the words that somebody wishes to stand there, whatever replaced them."""
    let_go: dict[str, set[str]] = field(default_factory=dict)
    """By side, the words of which somebody there knew that they are wanted, and let them go."""
    unheard: dict[str, set[str]] = field(default_factory=dict)
    """By side, the words that somebody wishes elsewhere, of which nobody here knows: no one lets these go."""
    held: dict[str, set[str]] = field(default_factory=dict)
    beside: set[str] = field(default_factory=set)
    """Words in comments: these are no content, and may go along with their file, which is kept."""
    copied: set[str] = field(default_factory=set)
    """Words that stand in more than one record."""
    typed_back: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """By side, pairs of words that replaced each other by turns: the second one is the newer there."""
    backed_up: set[tuple[str, str]] = field(default_factory=set)
    """Those pairs of the database that were known when the backup was made: later ones are lost with it."""
    decision: Decision = field(default_factory=Decision)
    """The decision that is being made; what isn't done by one counts as done by the first one of all."""
    givers: dict[str, set[Decision]] = field(default_factory=dict)
    """By word, the decisions that let it go."""
    wishers: dict[tuple[str, str], set[Decision]] = field(default_factory=dict)
    """By side and word, the decisions that wish it there."""

    def fresh(self, author: str, replaced: Iterable[str] = ()) -> str:
        """A new word, whose author read the `replaced` ones and wrote this instead."""
        self.count += 1
        word, old = f"w{self.count:05}", set(replaced)
        self.author[word] = author
        self.over[word], self.under[word] = set(), set()
        self._replace(word, old)
        if old and old <= self.beside:
            self._set_beside(word)
        return word

    def comment(self, author: str) -> str:
        """A new word, which its author writes into a comment."""
        word = self.fresh(author)
        self._set_beside(word)
        return word

    def _set_beside(self, word: str) -> None:
        self.beside.add(word)
        self.give_up([word])

    def copy(self, words: Iterable[str]) -> None:
        """Somebody copies these words: they may come where they had been replaced, in the other record."""
        self.copied |= set(words)

    def retype(self, word: str, replaced: str, side: str) -> None:
        """Somebody writes an old word again, over a newer one, on this side.

        What others have written over the old word then stands for both: the newer one was taken back.
        """
        self._replace(word, [replaced])
        for other in self.over[word] - {replaced}:
            self._replace(other, [replaced])
        self.want([word], side)

    def meet(self, side: str, words: set[str], other: str, others: set[str]) -> None:
        """A pull compared two sides: a wish for what both have is known on both, and so is what is newer."""
        both, wishes = words & others, self.wishes(side, other)
        unheard = both & self.unheard.get(side, set()) & self.unheard.get(other, set())
        for one in (side, other):
            self._wish(one, both & wishes)
            self._hear(one, both - unheard)
        self.agree(side, both, other)

    def agree(self, side: str, both: set[str], other: str) -> None:
        """A command found that two sides say the same: the order of words is that of the other side."""
        there = self.typed_back.get(other, set())
        pairs = self.typed_back.get(side, set())
        pairs -= {pair for pair in pairs if pair[1] in both and pair not in there}

    def push(self, words: set[str], side: str) -> None:
        """A push brought words to a side: those that never stood there are wished there, by who pushes.

        Who had them from git, and wrote others over them in a file, has told nobody of that.
        """
        self.want({word for word in words - self.held.get(side, set()) if self.over[word]}, side)

    def wishes(self, *sides: str) -> set[str]:
        """The words that are wanted on any of these sides, and that nobody on the first one let go."""
        wanted = set().union(*(self.wanted.get(side, set()) for side in sides))
        return wanted - (self.let_go.get(sides[0], set()) - self.wanted.get(sides[0], set()))

    def _replace(self, word: str, replaced: Iterable[str]) -> None:
        for old in {o for r in replaced for o in (r, *self.under[r])} - {word}:
            self.under[word].add(old)
            self.over[old].add(word)

    def give_up(self, words: Iterable[str], side: str = "") -> None:
        """Somebody who read these words, on this side if on one, let them go."""
        found = set(words)
        self.throw_away(found)
        for one in [side] if side else list(self.wanted):
            known = self.wanted.setdefault(one, set())
            self.let_go.setdefault(one, set()).update(found & known - self.unheard.get(one, set()))
            known -= found

    def throw_away(self, words: Iterable[str]) -> None:
        """Somebody needs these words no longer; but those that are wanted elsewhere may come from there."""
        found = set(words)
        self.given_up |= found
        self.decision.given_up |= found
        for word in found:
            self.givers.setdefault(word, set()).add(self.decision)

    def want(self, words: Iterable[str], side: str) -> None:
        """Somebody wishes these words to stand on a side, whatever replaced them."""
        found = set(words)
        self._wish(side, found)
        for known in self.let_go.values():
            known.difference_update(found)
        for one in self.held:
            if one != side:
                self.unheard.setdefault(one, set()).update(found)

    def want_too(self, side: str, words: set[str]) -> None:
        """What somebody wishes elsewhere is known here, too."""
        self._wish(side, words)
        self._hear(side, words)

    def is_wished(self, side: str, word: str) -> bool:
        """Whether a decision stands that once wished a word on a side."""
        return bool(self.wishers.get((side, word)))

    def carry(self, side: str, came: set[str]) -> None:
        """Words came to a side, from wherever: so did the wish for them."""
        self._wish(side, came & set().union(*self.wanted.values()))
        self._hear(side, came)

    def _hear(self, side: str, words: set[str]) -> None:
        self.unheard.setdefault(side, set()).difference_update(words)

    def _wish(self, side: str, words: set[str]) -> None:
        self.wanted.setdefault(side, set()).update(words)
        wishes = {(side, word) for word in words}
        self.decision.wishes |= wishes
        for wish in wishes:
            self.wishers.setdefault(wish, set()).add(self.decision)

    @contextmanager
    def deciding(self) -> Iterator[Decision]:
        """Inside the block a decision is made."""
        first, self.decision = self.decision, Decision({s: set(found) for s, found in self.wanted.items()})
        try:
            yield self.decision
        finally:
            self.decision = first

    def undo(self, decision: Decision, side: str, present: set[str]) -> None:
        """The decision was not made: nobody let go what it alone did, or wishes what it alone wished."""
        for word in decision.given_up:
            self.givers[word].discard(decision)
        back = {word for word in decision.given_up if not self.givers[word]}
        self.given_up -= back
        for one, word in decision.wishes:
            wishers = self.wishers[one, word]
            wishers.discard(decision)
            if not wishers:
                self.wanted[one].discard(word)
        for one, known in decision.wanted.items():
            again = known & (back | present if one == side else back)
            self.wanted.setdefault(one, set()).update(again)
            self.let_go.setdefault(one, set()).difference_update(again)

    def redo(self, decision: Decision) -> None:
        """The decision was made after all."""
        first, self.decision = self.decision, decision
        self.give_up(set(decision.given_up))
        for side, word in set(decision.wishes):
            self.want([word], side)
        self.decision = first

    def hold(self, side: str, words: Iterable[str]) -> None:
        """These words stand on a side."""
        self.held.setdefault(side, set()).update(words)

    def lost(self, gone: Iterable[str], present: set[str]) -> set[str]:
        """Those of the gone words that nobody gave up, or replaced by one that is there."""
        known = present | self.given_up
        return {w for w in gone if w not in self.given_up and self.over[w].isdisjoint(known)}

    def standing(self, words: Iterable[str], present: set[str]) -> set[str]:
        """Those of these words that are there, or of which one is there that replaced them."""
        return {w for w in words if w in present or not self.over[w].isdisjoint(present)}

    def returned(self, side: str, came: Iterable[str], before: set[str], source: str = "") -> set[str]:
        """Those of the words that came back where they had been replaced, by nobody's wish here or there."""
        known = self.held.get(side, set()) - self.wishes(side, source) - self.copied
        return {w for w in came if w in known and any(self._newer(side, w, o) for o in self.over[w] & before)}

    def _newer(self, side: str, word: str, other: str) -> bool:
        """Whether the other word is the newer one on a side, where each may have replaced the other."""
        return word not in self.over[other] or (word, other) in self.typed_back.get(side, ())

    def change(self, side: str, before: set[str], after: set[str]) -> None:
        """One became the other on a side: of words that replaced each other by turns, the order is known."""
        self.wanted.setdefault(side, set()).difference_update(before - after)
        pairs = self.typed_back.setdefault(side, set())
        for word in before - after:
            for other in self.over[word] & after:
                if word in self.over[other]:
                    pairs.add((word, other))
                    pairs.discard((other, word))

    def back_up(self, side: str) -> None:
        """A backup is made of a side."""
        self.backed_up = set(self.typed_back.get(side, ()))

    def restore(self, side: str) -> None:
        """A side is as in its backup again: the order of its words, too."""
        self.typed_back[side] = set(self.backed_up)

    def put_back(self, side: str, words: set[str]) -> None:
        """Git may have put these words back: that somebody had typed one of them again is known to nobody."""
        pairs = self.typed_back.get(side, set())
        pairs -= {pair for pair in pairs if pair[1] in words}
