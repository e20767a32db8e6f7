"""Deleting files in a pull: only if unchanged since the comparison, and a folder only as a whole."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeAlias

from studio_sync.core.plan.holding import held_with
from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.record import Rid, digests
from studio_sync.errors import RefusedError, StudioError
from studio_sync.files.tree import codec
from studio_sync.files.tree.finding_places import Checker
from studio_sync.sync.pull.folder_renames import FolderRenames

Failures: TypeAlias = list[tuple[Change, StudioError]]
"""Changes that could not be made, and why."""


@dataclass(frozen=True)
class Deleter:
    """Deletes files. `read` returns the bytes of a file."""

    deltas: Mapping[Rid, Delta]
    paths: Mapping[Rid, str]
    prefix: str
    checker: Checker
    renames: FolderRenames
    read: Callable[[str], bytes]

    def delete(
        self,
        doomed: Sequence[Change],
        now: Collection[Change],
        failed: Failures,
        remove: Callable[[str, bytes], None],
        step: Callable[[int], None],
    ) -> Iterator[Change]:
        """Delete the files of `now`, the lowest first; yields each change that was made.

        `doomed` are all files to delete: a later call deletes the others.
        What can't be deleted is added to `failed`, with everything that must stay with it; also if a file
        turns out to be changed only at the moment of its removal.
        """
        resolved = {change.rid for change, _ in failed}
        failed += self._staying([change for change in doomed if change.rid not in resolved], failed)
        resolved = {change.rid for change, _ in failed}
        for change in now:
            if change.rid not in resolved:
                try:
                    remove(self.renames.here(change.path), self.unchanged(change))
                except StudioError as error:
                    failed.append((change, error))
                    failed += (
                        f for f in self._staying_with(doomed, {change.rid}) if f[0].rid not in resolved
                    )
                    resolved |= {other.rid for other, _ in failed}
                else:
                    resolved.add(change.rid)
                    yield change
            step(1)

    def _staying(self, doomed: Sequence[Change], failed: Failures) -> Failures:
        """The deletions that must not be made because files changed, and those that stay with them."""
        found: Failures = []
        for change in doomed:
            try:
                self.unchanged(change)
            except StudioError as error:
                found.append((change, error))
        return found + self._staying_with(doomed, {change.rid for change, _ in (*failed, *found)})

    def _staying_with(self, doomed: Sequence[Change], stays: AbstractSet[Rid]) -> Failures:
        """The deletions that must not be made because these records stay."""
        found: Failures = []
        held = held_with(self.deltas, doomed, stays)
        for change in doomed:
            if change.rid in held:
                by = self.prefix + self.renames.here(self.paths[held[change.rid].origin])
                found.append((change, RefusedError(f"it stays, as {by} does", "run the command again")))
        return found

    def unchanged(self, change: Change) -> bytes:
        """The bytes of a file. Raises RefusedError if its content changed since the comparison."""
        delta, path = self.deltas[change.rid], self.renames.here(change.path)
        before = self.read(path)
        document = codec.read_record(change.kind, delta.some.slot, path, before, self.checker).document
        local = delta.local
        if document is None or local is None or digests(change.kind, document.values) != local.digests:
            shown = self.prefix + self.renames.lasting(change)
            raise RefusedError(f"{shown} has changed meanwhile", "run the command again")
        return before
