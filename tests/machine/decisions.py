"""Decisions about conflicts, by the runs whose undo undoes them, or makes them again."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from studio_sync.files.memory.kept import Door, Kept, KeptRun, Verb, coming_by
from tests.harness import Result
from tests.machine.shape import rows_at
from tests.machine.words import Decision, Words, words_of
from tests.machine.world import Clone, Row

_AS_BEFORE = re.compile(r"^[!=~+-] content/(\S+)  \((?:[a-z ]+, )?(?:un)?decided again\)", re.MULTILINE)


@dataclass
class _Undone:
    """A commit of what was undone: the words that it took out of a file, and brought.

    `known`: its clone had again what was decided.
    """

    clone: str
    commit: str
    out: set[str]
    back: set[str]
    known: bool = False


@dataclass
class Decisions:
    """The decisions that can be undone. The undo of a decision leaves everything as if it wasn't made."""

    words: Words
    by_run: dict[str, tuple[Decision, bool]] = field(default_factory=dict)
    """With whether the undo of the run undoes the decision."""
    undone_in: set[str] = field(default_factory=set)
    """The clones in which a decision was undone."""
    committed: list["_Undone"] = field(default_factory=list)
    """The commits of what was undone."""

    def commit_undone(self, clone: Clone, before: Mapping[str, set[str]]) -> None:
        """A clone has committed what it said before an undone decision, over these words, by file."""
        self.undone_in.discard(clone.name)
        now, commit = clone.files_now(), clone.git("rev-parse", "HEAD")
        for path, was in before.items():
            says = set(now[path].words) if path in now else set()
            self.committed.append(_Undone(clone.name, commit, was - says, says - was))

    def amend(self, before: str, after: str) -> None:
        """A commit became another one."""
        for undone in self.committed:
            if undone.commit == before:
                undone.commit = after

    def bring(self, clone: Clone) -> None:
        """Whoever has such a commit from git, and knows nothing of the undo, has an edit.

        So has the clone of the undo, once it had again what was decided.
        """
        for undone in self.committed:
            here = clone.words()
            undone.known |= undone.clone == clone.name and not undone.out.isdisjoint(here)
            taken = undone.known or undone.clone != clone.name
            if taken and undone.commit in clone.git("rev-list", "HEAD").split():
                self.words.give_up(undone.out - self.words.wanted.get(clone.name, set()), clone.name)
                self.words.want(undone.back & here, clone.name)

    def note(self, clone: Clone, arguments: tuple[str, ...], decision: Decision | None) -> None:
        """A command has made a decision, if any."""
        run = next(iter(_decided(clone)), None) if decision is not None else None
        if decision is not None and run is not None and run.command == arguments[0]:
            self.by_run.setdefault(run.id, (decision, True))

    def undone(
        self,
        clone: Clone,
        arguments: tuple[str, ...],
        result: Result,
        texts: Mapping[str, str],
        rows: Iterable[Row],
    ) -> set[str]:
        """The words in the records that an undo put back as they were before a decision, or after it.

        `texts` and `rows` are those before the undo.
        """
        if arguments[0] != "undo" or "-n" in arguments or not (paths := _AS_BEFORE.findall(result.out)):
            return set()
        files = {path: file.text for path, file in clone.files_now().items()}
        runs = _decided(clone)
        done, of = runs[0], runs[1] if len(runs) > 1 else runs[0]
        found = set().union(*(words_of(side.get(path, "")) for side in (texts, files) for path in paths))
        if done.id not in self.by_run and of.id in self.by_run:
            decision, undoes = self.by_run[of.id]
            if not undoes:
                if result.code:  # some files were edited since: of these nothing is decided again
                    there = rows_at(paths, clone, rows)
                    decision = decision.about(found.union(*(row.words for row in there)))
                self.words.redo(decision)
            elif result.code == 0:
                self.undone_in.add(clone.name)
                self.words.undo(decision, clone.name, clone.words())
            else:
                return found
            self.by_run[done.id] = decision, not undoes
        return found


def _decided(clone: Clone) -> list[KeptRun]:
    """The runs that decided conflicts, or undid that, newest first."""
    with coming_by(Door(home=clone.world.home)):
        runs = Kept(clone.root).runs()
    return [run for run in runs if any(o.verb is Verb.RESOLVED and o.size for o in run.operations)]
