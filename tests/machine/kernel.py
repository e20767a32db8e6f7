"""A studio in memory: the kernel's own functions over dictionaries instead of files, git and PostgreSQL."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from studio_sync.core.basis import History, Remembered, Standpoint, Tip, basis, put_back
from studio_sync.core.kind import Field, Kind, Naming, Place, Slot
from studio_sync.core.merge import merge_value
from studio_sync.core.plan import Change, Plan
from studio_sync.core.reconcile import Action, Delta, Standing, agree, reconcile, with_merges
from studio_sync.core.record import Version, digests, parts, seen_parts
from studio_sync.core.seen import Note, Places, Story, newest, step
from studio_sync.core.value import canonical_text, digest
from studio_sync.database.write import Written
from studio_sync.files.entries import Base
from studio_sync.sync.comparison import Comparison, RowFacts
from studio_sync.sync.recording import (
    bases_after,
    is_noted,
    left_behind,
    partly,
    pulled_base,
    pushed_notes,
    said_now,
)
from studio_sync.sync.recording import remembered as remembered_base

KIND = Kind(
    name="page",
    table="pages",
    file="page.md",
    slot=Slot(column="number", naming=Naming.NUMBERED),
    identified=True,
    fields=(Field(name="title", required=True), Field(name="text", place=Place.BODY)),
)
NAMES = ("title", "text")

_RUNS = count(1)
"""Numbers of runs, which never come again, whatever is restored."""

Values = dict[str, str]
"""What a page says: its title (one token) and its text (a token a paragraph)."""


def tokens(values: Values | None) -> set[str]:
    """All tokens that a page says."""
    return set() if values is None else {t for name in NAMES for t in values[name].split()}


def version(rid: str, values: Values | None) -> Version | None:
    """The version that a page's values are."""
    if values is None:
        return None
    canonical = {"title": values["title"], "text": canonical_text(values["text"]) or None}
    return Version(rid, KIND.name, "", rid, digests(KIND, canonical))


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

    def compare(self, seen_rows: dict[str, Values] | None = None) -> Comparison:
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
            if local is not None and remote is not None and agree(KIND, local, remote):
                number = story.latest if story else 0
                self.bases[rid] = Base(remote, rid, b"", None, settled=True, number=number, at=self.clock)
                if story is None or story.versions.get(story.latest) != remote:
                    out.unrecorded.append(self.bases[rid])
                continue
            stands = self._stands(rid, story, local, remote, base)
            out.standpoints[rid] = stands
            if remote is None and self.hidden and (stands.known or base) and self.rules.hidden_is_not_gone:
                continue
            delta = reconcile(KIND, stands.base, local, remote, known=stands.known)
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
                fields = dict.fromkeys(NAMES, Standing.AHEAD)
                delta = replace(delta, fields=fields, standing=Standing.AHEAD)
            out.deltas.append(delta)
            held = base or (Base(stands.base, rid, b"", None, settled=False) if stands.base else None)
            if held is not None:
                self.bases[rid] = remembered_base(held, delta, stands, self.clock)
        return out

    def _forget(self, rid: str) -> None:
        if self.bases.pop(rid, None) is not None:
            self.gone[rid] = self.clock

    def _stands(
        self, rid: str, story: Story | None, local: Version | None, remote: Version | None, base: Base | None
    ) -> Standpoint:
        memory = None
        if base is not None:
            places = {**dict.fromkeys(seen_parts(KIND, base.version), base.number), **base.places}
            memory = Remembered(base.version, places, base.held)
        elif rid in self.gone and local is not None and remote is None:
            memory = Remembered(None)
        at = base.at if base else self.gone.get(rid, 0)
        before = [m for m in self.moments if m[0] <= at]
        old_head = before[-1][1] if before else 0
        broken = not before or any(m[2] for m in self.moments if m[0] > at)
        history = History(
            broken and self.rules.memory_ends_at_checkout,
            old_head != self.head,
            lambda said: self._taken_back(rid, local, said, old_head, at),
            lambda: self._tips(rid, story),
        )
        return basis(KIND, story, local, remote, memory, history)

    def _taken_back(
        self, rid: str, local: Version | None, said: bytes, old_head: int, at: int
    ) -> frozenset[str]:
        at_head = version(rid, self.git.commits[self.head][1].get(rid))
        if at_head is None or not self.rules.memory_ends_at_checkout:
            return frozenset()
        before = version(rid, self.git.commits[old_head][1].get(rid)) if old_head else None
        rewritten = self.rewritten.get(rid, 0) >= at and at_head == before
        state = before.digests if before else None
        now = local.digests if local else None
        return put_back(KIND, now, said, at_head.digests, state, rewritten=rewritten)

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
            if name not in NAMES or name not in seen_parts(KIND, delta.base) or not number:
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
        run = next(_RUNS)
        for delta in wanted:
            rid, old = delta.rid, self.database.rows.get(delta.rid)
            fields = delta.having(Standing.AHEAD)
            if delta.action is Action.DELETE:
                new = None
                self.database.rows.pop(rid, None)
            elif delta.remote is None:
                new = dict(self.files[rid])
                self.database.rows[rid] = new
            else:
                new = {n: (self.files if n in fields else before)[rid][n] for n in NAMES}
                self.database.rows[rid] = new
            changes.append((delta, fields, new))
            done.append((rid, old, new))
        numbers = {d.rid: self.database.record(d.rid, new) for d, _, new in changes}
        if changes:
            self.database.runs.append(run)
        plan = Plan(tuple(_change(d, f, version(d.rid, new)) for d, f, new in changes))
        written = Written(0, numbers=numbers)
        if changes:
            self._note(note for _, note in pushed_notes(plan, written, out))
        if crash:
            return done
        for base in bases_after(plan, written, out, frozenset()):
            self.bases[base.version.rid] = replace(base, at=self.clock)
        for delta, _, new in changes:
            if new is None:
                self._forget(delta.rid)
            if not self.rules.base_from_written and delta.rid in self.database.rows:
                row = version(delta.rid, self.database.rows[delta.rid])
                if row is not None and delta.rid in self.bases:
                    number = self.bases[delta.rid].number
                    self.bases[delta.rid] = Base(
                        row, delta.rid, b"", None, settled=True, number=number, at=self.clock
                    )
        if changes:
            self.last_run = run
        return done

    def _note(self, notes: Iterable[Note]) -> None:
        for note in notes:
            if not self.rules.notes_name_fields:
                note = replace(note, fields=frozenset(parts(KIND, note.content) or NAMES))  # noqa: PLW2901
            self.database.notes.setdefault(note.content.rid, []).append(note)

    # --- pull

    def pull(  # noqa: PLR0915
        self, *, crash: int | None = None, keep: str = "", forgets: bool = False
    ) -> tuple[
        list[tuple[str, Values | None, Values | None]], list[tuple[str, Values | None, Values | None]]
    ]:
        """Bring what the database changed; (page, before, after) of the files written, and what was settled.

        `crash` ends it after so many files, before notes and memory are written; with `forgets` it ends
        before the memory.
        """
        out = self.compare()
        done: list[tuple[str, Values | None, Values | None]] = []
        decided: list[tuple[str, Values | None, Values | None]] = []
        bases: list[Base] = []
        settled: dict[str, frozenset[str]] = {}
        rows = {r: v for r, v in self.database.rows.items() if r not in self.hidden}
        if not self.rules.base_last:
            for delta in out.deltas:
                if delta.remote is not None and delta.standing is Standing.BEHIND:
                    story = self.database.story(delta.rid)
                    number = (story.latest if story else 0) + 1
                    self.bases[delta.rid] = Base(
                        delta.remote, delta.rid, b"", None, settled=True, number=number, at=self.clock
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
        for delta in deltas:
            if delta.standing is Standing.CONFLICT:
                self.shown[delta.rid] = (delta.local, delta.remote)
                continue
            if crash is not None and len(done) >= crash:
                return done, decided
            rid, old = delta.rid, self.files.get(delta.rid)
            fields = (*delta.having(Standing.BEHIND), *delta.having(Standing.DIVERGED))
            if not delta.fields and delta.standing is Standing.BEHIND:
                if delta.remote is None:
                    self.files.pop(rid)
                    done.append((rid, old, None))
                    continue
                self.files[rid] = dict(rows[rid])
            elif fields:
                new = dict(self.files[rid])
                for name in fields:
                    diverged = delta.fields[name] is Standing.DIVERGED
                    new[name] = self.merges[rid][name] if diverged else rows[rid][name]
                self.files[rid] = new
            elif rid not in settled:
                continue
            data = version(rid, self.files.get(rid))
            change = _change(delta, fields, data)
            if delta.remote is None:
                continue
            if data is None or (
                rid in settled and not fields and not (not delta.fields and delta.standing is Standing.BEHIND)
            ):
                frame = Base(delta.remote, rid, b"", None, settled=False, held=data.digests if data else None)
                left = left_behind(delta)
                bases.append(partly(delta, out, delta.remote, left, 0, frame) if left else frame)
            else:
                bases.append(pulled_base(change, delta, out, rid, data.digests))
            if self.files.get(rid) != old:
                done.append((rid, old, self.files.get(rid)))
        if crash is not None:
            return done, decided
        self._notes(out, bases, settled, numbers)
        if not forgets:
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
        settled: dict[str, frozenset[str]],
        numbers: dict[str, int],
    ) -> None:
        """Enter notes, as sync.seeing does."""
        database, deltas = self.database, {d.rid: d for d in out.deltas}
        stood = {b.version.rid: b for b in bases}
        notes = []
        for rid, delta in deltas.items():
            content, story = said_now(delta, stood.get(rid), None), database.story(rid)
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
        """Remember what was pulled, as sync.pulling does."""
        database, deltas = self.database, {d.rid: d for d in out.deltas}
        for base in (*bases, *out.unrecorded):
            story = database.story(base.version.rid)
            number = numbers.get(base.version.rid) or (story.latest if story else base.number)
            self.bases[base.version.rid] = replace(base, number=number, at=self.clock)
        for rid in {*self.bases} - {*self.files} - {*self.database.rows}:
            self._forget(rid)
        for rid in settled:
            if deltas[rid].remote is None and rid in self.files:
                self.bases.pop(rid, None)
                self.gone[rid] = self.clock
        self.last_run = database.runs[-1] if database.runs else 0


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
        KIND, delta.rid, "", action, fields, delta.remote, after, None, (), delta.rid, delta.rid, top="-"
    )
