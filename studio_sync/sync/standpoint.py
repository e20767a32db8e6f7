"""The base of each record that differs: what this tree has seen of it, by its memory and by git's history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from studio_sync.core.kind import Kind
from studio_sync.core.record import Rid, Version, parts, seen_parts
from studio_sync.core.seen import NOTHING, Places, Story, assembled, newest, step
from studio_sync.database.ledger import Ledger
from studio_sync.files.entries import Base, FileEntry
from studio_sync.files.git import Repository
from studio_sync.files.memory import Memory
from studio_sync.sync.comparison import PROVISIONAL
from studio_sync.sync.reader import Reader
from studio_sync.sync.trace import Stand, Traces

_GIT = "git"


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What a record stands on. `base` has marks where nothing was seen, and is None where nothing was at all.

    `places` are the numbers of the versions that the fields stand on. `known`: the database had the
    record once, and this tree has not seen that it was deleted.
    """

    base: Version | None = None
    places: Places = field(default_factory=dict)
    known: bool = False


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
        memory = record.base
        if memory is not None and self._holds(record, memory):
            if story is None or self._still:
                return Standpoint(memory.version, _places(record.kind, memory), known=True)
            return _newest(record, story, memory, self._seen(record, story))
        if story is None:
            return Standpoint(known=memory is not None)
        if memory is None and self._saw_it_go(record):
            return Standpoint(None, story.everywhere(story.latest))
        if self.repository is not None and self.repository.shallow:
            self.cut_off.add(record.rid)
        seen = self._seen(record, story)
        return Standpoint(story.base(seen), seen, known=not _deleted(story, seen))

    @property
    def _still(self) -> bool:
        """Whether history can't have seen more than the memory: HEAD is where it was."""
        repository = self.repository
        return repository is None or (self._old_head == self.moves.head and not repository.merging)

    # --- memory

    def _holds(self, record: Differing, memory: Base) -> bool:
        """Whether what is remembered of a record still speaks of the file that is there now."""
        if self.repository is None or record.rid.startswith(PROVISIONAL):
            return True
        said = memory.held or memory.version.digests
        if record.local is not None and _says(record.kind, record.local.digests, said):
            return True
        if memory.epoch != self.moves.epoch:
            return False
        return not self._taken_back(record)

    def _saw_it_go(self, record: Differing) -> bool:
        """Whether it is remembered that the record was deleted, and its file was made anew since."""
        if record.local is None or record.remote is not None:
            return False
        epoch = self._memory.gone(self._db, record.rid)
        if epoch is None or self.repository is None:
            return epoch is not None
        return epoch == self.moves.epoch and not self._taken_back(record)

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

    # --- history

    def _seen(self, record: Differing, story: Story) -> Places:
        """What history and the working tree have seen of a record."""
        place = record.place
        if place is None:
            return NOTHING
        if self.repository is None:
            return NOTHING
        traces, kind, rid = self._traces, record.kind, record.rid
        stands = self._stands(record, place)
        seen, contents = traces.seen(story, rid, kind, place, stands)
        tips = [t for t in traces.tips if t in seen]
        before = newest(seen[t] for t in tips)
        return step(story, before, [contents[t] for t in tips], record.local)

    def _stands(self, record: Differing, place: Version) -> Mapping[str, Stand | None]:
        if record.kind.identified:
            return self._traces.of_owner(record.rid, _paths(record))
        above = [p for p in (record.entry.parent if record.entry else "",) if p]
        return self._traces.of_child(record.kind, place.parent, place.slot, above)

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


def _says(kind: Kind, one: bytes, other: bytes) -> bool:
    blank = Version("", kind.name, "", "", one)
    told = parts(kind, blank)
    return told == parts(kind, Version("", kind.name, "", "", other))


def _places(kind: Kind, memory: Base) -> Places:
    return {**dict.fromkeys(seen_parts(kind, memory.version), memory.number), **memory.places}


def _deleted(story: Story, seen: Places) -> bool:
    return bool(seen) and story.versions.get(max(seen.values()), 0) is None


def _newest(record: Differing, story: Story, memory: Base, seen: Places) -> Standpoint:
    """Per field the newer of what is remembered and of what history has seen; in doubt the memory."""
    kind, remembered = record.kind, _places(record.kind, memory)
    newer = {name: n for name, n in seen.items() if n > remembered.get(name, -1)}
    if not newer:
        return Standpoint(memory.version, remembered, known=True)
    if _deleted(story, newer):
        return Standpoint(None, newer, known=False)
    from_history = story.base(newer)
    if from_history is None:
        return Standpoint(memory.version, remembered, known=True)
    values = {**seen_parts(kind, memory.version)}
    told = seen_parts(kind, from_history)
    values |= {name: told[name] for name in newer if name in told}
    base = assembled(kind, record.rid, values, memory.version)
    return Standpoint(base, {**remembered, **newer}, known=True)
