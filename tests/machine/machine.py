"""Everything that can happen to a page, in random order: two clones, the web app, git, CI, accidents."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from tests.cutting import Cut
from tests.machine.oracle import LossError, Oracle

Values = dict[str, str]
Tree = dict[str, Values]
Changes = list[tuple[str, Values | None, Values | None]]
T = TypeVar("T")

NAMES = ("title", "text", "number", "order")
"""What a page says: a text with a token a line, one token each for title and number (which is part of its
path), and one for where it stands among the others, if a person said that."""

EDITED = ("title", "text", "text", "number")


class Desk(Protocol):
    """A clone, as the machine works with it. Commits are names that the world gives."""

    def read(self) -> Tree: ...
    def write(self, rid: str, values: Values | None) -> None: ...
    def push(self, *, partial: bool, delete: bool, crash: int | None) -> Changes: ...
    def pull(self, *, crash: int | None, keep: str) -> tuple[Changes, Changes]: ...
    def status(self) -> None: ...
    def hide(self, rids: Sequence[str]) -> None: ...
    def commit(self) -> Any: ...
    def commits(self) -> Sequence[Any]: ...
    def head(self) -> Any: ...
    def tree(self, commit: Any) -> Tree: ...
    def checkout(self, commit: Any) -> None: ...
    def merge(self, commit: Any) -> bool: ...
    def revert(self) -> bool: ...
    def stash(self) -> None: ...
    def pop(self) -> bool: ...
    def take_back(self) -> None: ...


class World(Protocol):
    """The database, and what else is there beside the clones."""

    clones: Sequence[Desk]
    between: Callable[[], None] | None
    cut: Cut | None

    def rows(self) -> Tree: ...
    def known(self) -> set[str]: ...
    def orders(self) -> dict[str, int]: ...
    def stamp(self) -> object: ...
    def set_row(self, rid: str, values: Values | None) -> None: ...
    def backup(self) -> None: ...
    def restore(self) -> bool: ...
    def fresh(self, commit: Any) -> Desk: ...
    def anywhere(self) -> set[str]: ...


def told(values: Values | None) -> set[str]:
    """All tokens that a page says."""
    return set() if values is None else {t for name in NAMES for t in values[name].split()}


def words(values: Values | None) -> set[str]:
    """All tokens that a page says, less its place, which goes with the page: a file need not state it."""
    return told({**values, "order": ""}) if values else set()


class Machine:
    """Does things to a world, and holds what comes of it against the oracle."""

    def __init__(
        self,
        world: World,
        choose: Callable[[Sequence[T]], T],
        *,
        decisions: bool = True,
    ) -> None:
        """`choose` picks one of several things; without `decisions` nobody settles a conflict."""
        self.world, self.choose, self.oracle = world, choose, Oracle()
        self.log: list[str] = []
        self.pages = 0
        self.deleters: dict[str, set[str]] = {}
        self.dead: set[str] = set()
        self.revived: set[str] = set()
        self.decided: set[str] = set()
        self.past: dict[str, list[Values]] = {}
        self.actions = [
            self.edit_file, self.edit_file, self.edit_row, self.edit_row, self.undo_row,
            self.new_file, self.new_row, self.delete_file, self.delete_row,
            self.push, self.push, self.push, self.pull, self.pull, self.settle,
            self.commit, self.commit, self.switch, self.merge, self.revert,
            self.stash, self.pop, self.take_back, self.ci, self.lost, self.lost,
            self.reorder_row, self.reorder_row, self.reorder_file,
            self.backup, self.restore, self.hidden, self.race,
        ]  # fmt: skip
        if not decisions:
            self.actions.remove(self.settle)

    def begin(self) -> None:
        """Two pages, pushed by one clone and committed; the other clone has pulled."""
        first, second = self.world.clones
        for _ in range(2):
            first.write(self._page(), self._values())
        self._push(first)
        first.commit()
        second.merge(first.head())
        second.pull(crash=None, keep="")
        self._look()

    def act(self) -> None:
        """One thing happens; raises LossError if it may not."""
        action = self.choose(self.actions)
        self.log.append(action.__name__)
        action()
        self._look()

    def _look(self) -> None:
        for rid, values in self.world.rows().items():
            if values not in self.past.setdefault(rid, []):
                self.past[rid].append(values)
            for name in NAMES:
                self.oracle.hold(f"row {rid}.{name}", values[name].split())
        self.oracle.stand(self.world.anywhere())

    # --- what people do

    def _page(self) -> str:
        self.pages += 1
        return f"p{self.pages}"

    def _values(self) -> Values:
        fresh = self.oracle.fresh
        text = "\n\n".join(fresh() for _ in range(3))
        return {"title": fresh(), "text": text, "number": fresh(), "order": ""}

    def _edited(self, values: Values) -> Values:
        """The values after one edit: a token replaced, one added, or all of a text rewritten."""
        new, name = dict(values), self.choose(EDITED)
        parts = new[name].split()
        if name != "text" or not parts:
            new[name] = self.oracle.fresh(parts)
            return new
        how = self.choose(("replace", "replace", "add", "rewrite"))
        if how == "rewrite":
            new[name] = "\n\n".join(self.oracle.fresh(parts) for _ in range(2))
            return new
        at = self.choose(range(len(parts)))
        if how == "replace":
            parts[at] = self.oracle.fresh([parts[at]])
        else:
            parts.insert(at, self.oracle.fresh())
        new[name] = "\n\n".join(parts)
        return new

    def _clone(self) -> Desk:
        return self.choose(self.world.clones)

    def edit_file(self) -> None:
        clone = self._clone()
        files = clone.read()
        if files:
            rid = self.choose(sorted(files))
            clone.write(rid, self._edited(files[rid]))

    def edit_row(self) -> None:
        rows = self.world.rows()
        if rows:
            rid = self.choose(sorted(rows))
            self.world.set_row(rid, self._edited(rows[rid]))

    def reorder_row(self) -> None:
        """Somebody drags a row to another place in the web app."""
        rows = self.world.rows()
        if rows:
            rid = self.choose(sorted(rows))
            self._reorder(rows[rid], lambda values: self.world.set_row(rid, values))

    def reorder_file(self) -> None:
        """Somebody changes the place that a file states."""
        clone = self._clone()
        stated = {rid: v for rid, v in clone.read().items() if v["order"]}
        if stated:
            rid = self.choose(sorted(stated))
            self._reorder(stated[rid], lambda values: clone.write(rid, values))

    def _reorder(self, values: Values, write: Callable[[Values], None]) -> None:
        write({**values, "order": self.oracle.fresh(values["order"].split())})

    def undo_row(self) -> None:
        """Somebody sets a row back in the web app, to something that it said before."""
        rows = self.world.rows()
        rid = self.choose(sorted(rows)) if rows else ""
        past = [v for v in self.past.get(rid, []) if v != rows[rid]]
        if past:
            old = self.choose(past)
            self.oracle.decide(told(old), told(rows[rid]) - told(old))
            self.oracle.wanted_back |= told(old)
            self.oracle.let_go |= told(rows[rid])
            self.world.set_row(rid, dict(old))

    def new_file(self) -> None:
        self._clone().write(self._page(), self._values())

    def new_row(self) -> None:
        self.world.set_row(self._page(), self._values())

    def delete_file(self) -> None:
        clone = self._clone()
        files = clone.read()
        if len(files) > 1:
            rid = self.choose(sorted(files))
            self.deleters.setdefault(rid, set()).update(told(files[rid]))
            self._given_up(told(files[rid]))
            clone.write(rid, None)

    def delete_row(self) -> None:
        rows = self.world.rows()
        if len(rows) > 1:
            rid = self.choose(sorted(rows))
            self.deleters.setdefault(rid, set()).update(told(rows[rid]))
            # Of a row that came with a backup, and that nobody has looked at since, nobody can know.
            if rid in self.world.known():
                self.dead.add(rid)
            self._given_up(told(rows[rid]))
            self.world.set_row(rid, None)

    def _given_up(self, dropped: set[str]) -> None:
        """Someone knowingly let go of these words, as far as they stand nowhere else."""
        self.oracle.let_go |= dropped

    # --- studio

    def push(self) -> None:
        self._push(self._clone(), crash=self.choose((None, None, 1)))

    def _push(self, clone: Desk, *, crash: int | None = None) -> None:
        partial, delete = self.choose((True, False)), self.choose((True, True, False))
        self._hold_pushed(clone.push, partial=partial, delete=delete, crash=crash)

    def _hold_pushed(self, push: Callable[..., Changes], **how: Any) -> Changes:
        before = self.world.orders()
        changes = push(**how)
        self._hold_orders(before, changes)
        for rid, old, new in changes:
            if new is None:
                self.oracle.given_up |= told(old) - words(old)
                self.oracle.vanish(f"row {rid}", words(old), self.deleters.get(rid, ()))
                self.dead.add(rid)
                continue
            if old is None and rid in self.dead - self.revived:
                raise LossError(f"row {rid} was deleted, and a push made it again")
            for name in NAMES:
                said = old[name].split() if old else []
                self.oracle.change(f"row {rid}.{name}", said, new[name].split(), self.deleters.get(rid, ()))
        return changes

    def _hold_orders(self, before: dict[str, int], changes: Changes) -> None:
        """A push moves no row past another but those that files renumber or give a place.

        Where rows stood in the order of their numbers, their values may change to make room.
        """
        moved = set(self.decided)
        for rid, old, new in changes:
            if old and new and (old["number"] != new["number"] or (new["order"] not in ("", old["order"]))):
                moved.add(rid)
            if old and new and old["order"] and not new["order"]:
                gone = {old["order"], *self.oracle.before[old["order"]]}
                self._given_up(gone)
                self.oracle.given_up |= gone
        after = self.world.orders() if self.world.between is None else before
        still = [rid for rid in before if rid in after and rid not in moved]
        if sorted(still, key=before.__getitem__) != sorted(still, key=after.__getitem__):
            raise LossError(f"a push changed the order of rows from {before} to {after}")

    def pull(self) -> None:
        self._pull(self._clone(), crash=self.choose((None, None, 0, 1)))

    def settle(self) -> None:
        self._pull(self._clone(), keep=self.choose(("files", "database")))

    def _pull(self, clone: Desk, *, crash: int | None = None, keep: str = "") -> Changes:
        changes, decided = clone.pull(crash=crash, keep=keep)
        for rid, local, remote in decided:
            self.decided.add(rid)
            kept, dropped = (local, remote) if keep == "files" else (remote, local)
            self.oracle.decide(told(kept), told(dropped))
            if keep == "files" and remote is None:
                self.revived.add(rid)
            if keep == "files" and local is None:
                self.deleters.setdefault(rid, set()).update(told(remote))
        settled = {rid for rid, _, _ in decided}
        for rid, old, new in changes:
            if new is None:
                if rid not in settled:
                    self.oracle.vanish(f"file {rid}", words(old), self.deleters.get(rid, ()))
                continue
            for name in NAMES:
                before = old[name].split() if old else []
                self.oracle.change(
                    f"file {rid}.{name}", before, new[name].split(), self.deleters.get(rid, ())
                )
        return changes

    def hidden(self) -> None:
        """A role that sees half of the rows pushes and pulls."""
        clone = self._clone()
        clone.hide([rid for rid in sorted(self.world.rows()) if self.choose((True, False))])
        self._push(clone)
        self._pull(clone)
        clone.hide([])

    # --- git

    def commit(self) -> None:
        self._clone().commit()

    def switch(self) -> None:
        """Another branch, an old commit, or the other clone's branch is checked out."""
        clone = self._clone()
        clone.commit()
        clone.checkout(self.choose(clone.commits()))

    def merge(self) -> None:
        clone = self._clone()
        clone.commit()
        before, other = clone.read(), self.choose(clone.commits())
        if clone.merge(other):
            # What git makes of two branches is what their author wants, also where it brings back words.
            after, theirs = clone.read(), clone.tree(other)
            for rid in {*before, *theirs, *after}:
                kept = told(after.get(rid))
                self.oracle.decide(kept, (told(before.get(rid)) | told(theirs.get(rid))) - kept)
                if rid in after:
                    self.revived.add(rid)
                else:
                    self.deleters.setdefault(rid, set()).update(told(before.get(rid)) | told(theirs.get(rid)))

    def revert(self) -> None:
        clone = self._clone()
        clone.commit()
        before = clone.read()
        if clone.revert():
            after = clone.read()
            for rid in {*before, *after}:
                old, new = told(before.get(rid)), told(after.get(rid))
                if before.get(rid) != after.get(rid):
                    self.decided.add(rid)
                if old != new:
                    self.oracle.decide(new, old - new)
                    self.oracle.wanted_back |= new
                    self.oracle.given_up |= old - new
                if rid not in after:
                    self.deleters.setdefault(rid, set()).update(old)
                if rid not in before:
                    self.revived.add(rid)

    def stash(self) -> None:
        self._clone().stash()

    def pop(self) -> None:
        self._clone().pop()

    def take_back(self) -> None:
        clone = self._clone()
        self._given_up(set().union(*map(told, clone.read().values())))
        clone.take_back()
        files = clone.read()
        if files and self.choose((True, False)):
            rid = self.choose(sorted(files))
            clone.write(rid, self._edited(files[rid]))
        # Without a look at it before the next commit, nobody could tell what was edited.
        clone.status()

    def race(self) -> None:
        """The web app edits a row between the plan of a push and its transaction."""
        self.world.between = self.edit_row
        self._push(self._clone())
        self.world.between = None

    def lost(self) -> None:
        """The connection of a push or a pull dies at a COMMIT, which arrived or did not."""
        self.world.cut = Cut(self.choose((2, 3, 3, 4)), self.choose((True, False)))
        self.choose((self._push, self._pull))(self._clone())
        self.world.cut = None

    def ci(self) -> None:
        """CI pushes a commit from a fresh clone."""
        clone = self._clone()
        fresh = self.world.fresh(clone.head())
        self._push(fresh)

    # --- accidents

    def backup(self) -> None:
        self.world.backup()

    def restore(self) -> None:
        rows = self.world.rows()
        if self.world.restore():
            for values in rows.values():
                self._given_up(told(values))
            self.dead.clear()
            self.oracle.held.clear()
            self.past.clear()

    # --- the end

    def settle_down(self, rounds: int = 4) -> None:
        """After pulls and pushes with decisions, another round writes nothing, and all sides say the same."""
        for _ in range(rounds):
            for clone in self.world.clones:
                self._pull(clone)
                self._pull(clone, keep="files")
                self._hold_pushed(clone.push, partial=True, delete=True, crash=None)
        stamp, rows = self.world.stamp(), self.world.rows()
        for clone in self.world.clones:
            if self._pull(clone) or clone.push(partial=True, delete=True, crash=None) or self._pull(clone):
                raise LossError("pull and push never come to rest")
            if _unstated(clone.read(), rows) != rows:
                raise LossError(f"at rest, files say {clone.read()} and the database {rows}")
        if self.world.stamp() != stamp:
            raise LossError("something is written, though nothing differs")


def _unstated(files: Tree, rows: Tree) -> Tree:
    """Files with the places of the rows where they state none."""
    return {
        rid: {**v, "order": v["order"] or rows[rid]["order"]} if rid in rows else v
        for rid, v in files.items()
    }
