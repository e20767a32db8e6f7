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
    _known: set[_Wish] = field(default_factory=set)
    _committed: dict[str, set[_Wish]] = field(default_factory=dict)
    """By commit."""
    _own: dict[tuple[str, str], set[_Wish]] = field(default_factory=dict)
    """Wishes for what a commit had said already, by clone and commit: others may say that by chance."""

    def note(self, clone: Clone) -> None:
        """A command has told the ledger what a clone's files say, or git has made them so by a wish."""
        wanted = self.words.wanted.get(clone.name, set())
        said = {
            path: {self._wish(clone, word, file.text) for word in file.words & wanted}
            for path, file in clone.files_now().items()
        }
        new = {path: wishes - self._known for path, wishes in said.items() if wishes - self._known}
        self._known = self._known.union(*said.values())
        if new:  # of a file that is as at HEAD, the commit that wrote it says what is wished
            at_head, commits = clone.files_as_at_head(), _last_commits(clone)
            for path in new.keys() & at_head.keys() & commits.keys():
                self._own.setdefault((clone.name, commits[path]), set()).update(new[path])

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
        """Git may have written a clone's files, or brought commits to it."""
        own = [(commit, wishes) for (name, commit), wishes in self._own.items() if name == clone.name]
        known = [*self._committed.items(), *own]
        texts = {file.text for file in clone.files_now().values()} if known else set()
        found = [
            (c, w.word) for c, wishes in known for w in wishes if w.text in texts and self._holds(w, clone)
        ]
        if found:
            history = set(clone.git("rev-list", "HEAD").splitlines())
            self.words.want_too(clone.name, {word for commit, word in found if commit in history})

    def _holds(self, wish: _Wish, clone: Clone) -> bool:
        """Whether a wish stands; what somebody wrote over it here alone, and threw away, changes nothing."""
        later = self.words.over[wish.word] - wish.over
        elsewhere = set().union(*(words for side, words in self.words.held.items() if side != clone.name))
        return later <= self.words.given_up - elsewhere and self.words.is_wished(wish.side, wish.word)


def _last_commits(clone: Clone) -> dict[str, str]:
    """For each file the last commit that changed it."""
    found: dict[str, str] = {}
    commit = ""
    for line in clone.git(
        "log", "-m", "--first-parent", "--name-only", "--format=%H", "--", "content"
    ).splitlines():
        if path := line.removeprefix("content/") if line.startswith("content/") else "":
            found.setdefault(path, commit)
        elif line:
            commit = line
    return found
