"""What must never happen, whatever is done: words lost, or taken back without anybody's wish.

Each edit writes a fresh token, which knows all the tokens that its author had before them and replaced.
A text is a set of tokens, one in a line. That is all that the oracle sees: it knows nothing of bases,
ledgers and standings.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


class LossError(AssertionError):
    """Somebody's words are gone, or came back, by nobody's wish."""


@dataclass
class Oracle:
    """Who replaced what, and what was knowingly given up."""

    count: int = 0
    before: dict[str, frozenset[str]] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    wanted_back: set[str] = field(default_factory=set)
    let_go: set[str] = field(default_factory=set)
    held: dict[str, set[str]] = field(default_factory=dict)

    def fresh(self, replaced: Iterable[str] = ()) -> str:
        """A new token of someone who read the `replaced` ones and wrote this instead."""
        self.count += 1
        token = f"t{self.count}"
        self._knows(token, replaced)
        return token

    def _knows(self, token: str, replaced: Iterable[str]) -> None:
        old = set(replaced)
        for other in tuple(old):
            old |= self.before.get(other, frozenset())
        self.before[token] = self.before.get(token, frozenset()) | frozenset(old - {token})

    def decide(self, kept: Iterable[str], dropped: Iterable[str]) -> None:
        """Somebody saw both, kept one and dropped the other."""
        kept, gone = list(kept), set(dropped)
        for token in kept:
            self._knows(token, gone)
        self.given_up |= gone.union(*(self.before.get(t, ()) for t in gone)) - set(kept)
        self.wanted_back |= set(kept)

    def replaced_by(self, token: str, others: Iterable[str]) -> bool:
        """Whether one of the others was written by someone who knew this token."""
        return any(token in self.before.get(other, ()) for other in others)

    def change(self, where: str, old: Iterable[str], new: Iterable[str], deleted: Iterable[str] = ()) -> None:
        """A text went from `old` to `new` by itself; raises LossError if that takes anything from anybody.

        `deleted` are words that someone knowingly deleted with their record, and with what they had replaced.
        """
        old, new, deleted = set(old), set(new), set(deleted)
        for token in old - new - deleted:
            if token not in self.given_up and not self.replaced_by(token, new | deleted):
                raise LossError(f"{where}: {token} is gone, and nothing in {sorted(new)} replaced it")
        for token in (new - old) & self.held.get(where, set()):
            if token not in self.wanted_back and self.replaced_by(token, old):
                raise LossError(f"{where}: {token} came back, though {sorted(old)} had replaced it")

    def hold(self, where: str, tokens: Iterable[str]) -> None:
        """A place holds these tokens now: an older one must not come back to it by itself."""
        self.held.setdefault(where, set()).update(tokens)

    def vanish(self, where: str, tokens: Iterable[str], seen: Iterable[str]) -> None:
        """A record went, because someone deleted it who had `seen` these tokens."""
        known = set(seen)
        for token in set(tokens):
            if token not in known and token not in self.given_up and not self.replaced_by(token, known):
                raise LossError(f"{where}: {token} went along with a deletion by someone who never saw it")

    def stand(self, found: Iterable[str]) -> None:
        """Every newest token must be somewhere a person can find it."""
        found = set(found)
        superseded = frozenset().union(*self.before.values()) if self.before else frozenset()
        for token in self.before.keys() - found - superseded - self.given_up - self.let_go:
            raise LossError(f"{token} is nowhere")
