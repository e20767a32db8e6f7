"""Which words somebody approved: what a push approves must be that."""

import re
from collections.abc import Iterable

from tests.machine.words import FindingError
from tests.machine.world import Clone, Row, World

LOCKING = ("approved", "published")
_CONTENTS = ("articles", "videos", "quizzes", "exercises")
_LOCKED = re.compile(rf"^status: ({'|'.join(LOCKING)})$", re.MULTILINE)


def locked_words(clone: Clone) -> dict[str, frozenset[str]]:
    """The words of the files with a status that locks, by path."""
    return {path: f.words for path, f in clone.files_now().items() if _LOCKED.search(f.text)}


class Approvals:
    """Who has approved which words, by all that they had before them when they did."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read: list[tuple[str, frozenset[str]]] = []
        self._pulled: set[tuple[str, frozenset[str]]] = set()

    def approve(self, person: str, words: set[str]) -> None:
        """A person has read these words, and approved what they are in."""
        self._read.append((person, frozenset(words)))

    def pull(self, clone: Clone, rows: Iterable[Row]) -> None:
        """Files have the status and the words of rows that lock, which say that they are approved.

        Another database takes that from the files, also of a row that the web app changed since.
        """
        said = set(locked_words(clone).values())
        locked = (row for row in rows if row.table in _CONTENTS and row.status in LOCKING)
        self._pulled |= {(self._world.side, row.words) for row in locked if row.words in said}

    def hold(self, before: list[Row], after: list[Row], *, reopens: bool) -> None:
        """What a push approved are words that one person had read, or wrote. Raises FindingError."""
        stood = {row.id: row.status for row in before}
        words = {row.id: row.words for row in before}
        for row in after:
            locked = row.table in _CONTENTS and row.status in LOCKING and stood.get(row.id) == row.status
            if locked and not reopens and words[row.id] != row.words:
                raise FindingError(f"a push changed {row.table} {row.id}, which are approved")
            if row.status not in LOCKING or stood.get(row.id) == row.status:
                continue
            if any(side != self._world.side and words == row.words for side, words in self._pulled):
                continue
            unread = [{w for w in row.words - read if self._author(w) != who} for who, read in self._read]
            if not unread or all(unread):
                least = sorted(min(unread, key=len, default=row.words))
                raise FindingError(f"a push approved {row.table} {row.id}, and nobody has read {least}")

    def _author(self, word: str) -> str:
        return self._world.words.author[word]
