"""The base of each record that differs: what this tree has seen of it, by its memory and by git's history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from studio_sync.core.basis import History, Remembered, Standpoint, Tip, basis
from studio_sync.core.kind import Kind
from studio_sync.core.record import Rid, Version, seen_parts
from studio_sync.core.seen import Story
from studio_sync.database.ledger import Ledger
from studio_sync.files.entries import Base, FileEntry
from studio_sync.files.git import Repository
from studio_sync.files.memory import Memory
from studio_sync.sync.comparison import PROVISIONAL
from studio_sync.sync.reader import Reader
from studio_sync.sync.trace import Stand, Traces

_GIT = "git"


@dataclass(frozen=True, slots=True)
class Differing:
    """A record of which files and database say different things."""

    rid: Rid
    kind: Kind
    base: Base | None
    local: Version | None
    remote: Version | None
    entry: FileEntry | None

    @property
    def place(self) -> Version | None:
        """A version that says where the record stands."""
        return self.local or self.remote or (self.base.version if self.base else None)


@dataclass(slots=True)
class Moves:
    """How git moved since the memory was last written: `epoch` grows when it may have rewritten files."""

    head: str = ""
    stash: str = ""
    epoch: int = 0


class Standpoints:
    """Finds what the records of one comparison stand on."""

    def __init__(self, memory: Memory, db: int, ledger: Ledger, reader: Reader) -> None:
        self._memory, self._db, self._ledger, self._reader = memory, db, ledger, reader
        self.stories: dict[Rid, Story] = {}
        self.cut_off: set[Rid] = set()

    @cached_property
    def repository(self) -> Repository | None:
        """The git repository that the workspace is part of, if any."""
        return Repository.around(self._reader.content)

    @cached_property
    def _moved(self) -> tuple[Moves, Moves]:
        return _moves(self._memory, self.repository)

    @property
    def moves(self) -> Moves:
        """How git stands now."""
        return self._moved[1]

    @property
    def _old_head(self) -> str:
        return self._moved[0].head

    @cached_property
    def set_back(self) -> bool:
        """Whether the ledger lacks a run that the memory knows of: the database went back in time."""
        run = self._memory.last_run(self._db)
        return bool(run) and self._ledger.readable and not self._ledger.has_run(run)

    def remember(self) -> None:
        """Keep where git is now; what is remembered from here on holds from here on."""
        if self.repository is not None:
            m = self.moves
            self._memory.set_fact(_GIT, f"{m.head} {m.stash or '-'} {m.epoch}")
        if self.set_back:
            self._memory.forget(self._db)

    def of(self, records: Sequence[Differing]) -> dict[Rid, Standpoint]:
        """What each of these records stands on."""
        if not records:
            return {}
        if self.set_back:
            records = [replace(r, base=None) for r in records]
        asked = [r.rid for r in records if r.base is not None or r.local is not None or self._in_git(r)]
        self.stories = stories = self._ledger.stories(asked)
        if self.repository is not None:
            heads = {h for h in (self.moves.head, self._old_head) if h}
            self._traces.look_up((h, p) for r in records if r.base for p in _paths(r) for h in sorted(heads))
        return {r.rid: self._of(r, stories.get(r.rid)) for r in records}

    def _in_git(self, record: Differing) -> bool:
        """Whether history may know a record of which there is neither file nor memory."""
        place = record.place
        if self.repository is None or place is None:
            return False
        owner = record.rid if record.kind.identified else place.parent
        return self._traces.ever_had(owner)

    @cached_property
    def _traces(self) -> Traces:
        if self.repository is None:
            raise ValueError("there is no history")
        return Traces(self.repository, self._reader)

    def _of(self, record: Differing, story: Story | None) -> Standpoint:
        memory = self._remembered(record)
        history = self._history(record, story)
        found = basis(record.kind, story, record.local, record.remote, memory, history)
        if story is not None and not found.remembered and self.repository and self.repository.shallow:
            self.cut_off.add(record.rid)
        return found

    def _remembered(self, record: Differing) -> Remembered | None:
        base = record.base
        if base is not None:
            places = {**dict.fromkeys(seen_parts(record.kind, base.version), base.number), **base.places}
            return Remembered(base.version, places, base.held, base.epoch)
        epoch = self._memory.gone(self._db, record.rid) if record.local and not record.remote else None
        return None if epoch is None else Remembered(None, epoch=epoch)

    # --- history

    def _history(self, record: Differing, story: Story | None) -> History | None:
        """What git knows of a record; asked only if the memory does not settle it."""
        repository = self.repository
        if repository is None or record.rid.startswith(PROVISIONAL):
            return None
        moved = self._old_head != self.moves.head or bool(repository.merging)
        return History(
            self.moves.epoch, moved, lambda: self._taken_back(record), lambda: self._tips(record, story)
        )

    def _tips(self, record: Differing, story: Story | None) -> list[Tip]:
        place = record.place
        if place is None or story is None:
            return []
        stands = self._stands(record, place)
        seen, contents = self._traces.seen(story, record.rid, record.kind, place, stands)
        return [Tip(seen[t], contents[t]) for t in self._traces.tips if t in seen]

    def _taken_back(self, record: Differing) -> bool:
        """Whether git may have put the file back: it says what HEAD says, and no commit made it so since."""
        traces = self._traces
        head = self.moves.head
        for path in _paths(record):
            blob = traces.blob(head, path)
            if not blob:
                continue
            if self._old_head != head and traces.blob(self._old_head, path) != blob:
                return False
            if record.local is None:
                return False
            return traces.says(record.kind, path, blob, record.local.digests)
        return False

    def _stands(self, record: Differing, place: Version) -> Mapping[str, Stand | None]:
        if record.kind.identified:
            return self._traces.of_owner(record.rid, _paths(record))
        above = [p for p in (record.entry.parent if record.entry else "",) if p]
        return self._traces.of_child(record.kind, place.parent, place.slot, above)

    def heads(self, records: Sequence[Differing]) -> dict[Rid, tuple[Story, Tip | None]]:
        """What the ledger knows of these records, and what HEAD has seen of them; None without git."""
        stories = self._ledger.stories([record.rid for record in records])
        known = [record for record in records if record.rid in stories]
        if self.repository is None:
            return {record.rid: (stories[record.rid], None) for record in known}
        return {
            record.rid: (stories[record.rid], next(iter(self._tips(record, stories[record.rid])), None))
            for record in known
        }

    def left_out(self, record: Differing) -> bool:
        """Whether a sparse checkout left out the record's file: it is neither there nor absent."""
        repository, place = self.repository, record.place
        if record.local is not None or place is None or repository is None or not repository.sparse:
            return False
        stand = self._stands(record, place).get(repository.head)
        return stand is not None and stand.path in repository.left_out

    def unmerged(self, record: Differing) -> bool:
        """Whether git lists the record's file as unmerged: what it says is nobody's version."""
        repository = self.repository
        return bool(repository and record.entry and record.entry.path in repository.unmerged)


def _paths(record: Differing) -> list[str]:
    """Where a record's file stands, and where it stood when it was last remembered."""
    paths = (record.entry.path if record.entry else "", record.base.path if record.base else "")
    return [path for path in dict.fromkeys(paths) if path]


def _moves(memory: Memory, repository: Repository | None) -> tuple[Moves, Moves]:
    """How git stood when the memory was written, and how it stands now."""
    head, stash, epoch = (memory.fact(_GIT) or " - 0").split(" ")
    before = Moves(head, stash.strip("-"), int(epoch))
    if repository is None:
        return before, before
    now = Moves(repository.head, repository.stash, before.epoch)
    if not before.head or before.stash != now.stash or not repository.moved_on(before.head):
        now.epoch += 1
    return before, now
