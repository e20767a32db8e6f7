"""A studio in memory: the kernel's own functions over dictionaries instead of files, git and PostgreSQL."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from studio_sync.core.history.known_versions import Note, Places, Story, newest, step
from studio_sync.core.history.merge_base import History, Remembered, Standpoint, Tip, basis, undecided_fields
from studio_sync.core.merge.field import merge_value
from studio_sync.core.plan.plan import Change, Plan
from studio_sync.core.plan.reconcile import Action, Delta, Standing, agree, reconcile, with_merges
from studio_sync.core.values.kind import Field, Kind, Naming, Place, Slot, Type
from studio_sync.core.values.order import in_order, settle_orders
from studio_sync.core.values.record import OMITTED, Version, digests, parts, seen_parts
from studio_sync.core.values.value import canonical_text, digest
from studio_sync.database.postgres.write import Written
from studio_sync.files.memory.entries import Base
from studio_sync.sync.compare.comparison import Comparison, RowFacts
from studio_sync.sync.compare.new_bases import (
    bases_after,
    is_noted,
    left_behind,
    partly,
    pulled_base,
    pushed_notes,
    said_now,
)
from studio_sync.sync.compare.new_bases import remembered as remembered_base

KIND = Kind(
    name="page",
    table="pages",
    file="page.md",
    slot=Slot(column="number", naming=Naming.NUMBERED),
    identified=True,
    fields=(
        Field(name="title", required=True),
        Field(name="order", type=Type.INTEGER, loose=True),
        Field(name="text", place=Place.BODY),
    ),
)
NAMES = ("title", "text", "number", "order")
MERGING = ("title", "text")
ORDER = "order"

_RUNS = count(1)
"""Numbers of runs, which never come again, whatever is restored."""

Values = dict[str, str]
"""What a page says: title (one token), text (a token a paragraph), number, and the order value ("" for a
file that states none)."""


def tokens(values: Values | None) -> set[str]:
    """All tokens that a page says."""
    if values is None:
        return set()
    return {t for name in NAMES for t in (said(values[name]) if name == ORDER else values[name]).split()}


def place(token: str) -> str:
    """The order value that a token is; every other one goes before all that were there at first."""
    count = int(token[1:])
    return str((100_000 + 100 * count) * (1 if count % 2 else -1))


def said(order: str) -> str:
    """The token of an order value that a person gave, "" for one that followed from the numbers."""
    value = int(order or 0)
    return f"t{(abs(value) - 100_000) // 100}" if abs(value) > 100_000 and value % 100 == 0 else ""


def slot(values: Values) -> str:
    """The number of a page, which is part of its path."""
    return values["number"][1:]


def version(rid: str, values: Values | None) -> Version | None:
    """The version that a page's values are."""
    if values is None:
        return None
    canonical = {
        "title": values["title"],
        "text": canonical_text(values["text"]) or None,
        ORDER: int(values[ORDER]) if values[ORDER] else OMITTED,
    }
    return Version(rid, KIND.name, "", slot(values), digests(KIND, canonical))


@dataclass
class Database:
    """Rows, and the ledger of their versions."""

    rows: dict[str, Values] = field(default_factory=dict)
    ledger: dict[str, list[Values | None]] = field(default_factory=dict)
    notes: dict[str, list[Note]] = field(default_factory=dict)
    runs: list[int] = field(default_factory=list)

    def story(self, rid: str) -> Story | None:
        """What the ledger knows of a page."""
        found = self.ledger.get(rid)
        if not found:
            return None
        versions = {n: version(rid, values) for n, values in enumerate(found, 1)}
        return Story(KIND, versions, self.notes.get(rid, []))

    def wanted(self) -> tuple[str, ...]:
        """What files have to state: their places, where rows don't stand in the order of their numbers."""
        return () if in_order([(slot(v), int(v[ORDER])) for v in self.rows.values()]) else (ORDER,)

    def record(self, rid: str, values: Values | None) -> int:
        """Enter a version; its number."""
        self.ledger.setdefault(rid, []).append(None if values is None else dict(values))
        return len(self.ledger[rid])

    def copy(self) -> "Database":
        """A backup."""
        return Database(
            {r: dict(v) for r, v in self.rows.items()},
            {r: list(v) for r, v in self.ledger.items()},
            {r: list(v) for r, v in self.notes.items()},
            list(self.runs),
        )

    def become(self, other: "Database") -> None:
        """Go back to a copy: a transaction did not arrive, or a backup is restored."""
        old = other.copy()
        self.rows, self.ledger, self.notes, self.runs = old.rows, old.ledger, old.notes, old.runs

    def seen_by(self, other: "Database") -> None:
        """Take the versions of another one, as its first transaction left it, but not its notes."""
        copy = other.copy()
        self.ledger, self.runs = copy.ledger, copy.runs


