"""Access overview: grants, roles exempt from row-level security, and foreign policies."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studio_sync.database.access.access import Access, Granted
from studio_sync.database.access.granting import POLICIES
from studio_sync.database.access.privilege_audit import excess_privileges


@dataclass(frozen=True, slots=True)
class ForeignPolicy:
    """A policy that studio didn't create. A restrictive one narrows access, a permissive one widens it."""

    table: str
    name: str
    roles: str
    command: str
    rule: str
    restrictive: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The result of `studio db access`.

    `unbound`: (role, reason) of those that see every row. `further`: (role, problem, way out) of granted
    roles that reach further than their grants. `stale`: tables with outdated policies, and missing functions.
    """

    granted: Sequence[Granted]
    unbound: Sequence[tuple[str, str]]
    policies: Sequence[ForeignPolicy]
    further: Sequence[tuple[str, str, str]]
    stale: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """The overview as JSON."""
        return {
            "grants": [asdict(g) for g in self.granted],
            "unbound": [{"role": role, "why": why} for role, why in self.unbound],
            "policies": [asdict(p) for p in self.policies],
            "problems": [
                *({"role": r, "message": what, "hint": way} for r, what, way in self.further),
                *({"table": t, "message": _STALE, "hint": _AGAIN} for t in self.stale),
            ],
        }

    def lines(self) -> Iterator[str]:
        """The overview as lines for people."""
        for one in self.granted:
            yield f"{one.role} may {one.can} {one.slot or one.top + ' (which is gone)'}"
        if not self.granted:
            yield "no role was granted a client"
        for role, why in self.unbound:
            yield f"{role} sees everything: {why}"
        for policy in self.policies:
            effect = "narrows" if policy.restrictive else "lets in"
            yield (
                f"the policy {policy.name} on {policy.table} {effect} {policy.roles}"
                f" ({policy.command}): {policy.rule}"
            )
        if any(not p.restrictive for p in self.policies) and self.granted:
            yield "policies of others don't widen what was granted above"
        for role, what, way in self.further:
            yield f"{role} reaches further than its grants: {what}"
            yield f"  hint: {way}"
        for table in self.stale:
            yield f"{table}: {_STALE}"
            yield f"  hint: {_AGAIN}"


_STALE = "it is missing, or not what a grant makes today"
_AGAIN = "run one of the grants again: that renews all"


def overview(access: Access) -> Overview:
    """Read the access overview of a database from its catalogue."""
    script = Path(__file__).with_name("overview.sql").read_text(encoding="utf-8")
    unbound, others, views = (part.encode() for part in script.split(";\n")[:3])
    names = [place.name for place in access.places]
    granted = access.granted()
    roles = list(dict.fromkeys(g.role for g in granted))
    return Overview(
        granted,
        access.connection.execute(unbound, [names]).fetchall(),
        [ForeignPolicy(*row) for row in access.connection.execute(others, [names, list(POLICIES)])],
        [
            (role, one.what, one.remedy)
            for role in roles
            for one in excess_privileges(access.connection, access.kinds, role)
        ]
        + [
            (
                role,
                f"it reads {table} through the view {view}, which runs as its owner",
                f"ALTER VIEW {view} SET (security_invoker = true), or REVOKE SELECT ON {view}",
            )
            for role, view, table in access.connection.execute(views, [names, roles])
        ],
        access.stale() if granted else [],
    )
