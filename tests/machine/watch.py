"""Runs `studio`, and holds what it did against what must always be true."""

import re
import shlex
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from tests.harness import Result
from tests.killing import ended
from tests.machine.approvals import Approvals
from tests.machine.words import FindingError, Words, words_of
from tests.machine.world import Clone, Row, World

ROWS = "rows"
READING = ("status", "diff", "log", "board", "validate", "doctor")
_DECIDING = ("--keep=files", "--keep=database", "--keep=both", "--whole")
_OFFER = re.compile(
    r"`(studio [^`]*)`|^\s+(studio (?:resolve|push|pull|restore|advance|mv|undo) .*)$", re.MULTILINE
)


@dataclass
class Machine:
    """A world, and what must be true of it after every command."""

    world: World
    approvals: Approvals = field(init=False)
    printed: dict[str, set[str]] = field(default_factory=dict)
    outputs: list[tuple[str, ...]] = field(default_factory=list)
    offers: dict[str, list[list[str]]] = field(default_factory=dict)
    reading: bool = True

    def __post_init__(self) -> None:
        self.approvals = Approvals(self.world)
        self._hold()

    @property
    def words(self) -> Words:
        """Who wrote what."""
        return self.world.words

    def clone(self, number: int) -> Clone:
        """One of the clones."""
        return self.world.clones[number % len(self.world.clones)]

    def _hold(self) -> None:
        for clone in self.world.clones:
            self.words.hold(clone.name, clone.words())
        self.words.hold(ROWS, _all(self.world.rows()))

    @contextmanager
    def person(self) -> Iterator[None]:
        """Somebody does something without studio; what stands afterwards has stood there."""
        yield
        self._hold()

    def run(
        self,
        clone: Clone,
        *arguments: str,
        during: AbstractContextManager[object] | None = None,
        kill: int = 0,
        codes: tuple[int, ...] = (0, 1),
    ) -> Result:
        """Run `studio` in a clone, and look at what came of it. Raises FindingError."""
        files, rows = clone.words(), self.world.rows()
        others = set().union(*(c.words() for c in self.world.clones if c is not clone))
        if kill:
            code = ended(clone, kill, signal.SIGKILL, *arguments)
            result = Result(code, "", "")
            codes = (*codes, -signal.SIGKILL)
        else:
            result = self._run(clone, arguments, during or nullcontext())
        if result.code not in codes:
            raise FindingError(f"{arguments} ended with {result.code}: {result.text}")
        self.outputs.append((clone.name, *arguments, str(result.code), result.out, result.err))
        self.printed.setdefault(clone.name, set()).update(words_of(result.text))
        self.offers[clone.name] = [shlex.split(a or b)[1:] for a, b in _OFFER.findall(result.text)]
        after, now = clone.words(), self.world.rows()
        self._stand(files | _all(rows) | others, after | _all(now) | others)
        self._decide(clone, arguments, rows, after)
        self._hold_side(clone, clone.name, files, after, arguments)
        self._hold_side(clone, ROWS, _all(rows), _all(now), arguments)
        if arguments[0] == "push":
            self.approvals.hold(rows, now)
        if (arguments[0] in READING or "-n" in arguments) and (files, rows) != (after, now):
            raise FindingError(f"{arguments} changed something")
        self._hold()
        return result

    @staticmethod
    def _run(clone: Clone, arguments: tuple[str, ...], during: AbstractContextManager[object]) -> Result:
        try:
            with during:
                return clone.run(*arguments)
        except FindingError:
            raise
        except Exception as error:
            raise FindingError(f"{arguments}: {traceback.format_exc()}") from error

    def _stand(self, before: set[str], after: set[str]) -> None:
        """Every word that stood somewhere stands somewhere."""
        gone = before - after - self.world.committed
        if gone and (gone := gone - self.world.kept_words() - self.world.ledger_words()):
            raise FindingError(f"{sorted(gone)} stand nowhere")

    def _decide(self, clone: Clone, arguments: tuple[str, ...], rows: list[Row], after: set[str]) -> None:
        """A decision lets go of words of the database that were printed; it may, later, at a push."""
        if not _is_decision(arguments):
            return
        shown = self.printed[clone.name]
        self.words.want(self.words.held[clone.name] & after & shown)
        self.words.give_up((_all(rows) & shown) - after)

    def _hold_side(
        self, clone: Clone, side: str, before: set[str], after: set[str], arguments: tuple[str, ...]
    ) -> None:
        """What went was replaced or given up, what came was not replaced before."""
        if arguments[0] in ("undo", "restore") and "-n" not in arguments:
            self.words.want(after - before)
            self.words.give_up(before - after)
        lost = self.words.lost(before - after, after)
        if _is_decision(arguments):
            shown = self.printed[clone.name]
            self.words.give_up(lost & shown)
            lost -= shown
            self.words.want((after - before) & shown)
        if lost:
            raise FindingError(
                f"{side}: {arguments} in {clone.name}: {sorted(lost)} are gone, and nobody replaced them"
            )
        back = self.words.returned(side, after - before, before)
        if back:
            raise FindingError(f"{side}: {arguments} in {clone.name}: {sorted(back)} came back")


def _is_decision(arguments: tuple[str, ...]) -> bool:
    return any(argument in _DECIDING for argument in arguments)


def _all(rows: list[Row]) -> set[str]:
    return set().union(*(row.words for row in rows))


Act = Callable[[Machine, int, int, int], None]
