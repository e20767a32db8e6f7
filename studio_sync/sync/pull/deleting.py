"""Files that a pull deletes: only as they were compared, and a folder as a whole."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from studio_sync.core.plan.meanwhile import held_with
from studio_sync.core.plan.plan import Change
from studio_sync.core.plan.reconcile import Delta
from studio_sync.core.values.record import Rid, digests
from studio_sync.errors import RefusedError, StudioError
from studio_sync.files.tree import codec
from studio_sync.files.tree.places import Checker

Failures: TypeAlias = list[tuple[Change, StudioError]]
"""Changes that could not be made, and why."""


@dataclass(frozen=True)
class Deleter:
    """Looks at files that are to go. `here` tells where a path is by now, and `read` gives a file's bytes."""

    deltas: Mapping[Rid, Delta]
    paths: Mapping[Rid, str]
    prefix: str
    checker: Checker
    here: Callable[[str], str]
    read: Callable[[str], bytes]

    def staying(self, doomed: Sequence[Change], failed: Failures) -> Failures:
        """The deletions that can't be done, as files have changed, and those that stay with them."""
        found: Failures = []
        for change in doomed:
            try:
                self.unchanged(change)
            except StudioError as error:
                found.append((change, error))
        held = held_with(self.deltas, doomed, {change.rid for change, _ in (*failed, *found)})
        for change in doomed:
            if change.rid in held:
                by = self.prefix + self.here(self.paths[held[change.rid].origin])
                found.append((change, RefusedError(f"it stays, as {by} does", "run the command again")))
        return found

    def unchanged(self, change: Change) -> bytes:
        """The bytes of a file that is to go. Raises RefusedError if it says something else by now."""
        delta, path = self.deltas[change.rid], self.here(change.path)
        before = self.read(path)
        document = codec.read(change.kind, delta.some.slot, path, before, self.checker).document
        local = delta.local
        if document is None or local is None or digests(change.kind, document.values) != local.digests:
            raise RefusedError(f"{self.prefix}{path} has changed meanwhile", "run the command again")
        return before
