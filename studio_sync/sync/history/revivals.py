"""Revivals: the files that a restore or an undo writes; an approval only with the words that it was of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_sync.core.history.known_versions import RecordHistory
from studio_sync.core.history.merge_base import Tip
from studio_sync.core.plan.reconcile import Action, Delta
from studio_sync.core.status.rules import StatusRules
from studio_sync.core.status.stale_approvals import was_locked_so
from studio_sync.core.values.kind import STATUS, Kind
from studio_sync.core.values.problem import Problem
from studio_sync.core.values.record import Omitted, Rid, Version, digests, field_digests
from studio_sync.core.values.value import ABSENT, Value
from studio_sync.errors import StudioError, gravest_code
from studio_sync.files.memory.entries import FileEntry
from studio_sync.sync.history.catalogue import Catalogue

if TYPE_CHECKING:
    from studio_sync.database.store_ledger import StoreLedger
    from studio_sync.database.values.ledger_past import LedgerMoment


@dataclass(frozen=True, slots=True)
class Revival:
    """A file to write. `values` are the fields to write; all of them for a new file.

    `note` tells people what will differ from that moment.
    """

    rid: Rid
    kind: Kind
    key: str
    path: str
    action: Action
    values: Mapping[str, Value | Omitted]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Restored:
    """What is written, what is left and why, and how many files were already as they were then.

    `failed`: the errors of the files that could not be written, which are among those left.
    """

    moment: "LedgerMoment"
    revivals: Sequence[Revival]
    left: tuple[Problem, ...]
    settled: int
    failed: Sequence[StudioError] = ()

    @property
    def exit_code(self) -> int:
        """Of a run that leaves something: 3 if the system let nothing be written."""
        return 1 if self.revivals else gravest_code(self.failed)


def revived_files(revivals: Iterable[Revival], catalogue: Catalogue) -> dict[Rid, FileEntry]:
    """The files that come back: what was moved out of their folders can be moved back into them."""
    found: dict[Rid, FileEntry] = {}
    for one in revivals:
        if one.action is Action.CREATE:
            place = catalogue.held[one.rid].place
            above = catalogue.path(place.parent) if place.parent else ""
            found[one.rid] = FileEntry(one.path, b"", one.kind.name, above, place.slot, one.rid, None, ())
    return found


def with_approved_words(
    revivals: Sequence[Revival],
    ledger: "StoreLedger",
    rules: StatusRules,
    now: Callable[[Rid], Mapping[str, Value | Omitted]],
) -> tuple[list[Revival], list[Revival]]:
    """The revivals, less each locking status beside words that it never locked; and those that had one.

    `now` are the values of a record's file.
    """
    # G10: nobody has read what a command puts together, so it approves only what was approved as one.
    asked = {
        r.rid: Version(r.rid, r.kind.name, "", "", digests(r.kind, {**now(r.rid), **r.values}))
        for r in revivals
        if isinstance(status := r.values.get(STATUS), str) and rules.locks(r.kind, status)
    }
    histories = ledger.histories(asked.keys()) if asked else {}
    kept, unread = list[Revival](), list[Revival]()
    for revival in revivals:
        version, history = asked.get(revival.rid), histories.get(revival.rid)
        versions = history.versions.values() if history else ()
        if version is None or was_locked_so(revival.kind, rules, versions, version):
            kept.append(revival)
            continue
        unread.append(revival)
        rest = {name: value for name, value in revival.values.items() if name != STATUS}
        if revival.action is Action.UPDATE and rest:
            kept.append(replace(revival, values=rest, note=""))
    return kept, unread


def is_seen(tip: Tip, history: RecordHistory, delta: Delta | None, entry: FileEntry | None) -> bool:
    """Whether HEAD knows the database's version: by number in every field, or by equal content.

    `delta` is None where file and row agree, `entry` where there is no file.
    """
    if all(tip.known.get(name, 0) >= history.latest for name in history.fields):
        return True
    if delta is None and entry is not None:
        return tip.content is not None and tip.content.digests == entry.digests
    row = delta.remote if delta else None
    if row is None or tip.content is None:
        return row is None and tip.content is None
    row_digests, tip_digests = field_digests(history.kind, row), field_digests(history.kind, tip.content)
    return all(value in (ABSENT, row_digests[name]) for name, value in tip_digests.items())
