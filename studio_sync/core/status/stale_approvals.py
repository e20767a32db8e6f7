"""Stale approvals: approved records that changed since, or that have unapproved work below them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from studio_sync.core.status.rules import StatusRules
from studio_sync.core.status.transition import Forest, StatusNode, field_digest, is_at, status_of
from studio_sync.core.values.kind import STATUS, Kind, Need
from studio_sync.core.values.record import Rid, Version

_FEW = 5


@dataclass(frozen=True, slots=True)
class StaleApproval:
    """A locked record whose approval is stale, and why.

    `changed`: the fields that changed since it was locked. `work`: by kind, how many records below it no
    longer have the status that it requires; `missing`: the required kinds without any record; `edited`: by
    kind, how many locked records below it changed since. `below`: the first few of those records.
    """

    rid: Rid
    status: str
    changed: tuple[str, ...] = ()
    work: tuple[tuple[str, int], ...] = ()
    missing: tuple[str, ...] = ()
    edited: tuple[tuple[str, int], ...] = ()
    below: tuple[Rid, ...] = ()

    def __str__(self) -> str:
        """`published, 1 session in work`."""
        parts = [self.status, *(["changed since"] if self.changed else [])]
        parts += [f"{_counted(count, kind)} in work" for kind, count in self.work]
        parts += [f"no {kind}" for kind in self.missing]
        parts += [f"{_counted(count, kind)} changed since" for kind, count in self.edited]
        return ", ".join(parts)


def _counted(count: int, kind: str) -> str:
    plural = "" if count == 1 else "zes" if kind.endswith("z") else "s"
    return f"{count} {kind}{plural}"


def changed_since(
    kind: Kind, rules: StatusRules, history: Iterable[Version | None], now: Version
) -> tuple[str, ...]:
    """The fields in which a locked record differs from what it was when it was last locked.

    `history` are its known versions, oldest first, None where it was deleted. If no known version locked it,
    the result is empty.
    """
    then: Version | None = None
    for version in history:
        if not rules.locks(kind, status_of(kind, version)):
            then = None
        elif then is None:
            then = version
    if then is None or not rules.locks(kind, status_of(kind, now)) or len(then.digests) != len(now.digests):
        return ()
    return _differing(kind, then, now)


def was_locked_so(kind: Kind, rules: StatusRules, history: Iterable[Version | None], now: Version) -> bool:
    """Whether a record has been locked before, with the status and the words of `now`.

    `history` are its known versions, oldest first. Words that changed while they were locked don't count.
    """
    then: Version | None = None
    for version in history:
        if version is None or not rules.locks(kind, status_of(kind, version)):
            then = None
            continue
        then = then or version
        same = len(then.digests) == len(now.digests) and not _differing(kind, then, now)
        if same and status_of(kind, version) == status_of(kind, now):
            return True
    return False


def _differing(kind: Kind, then: Version, now: Version) -> tuple[str, ...]:
    """The fields in which the words of two versions differ; status and order are not words."""
    names = [field.name for field in kind.fields if field.name != STATUS and not field.loose]
    return tuple(name for name in names if field_digest(kind, then, name) != field_digest(kind, now, name))


def stale_approvals(
    tops: Iterable[StatusNode], forest: Forest, rules: StatusRules, changed: Mapping[Rid, tuple[str, ...]]
) -> dict[Rid, StaleApproval]:
    """The locked records of `tops` whose approval is stale; `tops` are ordered from the lowest up.

    `forest` has their descendants. A stale record with work below counts as work for those above it.
    """
    found: dict[Rid, StaleApproval] = {}
    asked: dict[tuple[str, str], dict[str, set[str]]] = {}
    for top in tops:
        asking = (top.kind.name, str(top.status))
        if asking not in asked:
            asked[asking] = _asked(rules.needs(top.kind, str(top.status)))
        if not asked[asking] and top.rid not in changed:
            continue
        work: dict[str, int] = {}
        edited: dict[str, int] = {}
        below: list[Rid] = []
        there: set[str] = set()
        for node in forest.below(top.rid, asked[asking]):
            name = node.kind.name
            there.add(name)
            mine = found.get(node.rid)
            if (mine and (mine.work or mine.missing)) or not all(is_at(node, s) for s in asked[asking][name]):
                work[name] = work.get(name, 0) + 1
            elif node.rid in changed or (mine and mine.edited):
                edited[name] = edited.get(name, 0) + 1
            else:
                continue
            below.append(node.rid)
        missing = [name for name in asked[asking] if name not in there]
        new = StaleApproval(
            top.rid, str(top.status), changed.get(top.rid, ()), tuple(work.items()), tuple(missing),
            tuple(edited.items()), tuple(below[:_FEW]),
        )  # fmt: skip
        if new != StaleApproval(top.rid, str(top.status)):
            found[top.rid] = new
    return found


def _asked(needs: Iterable[Need]) -> dict[str, set[str]]:
    """By kind, the statuses that records below must have reached."""
    found: dict[str, set[str]] = {}
    for need in needs:
        for name in need.of:
            found.setdefault(name, set()).add(need.status)
    return found