Tree = dict[str, Values]


def copied(tree: Tree) -> Tree:
    """A tree of its own."""
    return {rid: dict(values) for rid, values in tree.items()}


@dataclass
class Git:
    """All commits of all clones: parents and tree."""

    commits: dict[int, tuple[tuple[int, ...], Tree]] = field(default_factory=dict)
    _next: Any = field(default_factory=lambda: count(1))

    def add(self, parents: tuple[int, ...], tree: Tree) -> int:
        """A new commit."""
        name: int = next(self._next)
        self.commits[name] = (parents, copied(tree))
        return name

    def above(self, tips: Iterable[int]) -> list[int]:
        """The commits that the tips have seen, oldest first."""
        found: set[int] = set()
        todo = list(tips)
        while todo:
            commit = todo.pop()
            if commit not in found:
                found.add(commit)
                todo += self.commits[commit][0]
        return sorted(found)


@dataclass
class Rules:
    """The rules of the engine that a mutant breaks; each is as the engine has it by default."""

    base_last: bool = True
    delete_loses: bool = True
    by_field: bool = True
    recheck: bool = True
    base_from_written: bool = True
    smallest_occurrence: bool = True
    memory_ends_at_checkout: bool = True
    notes_name_fields: bool = True
    hidden_is_not_gone: bool = True
    conflicts_wait: bool = True
    lost_is_read_again: bool = True
    places_stay: bool = True
    places_are_said: bool = True


