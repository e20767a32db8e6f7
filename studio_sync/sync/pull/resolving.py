"""Settling conflicts: which of them may be settled now, and what a decision makes of a record."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from studio_sync.core.merge.markers import marked
from studio_sync.core.plan.plan import Refusal
from studio_sync.core.plan.reconcile import Action, Delta, Standing, gravest
from studio_sync.core.values.kind import Place, Type
from studio_sync.core.values.record import Omitted, Rid, Version
from studio_sync.core.values.value import Value, json_bytes
from studio_sync.files.memory.memory import Memory
from studio_sync.sync.compare.compare import Comparer
from studio_sync.sync.compare.values import Values
from studio_sync.sync.options import Keep, Wish
from studio_sync.sync.read.spool import Spool


@dataclass(slots=True)
class Settled:
    """What became of a decision: the fields that were settled, by record (none: the whole record).

    `refused` could not be settled.
    """

    fields: dict[Rid, frozenset[str]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)


def sides(delta: Delta) -> str:
    """A digest of both sides of a conflict: what was shown is settled only while it is still so."""
    hashed = blake2b(digest_size=16)
    for version in (delta.local, delta.remote):
        hashed.update(b"\0" if version is None else _told(version))
    return hashed.hexdigest()


def _told(version: Version) -> bytes:
    return f"{version.parent}\0{version.slot}\0".encode() + version.digests


def show(memory: Memory, db: int, deltas: Sequence[Delta]) -> None:
    """Remember that these conflicts were shown as they are now."""
    conflicts = [(d.rid, sides(d)) for d in deltas if d.standing is Standing.CONFLICT]
    if conflicts:
        with memory.changing():
            memory.set_shown(db, conflicts)


class Settler:
    """Turns conflicts into what a decision makes of them: to push, to pull, or merged with marks."""

    def __init__(self, memory: Memory, db: int, comparer: Comparer, spool: Spool, values: Values) -> None:
        self._memory, self._db, self._out = memory, db, comparer.out
        self._ledger, self._spool, self._values = comparer.ledger, spool, values

    def settle(self, deltas: Sequence[Delta], wish: Wish) -> tuple[list[Delta], Settled]:
        """The deltas as they stand after the decision, and what it settled."""
        settled = Settled()
        found = [self._settle(d, wish, settled) if d.standing is Standing.CONFLICT else d for d in deltas]
        return found, settled

    def _settle(self, delta: Delta, wish: Wish, settled: Settled) -> Delta:
        if self._memory.shown(self._db, delta.rid) != sides(delta):
            settled.refused.append(
                Refusal(
                    delta,
                    "not-shown",
                    "this conflict was not shown as it is now, so it was not settled",
                    "look at it with `studio diff`, then run the command again",
                )
            )
            return delta
        if not delta.fields:
            return self._whole(delta, wish, settled)
        names = self._names(delta, wish, settled)
        if not names:
            return delta
        settled.fields[delta.rid] = frozenset(names)
        if wish.keep is Keep.BOTH:
            self._mark(delta, names)
        standing = _AFTER[wish.keep]
        fields = {n: standing if n in names else s for n, s in delta.fields.items()}
        return replace(delta, fields=fields, standing=gravest(fields))

    def _whole(self, delta: Delta, wish: Wish, settled: Settled) -> Delta:
        """A record that one side deleted and the other one changed."""
        if wish.keep is Keep.BOTH or wish.fields:
            settled.refused.append(
                Refusal(
                    delta,
                    "conflict",
                    "one side has deleted this record, so there are no two versions of a field to keep",
                    "keep it as one side has it: --keep files, or --keep database, without --field",
                )
            )
            return delta
        settled.fields[delta.rid] = frozenset()
        there = delta.local if wish.keep is Keep.FILES else delta.remote
        standing = Standing.AHEAD if wish.keep is Keep.FILES else Standing.BEHIND
        action = Action.CREATE if there is not None else Action.DELETE
        return replace(delta, standing=standing, action=action)

    def _names(self, delta: Delta, wish: Wish, settled: Settled) -> Collection[str]:
        conflicts = delta.having(Standing.CONFLICT)
        wanted = [n for n in conflicts if not wish.fields or n in wish.fields]
        if wish.keep is not Keep.BOTH:
            return wanted
        texts = {f.name for f in delta.kind.fields if f.type is Type.TEXT and f.place is Place.BODY}
        others = [n for n in wanted if n not in texts]
        if others:
            settled.refused.append(
                Refusal(
                    delta,
                    "conflict",
                    f"both versions can stand in a text only, not in {', '.join(others)}",
                    "settle them with --field NAME --keep files, or --keep database",
                )
            )
        return [n for n in wanted if n in texts]

    def _mark(self, delta: Delta, names: Collection[str]) -> None:
        """Put both versions of texts into what a pull will write, between marks."""
        local, remote = self._values.local(delta.rid), self._values.remote(delta.rid)
        places = self._out.standpoints[delta.rid].places
        wanted = {(delta.rid, places[n]) for n in names if n in places}
        documents = self._ledger.documents(wanted)
        texts: dict[str, Value] = {}
        for name in names:
            base = documents.get((delta.rid, places.get(name, 0)), {}).get(name)
            seen = base if isinstance(base, str) else None
            texts[name] = marked(seen, _text(local[name]), _text(remote[name]))
        if f"merge:{delta.rid}" in self._spool:
            texts = {**self._spool.get(f"merge:{delta.rid}"), **texts}
        self._spool.put(f"merge:{delta.rid}", json_bytes(texts))


_AFTER = {Keep.FILES: Standing.AHEAD, Keep.DATABASE: Standing.BEHIND, Keep.BOTH: Standing.DIVERGED}


def _text(value: Value | Omitted) -> str:
    return value if isinstance(value, str) else ""
