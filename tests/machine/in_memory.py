"""The machine's world in memory."""

from collections.abc import Callable, Sequence

from studio_sync.core.merge.field import merge_value
from tests.cutting import Cut
from tests.machine.kernel import (
    KIND,
    MERGING,
    NAMES,
    ORDER,
    Clone,
    Database,
    Git,
    Rules,
    Tree,
    Values,
    copied,
    place,
    said,
    slot,
    tokens,
)

Changes = list[tuple[str, Values | None, Values | None]]


class MemoryDesk:
    """A clone over the kernel."""

    def __init__(self, world: "MemoryWorld", head: int) -> None:
        self._world = world
        self.clone = Clone(world.database, world.git, world.rules, head)
        self.clone.files = copied(world.git.commits[head][1])
        self._stashed: Tree | None = None

    def read(self) -> Tree:
        return shown(self.clone.files)

    def write(self, rid: str, values: Values | None) -> None:
        if values is None:
            del self.clone.files[rid]
            return
        stated = self.clone.files[rid][ORDER] if rid in self.clone.files else ""
        self.clone.files[rid] = {**values, ORDER: place(values[ORDER]) if values[ORDER] else stated}

    def push(self, *, partial: bool, delete: bool, crash: int | None) -> Changes:
        return _shown(self._push(partial=partial, delete=delete, crash=crash))

    def _push(self, *, partial: bool, delete: bool, crash: int | None) -> Changes:
        clone, cut, between = self.clone, self._world.cut, self._world.between or (lambda: None)
        if cut is None:
            return clone.push(partial=partial, delete=delete, crash=crash is not None, between=between)
        before, database, last_run = self._world.database.copy(), self._world.database, clone.last_run
        # Whether a COMMIT arrived is found out by planning anew; an engine without that rule guesses.
        done = clone.push(partial=partial, delete=delete, crash=self._world.rules.lost_is_read_again)
        if not self._world.rules.lost_is_read_again:
            clone.last_run = last_run
        if not cut.arrives:
            database.become(before)
            done = []
        return done + clone.push(partial=partial, delete=delete)

    def pull(self, *, crash: int | None, keep: str) -> tuple[Changes, Changes]:
        done, decided = self._pull(crash=crash, keep=keep)
        return _shown(done), _shown(decided)

    def _pull(self, *, crash: int | None, keep: str) -> tuple[Changes, Changes]:
        cut, database = self._world.cut, self._world.database
        if cut is None:
            return self.clone.pull(crash=crash, keep=keep)
        before = database.copy()
        seen = bool(cut.moment % 2)
        found = self.clone.pull(cut="seen" if seen else "notes")
        if not seen:
            before.seen_by(database)
        if not cut.arrives:
            database.become(before)
        return found

    def status(self) -> None:
        self.clone.compare()

    def hide(self, rids: Sequence[str]) -> None:
        self.clone.hidden = frozenset(rids)

    # --- git

    def commit(self) -> int:
        if self.clone.files != self._tree(self.clone.head):
            self.clone.head = self._world.git.add((self.clone.head,), self.clone.files)
        return self.clone.head

    def commits(self) -> Sequence[int]:
        return sorted(self._world.git.commits)

    def head(self) -> int:
        return self.clone.head

    def tree(self, commit: int) -> Tree:
        return shown(self._tree(commit))

    def _tree(self, commit: int) -> Tree:
        return self._world.git.commits[commit][1]

    def checkout(self, commit: int) -> None:
        if commit != self.clone.head:
            self.clone.moved_away = True
        self.clone.head = commit
        self.clone.files = copied(self._tree(commit))

    def merge(self, commit: int) -> bool:
        git, mine = self._world.git, self.clone.head
        if commit in git.above([mine]):
            return False
        if mine in git.above([commit]):
            merged: Tree | None = copied(self._tree(commit))
            self.clone.head = commit
        else:
            common = set(git.above([mine])) & set(git.above([commit]))
            merged = _merged(self._tree(max(common)), self._tree(mine), self._tree(commit))
            if merged is None:
                return False
            self.clone.head = git.add((mine, commit), merged)
        self.clone.files = merged
        return True

    def revert(self) -> bool:
        parents, tree = self._world.git.commits[self.clone.head]
        if len(parents) != 1:
            return False
        self.clone.files = copied(self._tree(parents[0]))
        if self.clone.files == tree:
            return False
        self.commit()
        return True

    def stash(self) -> None:
        if self._stashed is None and self.clone.files != self._tree(self.clone.head):
            self._stashed = self.clone.files
            self._below = copied(self._tree(self.clone.head))
            self.clone.files = copied(self._below)
            self.clone.moved_away = True

    def pop(self) -> bool:
        if self._stashed is None:
            return False
        merged = _merged(self._below, self.clone.files, self._stashed)
        if merged is None or self.clone.files != self._tree(self.clone.head):
            return False
        self.clone.files, self._stashed = merged, None
        self.clone.moved_away = True
        return True

    def take_back(self) -> None:
        # What git does not track stays.
        tree = copied(self._tree(self.clone.head))
        for rid, values in tree.items():
            if self.clone.files.get(rid) != values:
                self.clone.rewritten[rid] = self.clone.clock
        self.clone.files |= tree

    def found(self) -> set[str]:
        trees = [self.clone.files, *([self._stashed] if self._stashed else [])]
        return {t for tree in trees for values in tree.values() for t in tokens(values)}