@dataclass
class Clone:
    """A workspace: files, memory, and where git stands."""

    database: Database
    git: Git
    rules: Rules
    head: int
    files: Tree = field(default_factory=dict)
    bases: dict[str, Base] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    clock: int = 0
    moments: list[tuple[int, int, bool]] = field(default_factory=list)
    moved_away: bool = False
    rewritten: dict[str, int] = field(default_factory=dict)
    last_run: int = 0
    hidden: frozenset[str] = frozenset()
    shown: dict[str, tuple[Version | None, Version | None]] = field(default_factory=dict)

    # --- comparing

    def compare(  # noqa: PLR0915
        self, seen_rows: dict[str, Values] | None = None
    ) -> Comparison:
        """How every page stands, with what is remembered of it brought up to date."""
        out = Comparison()
        database = self.database
        if self.last_run and self.last_run not in database.runs:
            self.bases.clear()
            self.gone.clear()
            self.last_run = 0
        self.last_run = database.runs[-1] if database.runs else 0
        self.clock += 1
        if not self.moments or self.moved_away or self.moments[-1][1] != self.head:
            self.moments.append((self.clock, self.head, self.moved_away or not self.moments))
        self.moved_away = False
        rows = {r: v for r, v in (seen_rows or database.rows).items() if r not in self.hidden}
        wanted = database.wanted()
        for rid in sorted({*self.files, *rows, *self.bases}):
            local, remote = version(rid, self.files.get(rid)), version(rid, rows.get(rid))
            base = self.bases.get(rid)
            story = database.story(rid)
            out.paths[rid] = rid
            out.facts[rid] = RowFacts(b"", None)
            if local is None and remote is None:
                if not self.hidden:
                    self._forget(rid)
                continue
            if local is not None and remote is not None and agree(KIND, local, remote, wanted):
                number = story.latest if story else 0
                self.bases[rid] = Base(
                    remote, remote.slot, b"", None, settled=True, number=number, at=self.clock
                )
                if story is None or story.versions.get(story.latest) != remote:
                    out.unrecorded.append(self.bases[rid])
                continue
            stands = self._stands(rid, story, local, remote, base)
            out.standpoints[rid] = stands
            if remote is None and self.hidden and (stands.known or base) and self.rules.hidden_is_not_gone:
                continue
            delta = reconcile(KIND, stands.base, local, remote, wanted=wanted, known=stands.known)
            delta = self._merged(delta, rows, stands)
            if delta.standing is Standing.AGREED:
                continue
            if not self.rules.delete_loses and not delta.fields and delta.standing is Standing.CONFLICT:
                standing = Standing.AHEAD if local is None else Standing.BEHIND
                delta = replace(delta, standing=standing)
            if not self.rules.conflicts_wait and delta.fields:
                fields = {n: Standing.AHEAD if s is Standing.CONFLICT else s for n, s in delta.fields.items()}
                delta = replace(delta, fields=fields, standing=Standing.AHEAD)
            if not self.rules.by_field and delta.having(Standing.AHEAD):
                fields = dict.fromkeys(MERGING, Standing.AHEAD)
                delta = replace(delta, fields=fields, standing=Standing.AHEAD)
            out.deltas.append(delta)
            held = base or (
                Base(stands.base, stands.base.slot, b"", None, settled=False) if stands.base else None
            )
            if held is not None:
                now = remembered_base(held, delta, stands, self.clock)
                self.bases[rid] = replace(now, path=local.slot) if local and now is not held else now
        return out

    def _slot(self, base: Base) -> str:
        """Where the file stands that is remembered to stand on a base: in memory, that is its path."""
        values = self.files.get(base.version.rid)
        return slot(values) if values else base.path

    def _forget(self, rid: str) -> None:
        if self.bases.pop(rid, None) is not None:
            self.gone[rid] = self.clock

    def _stands(
        self, rid: str, story: Story | None, local: Version | None, remote: Version | None, base: Base | None
    ) -> Standpoint:
        memory = None
        if base is not None:
            places = {**dict.fromkeys(seen_parts(KIND, base.version), base.number), **base.places}
            said_slot = base.path if base.held else base.version.slot
            if local is not None and not self.rules.places_are_said:
                said_slot = local.slot
            said_then = replace(base.version, slot=said_slot, digests=base.held or base.version.digests)
            memory = Remembered(base.version, places, said_then)
        elif rid in self.gone and local is not None and remote is None:
            memory = Remembered(None)
        at = base.at if base else self.gone.get(rid, 0)
        before = [m for m in self.moments if m[0] <= at]
        old_head = before[-1][1] if before else 0
        broken = not before or any(m[2] for m in self.moments if m[0] > at)
        history = History(
            broken and self.rules.memory_ends_at_checkout,
            old_head != self.head,
            lambda said: self._undecided(rid, local, said, old_head, at),
            lambda: self._tips(rid, story),
        )
        return basis(KIND, story, local, remote, memory, history)

    def _undecided(
        self, rid: str, local: Version | None, said: Version | None, old_head: int, at: int
    ) -> frozenset[str]:
        at_head = version(rid, self.git.commits[self.head][1].get(rid))
        if at_head is None or not self.rules.memory_ends_at_checkout:
            return frozenset()
        before = version(rid, self.git.commits[old_head][1].get(rid)) if old_head else None
        git_wrote = self.rewritten.get(rid, 0) >= at and at_head == before
        return undecided_fields(KIND, local, said, at_head, before, typed=not git_wrote, rewritten=git_wrote)

    def _tips(self, rid: str, story: Story | None) -> list[Tip]:
        if story is None:
            return []
        seen: dict[int, Places] = {}
        for commit in self.git.above([self.head]):
            parents, tree = self.git.commits[commit]
            before = newest(seen[p] for p in parents)
            said = [version(rid, self.git.commits[p][1].get(rid)) for p in parents]
            seen[commit] = self._step(story, before, said, version(rid, tree.get(rid)))
        return [Tip(seen[self.head], version(rid, self.git.commits[self.head][1].get(rid)))]

    def _step(
        self, story: Story, seen: Places, parents: list[Version | None], content: Version | None
    ) -> Places:
        if not self.rules.smallest_occurrence and content not in parents:
            numbers = story.numbers_of(content)
            if numbers:
                return story.everywhere(numbers[-1])
        return step(story, seen, parents, content)

    def _merged(self, delta: Delta, rows: dict[str, Values], stands: Standpoint) -> Delta:
        merges = {}
        for name in delta.having(Standing.CONFLICT):
            number = stands.places.get(name, 0)
            if name not in MERGING or name not in seen_parts(KIND, delta.base) or not number:
                continue
            known = self.database.ledger.get(delta.rid, [])
            base = known[number - 1] if number <= len(known) else None
            if base is None or digest(base[name]) != seen_parts(KIND, delta.base)[name]:
                continue
            local, remote = self.files[delta.rid][name], rows[delta.rid][name]
            merged = merge_value(KIND.field(name), base[name], local, remote)
            if not merged.conflicts:
                merges[name] = str(merged.value)
        self.merges = {**getattr(self, "merges", {}), delta.rid: merges}
        return with_merges(delta, {n: digest(v) for n, v in merges.items()}) if merges else delta

    # --- push

    def push(
        self, *, partial: bool, delete: bool, crash: bool = False, between: Callable[[], None] = lambda: None
    ) -> list[tuple[str, Values | None, Values | None]]:
        """Send what only the files changed; (page, before, after) of each row that was written."""
        out = self.compare()
        before = {r: dict(v) for r, v in self.database.rows.items()}
        stuck = [d for d in out.deltas if d.standing in (Standing.CONFLICT, Standing.DIVERGED)]
        if stuck and not partial:
            return []
        wanted = [
            d
            for d in out.deltas
            if d not in stuck
            and (d.standing is Standing.AHEAD or d.having(Standing.AHEAD))
            and (d.action is not Action.DELETE or delete)
        ]
        between()
        if any(d.remote is None and d.action is Action.CREATE and d.rid in self.hidden for d in wanted):
            return []  # the database refuses a second row with that id
        if self.rules.recheck and any(self.database.rows.get(d.rid) != before.get(d.rid) for d in wanted):
            return []  # planned anew, by another run
        done, changes = [], []
        run, orders = next(_RUNS), self._orders(wanted)
        for delta in wanted:
            rid, old = delta.rid, self.database.rows.get(delta.rid)
            fields = delta.having(Standing.AHEAD)
            if delta.action is Action.DELETE:
                new = None
                self.database.rows.pop(rid, None)
            elif delta.remote is None:
                new = {**self.files[rid], ORDER: orders.get(rid, self.files[rid][ORDER])}
                self.database.rows[rid] = new
            else:
                new = {n: (self.files if n in fields else before)[rid][n] for n in NAMES}
                new[ORDER] = orders.get(rid, new[ORDER])
                self.database.rows[rid] = new
            changes.append((delta, fields, new))
            done.append((rid, old, new))
        for rid in orders.keys() - {d.rid for d in wanted}:
            old = self.database.rows[rid]
            self.database.rows[rid] = {**old, ORDER: orders[rid]}
            done.append((rid, old, self.database.rows[rid]))
        numbers = {d.rid: self.database.record(d.rid, new) for d, _, new in changes}
        if changes:
            self.database.runs.append(run)
        plan = Plan(tuple(_change(d, f, version(d.rid, new)) for d, f, new in changes))
        written = Written(
            0, orders={_row_id(rid): int(value) for rid, value in orders.items()}, numbers=numbers
        )
        if changes:
            self._note(note for _, note in pushed_notes(plan, written, out))
        if crash:
            return done
        for base in bases_after(plan, written, out, frozenset()):
            self.bases[base.version.rid] = replace(base, path=self._slot(base), at=self.clock)
        for delta, _, new in changes:
            if new is None:
                self._forget(delta.rid)
            if not self.rules.base_from_written and delta.rid in self.database.rows:
                row = version(delta.rid, self.database.rows[delta.rid])
                if row is not None and delta.rid in self.bases:
                    held = delta.local.digests if delta.local else None
                    stands = replace(self.bases[delta.rid], version=row, places={}, held=held)
                    self.bases[delta.rid] = stands
        if changes:
            self.last_run = run
        return done

    def _orders(self, wanted: list[Delta]) -> dict[str, str]:
        """New order values, as database.write gives them."""
        rows, named = self.database.rows, {d.rid for d in wanted}
        coming = [d for d in wanted if d.action is not Action.DELETE]
        if not any(d.remote is None or "number" in d.having(Standing.AHEAD) for d in coming):
            return {}
        after = {rid: slot(v) for rid, v in rows.items() if rid not in named}
        told: dict[str, int] = {}
        for delta in coming:
            moves = delta.remote is None or "number" in delta.having(Standing.AHEAD)
            after[delta.rid] = slot((self.files if moves else rows)[delta.rid])
            stated = self.files[delta.rid][ORDER]
            if stated and (delta.remote is None or ORDER in delta.having(Standing.AHEAD)):
                told[delta.rid] = int(stated)
        before = [(rid, slot(v), int(v[ORDER])) for rid, v in rows.items()]
        if not self.rules.places_stay:
            told = {}
            before = [(rid, number, i) for i, (rid, number, _) in enumerate(sorted(before, key=_by_number))]
        return {rid: str(value) for rid, value in settle_orders(before, after, told).items()}

    def _note(self, notes: Iterable[Note]) -> None:
        for note in notes:
            if not self.rules.notes_name_fields:
                note = replace(note, fields=frozenset(parts(KIND, note.content) or NAMES))  # noqa: PLW2901
            self.database.notes.setdefault(note.content.rid, []).append(note)

    # --- pull

    def pull(  # noqa: PLR0915
        self, *, crash: int | None = None, keep: str = "", cut: str = ""
    ) -> tuple[
        list[tuple[str, Values | None, Values | None]], list[tuple[str, Values | None, Values | None]]
    ]:
        """Bring what the database changed; (page, before, after) of the files written, and what was settled.

        `crash` ends it after so many files, before the memory is written. A `cut` ends it once what was
        "seen" is entered, or the "notes".
        """
        out = self.compare()
        done: list[tuple[str, Values | None, Values | None]] = []
        decided: list[tuple[str, Values | None, Values | None]] = []
        bases: list[Base] = []
        writes: dict[str, Values | None] = {}
        settled: dict[str, frozenset[str]] = {}
        changes: dict[str, Change] = {}
        rows = {r: v for r, v in self.database.rows.items() if r not in self.hidden}
        if not self.rules.base_last:
            for delta in out.deltas:
                if delta.remote is not None and delta.standing is Standing.BEHIND:
                    story = self.database.story(delta.rid)
                    number = (story.latest if story else 0) + 1
                    self.bases[delta.rid] = Base(
                        delta.remote, delta.remote.slot, b"", None, settled=True, number=number, at=self.clock
                    )
        deltas = []
        for delta in out.deltas:
            now = delta
            if (
                keep
                and delta.standing is Standing.CONFLICT
                and self.shown.get(delta.rid) == (delta.local, delta.remote)
            ):
                decided.append((delta.rid, self.files.get(delta.rid), rows.get(delta.rid)))
                settled[delta.rid] = frozenset(delta.having(Standing.CONFLICT))
                now = _settled(delta, keep)
            deltas.append(now)
        out.deltas = deltas
        numbers = self._record(out, settled, rows)
        if cut == "seen":
            return [], []
        for delta in deltas:
            if delta.standing is Standing.CONFLICT:
                self.shown[delta.rid] = (delta.local, delta.remote)
                continue
            rid = delta.rid
            fields = (*delta.having(Standing.BEHIND), *delta.having(Standing.DIVERGED))
            if not delta.fields and delta.standing is Standing.BEHIND:
                if delta.remote is None:
                    writes[rid] = None
                    changes[rid] = _change(delta, (), None)
                    continue
                stated = rows[rid][ORDER] if self.database.wanted() else ""
                writes[rid] = {**rows[rid], ORDER: stated}
            elif fields:
                new = dict(self.files[rid])
                for name in fields:
                    diverged = delta.fields[name] is Standing.DIVERGED
                    new[name] = self.merges[rid][name] if diverged else rows[rid][name]
                writes[rid] = new
            elif rid not in settled:
                continue
            data = version(rid, writes.get(rid, self.files.get(rid)))
            changes[rid] = change = _change(delta, fields, data)
            if delta.remote is None:
                continue
            if data is None or (
                rid in settled and not fields and not (not delta.fields and delta.standing is Standing.BEHIND)
            ):
                frame = Base(
                    delta.remote,
                    delta.remote.slot,
                    b"",
                    None,
                    settled=False,
                    held=data.digests if data else None,
                )
                left = left_behind(delta)
                bases.append(partly(delta, out, delta.remote, left, 0, frame) if left else frame)
            else:
                bases.append(pulled_base(change, delta, out, rid, data.digests))
        self._notes(out, bases, changes, settled, numbers)
        if cut:
            return [], []
        for rid, new in writes.items():
            old = self.files.get(rid)
            if crash is not None and len(done) >= crash:
                return done, decided
            if new is None:
                del self.files[rid]
            else:
                self.files[rid] = new
            if new != old:
                done.append((rid, old, new))
        if crash is None:
            self._remember(out, bases, settled, numbers)
        return done, decided

    def _record(
        self, out: Comparison, settled: dict[str, frozenset[str]], rows: dict[str, Values]
    ) -> dict[str, int]:
        """Enter what is seen, before any file is written; as sync.seeing does."""
        database, numbers = self.database, {}
        for delta in out.deltas:
            rid, story = delta.rid, database.story(delta.rid)
            newest_one = story.versions.get(story.latest) if story else None
            if delta.remote is not None and newest_one != delta.remote:
                numbers[rid] = database.record(rid, rows[rid])
            gone = delta.remote is None and rid not in self.hidden and newest_one is not None
            if gone and (rid in settled or delta.standing is Standing.BEHIND):
                numbers[rid] = database.record(rid, None)
        for base in out.unrecorded:
            numbers[base.version.rid] = database.record(base.version.rid, rows[base.version.rid])
        if numbers:
            database.runs.append(next(_RUNS))
        return numbers

    def _notes(
        self,
        out: Comparison,
        bases: list[Base],
        changes: dict[str, Change],
        settled: dict[str, frozenset[str]],
        numbers: dict[str, int],
    ) -> None:
        """Enter notes, as sync.seeing does."""
        database, deltas = self.database, {d.rid: d for d in out.deltas}
        stood = {b.version.rid: b for b in bases}
        notes = []
        for rid, delta in deltas.items():
            content, story = said_now(delta, stood.get(rid), changes.get(rid)), database.story(rid)
            number = numbers.get(rid) or (story.latest if story else 0)
            if rid in settled:
                fields = settled[rid] or frozenset(parts(KIND, delta.some))
            elif (
                content is None
                or delta.remote is None
                or not (delta.fields and (rid in stood or delta.standing is Standing.AHEAD))
            ):
                continue
            else:
                fields = frozenset(parts(KIND, content)) - frozenset(delta.having(Standing.CONFLICT))
            if content is None:
                continue
            note = Note(content, fields, number)
            known = rid not in settled and story is not None and content.digests and story.numbers_of(content)
            if number and fields and not known and not is_noted(story.notes if story else (), KIND, note):
                notes.append(note)
        self._note(notes)
        if notes:
            database.runs.append(next(_RUNS))

    def _remember(
        self,
        out: Comparison,
        bases: list[Base],
        settled: dict[str, frozenset[str]],
        numbers: dict[str, int],
    ) -> None:
        """Remember what was pulled, as a pull does."""
        database, deltas = self.database, {d.rid: d for d in out.deltas}
        for base in (*bases, *out.unrecorded):
            story = database.story(base.version.rid)
            number = numbers.get(base.version.rid) or (story.latest if story else base.number)
            self.bases[base.version.rid] = replace(base, path=self._slot(base), number=number, at=self.clock)
        for rid in {*self.bases} - {*self.files} - {*self.database.rows}:
            self._forget(rid)
        for rid in settled:
            if deltas[rid].remote is None and rid in self.files:
                self.bases.pop(rid, None)
                self.gone[rid] = self.clock
        self.last_run = database.runs[-1] if database.runs else 0


