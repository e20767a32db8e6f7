"""Values of the records in a comparison, read on demand."""

from collections.abc import Callable

from studio_sync.core.values.record import Omitted, Rid
from studio_sync.core.values.value import Value
from studio_sync.files.memory.entries import FileEntry
from studio_sync.sync.compare.comparison import Comparison
from studio_sync.sync.read.spool import Spool


class RecordValues:
    """The values of compared records, read on demand."""

    def __init__(
        self,
        comparison: Comparison,
        spool: Spool,
        read: Callable[[FileEntry], dict[str, Value | Omitted]],
    ) -> None:
        self._comparison, self._spool, self._read = comparison, spool, read

    def local(self, rid: Rid) -> dict[str, Value | Omitted]:
        """The canonical values in the record's file."""
        return self._read(self._comparison.entries[rid])

    def remote(self, rid: Rid) -> dict[str, Value]:
        """The canonical values in the record's row. Raises KeyError if it wasn't read."""
        return dict(self._spool.get(f"row:{rid}"))
