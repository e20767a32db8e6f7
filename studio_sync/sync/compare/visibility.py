"""Visibility: which rows the role can see (row-level security, grants), so that hidden is not deleted."""

from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from posixpath import dirname
from shlex import quote
from typing import TYPE_CHECKING

from studio_sync.core.plan.plan import Refusal
from studio_sync.core.plan.reconcile import Delta, Standing
from studio_sync.core.status.transition import status_of
from studio_sync.core.values.kind import Kind, Kinds
from studio_sync.core.values.phrases import a
from studio_sync.core.values.problem import Problem, Severity
from studio_sync.core.values.record import PARENT, Rid, Version
from studio_sync.database.values.sql_name import sql_name

if TYPE_CHECKING:
    from studio_sync.database.store import Store
    from studio_sync.database.values.role_grants import RoleGrants
    from studio_sync.sync.compare.bases.differing import Differing
    from studio_sync.sync.read.local_state import LocalState

NO_ROW = "00000000-0000-0000-0000-000000000000"
"""For a record whose row's last id is not known."""

VersionOf = Callable[[Rid], Version | None]
"""Returns some version of a record, which has its parent and slot."""


class Visibility:
    """Tells what one role can see of a database."""

    def __init__(self, store: "Store", kinds: Kinds, secured: frozenset[str]) -> None:
        """`secured` are the tables with row-level security for the role."""
        self.store, self.secured, self._kinds = store, secured, kinds
        self._tops: dict[Rid, Rid] = {}

    @cached_property
    def grants(self) -> "RoleGrants | None":
        """What studio's grants allow the role; None if it isn't bound by any."""
        return self.store.access.grants() if self.secured else None

    def within(self, clients: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Those of the workspace's clients that the role was granted; rows of other clients are not read."""
        if self.grants is None:
            return clients
        granted = self.grants.slots.values()
        return tuple(slot for slot in granted if clients is None or slot in clients)

    def top(self, rid: Rid, version_of: VersionOf) -> Rid:
        """The topmost ancestor of a record."""
        chain = []
        while rid not in self._tops:
            chain.append(rid)
            version = version_of(rid)
            if version is None or not version.parent or version.parent in chain:
                self._tops[rid] = rid
                break
            rid = version.parent
        for below in chain:
            self._tops[below] = self._tops[rid]
        return self._tops[rid]

    def hidden(
        self, missing: Iterable[tuple[Version, str]], version_of: VersionOf
    ) -> tuple[set[Rid], list[Problem]]:
        """Those of the missing rows that may exist, hidden by row-level security, and what to say of them.

        They are given with their row ids.

        For a role bound by studio's grants a database function answers for its own clients; rows of other
        clients count as hidden. For any other role, a missing row of a secured table proves nothing.
        """
        found, problems = set[Rid](), list[Problem]()
        doubtful: dict[str, dict[str, Rid]] = {}
        for version, own in missing:
            if self._kinds[version.kind].table not in self.secured:
                continue
            if self.grants and self.top(version.rid, version_of) not in self.grants.levels:
                found.add(version.rid)
            else:
                doubtful.setdefault(version.kind, {})[own] = version.rid
        for name, rids in doubtful.items():
            kind = self._kinds[name]
            there = self.store.access.present(kind, rids) if self.grants else set(rids)
            if there:
                found.update(rids[own] for own in there)
                problems.append(self._hides(kind, len(there)))
        return found, problems

    def _hides(self, kind: Kind, count: int) -> Problem:
        user = self.store.role
        rows, are = ("1 row", "is") if count == 1 else (f"{count} rows", "are")
        message = (
            f"{rows} of {kind.table} can't be seen, though the role {user} was granted the client:"
            " a policy of the database hides them"
            if self.grants
            else f"{rows} of {kind.table} {are} missing, and row-level security may hide them from {user}"
        )
        hint = f"nothing is deleted on that evidence; {self.way_to_see(kind)}"
        return Problem(kind.table, 0, 0, "hidden-rows", message, hint, Severity.WARNING)

    def way_to_see(self, kind: Kind) -> str:
        """Who can let the role see rows that are hidden from it, and how."""
        if self.grants:
            # A further grant shows no more: it is a policy beside those of studio that hides them.
            return (
                "who runs the database can change the policy that hides them:"
                f" `\\d {kind.table}` in psql lists those of the table"
            )
        user = self.store.role
        return (
            "who runs the database can let the role see them:"
            f" CREATE POLICY … ON {kind.table} FOR SELECT TO {sql_name(user)}, or"
            f" studio db grant {quote(user)} --client SLUG"
        )

    def outside(self, place: Version | None, version_of: VersionOf) -> bool:
        """Whether a record belongs to a client that was not granted to this role: it is not compared."""
        if self.grants is None or place is None:
            return False
        return self.top(place.parent or place.rid, version_of) not in self.grants.levels

    def no_access(self, path: str) -> Problem:
        """What to say of such a client, whose folder is at `path`."""
        message = f"the role {self.store.role} was not granted this, so nothing below is compared"
        hint = "`studio doctor` says what the role may do; who runs the database can grant more"
        return Problem(path, 0, 0, "no-access", message, hint, Severity.WARNING)

    def with_moved_out(
        self, files: "LocalState", record: "Differing", version_of: VersionOf, prefix: str
    ) -> "LocalState":
        """The tree with the file held of a record of the role's own client that was moved to another one."""
        entry, local, remote = record.entry, record.local, record.remote
        if entry is None or local is None or remote is None or local.parent == remote.parent:
            return files
        if self.outside(remote, version_of):
            return files
        problem = Problem(
            prefix + entry.path,
            0,
            0,
            "no-access",
            f"the role {self.store.role} was not granted the client that this {entry.kind} was moved to,"
            " so nothing is pushed or pulled for it",
            "move it back; or who runs the database can grant that client, too",
        )
        folder = f"{dirname(entry.path)}/" if record.kind.folder else entry.path
        return files.with_held(entry.path, folder, why=problem)

    def refusal(self, delta: Delta, version_of: VersionOf, hidden: Collection[Rid]) -> Refusal | None:
        """The refusal of a change that the role may not write; PostgreSQL would refuse it as well.

        `hidden` are the records whose rows may be hidden.
        """
        if hidden and (refusal := self._below_hidden(delta, version_of, hidden)):
            return refusal
        if self.grants is None:
            return None
        kind, top = delta.kind, self.top(delta.rid, version_of)
        name, user = self.grants.slots.get(top, "this"), self.store.role
        # A move out of one client and into another changes both.
        left = self.top(delta.remote.parent, version_of) if delta.remote and delta.remote.parent else top
        for changed in (top, left):
            if not self.grants.may(changed, "write"):
                slug = self.grants.slots.get(changed, "this")
                return Refusal(
                    delta,
                    "no-access",
                    f"the role {user} may read {slug}, and not change it",
                    "who runs the database can allow it:"
                    f" studio db grant {quote(user)} --client {quote(slug)} --can write",
                )
        whole = delta.remote is None or delta.local is None
        slot = kind.slot_column or PARENT
        if not kind.parent and (whole or delta.fields.get(slot) is Standing.AHEAD):
            return Refusal(
                delta,
                "no-access",
                f"the role {user} may not make, rename or delete {a(kind.name)}",
                "who runs the database has to do that",
            )
        if not self.grants.may(top, "approve"):
            for version in (delta.remote, delta.local):
                status = status_of(kind, version)
                if version is not None and status in kind.locked:
                    verb = "is" if version is delta.remote else "would be"
                    return Refusal(
                        delta,
                        "no-access",
                        f"it {verb} {status}, and the role {user} may write, not approve",
                        "let somebody push it who may; or who runs the database can allow it:"
                        f" studio db grant {quote(user)} --client {quote(name)} --can approve",
                    )
        return None

    def _below_hidden(self, delta: Delta, version_of: VersionOf, hidden: Collection[Rid]) -> Refusal | None:
        """The refusal of a change below a hidden row: a push locks what is above what it writes."""
        for version in (delta.local, delta.remote):
            above = version_of(version.parent) if version is not None else None
            while above is not None and above.rid not in hidden:
                above = version_of(above.parent)
            if above is not None:
                return Refusal(
                    delta,
                    "hidden-rows",
                    f"the {above.kind} above it has no row that the role {self.store.role} can see",
                    self.way_to_see(self._kinds[above.kind]),
                )
        return None
