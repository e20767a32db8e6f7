"""Runs `studio`, and holds what it did against what must always be true."""

import re
import signal
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from tests.harness import Result
from tests.killing import ended
from tests.machine.approvals import Approvals
from tests.machine.database import PROGRESS
from tests.machine.decisions import Decisions
from tests.machine.offers import offers_in
from tests.machine.shape import (
    Content,
    Halfway,
    Shape,
    Tree,
    folders_by_id,
    named,
    resolved_alone,
    rows_at,
    shape_of_files,
    shape_of_rows,
    trading,
)
from tests.machine.wishes import CommittedWishes
from tests.machine.words import FindingError, Words, words_of
from tests.machine.world import Clone, File, Row, World

ROWS = "rows"
READING = ("status", "diff", "log", "board", "validate", "doctor")
CONFIRMED = f"--delete-with={PROGRESS}"
"""That the words of learners may go along with what is deleted."""
COMPARING = ("pull", "resolve")
MOVING = ("mv", "new", "undo", "restore", "copy")
UNDOING = ("undo", "restore")
_RESOLVED = re.compile(r"^= content/(\S+)  \(resolved: ", re.MULTILINE)
_WHOLE = re.compile(r"^= content/(\S+)  \(resolved: the whole record\)", re.MULTILINE)


@dataclass(frozen=True)
class _Before:
    """What was there before a command: words, rows, and shapes of both sides; and the words elsewhere."""

    files: set[str]
    rows: list[Row]
    shapes: tuple[Shape, Shape]
    others: set[str]
    learned: frozenset[str]
    texts: Mapping[str, str]
    """For an undo the files, by path."""
    named: set[Content]
    """The contents that were given to the command: it may delete these alone."""


