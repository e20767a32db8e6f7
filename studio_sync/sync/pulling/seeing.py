"""What the ledger gets of a pull: versions that it saw and that were not there yet, and notes on files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from studio_sync.core.reconcile import Action, Delta, Standing
from studio_sync.core.record import Rid, Version, parts
from studio_sync.core.seen import Note
from studio_sync.database.ledger import Entry
from studio_sync.database.recorder import Seen
from studio_sync.files.entries import Base
from studio_sync.sync.comparing.compare import Comparer
from studio_sync.sync.comparing.recording import is_noted, said_now
from studio_sync.sync.outcome import Outcome
from studio_sync.sync.reading.spool import Spool


class Recorder:
    """Finds what one pull has to enter."""

    def __init__(self, spool: Spool, comparer: Comparer, outcome: Outcome) -> None:
        self._spool, self._comparer, self._out = spool, comparer, comparer.out
        self._outcome = outcome
        self._deltas = {d.rid: d for d in outcome.deltas}
        self._stories = comparer.standpoints.stories
        self._settled = outcome.settled

    def seen(self) -> Iterator[Seen]:
        """The versions that the pull sees and the ledger does not have."""
        planned = {change.rid for change in self._outcome.plan.changes}
        latest = self._comparer.ledger.latest([r for r in self._deltas if r not in self._stories])
        for rid, delta in self._deltas.items():
            if delta.remote is None:
                continue
            story = self._stories.get(rid)
            newest = story.versions.get(story.latest) if story else latest.get(rid, (0, None))[1]
            if newest != delta.remote and (rid in planned or delta.local is not None):
                yield self._seen(delta.remote)
        for base in self._out.unrecorded:
            yield self._seen(base.version, base)
        yield from self._vanished()
        for change in self._outcome.plan.changes:
            if change.action is Action.DELETE and change.rid in self._stories:
                yield from self._gone(self._deltas[change.rid])
        for rid in self._settled:
            if self._deltas[rid].remote is None and rid not in planned:
                yield from self._gone(self._deltas[rid])

    def _seen(self, version: Version, base: Base | None = None) -> Seen:
        facts = self._out.facts.get(version.rid)
        own = base.row_id if base else facts.row_id if facts else b""
        token = base.token if base else facts.token if facts else None
        if f"row:{version.rid}" not in self._spool:
            self._comparer.remote.fetch_rows({version.kind: {own}})
        entry = Entry(
            version.rid, version.kind, self.top(version), _text(own), version.parent, version.slot,
            version.digests, partial(self._spool.text, f"row:{version.rid}"),
        )  # fmt: skip
        return Seen(entry, version, token)

    def _vanished(self) -> Iterator[Seen]:
        """Records that neither side has any more: the ledger may not know of it."""
        for rid, (_, version) in self._comparer.ledger.latest(self._out.vanished).items():
            facts = self._out.facts.get(rid)
            if version is not None and facts is not None:
                own = _text(facts.row_id)
                entry = Entry(rid, version.kind, self.top(version), own, version.parent, version.slot)
                yield Seen(entry, None, None)

    def _gone(self, delta: Delta) -> Iterator[Seen]:
        story, facts, some = self._stories.get(delta.rid), self._out.facts.get(delta.rid), delta.some
        own = _text(facts.row_id) if facts else delta.rid if delta.kind.identified else ""
        if own and story is not None and story.versions.get(story.latest) is not None:
            entry = Entry(delta.rid, delta.kind.name, self.top(some), own, some.parent, some.slot)
            yield Seen(entry, None, None)

    def top(self, version: Version) -> str:
        """The id of the row at the top above a record."""
        while version.parent:
            above = self._comparer.places.version(version.parent)
            if above is None:
                return version.parent
            version = above
        return version.rid

    def notes(self, bases: Sequence[Base], numbers: Mapping[Rid, int]) -> Iterator[tuple[str, Note]]:
        """Notes on files that were merged or settled, or that hold edits which were not pushed.

        `bases` are what the files stand on that were written or settled, `numbers` of new versions.
        """
        stood = {b.version.rid: b for b in bases}
        changes = {c.rid: c for c in self._outcome.done}
        for rid, delta in self._deltas.items():
            content = said_now(delta, stood.get(rid), changes.get(rid))
            story = self._stories.get(rid)
            number = numbers.get(rid) or (story.latest if story else 0)
            if rid in self._settled:
                fields = self._settled[rid] or frozenset(parts(delta.kind, delta.some))
            elif (
                content is None
                or delta.remote is None
                or not (delta.fields and (rid in stood or delta.standing is Standing.AHEAD))
            ):
                continue
            else:
                fields = frozenset(parts(delta.kind, content)) - frozenset(delta.having(Standing.CONFLICT))
            if content is None:
                continue
            note = Note(content, fields, number)
            # A version needs no note, unless somebody wanted an old one again.
            known = story is not None and content.digests and story.numbers_of(content)
            if not number or not fields or (known and rid not in self._settled):
                continue
            if not is_noted(story.notes if story else (), delta.kind, note):
                yield self.top(delta.some), note

    def numbered(self, bases: Sequence[Base], numbers: Mapping[Rid, int]) -> Iterator[Base]:
        """The bases of what was pulled, and of what agreed, with the numbers that the ledger has for them."""
        at = self._comparer.standpoints.at
        for base in (*bases, *(self._out.unrecorded if numbers else ())):
            story = self._stories.get(base.version.rid)
            number = numbers.get(base.version.rid) or (story.latest if story else base.number)
            yield replace(base, number=number, at=at)


def _text(own: bytes) -> str:
    return str(UUID(bytes=own))
