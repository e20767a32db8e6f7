"""Audit of approvals: find stale approvals in a database, from the workspace's memory and the ledger."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from shlex import quote
from typing import TYPE_CHECKING, Any

from studio_sync.core.status.rules import StatusRules
from studio_sync.core.status.transition import Forest, StatusNode, status_of
from studio_sync.core.values.bounds import chunks
from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import Rid, Version
from studio_sync.core.values.value import DIGEST_SIZE, digest
from studio_sync.sync.compare.compared import Compared
from studio_sync.sync.compare.record_places import RecordPlaces
from studio_sync.sync.read.scope import in_scope

if TYPE_CHECKING:
    from studio_sync.core.status.stale_approvals import StaleApproval


class StaleApprovalFinder:
    """Finds the locked records of a workspace whose approval is stale."""

    def __init__(self, rules: StatusRules, compared: Compared) -> None:
        self._kinds, self._rules = compared.sides.kinds, rules
        self._memory, self._db = compared.sides.base.memory, compared.sides.base.db
        self._ledger = compared.ledger
        self._seen = str(compared.remote.evidence.digest)
        self._rows: dict[Rid, Version | None] = {d.rid: d.remote for d in compared.out.deltas}

    def find(self) -> "list[StaleApproval]":
        """All stale approvals, ancestors before descendants. The result is cached until a row changes."""
        name, key = f"stale_approvals:{self._db}", f"{self._seen} {self._rules}"
        kept = json.loads(self._memory.fact(name) or "[null, []]")
        if self._seen and kept[0] == key:
            return [_load(values) for values in kept[1]]
        found = self._find()
        if self._seen:
            text = json.dumps([key, [asdict(u) for u in found]])
            self._memory.keep(lambda: self._memory.set_fact(name, text))
        return found

    def _find(self) -> "list[StaleApproval]":
        locked = self._locked()
        if not locked:
            return []
        from studio_sync.core.status.stale_approvals import changed_since, stale_approvals

        changed = {}
        known = {version.rid for version in locked}
        histories = self._ledger.histories(self._ledger.repeated(known) | (self._rows.keys() & known))
        for version in locked if histories else ():
            history = histories.get(version.rid)
            kind = self._kinds[version.kind]
            names = changed_since(kind, self._rules, history.versions.values(), version) if history else ()
            if names:
                changed[version.rid] = names
        tops = [self._node(v) for v in reversed(locked)]
        forest = Forest(self._below([top.rid for top in tops if top.kind.needs]))
        found = stale_approvals(tops, forest, self._rules, changed)
        return list(found.values())[::-1]

    def _locked(self) -> list[Version]:
        """The locked rows of the database, parents before children."""
        conditions, given = [], []
        for kind in self._kinds:
            if kind.flow:
                at = next(i for i, f in enumerate(kind.fields) if f.name == STATUS) * DIGEST_SIZE + 1
                words = [digest(status) for status in kind.flow if self._rules.locks(kind, status)]
                conditions.append(f"kind = ? AND substr(digests, ?, ?) IN ({','.join('?' * len(words))})")
                given += [kind.name, at, DIGEST_SIZE, *words]
        where = f"({' OR '.join(conditions)})"
        known = self._memory.versions_where(self._db, where, *given) if given else []
        rows = (row for row in self._rows.values() if row is not None)
        found = [version for version in known if version.rid not in self._rows]
        found += [
            row
            for row in rows
            if self._rules.locks(self._kinds[row.kind], status_of(self._kinds[row.kind], row))
        ]
        ranks = {kind.name: i for i, kind in enumerate(self._kinds)}
        return sorted(found, key=lambda version: ranks[version.kind])

    def _below(self, parents: Sequence[Rid]) -> Iterator[StatusNode]:
        rows: dict[Rid, list[Version]] = defaultdict(list)
        for row in filter(None, self._rows.values()):
            rows[row.parent].append(row)
        reported: set[Rid] = set()
        while parents:
            level = [v for parent in parents for v in rows.get(parent, ())]
            for chunk in chunks(parents, 500):
                where = f"parent IN ({','.join('?' * len(chunk))})"
                known = self._memory.versions_where(self._db, where, *chunk)
                level += [version for version in known if version.rid not in self._rows]
            level = [v for v in level if v.rid not in reported]
            reported.update(v.rid for v in level)
            yield from map(self._node, level)
            parents = [v.rid for v in level if self._kinds.children(v.kind)]

    def _node(self, version: Version) -> StatusNode:
        kind = self._kinds[version.kind]
        return StatusNode(version.rid, kind, version.parent, status_of(kind, version))


def problems_of(
    found: "Sequence[StaleApproval]", places: RecordPlaces, prefix: str, scope: tuple[str, ...]
) -> Iterator[Problem]:
    """The stale approvals as warnings about the records' files."""
    for stale in found:
        inner = places.path(stale.rid)
        if not in_scope(inner, scope):
            continue
        path = prefix + inner
        hints = []
        if stale.changed:
            hints.append(
                f"changed: {', '.join(stale.changed)}; `studio log {quote(path)}` shows who did it and when;"
                " to resolve it, reopen and approve it again"
            )
        if stale.below:
            hints.append("see " + ", ".join(prefix + places.path(rid) for rid in stale.below))
        code = "changed-since" if stale.changed else "in-work"
        yield Problem(path, 0, 0, code, str(stale), "\n".join(hints), Severity.WARNING)


def _load(values: dict[str, object]) -> "StaleApproval":
    from studio_sync.core.status.stale_approvals import StaleApproval

    return StaleApproval(**{name: _frozen(value) for name, value in values.items()})


def _frozen(value: Any) -> Any:
    """A value from JSON with tuples instead of lists."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
