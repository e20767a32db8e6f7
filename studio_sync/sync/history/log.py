"""The log: the ledger's runs, newest first, and what each did to the records at given paths."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from studio_sync.core.plan.reconcile import Action
from studio_sync.core.values.kind import Kind
from studio_sync.core.values.layout import UNKNOWN_KEY
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import PARENT, Rid, Version, field_digests
from studio_sync.core.values.value import Value
from studio_sync.database.store import Store
from studio_sync.database.store_ledger import StoreLedger, StorePast
from studio_sync.database.values.ledger_documents import ELSEWHERE, MORE
from studio_sync.database.values.ledger_past import ALL_RUNS, RunFilter
from studio_sync.database.values.ledger_values import ONLY_READ
from studio_sync.errors import UnavailableError, UsageError
from studio_sync.sync.connection import DatabaseSource, connected
from studio_sync.sync.findings import unknown_entries
from studio_sync.sync.history.catalogue import Catalogue
from studio_sync.sync.history.log_filter import parse_moment
from studio_sync.sync.read.granted_folders import hold_reachable
from studio_sync.sync.replica import read

if TYPE_CHECKING:
    from studio_sync.database.values.ledger_past import Entered, LedgerMoment, Logged
    from studio_sync.database.values.row_change import RowChange
    from studio_sync.sync.studio import Studio

_REVISION = re.compile(r"[0-9a-f]{4,32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A run's change to one record. `before` and `after` have values only if contents were requested."""

    rid: Rid
    kind: Kind
    path: str
    key: str
    action: Action
    fields: tuple[str, ...]
    known: bool = True
    decision: Mapping[str, Value] = field(default_factory=dict)
    before: Mapping[str, Value] = field(default_factory=dict)
    after: Mapping[str, Value] = field(default_factory=dict)


