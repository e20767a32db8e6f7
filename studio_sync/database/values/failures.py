"""Failures of a store that a run handles: stale rows (retry), a lost COMMIT, a cancelled read."""

from studio_sync.errors import StudioError, UnavailableError


class StaleError(StudioError):
    """Rows changed since the plan was made: retry with a new plan. Nothing was written."""


class LostError(UnavailableError):
    """The connection broke during the write: only the ledger can tell whether COMMIT succeeded."""


class CancelledReadError(UnavailableError):
    """A standby cancelled a read, because replaying the primary's changes conflicted with it."""
