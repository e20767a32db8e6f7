"""Wishes that are committed: they come to other clones, and come back, with what a commit says of a file."""

from dataclasses import dataclass, field

from tests.machine.words import Words
from tests.machine.world import Clone


@dataclass(frozen=True)
class _Wish:
    """Somebody on a side wishes a word to stand in a file with this text, `over` those that replaced it."""

    side: str
    word: str
    text: str
    over: frozenset[str]


@dataclass
class CommittedWishes:
    """The wishes that others can know: what the ledger notes, or git's own reverts.

    One is about what a file says, whoever commits that, until somebody writes another word over that one,
    and keeps it.
    """

    words: Words
    begun: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By clone its git's log at the beginning."""
    _known: set[_Wish] = field(default_factory=set)
    _committed: dict[str, set[_Wish]] = field(default_factory=dict)
    """By commit."""
    _said: dict[str, set[_Wish]] = field(default_factory=dict)
    """Wishes for what a commit had said already, by commit: who says that in none says it by chance."""

    def note(self, clone: Clone) -> None:
        """A command has told the ledger what a clone's files say, or git has made them so by a wish."""
        wanted = self.words.wanted.get(clone.name, set())
        said = {
            path: {self._wish(clone, word, file.text) for word in file.words & wanted}
            for path, file in clone.files_now().items()
        }
        new = {path: wishes - self._known for path, wishes in said.items() if wishes - self._known}
        self._known = self._known.union(*said.values())
        at_head = clone.files_as_at_head() if new else {}
        for path in new.keys() & at_head.keys():  # whoever has a commit that said so has what is wished
            for commit in _saying(clone, path):
                self._said.setdefault(commit, set()).update(new[path])

    def _wish(self, clone: Clone, word: str, text: str) -> _Wish:
        return _Wish(clone.name, word, text, frozenset(self.words.over[word]))

    def commit(self, clone: Clone, before: str) -> None:
        """A clone's HEAD has moved from there: wishes for what the commits between say are committed."""
        if not self._known or not before:
            return
        log = clone.git("log", "--name-only", "--format=", f"{before}..HEAD", "--", "content")
        changed = set(log.splitlines())
        said = {f.text for path, f in clone.files_as_at_head().items() if f"content/{path}" in changed}
        if found := {wish for wish in self._known if wish.text in said}:
            self._committed.setdefault(clone.git("rev-parse", "HEAD"), set()).update(found)

    def bring(self, clone: Clone) -> None:
        """Git may have written a clone's files, or brought commits to it.

        Where HEAD has moved, what is written on what it says is based on that: whoever edited it since has
        the wish, too. Where it never did, what was pulled since counts.
        """
        here = {file.text.strip() for file in clone.files_now().values()}
        moved = clone.git_log() != self.begun.get(clone.name)
        at_head = clone.texts_at_head(edited=moved) if self._said else set()
        found = [
            (commit, wish.word)
            for known, texts in ((self._committed, here), (self._said, at_head))
            for commit, wishes in known.items()
            for wish in wishes
            if wish.text.strip() in texts and self._holds(wish, clone)
        ]
        if found:
            history = set(clone.git("rev-list", "HEAD").splitlines())
            self.words.want_too(clone.name, {word for commit, word in found if commit in history})

    def _holds(self, wish: _Wish, clone: Clone) -> bool:
        """Whether a wish stands; what somebody wrote over it here alone, and threw away, changes nothing."""
        later = self.words.over[wish.word] - wish.over
        elsewhere = set().union(*(words for side, words in self.words.held.items() if side != clone.name))
        return later <= self.words.given_up - elsewhere and self.words.is_wished(wish.side, wish.word)


def _saying(clone: Clone, path: str) -> list[str]:
    """The commits that made a file say what it says at HEAD."""
    blob = clone.git("rev-parse", f"HEAD:content/{path}")
    return clone.git("log", "-m", f"--find-object={blob}", "--format=%H", "--", f"content/{path}").split()