@dataclass
class Machine:
    """A world, and what must be true of it after every command."""

    world: World
    approvals: Approvals = field(init=False)
    decisions: Decisions = field(init=False)
    tree: Tree = field(init=False)
    wishes: CommittedWishes = field(init=False)
    printed: dict[str, set[str]] = field(default_factory=dict)
    outputs: list[tuple[str, ...]] = field(default_factory=list)
    offers: dict[str, list[list[str]]] = field(default_factory=dict)
    offered: dict[str, Mapping[str, File]] = field(default_factory=dict)
    """The files as they were when the offers were printed."""
    rows_offered: dict[str, list[Row]] = field(default_factory=dict)
    """The rows as they were then."""
    excused: set[str] = field(default_factory=set)
    """Words that a person replaced while a command ran."""
    told: set[str] = field(default_factory=set)
    """The trailers that commits carry by now."""
    late: dict[str, set[str]] = field(default_factory=dict)
    """Words that a person wrote on a side while a command ran."""

    compared: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By clone its git's log when a command last compared it."""

    without_id: list[tuple[str, tuple[str | None, str], set[str]]] = field(default_factory=list)
    """The sessions that lost their id in a file: the id, chapter and number there, and its words."""

    stood: dict[str, set[str]] = field(default_factory=dict)
    """The sessions that a database ever had."""

    def __post_init__(self) -> None:
        self.approvals = Approvals(self.world)
        self.decisions = Decisions(self.words)
        self.tree = Tree()
        self.wishes = CommittedWishes(self.words)
        for shape in self._shapes():
            self.tree.person(shape, shape)
        self._stood(shape_of_rows(self.world.rows()))
        self.compared = {clone.name: clone.git_log() for clone in self.world.clones}
        self.wishes.begun |= self.compared
        self._hold()

    @property
    def words(self) -> Words:
        """Who wrote what."""
        return self.world.words

    def clone(self, number: int) -> Clone:
        """One of the clones."""
        return self.world.clones[number % len(self.world.clones)]

    def _hold(self) -> None:
        for side, words in self._words().items():
            self.words.hold(side, words)

    def _stood(self, rows: Shape) -> set[str]:
        """The sessions that the database at hand ever had, these among them."""
        known = self.stood.setdefault(self.world.side, set())
        known |= rows.sessions
        return known

    def _words(self) -> dict[str, set[str]]:
        """The words on each side."""
        found = {clone.name: clone.words() for clone in self.world.clones}
        return found | {self.world.side: all_words(self.world.rows())}

    @contextmanager
    def person(self) -> Iterator[None]:
        """Somebody does something without studio; what stands afterwards has stood there."""
        with self.world.still():
            before, words = self._shapes(), self._words()
        learned = self.world.learned()
        logs = {clone.name: clone.git_log() for clone in self.world.clones}
        indexes = {clone.name: clone.index_when() for clone in self.world.clones}
        yield
        with self.world.still():
            self._stood(shape_of_rows(self.world.rows()))
            for one, other in zip(before, self._shapes(), strict=False):
                self.tree.person(one, other)
            for side, now in self._words().items():
                self.words.change(side, words.get(side, set()), now)
                self.words.carry(side, now - words.get(side, set()))
            for clone in self.world.clones:
                if clone.name in logs and clone.git_log() != logs[clone.name]:
                    self.wishes.commit(clone, clone.head_when(logs[clone.name][1]))
                if not self.words.typed_back.get(clone.name) or clone.name not in logs:
                    continue
                # Who wrote a file before git wrote its index again, nobody can tell.
                staged = clone.index_when() != indexes[clone.name] and clone.git_log() == logs[clone.name]
                moved = staged and clone.only_put_back(self.compared.get(clone.name, logs[clone.name]))
                if moved or clone.may_be_put_back(logs[clone.name]):
                    self.words.put_back(clone.name, clone.words_as_at_head())
            for clone in self.world.clones:
                self.wishes.bring(clone)
            self.excused |= learned - self.world.learned()
            self._hold()

    def _shapes(self) -> list[Shape]:
        return [shape_of_rows(self.world.rows()), *map(shape_of_files, self.world.clones)]

    def run(
        self,
        clone: Clone,
        *arguments: str,
        during: AbstractContextManager[object] | None = None,
        kill: int = 0,
        codes: tuple[int, ...] = (0, 1),
    ) -> Result:
        """Run `studio` in a clone, and look at what came of it. Raises FindingError."""
        self.excused, self.late = set(), {}
        with self.world.still():
            before = self._before(clone, arguments)
        if kill:
            result, codes = self._killed(clone, arguments, kill), (*codes, -signal.SIGKILL)
        else:
            result = self._run(clone, arguments, during or nullcontext())
        if result.code not in codes:
            raise FindingError(f"{arguments} ended with {result.code}: {result.text}")
        self.outputs.append((clone.name, *arguments, str(result.code), result.out, result.err))
        self.printed.setdefault(clone.name, set()).update(words_of(result.text))
        self.offers[clone.name] = [] if "--json" in arguments else offers_in(result.text)
        self.offered[clone.name], self.rows_offered[clone.name] = clone.files_now(), self.world.rows()
        with self.world.still():
            self._judge(clone, arguments, before, result)
        return result

    def overtaken(self, clone: Clone) -> bool:
        """Whether somebody has changed files or rows since the offers were printed."""
        then = self.offered[clone.name], self.rows_offered[clone.name]
        return then != (clone.files_now(), self.world.rows())

    def follow_moved(self, clone: Clone, folders: Iterable[str]) -> None:
        """Some of these folders moved: the ids that their files lost go along, and so do their places."""
        now = {p.rpartition("/")[0] for p in clone.paths() if p.endswith("/session.md")}
        for old in set(folders) - now:
            slug = old.rpartition("/")[2].partition("-")[2]
            came = [new for new in now - set(folders) if new.rpartition("/")[2].partition("-")[2] == slug]
            if old in clone.lost_ids and len(came) == 1:
                clone.lost_ids[came[0]] = clone.lost_ids.pop(old)
        clone.underive()
        self.tree.places |= shape_of_files(clone).places

    def _before(self, clone: Clone, arguments: tuple[str, ...]) -> _Before:
        others = set().union(*(c.words() for c in self.world.clones if c is not clone))
        rows = self.world.rows()
        self.wishes.bring(clone)  # what the ledger notes about a commit is known where a command runs
        self.decisions.bring(clone)
        self._copied(clone, rows)
        shapes = shape_of_rows(rows), shape_of_files(clone)
        learned = self.world.learned()
        texts = {p: file.text for p, file in clone.files_now().items()} if arguments[0] in UNDOING else {}
        others |= self.world.words_elsewhere()
        return _Before(clone.words(), rows, shapes, others, learned, texts, named(clone, arguments))

    def _copied(self, clone: Clone, rows: list[Row]) -> None:
        """A session's file without its id, or with another one, is a copy if its row moves or has a file."""
        for own, place, words in self.without_id:
            if any(row.id == own and (row.parent, row.number) != place for row in rows):
                self.words.copy(words | all_words([r for r in rows if own in (r.id, r.parent)]))
        paths, named = clone.files_now(), folders_by_id(clone) if clone.lost_ids else {}
        for folder, own in clone.lost_ids.items():
            is_other = f"{folder}/session.md" in paths and named.get(folder) != own
            if is_other and own in named.values():
                rows_of_it = [row for row in rows if own in (row.id, row.parent)]
                self.words.copy(clone.words_below(folder) | all_words(rows_of_it))

    def _judge(self, clone: Clone, arguments: tuple[str, ...], before: _Before, result: Result) -> None:
        """What came of a command. Raises FindingError."""
        rows, others, after, now = before.rows, before.others, clone.words(), self.world.rows()
        files = before.files | self.late.get(clone.name, set())
        said = all_words(rows) | self.late.get(ROWS, set())
        found = shape_of_rows(now), shape_of_files(clone)
        killed = result.code == -signal.SIGKILL
        going = frozenset(self._stood(before.shapes[0]) - found[0].sessions)
        halfway = Halfway(going, trading(before.shapes[1], found[0])) if killed else Halfway()
        decided = is_decision(arguments) and "nothing to resolve" not in result.out
        resolved = _RESOLVED.findall(result.out) if decided else []
        printed = (said[-2] for said in self.outputs if resolved and said[0] == clone.name)
        self.tree.alone |= resolved_alone(clone, resolved, printed)
        self._named(before, found, decided=decided)
        self._shape(arguments, before.shapes, found, halfway)
        self._stand(files | said | others, after | all_words(now) | others)
        with self.words.deciding() if decided else nullcontext() as decision:
            if decided:
                # One that was killed may have decided about all that it was given, and said nothing of that.
                taken = rows if killed or "-q" in arguments else rows_at(resolved, clone, rows)
                again = clone.words_at(_WHOLE.findall(result.out)) - files
                self._decide(clone, taken, after, again)
            undone = self.decisions.undone(clone, arguments, result, before.texts, rows)
            self._hold_side(clone, clone.name, files, after, arguments, decided=decided, undone=undone)
            self._hold_side(clone, self.world.side, said, all_words(now), arguments, decided=decided)
        self.decisions.note(clone, arguments, decision)
        if arguments[0] == "push":
            self._pushed(arguments, rows, now)
        if (arguments[0] in READING or "-n" in arguments) and (files, rows) != (after, now):
            raise FindingError(f"{arguments} changed something")
        self._hold_learners(arguments, before.learned)
        if not killed and arguments[0] in (*COMPARING, "push") and "-n" not in arguments:
            self.compared[clone.name] = clone.git_log()
        if arguments[0] in COMPARING:
            self.words.meet(clone.name, after, self.world.side, all_words(now))
            self.approvals.pull(clone, now)
            self.wishes.note(clone)
        if arguments[0] == "push":
            self.words.push((all_words(now) - said) & after, self.world.side)
            self.words.agree(clone.name, after & all_words(now), self.world.side)
        self._hold()

    def _named(self, before: _Before, after: tuple[Shape, ...], *, decided: bool) -> None:
        """What was given to a command went by itself if it went, and may go later if that was decided."""
        went = (one.contents - other.contents for one, other in zip(before.shapes, after, strict=True))
        self.tree.alone |= before.named if decided else before.named & set().union(*went)

    def _shape(
        self,
        arguments: tuple[str, ...],
        before: tuple[Shape, ...],
        after: tuple[Shape, ...],
        halfway: Halfway,
    ) -> None:
        """Nothing loses its contents, or stands where nobody put it."""
        for one, other, half in zip(before, after, (Halfway(), halfway), strict=True):
            if arguments[0] in UNDOING:
                self.tree.person(one, other)
            self.tree.hold(arguments, one, other, half, moves=arguments[0] in MOVING)

    def _hold_learners(self, arguments: tuple[str, ...], before: frozenset[str]) -> None:
        """What learners wrote goes only where somebody confirmed that, and is kept first."""
        gone = before - self.world.learned() - self.excused
        if gone and CONFIRMED not in " ".join(arguments).replace("--delete-with ", "--delete-with="):
            raise FindingError(f"{arguments} deleted {sorted(gone)}, which learners had written")
        if gone and (lost := gone - self.world.ledger_words()):
            raise FindingError(f"{arguments}: {sorted(lost)}, which learners had written, stand nowhere")

    def _pushed(self, arguments: tuple[str, ...], before: list[Row], after: list[Row]) -> None:
        """A push approves what was read, and deletes only what it was told to."""
        if ROWS in self.late:  # what somebody else did in the same moment is not told apart
            return
        self.approvals.hold(before, after, reopens="--reopen" in arguments or "Studio-Reopen" in self.told)
        gone = {row.id for row in before} - {row.id for row in after}
        if gone and not _deletes(arguments) and "Studio-Delete" not in self.told:
            raise FindingError(f"{arguments} deleted {sorted(gone)}")

    def _killed(self, clone: Clone, arguments: tuple[str, ...], moment: int) -> Result:
        with tempfile.TemporaryFile() as said:
            with self.world.web.shared():
                code = ended(clone, moment, signal.SIGKILL, *arguments, said=said)
            said.seek(0)
            return Result(code, said.read().decode(), "")

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
        gone = before - after - self.world.committed - self.excused
        if gone and (gone := gone - self.world.kept_words() - self.world.ledger_words()):
            raise FindingError(f"{sorted(gone)} stand nowhere")

    def _decide(self, clone: Clone, rows: list[Row], after: set[str], again: set[str]) -> None:
        """A decision lets go of words of these rows that were printed; it may, later, at a push.

        Which of them it is about is not known here: those wanted in the database stay so until they go.
        Of a record that it made again in the files it wishes all, printed or not.
        """
        shown = self.printed[clone.name]
        self.words.want((self.words.held[clone.name] & after & shown) | again, clone.name)
        self.words.throw_away((all_words(rows) & shown) - after)

    def _hold_side(
        self,
        clone: Clone,
        side: str,
        before: set[str],
        after: set[str],
        arguments: tuple[str, ...],
        *,
        decided: bool,
        undone: Collection[str] = (),
    ) -> None:
        """What went was replaced or given up, what came was not replaced before.

        The undo of a decision wishes nothing, and gives up nothing: `undone` words are in its records.
        """
        went, came = (before - after).difference(undone), (after - before).difference(undone)
        if arguments[0] in UNDOING and "-n" not in arguments:
            self.words.want(came, side)
            self.words.give_up(went, side)
        lost = self.words.lost(went, after)
        if lost & self.words.copied:  # who deletes one of two copies lets go of that one alone
            elsewhere = self.words.standing(lost & self.words.copied, set().union(*self._words().values()))
            if side == self.world.side and _deletes(
                arguments
            ):  # and of a word, with the last copy known here
                self.words.throw_away(elsewhere - after - clone.words())
            lost -= elsewhere
        if decided:
            shown = self.printed[clone.name]
            self.words.give_up(lost & shown)
            lost -= shown
            self.words.want((after - before) & shown, side)
        if lost:
            raise FindingError(
                f"{side}: {arguments} in {clone.name}: {sorted(lost)} are gone, and nobody replaced them"
            )
        source = self.world.side if side == clone.name else clone.name
        back = self.words.returned(side, came, before, source)
        if back:
            raise FindingError(f"{side}: {arguments} in {clone.name}: {sorted(back)} came back")
        self.words.change(side, before, after)
        self.words.carry(side, after - before)


def is_decision(arguments: tuple[str, ...]) -> bool:
    """Whether a command decides conflicts: it may pass once somebody was shown them."""
    return any(argument.startswith("--keep") for argument in arguments)


def _deletes(arguments: Collection[str]) -> bool:
    """Whether a push was told to delete rows."""
    return any(argument.partition("=")[0] == "--delete" for argument in arguments)


def all_words(rows: list[Row]) -> set[str]:
    """All words that stand in rows."""
    return set().union(*(row.words for row in rows))


Act = Callable[[Machine, int, int, int], None]
