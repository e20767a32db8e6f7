"""How a store fails, beyond what its words say: what a run does about it depends on which of these it is."""

from studio_sync.errors import StudioError, UnavailableError


class StaleError(StudioError):
    """Rows are no longer what the plan was made for: plan anew. Nothing was written."""


class LostError(UnavailableError):
    """The connection broke while writing: only the rows can tell whether that was before or after."""


class CancelledReadError(UnavailableError):
    """A standby cancelled a read, as it had to replay what the primary did to the same rows."""