class MemoryWorld:
    """Two clones and a database."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.between: Callable[[], None] | None = None
        self.cut: Cut | None = None
        self.database, self.git = Database(), Git()
        root = self.git.add((), {})
        self.clones = [MemoryDesk(self, root), MemoryDesk(self, root)]
        self._backup: Database | None = None

    def rows(self) -> Tree:
        return shown(self.database.rows)

    def known(self) -> set[str]:
        return {rid for rid, versions in self.database.ledger.items() if versions}

    def orders(self) -> dict[str, int]:
        return {rid: int(values[ORDER]) for rid, values in self.database.rows.items()}

    def stamp(self) -> object:
        database = self.database.copy()
        return database.rows, database.ledger, database.notes, [copied(c.clone.files) for c in self.clones]

    def set_row(self, rid: str, values: Values | None) -> None:
        rows = self.database.rows
        if values is None:
            del rows[rid]
            return
        order = rows[rid][ORDER] if rid in rows else slot(values)
        rows[rid] = {**values, ORDER: place(values[ORDER]) if values[ORDER] else order}

    def backup(self) -> None:
        self._backup = self.database.copy()

    def restore(self) -> bool:
        if self._backup is None:
            return False
        self.database.become(self._backup)
        return True

    def fresh(self, commit: int) -> MemoryDesk:
        return MemoryDesk(self, commit)

    def anywhere(self) -> set[str]:
        found = {t for values in self.database.rows.values() for t in tokens(values)}
        for _, tree in self.git.commits.values():
            found |= {t for values in tree.values() for t in tokens(values)}
        return found.union(*(clone.found() for clone in self.clones))


def _shown(changes: Changes) -> Changes:
    return [
        (rid, old and shown({rid: old})[rid], new and shown({rid: new})[rid]) for rid, old, new in changes
    ]


def shown(tree: Tree) -> Tree:
    """A tree as the machine sees it: places are tokens where a person gave them."""
    return {rid: {**values, ORDER: said(values[ORDER])} for rid, values in tree.items()}


def _merged(base: Tree, mine: Tree, other: Tree) -> Tree | None:
    """git's merge of two trees, None where it would leave conflicts."""
    merged: Tree = {}
    for rid in {*base, *mine, *other}:
        b, m, o = base.get(rid), mine.get(rid), other.get(rid)
        if o in (m, b):
            chosen = m
        elif m == b:
            chosen = o
        elif b is None or m is None or o is None:
            return None
        else:
            chosen = {}
            for name in NAMES:
                if name not in MERGING:
                    if m[name] != o[name] and b[name] not in (m[name], o[name]):
                        return None
                    chosen[name] = m[name] if o[name] == b[name] else o[name]
                    continue
                found = merge_value(KIND.field(name), b[name], m[name], o[name])
                if found.conflicts:
                    return None
                chosen[name] = str(found.value)
        if chosen is not None:
            merged[rid] = dict(chosen)
    return merged
