"""The contents behind a comparison."""

from collections.abc import Callable

from studio_sync.core.values.record import Omitted, Rid
from studio_sync.core.values.value import Value
from studio_sync.files.memory.entries import FileEntry
from studio_sync.sync.compare.comparison import Comparison
from studio_sync.sync.read.spool import Spool


class RecordValues:
    """The contents behind a comparison, read when they are asked for."""

    def __init__(
        self,
        comparison: Comparison,
        spool: Spool,
        read: Callable[[FileEntry], dict[str, Value | Omitted]],
    ) -> None:
        self._comparison, self._spool, self._read = comparison, spool, read

    def local(self, rid: Rid) -> dict[str, Value | Omitted]:
        """What the record's file says; its canonical values."""
        return self._read(self._comparison.entries[rid])

    def remote(self, rid: Rid) -> dict[str, Value]:
        """What the record's row says; its canonical values. Raises KeyError if it wasn't read."""
        return dict(self._spool.get(f"row:{rid}"))
