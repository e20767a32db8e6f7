"""The paths of a pull's outcome as they are after it: what it prints can be pasted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from posixpath import dirname

from studio_sync.core.plan.plan import Change, Refusal
from studio_sync.core.values.numbering import Renames
from studio_sync.core.values.problem import Problem
from studio_sync.sync.outcome import Outcome

_ENDS = r"(?![\w-]|\.\w)"
"""What follows a folder's name, not the rest of a longer name."""


@dataclass(frozen=True)
class OutcomePaths:
    """The folders that a pull renamed; `prefix` begins the paths in messages."""

    renames: Renames
    prefix: str

    def of(self, outcome: Outcome) -> Outcome:
        """The outcome with the present paths of all files."""
        if not self.renames.steps:
            return outcome
        found, plan = outcome.comparison, outcome.plan
        paths = {rid: self.renames.moved(path) for rid, path in found.paths.items()}
        first = {rid: self._text(text) for rid, text in found.first.items()}
        return replace(
            outcome,
            comparison=replace(found, paths=paths, first=first),
            problems=self._problems(outcome.problems),
            stops=frozenset(self._problems(outcome.stops)),
            plan=replace(plan, refused=[self._refusal(refusal) for refusal in plan.refused]),
            done=tuple(map(self._change, outcome.done)),
            failed=tuple((self._change(change), error) for change, error in outcome.failed),
        )

    def _change(self, change: Change) -> Change:
        return replace(change, path=self.renames.moved(change.path))

    def _refusal(self, refusal: Refusal) -> Refusal:
        return replace(refusal, message=self._text(refusal.message), hint=self._text(refusal.hint))

    def _problems(self, problems: Iterable[Problem]) -> list[Problem]:
        return [
            replace(p, path=self._text(p.path), message=self._text(p.message), hint=self._text(p.hint))
            for p in problems
            if not self._is_over(p)
        ]

    def _is_over(self, problem: Problem) -> bool:
        """Whether two folders had one number, of which one has moved."""
        if not problem.code.startswith("duplicate-"):
            return False
        named = (dirname(problem.path), *problem.message.rpartition(" that of ")[2].split(", "))
        return not {self.prefix + old for old, _ in self.renames.steps}.isdisjoint(named)

    def _text(self, text: str) -> str:
        for old, new in self.renames.steps:
            if old in text:
                found = re.compile(re.escape(self.prefix + old) + _ENDS)
                text = (self.prefix + new).join(found.split(text))
        return text
