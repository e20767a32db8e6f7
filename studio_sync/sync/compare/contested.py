"""Conflicts with all that one needs to decide them: the three values, and who changed the row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from studio_sync.core.merge.json_diff import ABSENT, Side
from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.values.kind import STATUS, Field
from studio_sync.core.values.record import Omitted, seen_parts
from studio_sync.core.values.value import digest
from studio_sync.database.postgres.ledger.authors import authors
from studio_sync.sync.compare.compare import Comparer
from studio_sync.sync.compare.values import Values

if TYPE_CHECKING:
    from psycopg import Connection

_APART = "a step in status and a change of content on the other side don't merge: nobody has read both"


@dataclass(frozen=True, slots=True)
class ContestedField:
    """A field's three values, ABSENT for what a side does not say; `why` where the values don't show it."""

    field: Field
    base: Side
    local: Side
    remote: Side
    why: str = ""


@dataclass(frozen=True, slots=True)
class Contested:
    """A record in conflict. `at` and `actor` tell of the row's last change ("" and None: not known)."""

    delta: Delta
    fields: tuple[ContestedField, ...]
    at: datetime | None = None
    actor: str = ""
    message: str = ""


def contested(
    connection: "Connection[Any]", comparer: Comparer, deltas: Sequence[Delta], values: Values
) -> list[Contested]:
    """All of the deltas that are in conflict; their rows must have been read."""
    conflicts = [d for d in deltas if d.standing is Standing.CONFLICT]
    if not conflicts:
        return []
    places = {d.rid: comparer.out.standpoints[d.rid].places for d in conflicts}
    wanted = {(rid, number) for rid, found in places.items() for number in found.values()}
    documents = comparer.ledger.documents(wanted)
    known = authors(connection, [d.rid for d in conflicts]) if comparer.ledger.readable else {}
    found = []
    for delta in conflicts:
        author = known.get(delta.rid)
        fields = tuple(
            _field(delta, name, documents.get((delta.rid, places[delta.rid].get(name, 0)), {}), values)
            for name in delta.having(Standing.CONFLICT)
            if name in {f.name for f in delta.kind.fields}
        )
        if author is not None and author.version == delta.remote:
            found.append(Contested(delta, fields, author.at, author.actor, author.message))
        else:
            facts = comparer.out.facts.get(delta.rid)
            at = datetime.fromisoformat(facts.updated_at) if facts and facts.updated_at else None
            found.append(Contested(delta, fields, at))
    return found


def _field(delta: Delta, name: str, document: object, values: Values) -> ContestedField:
    base: Side = ABSENT
    seen = seen_parts(delta.kind, delta.base).get(name)
    if isinstance(document, dict) and name in document and digest(document[name]) == seen:
        base = document[name]
    local = values.local(delta.rid).get(name, ABSENT)
    remote = values.remote(delta.rid).get(name, ABSENT)
    apart = name == STATUS and len(delta.having(Standing.CONFLICT)) > 1
    return ContestedField(
        delta.kind.field(name), base, ABSENT if isinstance(local, Omitted) else local, remote,
        _APART if apart else "",
    )  # fmt: skip
