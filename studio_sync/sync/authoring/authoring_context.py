"""The authoring context of new, mv and copy: the current tree, and a draft of changes to it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from posixpath import dirname, splitext
from shlex import quote

from studio_sync.core.plan.reconcile import place_names
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.layout import Layout, TreeSpot
from studio_sync.core.values.names import MAX_NAME_BYTES, rank, twin
from studio_sync.core.values.numbering import (
    first_number,
    follow_number,
    next_number,
    numbered,
    renumbered,
    sequence,
)
from studio_sync.core.values.order import order_values
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Omitted
from studio_sync.errors import RefusedError
from studio_sync.files.markdown.markdown_links import retarget
from studio_sync.files.memory.intended_fields import note_intended
from studio_sync.files.memory.memory import Memory
from studio_sync.files.tree import codec
from studio_sync.files.tree.lock import only_one
from studio_sync.files.tree.outline import Outline
from studio_sync.files.tree.walking.listing import SUFFIXES, stat_of
from studio_sync.files.tree.walking.walk import list_files
from studio_sync.files.workspace.draft import Draft, FileEdit
from studio_sync.files.workspace.moving import Mover
from studio_sync.files.workspace.own_schemas import read_own
from studio_sync.files.workspace.scaffold import refresh_schemas
from studio_sync.files.workspace.stopped_move import Reached, StoppedMove
from studio_sync.files.workspace.workspace import JOURNAL, Workspace
from studio_sync.kinds import KINDS
from studio_sync.schemas import SUFFIX, Schemas
from studio_sync.sync.authoring.finding import Finder
from studio_sync.sync.authoring.stopped_moves import refused_to_finish, stopped_moves

_PLAIN_NAME = 2
"""The length of a name's piece that is searched in a file's bytes."""

_ESCAPES = (b"%2", b"\\")
"""Characters by which a link may spell "." or "-" in another way."""


class AuthoringContext:
    """One workspace in which records are created and moved."""

    def __init__(self, workspace: Workspace, here: Path, kinds: Kinds = KINDS) -> None:
        self.workspace, self.kinds = workspace, kinds
        self.schemas = Schemas(read_own(workspace.schemas, SUFFIX), kinds)
        self.layout = Layout(kinds)
        self.outline = Outline(workspace.content, self.layout)
        self.find = Finder(workspace, self.outline, here)
        self._edits: dict[str, tuple[bytes, bytes]] = {}
        self.mover = Mover(workspace.content, workspace.state, workspace.prefix)
        """Moves and creates files all or nothing. Hold the lock for it."""

    @staticmethod
    def free_number(kind: Kind, parent: TreeSpot | None, taken: Collection[str]) -> str:
        """The number of a new record of `kind` below `parent`, whose children have those `taken`."""
        above = parent.slot if parent and numbered(parent.kind) else ""
        return next_number(taken, first_number(kind, above))

    def lock(self) -> AbstractContextManager[None]:
        """Take the workspace lock, so that nobody else writes in it."""
        refresh_schemas(self.workspace.state, self.schemas.texts())
        return only_one(self.workspace.state / "lock")

    def is_stopped(self) -> bool:
        """Whether a killed run left a journal."""
        return (self.workspace.state / JOURNAL).exists()

    def finish(self) -> StoppedMove | None:
        """Finish the move of a killed run, if there is one. Hold the lock.

        Raises RefusedError if its files were changed since.
        """
        found = self.mover.finish()
        if found is not None and found.reached is Reached.CHANGED:
            raise refused_to_finish(found, self.workspace.prefix)
        return found

    def foreseen(self) -> list[Problem]:
        """The problem of a killed run's move, which a run finishes first; [] if there is none.

        Raises RefusedError where a run would.
        """
        found = self.mover.stopped()
        if found is not None and found.reached is Reached.CHANGED:
            raise refused_to_finish(found, self.workspace.prefix)
        return stopped_moves(self.workspace)

    def carry_out(self, draft: Draft) -> None:
        """Carry out a draft, all or nothing. Hold the lock."""
        self.mover.carry_out(draft)
        self._request(draft)

    def _request(self, draft: Draft) -> None:
        """Save moved and ordered records as intended, even if HEAD has the same content."""
        own = [f"{new}/{name}" for _, new in draft.shown for name in self.layout.own_files]
        with closing(Memory.open(self.workspace.state)) as memory, memory.changing():
            for path in dict.fromkeys((*own, *(edit.path for edit in draft.edits))):
                spot = self.layout.spot(path)
                if spot is not None and self.outline.has(path):
                    stat = stat_of(self.workspace.content / path)
                    note_intended(memory, path, stat, place_names(spot.kind, {}))

    # --- records

    def siblings(self, kind: Kind, parent: TreeSpot | None) -> list[TreeSpot]:
        """The records of `kind` below `parent`, ordered by number or name."""
        found = self.outline.beside(kind, dirname(parent.path) if parent else "")
        return sorted(found, key=lambda s: rank(s.slot))

    def check_free(self, path: str, leaving: Iterable[str] = ()) -> None:
        """Refuse a new folder or file at `path` if it exists, or equals another on some file system."""
        folder, _, name = path.rpartition("/")
        if len(name.encode()) > MAX_NAME_BYTES:
            raise RefusedError(f"the name {name} is too long", "choose a shorter one")
        gone = set(leaving)
        for other in self.outline.names(folder):
            there = f"{folder}/{other}".lstrip("/")
            if twin(other) == twin(name) and there not in gone:
                raise RefusedError(f"{self.workspace.prefix}{there} is there already", "choose another place")

    def renumbering(
        self, moves: Iterable[tuple[TreeSpot, str]]
    ) -> tuple[list[tuple[str, str]], dict[str, str]]:
        """The renames that give records other numbers: first those inside their folders, then their own.

        The second part still has to be ordered. Children whose number follows their parent's are renamed,
        too.
        """
        inner: list[tuple[str, str]] = []
        own: dict[str, str] = {}
        for spot, number in moves:
            inner += self.renumber_children(spot, dirname(spot.path), number)
            folder, _, name = dirname(spot.path).rpartition("/")
            new = renumbered(spot.kind, name, number, reserved=self.layout.reserved(spot.kind))
            own[dirname(spot.path)] = f"{folder}/{new}".lstrip("/")
        return inner, own

    def renumber_children(self, spot: TreeSpot, folder: str, number: str) -> list[tuple[str, str]]:
        """The renames inside `folder`, which is or will be that of `spot`, for the new `number`."""
        wanted: dict[str, str] = {}
        for kind in self.kinds.children(spot.kind.name):
            if not numbered(kind) or not numbered(spot.kind):
                continue
            inner = self.outline.beside(kind, dirname(spot.path))
            after = [follow_number(s.slot, spot.slot, number) for s in inner]
            for child, new in zip(inner, after, strict=True):
                if new == child.slot:
                    continue
                if after.count(new) > 1:
                    raise RefusedError(
                        f"two of the {kind.table} below {self.workspace.prefix}{dirname(spot.path)} would"
                        f" both become {new}",
                        f"renumber one of them first: `studio mv {quote(child.slot)} {quote(new)}`",
                    )
                name = dirname(child.path).rpartition("/")[2]
                to = renumbered(kind, name, new, reserved=self.layout.reserved(kind))
                wanted[f"{folder}/{name}"] = f"{folder}/{to}"
        return sequence(wanted)

    # --- edits

    def edit(self, path: str, change: Callable[[bytes], bytes]) -> None:
        """Add an edit of the file at `path`, on top of earlier ones."""
        before, after = self._edits.get(path) or (data := self.outline.read(path), data)
        self._edits[path] = before, change(after)

    def set_order(self, spot: TreeSpot, value: int | Omitted) -> None:
        """Add an edit that sets the order in a record's file, or takes it out."""
        order = spot.kind.order
        if order is None:
            return

        def change(data: bytes) -> bytes:
            document = self.outline.understood(spot, data, self.schemas)
            text = codec.edited_text(spot.kind, data.decode(), document, {order.name: value}, self.schemas)
            return text.encode()

        self.edit(spot.path, change)

    def placed(
        self,
        kind: Kind,
        siblings: Sequence[TreeSpot],
        own: TreeSpot | None,
        place: TreeSpot | None,
        *,
        after: bool,
    ) -> int | None:
        """If files state an order, put `own` (None: a new record) before or after `place` in it.

        Without `place` it becomes last. Returns the order value of `own`, None if numbers alone give the
        order; edits of the others are added, as few as possible.
        """
        if kind.order is None:
            return None
        stated: dict[str, int] = {}
        for spot in siblings:
            if self.outline.has(spot.path):
                value = self.outline.document(spot, self.schemas)[1].values[kind.order.name]
                if isinstance(value, int):
                    stated[spot.path] = value
        if not stated:
            return None
        last = max(stated.values()) + 1
        line: list[TreeSpot | None] = [s for s in siblings if own is None or s.path != own.path]
        line.sort(key=lambda s: (stated.get(s.path, last), rank(s.slot)) if s else (last, ()))
        line.insert(line.index(place) + after if place else len(line), own)
        values = order_values([stated.get(s.path) if s else None for s in line])
        for other, value in zip(line, values, strict=True):
            taken = other is not None and other != own and self.outline.has(other.path)
            if taken and other is not None and stated.get(other.path) != value:
                self.set_order(other, value)
        return values[line.index(own)]

    def relink(self, draft: Draft) -> None:
        """Add edits so that every relative link has the same target after the renames."""
        if not draft.renames:
            return
        sources = [old for old, _ in draft.shown]
        needles = [_needle(old) for old in sources]
        for path in sorted(list_files(self.workspace.content).changed):
            if splitext(path)[1].lower() != SUFFIXES[0]:
                continue
            inside = any(path == s or path.startswith(f"{s}/") for s in sources)
            data = self._edits.get(path, (b"", b""))[1] or self.outline.read(path)
            if not inside and not any(n in data for n in (*needles, *_ESCAPES)):
                continue
            try:
                text = data.decode()
            except UnicodeDecodeError:
                continue
            after, count = retarget(text, path, draft.moved(path), lambda p: self._target(p, draft))
            if count:
                self.edit(path, lambda _, after=after: after.encode())  # type: ignore[misc]

    def _target(self, path: str, draft: Draft) -> str | None:
        return draft.moved(path) if self.outline.has(path) else None

    def settle(self, draft: Draft) -> Draft:
        """The draft with all added edits."""
        draft.edits += [
            FileEdit(draft.moved(path), before, after)
            for path, (before, after) in sorted(self._edits.items())
            if before != after
        ]
        return draft


def _needle(path: str) -> bytes:
    """Bytes that occur in every link to `path`, whichever of its characters are escaped."""
    name = path.rpartition("/")[2]
    pieces = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else " " for c in name).split()
    longest = max(pieces, key=len, default="")
    return longest.encode() if len(longest) >= _PLAIN_NAME else b"]"