def _row_id(rid: str) -> str:
    return f"{int(rid[1:]):032x}"


def _by_number(row: tuple[str, str, int]) -> int:
    return int(row[1])


def _settled(delta: Delta, keep: str) -> Delta:
    if delta.fields:
        standing = Standing.AHEAD if keep == "files" else Standing.BEHIND
        fields = {n: standing if s is Standing.CONFLICT else s for n, s in delta.fields.items()}
        gravest = max(fields.values(), key=lambda s: s.gravity)
        return replace(delta, fields=fields, standing=gravest)
    there = delta.local if keep == "files" else delta.remote
    standing = Standing.AHEAD if keep == "files" else Standing.BEHIND
    return replace(delta, standing=standing, action=Action.CREATE if there else Action.DELETE)


def _change(delta: Delta, fields: tuple[str, ...], after: Version | None) -> Change:
    create = delta.remote is None and delta.local is not None and delta.action is Action.CREATE
    pulled = delta.local is None
    action = Action.DELETE if after is None else Action.CREATE if create or pulled else Action.UPDATE
    return Change(
        KIND,
        delta.rid,
        _row_id(delta.rid),
        action,
        fields,
        delta.remote,
        after,
        None,
        (),
        delta.rid,
        delta.rid,
        top="-",
    )