_Values = Mapping[str, Value]
_State = tuple[Version | None, _Values | None]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A run with its changes."""

    run: "Logged"
    events: tuple[LogEvent, ...]


@dataclass(frozen=True, slots=True)
class LogReport:
    """Runs, newest first, and notes about what was left out."""

    chapters: tuple[Chapter, ...]
    problems: tuple[Problem, ...]
    read_from: str = ""
    """The label of the database, or of its replica."""

    @classmethod
    def of(cls, chapters: Iterable[Chapter], runs: StorePast) -> "LogReport":
        """Runs as read from the ledger."""
        return cls(tuple(chapters), tuple(unknown_entries(runs.left_out)))


@contextmanager
def reading(studio: "Studio", source: DatabaseSource) -> Iterator[tuple[Store, StorePast, Catalogue]]:
    """Open the ledger's past, with its records by path. Raises UnavailableError if it can't be read."""
    from studio_sync.sync.compare.bases.recognition import LastSeen, hold_replayed

    studio.documents.refresh()
    with connected(source, studio.kinds) as store, store.snapshot():
        ledger = store.ledger()
        hold_readable(ledger, source.label)
        server = store.server_history()
        hold_replayed(store, ledger, server, LastSeen.of(studio.memory, source.address), source.label)
        history = store.past()
        yield store, history, Catalogue(studio.workspace, studio.layout, studio.memory, history)


def hold_readable(ledger: StoreLedger, label: str) -> None:
    """Raise UnavailableError unless this role can read a ledger."""
    if ledger.is_newer:
        ledger.hold_writable(label)  # its message names the required version
    if not ledger.readable:
        raise UnavailableError(
            f"{label}: there is no ledger that this role may read",
            "let the database's owner run: studio db init; or ask who runs it for a grant",
        )


def log(
    studio: "Studio",
    source: DatabaseSource,
    scope: tuple[str, ...],
    limit: int,
    wanted: RunFilter = ALL_RUNS,
) -> LogReport:
    """The newest runs with changes at or below these paths, newest first, filtered by `wanted`."""
    found, where = read(source, lambda one: _log(studio, one, scope, limit, wanted), will_do=lambda _: True)
    return replace(found, read_from=where.label)


def _log(
    studio: "Studio", source: DatabaseSource, scope: tuple[str, ...], limit: int, wanted: RunFilter
) -> LogReport:
    with reading(studio, source) as (store, history, catalogue):
        hold_reachable(studio, store, scope)
        rids = catalogue.below(scope) if any(scope) else None
        runs = history.runs(rids, limit, wanted)
        events: dict[str, list[LogEvent]] = {run.id: [] for run in runs}

        def ours(place: Version) -> bool:
            return place.rid in catalogue.held and (not wanted.kinds or place.kind in wanted.kinds)

        entered = _unlogged(history, [*history.entered(events, rids)], {run.id: run for run in runs})
        for one in entered:
            if ours(one.place):
                events[one.run].append(_event(catalogue, one))
        for change in history.changes_in(events):
            if ours(change.place) and (rids is None or change.place.rid in rids):
                events[change.run].append(_changed_outside(catalogue, change))
        chapters = [Chapter(r, tuple(sorted(events[r.id], key=lambda e: e.path))) for r in runs]
        return LogReport.of((c for c in chapters if c.events), history)


def run_details(studio: "Studio", source: DatabaseSource, revision: str, scope: tuple[str, ...]) -> LogReport:
    """One run with the contents before and after it. Raises UsageError for an unknown revision."""
    found, where = read(
        replace(source, replica=None), lambda one: _show(studio, one, revision, scope), will_do=lambda _: True
    )
    return replace(found, read_from=where.label)


def _show(studio: "Studio", source: DatabaseSource, revision: str, scope: tuple[str, ...]) -> LogReport:
    with reading(studio, source) as (store, history, catalogue):
        run = revision_of(history, revision)
        rids = catalogue.below(scope) if any(scope) else None
        entered = [e for e in history.entered([run.id], rids) if e.place.rid in catalogue.held]
        documents = store.ledger().documents(
            {(e.place.rid, n) for e in entered for n in (e.number, e.before_number) if n}
        )
        contents = (
            [documents.get((e.place.rid, n), {}) for n in (e.before_number, e.number)] for e in entered
        )
        events = [_event(catalogue, e, *both) for e, both in zip(entered, contents, strict=True)]
        events += (
            _changed_outside(catalogue, change, contents=True)
            for change in history.changes_in([run.id])
            if change.place.rid in catalogue.held and (rids is None or change.place.rid in rids)
        )
        return LogReport.of([Chapter(run, tuple(sorted(events, key=lambda e: e.path)))], history)


def moment(history: StorePast, text: str) -> "LedgerMoment":
    """Parse a revision, one with "^" (right before it), or a time; "" is now. Raises UsageError."""
    from studio_sync.database.values.ledger_past import LedgerMoment

    if not text:  # by the server's clock: ours may be behind
        return next(LedgerMoment(run.at, run.id) for run in history.runs(None, 1))
    if _REVISION.fullmatch(text.removesuffix("^")):
        run = revision_of(history, text.removesuffix("^"))
        return LedgerMoment(run.at, run.id, before=text.endswith("^"))
    try:
        return LedgerMoment(parse_moment(text, datetime.now().astimezone()))
    except UsageError as error:
        hint = f"give what `studio log` shows, such as 3f9a2b1c; or {error.hint.removeprefix('give ')}"
        raise UsageError(f"{text} is neither a revision nor a time", hint) from None


def revision_of(history: StorePast, revision: str) -> "Logged":
    """The run of a revision. Raises UsageError if there is none."""
    found = history.run(revision) if _REVISION.fullmatch(revision) else []
    if len(found) == 1:
        return found[0]
    what = "names more than one run" if found else "is no revision that the ledger has"
    raise UsageError(f"{revision} {what}", "`studio log` shows them; the first eight signs are enough")


def _event(
    catalogue: Catalogue, entered: "Entered", before: _Values | None = None, after: _Values | None = None
) -> LogEvent:
    states = ((entered.before, before), (entered.after, after))
    return replace(
        _change(catalogue, entered.place.rid, *states), known=entered.known, decision=entered.decision
    )


def _changed_outside(catalogue: Catalogue, change: "RowChange", *, contents: bool = False) -> LogEvent:
    """A change made outside studio, as recorded by change tracking."""
    before, after = (
        (side.version, side.values if contents else None) if side else (None, None)
        for side in (change.before, change.after)
    )
    return _change(catalogue, change.place.rid, before, after)


def _change(catalogue: Catalogue, rid: Rid, before: _State, after: _State) -> LogEvent:
    """The change of a record from one state to another."""
    kind, versions = catalogue.kind(rid), (before[0], after[0])
    action = Action.DELETE if after[0] is None else Action.CREATE if before[0] is None else Action.UPDATE
    return LogEvent(
        rid, kind, catalogue.path(rid), catalogue.key(rid), action, _changed(kind, *versions),
        before=_values(catalogue, kind, *before), after=_values(catalogue, kind, *after),
    )  # fmt: skip


def _unlogged(
    history: StorePast, entered: Sequence["Entered"], runs: Mapping[str, "Logged"]
) -> list["Entered"]:
    """The entries without those by which a command merely recorded a change that was tracked already."""
    reads = [e for e in entered if runs[e.run].source in ONLY_READ]
    known = history.changes_of({e.place.rid for e in reads}) if reads else {}
    shown = {
        (rid, change.after.version.digests if change.after else None)
        for rid, found in known.items()
        for change in found
    }
    doubled = {
        (e.run, e.place.rid) for e in reads if (e.place.rid, e.after.digests if e.after else None) in shown
    }
    return [e for e in entered if (e.run, e.place.rid) not in doubled]


def _changed(kind: Kind, before: Version | None, after: Version | None) -> tuple[str, ...]:
    """The names of the fields that differ, place included; none for a created or deleted record."""
    if before is None or after is None:
        return ()
    old = field_digests(kind, before)
    return tuple(name for name, value in field_digests(kind, after).items() if old.get(name) != value)


def _values(catalogue: Catalogue, kind: Kind, version: Version | None, values: _Values | None) -> _Values:
    """A version's values by field, with its place; the parent is given by its key."""
    if version is None or values is None:
        return {}
    names = {*(f.name for f in kind.fields), MORE, ELSEWHERE}
    found = {name: value for name, value in values.items() if name in names}
    if kind.identified and kind.slot:
        found[kind.slot.column] = version.slot
    if kind.identified and version.parent:
        found[PARENT] = catalogue.key(version.parent) or UNKNOWN_KEY
    return found
