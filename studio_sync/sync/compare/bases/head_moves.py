"""The moves of HEAD that the workspace's memory knows: where it was when a base was found."""

import json
from dataclasses import astuple, dataclass
from functools import cached_property

from studio_sync.files.git.repository import Repository
from studio_sync.files.memory.memory import HEAD_MOVES, Memory

_KEPT = 500
"""How many moves of HEAD the memory keeps."""


@dataclass(frozen=True, slots=True)
class HeadMove:
    """The position of HEAD from a time on, in nanoseconds. `broke`: git may have rewritten files before.

    `log` is the length of HEAD's reflog at that time. `kept`: the commit at which git put files back as HEAD
    has them, if it did no more beside what was committed; or "".
    """

    since: int
    head: str
    stash: str
    broke: bool
    log: int = 0
    kept: str = ""


class HeadMoves:
    """The saved positions of HEAD, and the one at the time `at`; none without git."""

    def __init__(self, memory: Memory, repository: Repository | None, at: int) -> None:
        self._memory, self._repository, self._at = memory, repository, at

    @cached_property
    def _moves(self) -> list[HeadMove]:
        """The positions, newest last."""
        repository = self._repository
        if repository is None:
            return []
        moves = [HeadMove(*m) for m in json.loads(self._memory.fact(HEAD_MOVES) or "[]")]
        last = moves[-1] if moves else None
        size = repository.git_folder.log_size
        now = (repository.head, repository.stash, size)
        if last is None or (last.head, last.stash, last.log) != now:
            here = last is not None and repository.moved_on(last.head, last.log)
            broke = last is None or last.stash != repository.stash or not here
            stashes = (last.stash if last else "", repository.stash)
            kept = (
                repository.git_folder.put_back_since(last.head, last.log, stashes) if last and broke else ""
            )
            moves.append(HeadMove(self._at, repository.head, repository.stash, broke, size, kept))
        return moves[-_KEPT:]

    def since(self, at: int) -> tuple[str, bool]:
        """The commit at HEAD at a time, "" if unknown; and whether git may have rewritten files since."""
        before = [m for m in self._moves if m.since <= at]
        after = [m for m in self._moves if m.since > at]
        return (before[-1].head if before else ""), not before or any(m.broke for m in after)

    def kept(self, at: int) -> str:
        """The commit up to which what was committed since that time is what it was, or "".

        There git first put files back, and it has done no more since, beside what was committed.
        """
        broken = [m for m in self._moves if m.since > at and m.broke]
        return broken[0].kept if broken and all(m.kept for m in broken) else ""

    @property
    def broke(self) -> bool:
        """Whether git may have rewritten files since the position that was saved last."""
        return bool(self._moves) and self._moves[-1].since == self._at and self._moves[-1].broke

    def save(self) -> None:
        """Save the current position; bases saved from here on refer to it."""
        if self._moves:
            text = json.dumps([astuple(m) for m in self._moves])
            if text != self._memory.fact(HEAD_MOVES):
                self._memory.set_fact(HEAD_MOVES, text)
